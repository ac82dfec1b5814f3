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

"""Who takes over, and who gives the service back."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis

from nham.core import decision
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import takeover
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_replicas
from nham.tests.unit.core.decision import test_rules

Health = facts.Health
Outcome = member_facts.Outcome


class FailOverTest(base.TestCase):
    @hypothesis.given(strategies.members)
    def test_only_to_a_standby_that_is_ready(
        self, member: member_facts.MemberFacts
    ) -> None:
        may = takeover.can_fail_over(member)
        following = takeover.fail_over(test_replicas.case(member))
        self.assertEqual("fail_over" if may else None, following.rung)
        if not may:
            self.assertNotEqual("fail_over: ", following.why)
            return
        standby = test_rules.standby_of(member)
        self.assertTrue(member.replicated)
        self.assertTrue(standby.ready)
        if member.policy.stateful and not member.policy.accept_state_loss:
            self.assertTrue(standby.sequence or member.checkpoints)

    @hypothesis.given(strategies.troubled)
    def test_a_standby_that_is_ready_takes_over(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            member = members[verdict.group_id]
            if verdict.rung == "hand_over":
                # Its operator stopped it, so nothing has failed.
                continue
            self.assertEqual(
                takeover.can_fail_over(member),
                verdict.rung == "fail_over",
                str(verdict),
            )

    def test_two_failures_leave_it_to_the_ladder(self) -> None:
        for number in range(4):
            member = test_rules.a_replica(
                attempts=[
                    member_facts.Attempt(
                        rung="fail_over", outcome=Outcome.FAILED, age=1.0
                    )
                ]
                * number
            )
            self.assertEqual(number < 2, takeover.can_fail_over(member))

    def test_goes_on_beside_others_but_not_beside_nova(self) -> None:
        for server, wanted in (
            (member_facts.ServerFacts(), True),
            (member_facts.ServerFacts(task_state="powering-off"), False),
            (member_facts.ServerFacts(status="DELETED"), False),
        ):
            for standby in (test_rules.a_standby(), None):
                member = test_rules.a_replica(server=server, standby=standby)
                self.assertEqual(
                    wanted and standby is not None,
                    takeover.goes_on(test_replicas.case(member)),
                )


class FailbackTest(base.TestCase):
    def away(self, **standby: Any) -> member_facts.MemberFacts:
        """Return NHAM's own server as the primary, and its standby."""
        return test_rules.a_replica(
            kind="server",
            standby=test_rules.a_standby(**{"kind": "vnfc", **standby}),
        )

    def test_only_to_the_vnfc_and_only_if_it_can(self) -> None:
        self.assertEqual("", takeover.why_no_failback(self.away()))
        for member, told in (
            (test_rules.a_replica(), "serves already"),
            (test_rules.a_replica(kind="server"), "not the standby yet"),
            (
                test_rules.a_replica(kind="server", standby=None),
                "not the standby yet",
            ),
            (self.away(app=Health.DEAD), "its application is dead"),
        ):
            self.assertIn(told, takeover.why_no_failback(member))

    def test_who_has_no_place_goes_before_it_is_said(self) -> None:
        policy = dataclasses.replace(test_rules.REPLICATED, failback="request")
        member = dataclasses.replace(self.away(), policy=policy)
        more = dataclasses.replace(
            member,
            standbys=(
                *member.standbys,
                test_rules.a_standby(member_id="m3", server_id="s3"),
            ),
        )
        for one, rule in ((member, "failback-request"), (more, "surplus")):
            (verdict,) = decision.decide(
                facts.Facts(members=(one,), hosts=test_replicas.HOSTS)
            ).verdicts
            self.assertEqual(rule, verdict.rule)
