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

"""A member that failed is started again, just after another took over.

The word of its host that its process died does not last, so it is cut off
for good once the other one serves: see ``seal_member``.
"""

from __future__ import annotations

from nham.core import descriptor
from nham.core import states
from nham.recovery import context
from nham.recovery import takeover_steps
from nham.tests.functional import replica_case as case_

#: Seconds in which it has been started, and has booted.
_BOOTED = 40.0


class StartedAgainCase(case_.ReplicaCase):
    """The hosts have agents, and NHAM repairs nothing after the fail-over."""

    agents = True

    def begin(self, policy: descriptor.ResiliencyPolicy) -> str:
        """Let the primary's QEMU be killed; return its server.

        It is started again a moment later, by its user.
        """
        self.bring_up(policy)
        failed = self.member(states.Role.PRIMARY)
        self.hurt(case_.crash_primary)
        self.assertTrue(self.lab.run_until(self.over, 5.0))
        self.lab.store.set_setting("paused", "by the test")
        self.world.user_reboot(failed)
        self.lab.run(_BOOTED)
        self.assertEqual(1, len(self.world.physics.guests_of(failed)))
        return failed

    def over(self) -> bool:
        """Say whether the fail-over has succeeded."""
        (newest,) = self.lab.store.recoveries(limit=1)
        done = newest.state is states.RecoveryState.SUCCEEDED
        return newest.rung == "fail_over" and done

    def proofs(self) -> dict[str, str]:
        """Return what the steps of the fail-over said that cut it off."""
        (found,) = (
            one
            for one in self.lab.store.recoveries()
            if one.rung == "fail_over"
        )
        return {
            record.step.action: record.detail.partition(":")[0]
            for record in found.steps
            if record.step.action in ("isolate_member", "seal_member")
        }


class StartedAgainTest(StartedAgainCase):
    def test_nobody_reaches_it(self) -> None:
        for policy in (case_.ONE_R_AA, case_.VIP, case_.FIXED_IP):
            with self.subTest(driver=policy.service_address.driver):
                failed = self.begin(policy)
                self.assertEqual(
                    {"isolate_member": "agent", "seal_member": "port"},
                    self.proofs(),
                )
                self.assertFalse(self.world.serving(failed))
                self.assertEqual(7, self.world.read_at(self.address))
                case_.act(self)
                self.settle()
                self.assert_whole(7)

    def test_what_hangs_is_ended_first(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        failed = self.member(states.Role.PRIMARY)
        self.hurt(case_.hang_primary)
        self.assertTrue(self.lab.run_until(self.over, 10.0))
        self.assertEqual([], self.world.physics.guests_of(failed))
        self.assertEqual("agent", self.proofs()["isolate_member"])
        self.settle()
        self.assert_whole(7)

    def test_ports_cut_it_off_where_its_agent_is_silent(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.hurt(case_.power_off_primary)
        self.assertTrue(self.lab.run_until(self.over, 30.0))
        self.assertEqual(
            {"isolate_member": "port", "seal_member": "it is already, port"},
            self.proofs(),
        )

    def test_the_checker_sees_it_where_nothing_lasts(self) -> None:
        """What this module is about can be seen to go wrong."""

        def nothing(
            _self: takeover_steps.SealMember, _run: context.Run
        ) -> context.Done:
            return context.Done(detail="left out")

        self.replace(
            "nham.recovery.takeover_steps.SealMember.complete", nothing
        )
        self.begin(case_.VIP)
        self.assertIn(
            "failed and reachable",
            {one.rule for one in self.auditor.violations},
        )
