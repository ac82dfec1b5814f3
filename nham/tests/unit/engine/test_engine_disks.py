# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""What an engine does about standbys on disks of checkpoints."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import facts
from nham.core import states
from nham.tests.unit.engine import test_disks
from nham.tests.unit.engine import test_engine_replicas


class EngineDiskTest(test_engine_replicas.EngineReplicaCase):
    """An engine that has made the standby's disk of a checkpoint."""

    policy = test_disks.POLICY

    def add_instance(self, *args: Any, **fields: Any) -> str:
        """Add a VNF that keeps its state on disk to the cloud."""
        return super().add_instance(*args, on_disk=["VDU1"], **fields)

    def setUp(self) -> None:
        super().setUp()
        self.assertTrue(self.world.write_at(self.address, 7))
        self.save()
        self.assertEqual("make_standby", self.recover().rung)
        self.standby = self.member(states.Role.STANDBY)

    def save(self) -> None:
        """Let a checkpoint be taken, and become whole."""
        self.clock.advance(test_disks.POLICY.state_protection.interval)
        self.engine.poll()
        self.look(3.0)
        for _time in range(2):
            self.engine.checkpoint()
            self.clock.advance(5.0)
        self.engine.poll()

    def test_a_restart_leaves_its_disk_as_it_is(self) -> None:
        self.vim.reboot(self.standby.server_id, hard=True)
        self.engine.poll()
        self.clock.advance(2.0)
        self.engine.poll()
        self.engine.look()
        self.assertIs(
            facts.Health.UNKNOWN, self.watch.view(self.standby.id).app
        )
        self.assertEqual(1, self.member(states.Role.STANDBY).disk_sequence)

    def test_switchover(self) -> None:
        """The state is saved for it, and put on the standby's disk."""
        self.world.write_at(self.address, 8)
        recovery = self.engine.switchover(self.group, "asked for")
        taken = self.store.checkpoints()[0]
        self.assertEqual(
            ("planned_work", states.CheckpointState.CREATING),
            (taken.trigger, taken.state),
        )
        self.assertIn("loses what is written after", recovery.reasons[1])
        self.clock.advance(5.0)
        self.engine.checkpoint()
        self.advance(recovery.id)
        ended = self.store.recovery(recovery.id)
        self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
        self.assertEqual(8, self.world.read_at(self.address))
        self.assertEqual(
            self.standby.server_id, self.member(states.Role.PRIMARY).server_id
        )

    def test_who_has_to_wait_for_it_is_well(self) -> None:
        limits = facts.Limits(recoveries=0)
        self.settings = dataclasses.replace(self.settings, limits=limits)
        self.make_engine()
        self.engine.poll()
        self.look(3.0)
        self.store.note_state(self.standby.id, 0, None)
        self.started.clear()
        self.engine.reload()
        decided = self.engine.look()
        assert decided is not None
        self.assertEqual(["rate"], [one.rule for one in decided.verdicts])
        (vnf,) = self.store.vnfs()
        self.assertIs(states.VnfState.PROTECTED, vnf.state)
        self.assertNotIn("rate", self.kinds())

    def test_another_hand_is_seen_at_each_poll(self) -> None:
        image = self.world.add_image(0)
        self.world.nova.rebuild(self.standby.server_id, image, "user")
        self.clock.advance(10.0)
        self.engine.poll()
        self.assertEqual(0, self.member(states.Role.STANDBY).disk_sequence)
