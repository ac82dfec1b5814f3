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

"""What goes on while Nova does not answer: the service, by the network."""

from __future__ import annotations

from nham.core import states
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_cold
from nham.tests.functional import test_spread

#: Seconds; longer than a fail-over, and than a standby takes to be made.
_DOWN = 60.0


class FailOverTest(case_.ReplicaCase):
    """One VNF with a standby."""

    def lose_primary(self) -> None:
        """Let the primary die while Nova is down; look half-way."""
        waiting = self.member(states.Role.STANDBY)
        self.world.api_down("nova", _DOWN)
        self.lab.run(3.0)
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN / 2)
        self.assertEqual(waiting, self.member(states.Role.PRIMARY))
        self.assertEqual(7, self.world.read_at(self.address))
        newest = self.lab.store.recoveries(limit=1)[0]
        self.assertEqual(
            ("fail_over", states.RecoveryState.SUCCEEDED),
            (newest.rung, newest.state),
        )
        self.assertIn("Nova does not answer", newest.steps[0].detail)

    def test_the_standby_takes_over_and_is_repaired_later(self) -> None:
        for policy in (case_.ONE_R_AS, case_.ONE_R_AA):
            self.bring_up(policy)
            self.lose_primary()
            (vnf,) = self.lab.store.vnfs()
            self.assertIn("Nova", vnf.reason)
            self.lab.run(_DOWN / 2)
            self.settle()
            self.assert_whole(7)

    def test_its_host_dies(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        waiting = self.member(states.Role.STANDBY)
        self.world.api_down("nova", _DOWN)
        self.lab.run(3.0)
        self.hurt(lambda case: case.world.power_off_host("cmp1"))
        self.lab.run(_DOWN / 2)
        self.assertEqual(waiting, self.member(states.Role.PRIMARY))
        self.lab.run(_DOWN / 2)
        self.settle()
        self.assert_whole(7)

    def test_no_harm_while_the_probes_may_be_at_fault(self) -> None:
        """Who is to take over is not heard of either."""
        self.bring_up(case_.ONE_R_AS)
        before = self.member(states.Role.PRIMARY)
        known = len(self.lab.store.recoveries())
        self.world.api_down("nova", _DOWN)
        self.world.cut_observer(self.runner.name)
        self.lab.run(_DOWN / 2)
        self.world.mend_observer(self.runner.name)
        self.lab.run(_DOWN)
        self.assertEqual(before, self.member(states.Role.PRIMARY))
        self.assertEqual(known, len(self.lab.store.recoveries()))


class ColdTest(test_cold.ColdCase):
    """A standby that is off."""

    def test_it_waits_for_nova(self) -> None:
        waiting = self.standby.server_id
        self.world.api_down("nova", _DOWN)
        self.lab.run(3.0)
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN / 2)
        self.assertEqual([], self.rungs())
        self.lab.run(_DOWN / 2)
        self.mend()
        self.assertEqual(waiting, self.member(states.Role.PRIMARY))
        self.assert_whole(7)


class SpreadTest(test_spread.SpreadCase):
    """Members that serve side by side."""

    def test_who_fails_leaves_the_distribution(self) -> None:
        for role, rung in (
            (states.Role.ACTIVE, "take_out"),
            (states.Role.PRIMARY, "fail_over"),
        ):
            failed = self.servers(role)[0]
            known = len(self.rungs())
            self.world.api_down("nova", _DOWN)
            self.lab.run(3.0)
            self.world.crash_vm(failed)
            self.lab.run(_DOWN / 2)
            self.assertNotIn(failed, self.serving())
            self.assertEqual([(rung, "succeeded")], self.rungs()[known:])
            self.lab.run(_DOWN)
            self.assert_whole()
