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

"""Tests of what the facts say of hosts, checkpoints and attempts."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_gather

Health = facts.Health
State = states.RecoveryState


class TestHosts(test_gather.GatherCase):
    """What is said of the hosts, and of all at once."""

    def host(self, name: str = "one") -> facts.HostFacts:
        """Return the facts of a host."""
        return self.seen().host(name)

    def test_well(self) -> None:
        self.assertEqual(
            facts.HostFacts(name="one", probe=Health.OK), self.host()
        )
        self.assertEqual(3, len(self.seen().hosts))

    def test_silent_and_forced_down(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.vim.force_down("one", True)
        self.cloud.poll()
        found = self.host()
        self.assertIs(Health.DEAD, found.probe)
        self.assertEqual((False, True), (found.service, found.forced_down))

    def test_fence(self) -> None:
        self.world.forbid_fence("one")
        self.assertIs(facts.Fence.IMPOSSIBLE, self.host().fence)
        self.store.save_host(model.HostRecord(name="one", fenced_at=1.0))
        self.assertIs(facts.Fence.PROVED, self.host().fence)
        self.store.save_host(model.HostRecord(name="two", proof="old"))
        self.assertIs(facts.Fence.POSSIBLE, self.host("two").fence)

    def test_recoveries(self) -> None:
        zone = descriptor.Zone.HOST
        fault = dataclasses.replace(self.recovery().fault, zone=zone)
        recovery = self.claim(fault=fault)
        self.claim(group_id="v/1")
        system = self.seen().system
        self.assertEqual(2, system.recent_recoveries)
        self.assertEqual(1, system.host_recoveries)
        self.clock.advance(self.settings.guard_window + 1.0)
        system = self.seen().system
        self.assertEqual(0, system.recent_recoveries)
        self.assertEqual(1, system.host_recoveries)
        self.end(recovery)
        self.assertEqual(0, self.seen().system.host_recoveries)

    def test_paused(self) -> None:
        self.assertFalse(self.seen().system.paused)
        self.store.set_setting("paused", "by ann")
        self.assertTrue(self.seen().system.paused)

    def test_lost_network(self) -> None:
        self.add_vnf("w", ("one",))
        self.settle()
        for group_id in ("v/0", "v/1", "w/0"):
            self.world.hang_guest(self.server_id(group_id))
        self.look(base.SILENCE)
        lost = self.seen().system.lost_networks
        self.assertEqual(frozenset({"net0"}), lost)

    def test_late_observer(self) -> None:
        self.assertFalse(self.seen().system.observer_late)
        self.world.stall_observer("observer", 5.0)
        self.look(8.0)
        self.assertTrue(self.seen().system.observer_late)


class TestCheckpoints(test_gather.GatherCase):
    """Which checkpoints a recovery may restore."""

    def setUp(self) -> None:
        super().setUp()
        self.world.server_error(self.server_id())

    def found(self) -> list[str]:
        """Return the checkpoints in the facts."""
        return [c.id for c in self.close_up().checkpoints]

    def test_not_those_of_a_former_policy(self) -> None:
        self.add_checkpoint(1)
        self.add_checkpoint(2, engine="hook")
        self.assertEqual(["checkpoint 1"], self.found())

    def test_newest_first_with_their_age(self) -> None:
        self.add_checkpoint(1)
        self.clock.advance(60.0)
        self.add_checkpoint(2)
        self.clock.advance(5.0)
        self.assertEqual(
            (
                facts.CheckpointFacts(id="checkpoint 2", age=5.0, sequence=2),
                facts.CheckpointFacts(id="checkpoint 1", age=65.0, sequence=1),
            ),
            self.close_up().checkpoints,
        )

    def test_only_what_is_available(self) -> None:
        for value, state in enumerate(states.CheckpointState):
            self.add_checkpoint(value, state=state)
        place = list(states.CheckpointState).index(
            states.CheckpointState.AVAILABLE
        )
        self.assertEqual([f"checkpoint {place}"], self.found())

    def test_only_what_is_proved(self) -> None:
        self.add_checkpoint(1)
        bad = self.add_checkpoint(2)
        self.world.corrupt_image(bad.artifacts[0].id)
        gone = self.add_checkpoint(3)
        self.vim.delete_image(gone.artifacts[0].id)
        self.assertEqual(["checkpoint 1"], self.found())

    def test_what_cannot_be_proved_now(self) -> None:
        self.add_checkpoint(1)
        self.add_checkpoint(2)
        self.world.api_error_once("glance", "image")
        self.assertEqual(["checkpoint 1"], self.found())

    def test_only_its_own(self) -> None:
        self.add_checkpoint(1, "v/1")
        self.assertEqual([], self.found())


class TestMayRestore(test_gather.GatherCase):
    """When checkpoints are looked up, which costs time."""

    def setUp(self) -> None:
        super().setUp()
        self.add_checkpoint()

    def looked_up(self) -> bool:
        """Say whether the facts have the checkpoint."""
        return bool(self.close_up().checkpoints)

    def test_not_for_a_guest_that_died_on_a_living_host(self) -> None:
        self.world.hang_guest(self.server_id())
        self.look(base.SILENCE)
        before = self.calls("image")
        self.assertFalse(self.looked_up())
        self.assertEqual(before, self.calls("image"))

    def test_not_for_a_server_that_is_off(self) -> None:
        self.world.crash_vm(self.server_id())
        self.clock.advance(20.0)
        self.assertEqual("SHUTOFF", self.close_up().server.status)
        self.assertFalse(self.looked_up())

    def test_after_an_attempt(self) -> None:
        self.end(self.claim(), State.FAILED)
        self.assertTrue(self.looked_up())

    def test_for_a_server_in_error(self) -> None:
        self.world.server_error(self.server_id())
        self.assertTrue(self.looked_up())

    def test_on_a_host_that_is_silent(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.assertIs(Health.DEAD, self.watch.host_health("one"))
        self.assertTrue(self.looked_up())

    def test_on_a_host_in_doubt(self) -> None:
        self.world.partition_host("one")
        for _ in range(40):
            self.look(0.25)
            if self.watch.host_health("one") is Health.SLOW:
                break
        self.assertIs(Health.SLOW, self.watch.host_health("one"))
        self.assertTrue(self.looked_up())

    def test_on_a_host_that_nova_gave_up(self) -> None:
        self.world.kill_compute("one")
        self.clock.advance(20.0)
        self.assertFalse(self.looked_up())
        self.cloud.poll()
        self.assertTrue(self.looked_up())


class TestAttempts(test_gather.GatherCase):
    """Which earlier recoveries the ladder hears of."""

    def rungs(self) -> list[str]:
        """Return the rungs of the attempts, newest first."""
        return [a.rung for a in self.close_up().attempts]

    def test_newest_first(self) -> None:
        for rung in ("hard_reboot", "rebuild"):
            self.end(self.claim(rung=rung), State.FAILED)
            self.clock.advance(10.0)
        self.assertEqual(["rebuild", "hard_reboot"], self.rungs())
        self.assertEqual(
            [10.0, 20.0], [a.age for a in self.close_up().attempts]
        )

    def test_what_was_ordered_is_no_attempt(self) -> None:
        for rule in ("restore", "replaced-behind"):
            self.end(self.claim(rule=rule))
        self.assertEqual([], self.rungs())

    def test_what_still_runs_is_no_attempt(self) -> None:
        self.claim()
        self.assertEqual([], self.rungs())

    def test_what_another_vnfc_tried(self) -> None:
        self.end(self.claim(group_id="v/1"))
        self.assertEqual([], self.rungs())

    def test_probation_of_the_policy(self) -> None:
        self.end(self.claim())
        self.clock.advance(base.STATEFUL.escalation.probation)
        self.assertEqual(["hard_reboot"], self.rungs())
        self.clock.advance(1.0)
        self.assertEqual([], self.rungs())
