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


from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import dispatch
from nham.engine import fleet as fleet_
from nham.engine import gather
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

Role = states.Role


class DispatchCase(replica_case.ReplicaCase):
    """A VNFC with a standby; a state is saved, and all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.save_state(7)
        self.dispatcher = dispatch.Dispatcher(
            self.context,
            gather.Gatherer(
                self.context,
                self.watch,
                self.cloud,
                self.settings,
                self.hosts,
            ),
            self.journal,
            base.OWNER,
            self.started.append,
            self.fail_back,
        )

    def begun(self) -> model.Recovery:
        """Run until a recovery is begun; return it."""
        for _ in range(20):
            self.dispatcher.run(self.fleet)
            if self.started:
                return self.store.recovery(self.started[-1])
            self.look(1.0)
            self.poll()
        raise AssertionError("nothing was begun")


class TestClaim(DispatchCase):
    """What is written down of the fault."""

    def test_primary_fails(self) -> None:
        self.world.hang_guest(self.theirs)
        self.look(base.SILENCE)
        before = self.watch.view("v/0").last_good_at
        recovery = self.begun()
        self.assertEqual("fail_over", recovery.rung)
        self.assertEqual(self.theirs, recovery.fault.subject)
        self.assertEqual(before, recovery.fault.last_good_at)

    def test_standby_fails(self) -> None:
        """It is the standby that was last seen then."""
        before = self.watch.view("s").last_good_at
        self.world.hang_guest(self.ours)
        self.look(base.SILENCE)
        recovery = self.begun()
        self.assertEqual("remake_standby", recovery.rung)
        self.assertIs(descriptor.Zone.VM, recovery.fault.zone)
        self.assertEqual(self.ours, recovery.fault.subject)
        last = recovery.fault.last_good_at
        assert before is not None
        assert last is not None
        self.assertLess(last - before, 2.0)
        self.assertTrue(
            all("OK" not in one for one in recovery.fault.evidence)
        )

    def test_no_standby(self) -> None:
        """Nobody was ever seen, so nobody was last seen."""
        self.change("s", role=Role.RETIRED)
        recovery = self.begun()
        self.assertEqual("make_standby", recovery.rung)
        self.assertEqual("VDU1-0", recovery.fault.subject)
        self.assertIsNone(recovery.fault.last_good_at)

    def test_standby_of_theirs_fails(self) -> None:
        self.fail_over()
        self.poll()
        recovery = self.begun()
        self.assertEqual("repair_standby", recovery.rung)
        self.assertEqual(self.theirs, recovery.fault.subject)


class TestOldFleet(DispatchCase):
    """The fleet that is decided on may be a second old."""

    def test_not_twice(self) -> None:
        """Who failed over is not failed over again, and loses no state."""
        self.world.hang_guest(self.theirs)
        self.look(base.SILENCE)
        stale = self.fleet
        self.end(self.begun())
        self.fail_over()
        self.started.clear()
        for _ in range(3):
            self.clock.advance(1.5)
            self.dispatcher.run(stale)
        self.assertEqual([], self.started)
        self.poll()
        self.look(3.0)
        recovery = self.begun()
        self.assertEqual("repair_standby", recovery.rung)


class TestRepair(DispatchCase):
    """The primary fails while its group is given a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.repair = self.claim(rung="make_standby", owner="other")
        self.world.hang_guest(self.theirs)
        self.look(base.SILENCE)

    def run_on(self, fleet: Sequence[fleet_.Entry]) -> list[str]:
        """Decide until it is beyond doubt; return the rungs begun."""
        self.started.clear()
        self.dispatcher.run(fleet)
        self.clock.advance(2 * self.policy.detection.poll_interval + 1.0)
        self.dispatcher.run(fleet)
        return [self.store.recovery(one).rung for one in self.started]

    def state(self, recovery: model.Recovery) -> states.RecoveryState:
        """Return the state of a recovery."""
        return self.store.recovery(recovery.id).state

    def test_service_comes_first(self) -> None:
        self.assertEqual(["fail_over"], self.run_on(self.fleet))
        self.assertIs(states.RecoveryState.ABORTED, self.state(self.repair))

    def test_silent_for_a_moment_only(self) -> None:
        """The standby that is being made is not given up for that."""
        self.dispatcher.run(self.fleet)
        self.vim.reboot(self.theirs, hard=True)
        self.poll()
        self.settle()
        self.dispatcher.run(self.fleet)
        self.world.hang_guest(self.theirs)
        self.look(base.SILENCE)
        self.dispatcher.run(self.fleet)
        self.assertEqual([], self.started)
        self.assertIs(states.RecoveryState.RUNNING, self.state(self.repair))

    def test_fleet_from_before_the_repair(self) -> None:
        """It did not change who serves."""
        self.end(self.repair)
        stale = self.fleet
        again = self.claim(rung="make_standby", owner="other")
        self.assertEqual(["fail_over"], self.run_on(stale))
        self.assertIs(states.RecoveryState.ABORTED, self.state(again))

    def test_fleet_from_before_a_fail_over(self) -> None:
        self.end(self.repair)
        stale = self.fleet
        self.end(self.claim(rung="fail_over"))
        self.fail_over()
        again = self.claim(rung="repair_standby", owner="other")
        self.assertEqual([], self.run_on(stale))
        self.assertIs(states.RecoveryState.RUNNING, self.state(again))

    def test_fleet_from_amidst_a_fail_over(self) -> None:
        self.end(self.repair)
        takeover = self.claim(rung="fail_over", owner="other")
        stale = self.fleet
        self.fail_over()
        self.end(takeover)
        again = self.claim(rung="repair_standby", owner="other")
        self.assertEqual([], self.run_on(stale))
        self.assertIs(states.RecoveryState.RUNNING, self.state(again))

    def test_another_failed_it_over_while_we_asked(self) -> None:
        """Its recovery is not the one that was seen, and goes on."""
        stale = self.fleet
        [member] = self.dispatcher._gatherer.gather(stale, {"v/0"}).members
        self.assertTrue(member.repairing)
        self.end(self.repair)
        takeover = self.claim(rung="fail_over", owner="other")
        found = self.dispatcher.claims.give_way(stale[0], member)
        self.assertIs(states.RecoveryState.RUNNING, self.state(takeover))
        wanted = self.recovery(rung="fail_over")
        self.assertIsNone(self.store.claim(wanted, found.epoch))


class TestRouse(DispatchCase):
    """The standby's host is lost while its disk is made anew."""

    def setUp(self) -> None:
        super().setUp()
        renew = model.Step(
            id="renew_standby",
            action="renew_standby",
            note="",
            timeout=180.0,
            args={"member_id": "s"},
        )
        self.takeover = self.claim(
            model.StepRecord(position=0, step=renew),
            rung="fail_over",
            owner="other",
        )
        self.poll()
        self.world.hang_guest(self.theirs)

    def begun_at_last(self) -> list[str]:
        """Decide until it is beyond doubt; return the rungs begun."""
        self.look(base.SILENCE)
        self.cloud.poll()
        self.dispatcher.run(self.fleet)
        self.clock.advance(2 * self.policy.detection.poll_interval + 1.0)
        self.dispatcher.run(self.fleet)
        return [self.store.recovery(one).rung for one in self.started]

    def test_it_is_not_waited_for(self) -> None:
        self.world.partition_host("two")
        self.vim.force_down("two", True)
        self.assertEqual(["hard_reboot"], self.begun_at_last())
        ended = self.store.recovery(self.takeover.id)
        self.assertIs(states.RecoveryState.ABORTED, ended.state)
        self.assertEqual("the host of the standby is lost", ended.reason)

    def test_one_that_lives_is_waited_for(self) -> None:
        self.assertEqual([], self.begun_at_last())


class TestFailback(DispatchCase):
    """The policy asks for the VNFC that the VNFM knows, which is well."""

    policy = dataclasses.replace(replica_case.POLICY, failback="auto")

    def setUp(self) -> None:
        super().setUp()
        self.fail_over()
        self.vim.enable_port(self.port_id, True)
        assert self.group.access is not None
        self.vim.point_floating_ip(self.group.access.id, self.port_id)
        self.change("v/0/m", role=Role.STANDBY)
        self.poll()
        self.look(5.0)

    def test_it_is_asked_for_once_in_a_while(self) -> None:
        """Whatever is seen of it meanwhile: the application stands still."""
        self.dispatcher.run(self.fleet)
        self.assertEqual(["v/0"], self.failed_back)
        self.store.note_state("v/0/m", 5, None)
        self.dispatcher.run(self.fleet)
        self.assertEqual(["v/0"], self.failed_back)
        self.clock.advance(11.0)
        self.dispatcher.run(self.fleet)
        self.assertEqual(["v/0", "v/0"], self.failed_back)
