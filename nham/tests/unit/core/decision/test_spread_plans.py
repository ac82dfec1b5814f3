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

import dataclasses

import hypothesis

from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import choice
from nham.core.decision import plans
from nham.core.decision import replicas
from nham.recovery import handlers
from nham.recovery import runner
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

POLICY = dataclasses.replace(
    test_rules.HOOKED, redundancy=descriptor.Mechanism.MR_AA, num_backups=2
)
LOST = {"app": facts.Health.DEAD, "icmp": facts.Health.DEAD}


def an_active(number: int, **fields: object) -> member_facts.StandbyFacts:
    """Return a member that serves beside the primary."""
    return test_rules.a_standby(
        **{
            "member_id": f"m{number}",
            "server_id": f"s{number}",
            "host": f"h{number}",
            "role": states.Role.ACTIVE,
            "sequence": number,
            **fields,
        }
    )


def a_group(**fields: object) -> member_facts.MemberFacts:
    """Return a primary with two members that serve beside it."""
    return test_rules.a_member(
        **{
            "policy": POLICY,
            "member_id": "m1",
            "standbys": (an_active(2), an_active(3)),
            **fields,
        }
    )


def actions(rung: str, member: member_facts.MemberFacts) -> list[str]:
    """Return the actions of a rung."""
    made = choice.Choice(
        member=member, host=facts.HostFacts(name="h1"), target="h4"
    )
    return [step.action for step in plans.RUNGS[rung].steps(made)]


class WhoTest(base.TestCase):
    """Which of the others it is about."""

    def test_the_one_that_has_the_newest_state_becomes_the_primary(
        self,
    ) -> None:
        member = a_group(**LOST)
        self.assertEqual("m3", test_rules.standby_of(member).member_id)
        (verdict,) = decision.decide(
            facts.Facts(
                members=(member,),
                hosts=tuple(
                    facts.HostFacts(name=f"h{n}") for n in range(1, 5)
                ),
            )
        ).verdicts
        (promoted,) = (
            step for step in verdict.steps if step.action == "promote"
        )
        self.assertEqual("m3", promoted.args["member_id"])

    def test_the_one_that_is_lost_while_the_primary_serves(self) -> None:
        for lost in (2, 3):
            others = tuple(
                an_active(n, **(LOST if n == lost else {})) for n in (2, 3)
            )
            member = a_group(standbys=others)
            self.assertEqual(
                f"m{lost}", test_rules.standby_of(member).member_id
            )
            self.assertTrue(member.unguarded)

    def test_none_while_one_is_missing(self) -> None:
        member = a_group(standbys=(an_active(2),))
        self.assertIsNone(member.standby)
        self.assertTrue(member.unguarded)
        self.assertFalse(a_group().unguarded)


class PlansTest(base.TestCase):
    def test_each_action_has_a_handler(self) -> None:
        self.assertTrue(runner.Runner)
        for rung in ("fail_over", "take_out", *replicas.RUNGS):
            found = actions(rung, a_group())
            self.assertEqual(len(found), len(set(found)))
            self.assertLessEqual(set(found), set(handlers.HANDLERS))

    def test_clients_come_after_the_state(self) -> None:
        for rung in set(replicas.RUNGS) - {
            *replicas.TUNING,
            replicas.REFRESH,
        }:
            found = actions(rung, a_group())
            self.assertLess(
                found.index("give_state"), found.index("join_distribution")
            )
            self.assertLess(
                found.index("await_member"), found.index("join_distribution")
            )
            self.assertEqual("join_group", found[-1])

    def test_they_stay_away_before_the_member_is_cut_off(self) -> None:
        for rung in ("fail_over", "take_out"):
            found = actions(rung, a_group())
            self.assertLess(
                found.index("leave_distribution"),
                found.index("seal_member"),
            )

    def test_no_address_is_moved(self) -> None:
        for rung in ("fail_over", "take_out", *replicas.RUNGS):
            self.assertNotIn("move_address", actions(rung, a_group()))

    def test_without_another_there_is_nothing_to_plan(self) -> None:
        alone = a_group(standbys=())
        for rung in ("fail_over", "take_out", "remake_standby"):
            self.assertRaises(ValueError, actions, rung, alone)


class DecidedTest(base.TestCase):
    @hypothesis.given(strategies.troubled)
    def test_a_group_never_has_more_members_than_it_may(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            done = [step.action for step in verdict.steps]
            member = members[verdict.group_id]
            if "create_member" in done and member.mechanism.spreads:
                made = len(member.standbys) + ("remove_member" not in done)
                self.assertLessEqual(made, member.most)

    def test_who_was_stopped_is_waited_for_only_without_a_place(self) -> None:
        stopped = member_facts.ServerFacts(status="SHUTOFF", stopped_by="user")
        serves, aside = states.Role.ACTIVE, states.Role.ASIDE
        for least, most, role, rule in (
            (2, 3, serves, "member-aside"),
            (2, 3, aside, "too-few"),
            (2, 2, aside, "standby-stopped"),
            (1, 3, aside, "standby-stopped"),
        ):
            others = (
                an_active(2, role=role, server=stopped, **LOST),
                an_active(3),
            )
            policy = dataclasses.replace(
                POLICY, min_replicas=least, max_replicas=most
            )
            seen = facts.Facts(
                members=(a_group(standbys=others, policy=policy),),
                hosts=tuple(
                    facts.HostFacts(name=f"h{n}") for n in range(1, 6)
                ),
            )
            (verdict,) = decision.decide(seen).verdicts
            self.assertEqual(rule, verdict.rule)
            said = f"(1 of 2 serve beside it, at least {least} must)"
            self.assertIn(said, verdict.reasons[0])

    @hypothesis.given(strategies.troubled)
    def test_only_a_member_that_serves_beside_the_primary_is_taken_out(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            if verdict.rung != "take_out":
                continue
            member = members[verdict.group_id]
            out = test_rules.standby_of(member)
            self.assertIs(states.Role.ACTIVE, out.role)
            self.assertTrue(out.lost)
            named = {step.args.get("member_id") for step in verdict.steps}
            self.assertEqual({out.member_id}, named)
