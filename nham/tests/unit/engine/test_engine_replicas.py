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

"""Tests of an engine whose VNF has a standby."""

from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.adapters.checkpoints import hook as hook_engine
from nham.adapters.simulated import blobs
from nham.adapters.simulated import hook
from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.engine import checkpointing
from nham.recovery import endpoints
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

Health = facts.Health
Role = states.Role
State = states.RecoveryState


class EngineReplicaCase(base.WholeCase):
    """An engine that has found a VNF which wants a standby.

    :cvar policy: the VNF's.
    """

    policy = replica_case.POLICY

    def setUp(self) -> None:
        super().setUp()
        locate = endpoints.Endpoints(self.store, self.vim, str)
        self.blobs = blobs.SimulatedStore()
        engine = hook_engine.HookEngine(
            self.vim, hook.SimulatedHook(self.world), self.blobs, locate
        )
        self.context = dataclasses.replace(
            self.context, engines={**self.context.engines, "hook": engine}
        )
        self.make_engine()
        self.instance = self.add_instance(policy=self.policy)
        self.theirs = self.world.server_id(self.instance, "VDU1-0")
        service_id = self.world.add_floating_ip(self.theirs)
        self.address = self.world.neutron.floating_ip(service_id).ip
        self.discover()
        self.group = self.group_id()

    def make_engine(self) -> None:
        """Make an engine of the present context."""
        super().make_engine()
        self.watch, self.cloud = self.engine.watch, self.engine.cloud

    def recover(self) -> model.Recovery:
        """Let the engine decide, and run what it begins to its end."""
        self.started.clear()
        for _ in range(60):
            self.engine.look()
            if self.started:
                break
            self.look(0.5)
            self.engine.poll()
        [recovery_id] = self.started
        self.advance(recovery_id)
        self.look(3.0)
        return self.store.recovery(recovery_id)

    def member(self, role: Role) -> model.Member:
        """Return the member in that role."""
        found = self.store.members(group_id=self.group)
        return next(member for member in found if member.role is role)

    def export(self, value: int) -> None:
        """Let clients write a number, and let it be exported."""
        self.assertTrue(self.world.write_at(self.address, value))
        self.clock.advance(1.0)
        self.engine.checkpoint()


class TestLife(EngineReplicaCase):
    """From one fault to the next."""

    def test_there_and_back(self) -> None:
        self.assertEqual("make_standby", self.recover().rung)
        ours = self.member(Role.STANDBY).server_id
        self.assertIsNone(self.engine.look())
        self.export(7)
        self.world.crash_vm(self.theirs)
        ended = self.recover()
        self.assertEqual(
            ("fail_over", State.SUCCEEDED), (ended.rung, ended.state)
        )
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual(ours, self.member(Role.PRIMARY).server_id)
        ended = self.recover()
        self.assertEqual(
            ("repair_standby", State.SUCCEEDED), (ended.rung, ended.state)
        )
        self.assertEqual(self.theirs, self.member(Role.STANDBY).server_id)
        self.export(8)
        self.world.crash_vm(ours)
        self.assertEqual("fail_over", self.recover().rung)
        self.assertEqual(8, self.world.read_at(self.address))
        self.assertEqual("remake_standby", self.recover().rung)
        self.assertEqual((), self.world.invariants())


class TestStandby(EngineReplicaCase):
    """The group is whole."""

    def setUp(self) -> None:
        super().setUp()
        self.recover()
        self.standby = self.member(Role.STANDBY)
        self.export(7)
        self.engine.poll()

    def test_fed(self) -> None:
        self.assertEqual(1, self.member(Role.STANDBY).sequence)
        self.assertEqual(b"7", self.world.state(self.standby.server_id))

    def test_one_that_was_restarted(self) -> None:
        """It is given time to boot, and what it held is gone."""
        self.vim.reboot(self.standby.server_id, hard=True)
        self.engine.poll()
        self.clock.advance(2.0)
        self.engine.poll()
        self.store.note_state(self.standby.id, 1, 99.5)
        self.engine.look()
        self.assertIs(Health.UNKNOWN, self.watch.view(self.standby.id).app)
        self.assertIs(Health.OK, self.watch.view(self.group).app)
        found = self.member(Role.STANDBY)
        self.assertEqual((0, 99.5), (found.sequence, found.importing_until))
        self.clock.advance(10.0)
        self.engine.checkpoint()
        self.assertEqual(b"7", self.world.state(self.standby.server_id))

    def test_state_is_put_back_on_demand(self) -> None:
        """The VNF imports it itself, while it runs."""
        checkpoint = self.store.checkpoints()[0]
        self.world.write_at(self.address, 8)
        recovery = self.engine.restore(checkpoint, "restore", "asked for")
        self.assertEqual("import_state", recovery.rung)
        self.advance(recovery.id)
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertTrue(self.world.serving(self.theirs))

    def test_state_is_put_back_after_another_hand_healed_it(self) -> None:
        self.world.user_heal(self.instance, "VDU1-0")
        self.look(60.0)
        self.started.clear()
        self.discover()
        [recovery_id] = self.started
        self.advance(recovery_id)
        ended = self.store.recovery(recovery_id)
        self.assertEqual(
            ("replaced-behind", State.SUCCEEDED), (ended.rule, ended.state)
        )
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual(
            self.standby.server_id, self.member(Role.STANDBY).server_id
        )

    def test_switchover(self) -> None:
        """What clients wrote last is saved, and they write no more."""
        self.world.write_at(self.address, 8)
        recovery = self.engine.switchover(self.group, "asked for")
        self.assertEqual("planned_work", self.store.checkpoints()[0].trigger)
        self.assertFalse(self.world.write_at(self.address, 9))
        self.advance(recovery.id)
        self.assertIs(State.SUCCEEDED, self.store.recovery(recovery.id).state)
        self.assertEqual(8, self.world.read_at(self.address))
        self.assertEqual(
            self.standby.server_id, self.member(Role.PRIMARY).server_id
        )
        self.assertTrue(self.world.write_at(self.address, 9))

    def test_switchover_that_takes_too_long(self) -> None:
        """The application has gone on, so it stays where its state is."""
        recovery = self.engine.switchover(self.group, "asked for")
        self.clock.advance(11.0)
        self.assertTrue(self.world.write_at(self.address, 9))
        self.advance(recovery.id)
        ended = self.store.recovery(recovery.id)
        self.assertIs(State.FAILED, ended.state)
        self.assertIn("gone on", ended.reason)
        self.assertEqual(9, self.world.read_at(self.address))
        self.assertEqual(self.theirs, self.member(Role.PRIMARY).server_id)

    def test_no_switchover_to_who_does_not_answer(self) -> None:
        self.world.hang_guest(self.standby.server_id)
        self.look(base.SILENCE)
        error = self.assertRaises(
            checkpointing.NotNow, self.engine.switchover, self.group, "x"
        )
        self.assertIn("dead", str(error))
        # Nor was anybody asked to stand still for that.
        self.assertTrue(self.world.write_at(self.address, 9))
        self.assertEqual("primary", self.member(Role.PRIMARY).role.value)


class TestCameBackEmpty(EngineReplicaCase):
    """The application of who serves starts anew, and nobody sees it."""

    policy = dataclasses.replace(
        replica_case.POLICY,
        redundancy=descriptor.Mechanism.ZERO_R,
        num_backups=0,
        service_address=descriptor.ServiceAddress(),
    )

    def setUp(self) -> None:
        super().setUp()
        self.export(7)

    def restart(self) -> None:
        """Let it start anew, and be asked for its state."""
        self.world.restart_app(self.theirs)
        self.clock.advance(1.0)
        self.engine.checkpoint()

    def saved(self) -> list[int]:
        """Return the numbers of the checkpoints that can be restored."""
        found = self.store.checkpoints(
            group_id=self.group, states=[states.CheckpointState.AVAILABLE]
        )
        return [one.sequence for one in found]

    def test_it_gets_its_state_back(self) -> None:
        self.restart()
        [recovery_id] = self.started
        recovery = self.store.recovery(recovery_id)
        self.assertEqual(
            ("came-back-empty", "import_state"),
            (recovery.rule, recovery.rung),
        )
        self.assertIn("started anew", recovery.reasons[0])
        self.advance(recovery_id)
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual([1], self.saved())
        self.export(8)
        self.assertEqual([3, 1], self.saved())
        self.assertEqual([recovery_id], self.started)

    def test_state_that_is_not_taken_is_given_ever_later(self) -> None:
        broken = self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=errors.Refused("no"),
        )
        tries = []
        self.restart()
        for _ in range(60):
            if self.started:
                tries.append(self.clock.now())
                self.advance(self.started.pop())
            self.clock.advance(1.0)
            self.engine.checkpoint()
        self.assertEqual([1], self.saved())
        pauses = [b - a for a, b in zip(tries, tries[1:], strict=False)]
        self.assertEqual(3, len(pauses))
        self.assertGreater(pauses[2], 2 * pauses[0])
        self.assertEqual(len(tries), broken.call_count)

    def test_healed_by_somebody_else(self) -> None:
        self.world.user_heal(self.instance, "VDU1-0")
        self.look(60.0)
        self.discover()
        [recovery_id] = self.started
        self.assertEqual(
            "replaced-behind", self.store.recovery(recovery_id).rule
        )
        self.advance(recovery_id)
        self.assertEqual(7, self.world.read_at(self.address))

    def test_healed_while_no_engine_lived_to_see_it_through(self) -> None:
        self.world.user_heal(self.instance, "VDU1-0")
        self.look(60.0)
        self.engine.discoverer.run(base.SHARD)
        self.make_engine()
        self.discover()
        self.assertEqual([], self.started)
        self.engine.checkpoint()
        [recovery_id] = self.started
        self.assertEqual(
            "came-back-empty", self.store.recovery(recovery_id).rule
        )

    def test_not_what_is_paused(self) -> None:
        self.store.set_paused(self.engine.fleet[0].vnf.id, True)
        self.engine.reload()
        self.restart()
        self.assertEqual([], self.started)
        self.assertEqual([1], self.saved())
