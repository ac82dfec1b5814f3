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

"""What must hold of every decision, whatever the facts are."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import aside
from nham.core.decision import replicas
from nham.core.decision import rules
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core.decision import strategies

Kind = decision.Kind
Health = facts.Health

#: Steps that bring a VM up somewhere else than where it was.
ELSEWHERE = ("evacuate_server", "heal_vnfc")
POLICY = descriptor.ResiliencyPolicy(name="p", targets=("VDU1",))


def a_member(**fields: Any) -> member_facts.MemberFacts:
    """Return a member that is well, but for what is given."""
    values: dict[str, Any] = {
        "group_id": "g",
        "vnf_id": "v",
        "vnfc": "VDU1-0",
        "server_id": "s",
        "host": "h1",
        "policy": POLICY,
        "image_id": "image",
        **fields,
    }
    if "standby" in values:
        one = values.pop("standby")
        values.setdefault("standbys", (one,) if one else ())
    return member_facts.MemberFacts(**values)


REPLICATED = dataclasses.replace(
    POLICY, redundancy=descriptor.Mechanism.ONE_R_AS
)
HOOKED = dataclasses.replace(
    REPLICATED,
    stateful=True,
    state_protection=descriptor.StateProtection(
        method="hook", hook=descriptor.Hook(port=8081)
    ),
)


def a_standby(**fields: Any) -> member_facts.StandbyFacts:
    """Return a standby that is ready, but for what is given."""
    values: dict[str, Any] = {
        "member_id": "m2",
        "server_id": "s2",
        "host": "h2",
        **fields,
    }
    return member_facts.StandbyFacts(**values)


def a_replica(**fields: Any) -> member_facts.MemberFacts:
    """Return a primary with its standby; all is well but what is given."""
    return a_member(
        **{
            "policy": REPLICATED,
            "member_id": "m1",
            "standby": a_standby(),
            **fields,
        }
    )


def standby_of(member: member_facts.MemberFacts) -> member_facts.StandbyFacts:
    """Return the member's standby, which it must have."""
    if member.standby is None:
        raise AssertionError(f"{member.group_id} has no standby")
    return member.standby


def acts(decided: decision.Decision) -> list[decision.Verdict]:
    """Return what is to be done."""
    return [v for v in decided.verdicts if v.kind is Kind.ACT]


class TableTest(base.TestCase):
    def test_names_are_unique(self) -> None:
        names = [rule.name for rule in rules.RULES]
        self.assertEqual(len(names), len(set(names)))

    def test_only_what_acts_has_a_zone_and_a_rung(self) -> None:
        for rule in rules.RULES:
            acting = rule.kind is Kind.ACT
            self.assertEqual(acting, rule.zone is not None, rule.name)
            self.assertEqual(acting, rule.rung is not None, rule.name)
            self.assertNotEqual("", rule.says, rule.name)


class EveryDecisionTest(base.TestCase):
    @hypothesis.given(strategies.everything)
    def test_each_member_gets_one_verdict(self, seen: facts.Facts) -> None:
        decided = decision.decide(seen)
        self.assertEqual(
            sorted(m.group_id for m in seen.members),
            sorted(v.group_id for v in decided.verdicts),
        )
        for verdict in decided.verdicts:
            self.assertNotEqual((), verdict.reasons)

    @hypothesis.given(strategies.everything)
    def test_who_is_well_is_as_the_table_says(self, seen: facts.Facts) -> None:
        overview = situation.Overview(seen)
        for member in seen.members:
            case = situation.Case(member, seen, seen.system, overview)
            rule = next(r for r in rules.RULES if r.when(case))
            self.assertEqual(
                rule.name == "healthy", overview.well(member), str(member)
            )

    @hypothesis.given(
        strategies.everything | strategies.troubled,
        st.randoms(use_true_random=False),
    )
    def test_order_of_the_members_does_not_matter(
        self, seen: facts.Facts, chance: Any
    ) -> None:
        mixed = list(seen.members)
        chance.shuffle(mixed)
        other = dataclasses.replace(seen, members=tuple(mixed))
        self.assertEqual(decision.decide(seen), decision.decide(other))

    @hypothesis.given(strategies.troubled)
    def test_the_most_urgent_comes_first(self, seen: facts.Facts) -> None:
        members = {member.group_id: member for member in seen.members}
        unwell = [
            members[verdict.group_id]
            for verdict in decision.decide(seen).verdicts
            if verdict.rule != "healthy"
        ]
        overview = situation.Overview(seen)
        fit = {
            m.group_id: situation.Case(m, seen, seen.system, overview).fit
            for m in unwell
        }
        keys = [
            (
                fit[m.group_id],
                not (fit[m.group_id] and replicas.too_few(m)),
                m.policy.sal or 9,
                -m.policy.priority,
                -m.silent_for,
            )
            for m in unwell
        ]
        self.assertEqual(sorted(keys), keys)

    @hypothesis.given(strategies.troubled)
    def test_paused_never_acts(self, seen: facts.Facts) -> None:
        first, *others = seen.members
        first = dataclasses.replace(first, paused=True)
        seen = dataclasses.replace(seen, members=(first, *others))
        done = [v.group_id for v in acts(decision.decide(seen))]
        self.assertNotIn(first.group_id, done)

    @hypothesis.given(strategies.troubled)
    def test_pause_changes_only_the_kind(self, seen: facts.Facts) -> None:
        # Without limits, for what would be done takes no place in them.
        free = facts.Limits(share=1.0, recoveries=99, host_parallel=99)
        seen = dataclasses.replace(seen, limits=free)
        paused = dataclasses.replace(
            seen, system=dataclasses.replace(seen.system, paused=True)
        )
        would = [
            dataclasses.replace(v, kind=Kind.ACT)
            if v.kind is Kind.WOULD
            else v
            for v in decision.decide(paused).verdicts
        ]
        self.assertEqual(list(decision.decide(seen).verdicts), would)


class SafetyTest(base.TestCase):
    """No guard is in the way here, so that plans are made."""

    @hypothesis.given(strategies.troubled)
    def test_fenced_before_it_is_started_elsewhere(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in acts(decision.decide(seen)):
            actions = [step.action for step in verdict.steps]
            left = members[verdict.group_id].host
            if verdict.rung == "repair_standby":
                left = standby_of(members[verdict.group_id]).host
            host = seen.host(left)
            # A Nova that reaches the host removes the guest itself.
            if "evacuate_server" in actions or not host.service:
                for action in set(ELSEWHERE) & set(actions):
                    fence = actions.index("fence_host")
                    self.assertLess(fence, actions.index(action))
                    self.assertEqual(left, verdict.steps[fence].args["host"])
                    self.assertIsNot(facts.Fence.IMPOSSIBLE, host.fence)

    @hypothesis.given(strategies.troubled)
    def test_a_host_that_lives_is_not_fenced(self, seen: facts.Facts) -> None:
        alive = (Health.OK, Health.SLOW)
        for verdict in acts(decision.decide(seen)):
            for step in verdict.steps:
                if step.action != "fence_host":
                    continue
                host = seen.host(str(step.args["host"]))
                self.assertNotIn(host.probe, alive)
                self.assertNotIn(host.heartbeat, alive)
                there: list[
                    member_facts.MemberFacts | member_facts.StandbyFacts
                ] = [
                    *seen.members_on(host.name),
                    *seen.standbys_on(host.name),
                ]
                for member in there:
                    self.assertNotIn(member.app, alive)
                    self.assertNotIn(member.icmp, alive)

    @hypothesis.given(strategies.troubled)
    def test_no_image_while_a_checkpoint_is_left(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in acts(decision.decide(seen)):
            member = members[verdict.group_id]
            if not member.policy.stateful or verdict.image_id is None:
                continue
            if member.policy.state_protection.method == "hook":
                # The state is given back at the end.
                self.assertIn("give_state", [s.action for s in verdict.steps])
                self.assertTrue(
                    member.policy.accept_state_loss or member.checkpoints
                )
                continue
            self.assertTrue(member.policy.accept_state_loss)
            spent = {
                attempt.checkpoint_id
                for attempt in member.attempts
                if attempt.rung == "rebuild"
            }
            left = [c for c in member.checkpoints if c.id not in spent]
            self.assertEqual([], left)
            self.assertIn("lost", " ".join(verdict.reasons))

    @hypothesis.given(strategies.troubled)
    def test_each_plan_looks_first_and_last(self, seen: facts.Facts) -> None:
        for verdict in acts(decision.decide(seen)):
            actions = [step.action for step in verdict.steps]
            self.assertEqual(len(actions), len(set(actions)))
            if verdict.rung in (*replicas.TUNING, replicas.REFRESH):
                self.assertIn(actions[-1], ("park_standby", "start_standby"))
                continue
            if verdict.rung in replicas.RUNGS:
                self.assertIn(actions[-1], ("join_standby", "join_group"))
                continue
            if verdict.rung in ("dismiss", "hand_over", "switchover"):
                # Nothing has failed that could answer again.
                continue
            self.assertEqual("confirm_fault", actions[0])
            if verdict.rung == "take_out":
                self.assertEqual("fail_member", actions[-1])
                continue
            if verdict.rung == "fail_over":
                self.assertEqual("verify_service", actions[-1])
                continue
            self.assertEqual(["verify_service", "check_record"], actions[-2:])

    @hypothesis.given(strategies.troubled)
    def test_what_serves_is_left_alone(self, seen: facts.Facts) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in acts(decision.decide(seen)):
            member = members[verdict.group_id]
            if verdict.rung in (*replicas.RUNGS, "take_out"):
                # These have steps that do not name whom they are about.
                named = {s.args.get("member_id") for s in verdict.steps}
                self.assertLessEqual(named, {None, "m2"})
            elif verdict.rung == "dismiss":
                surplus = member.surplus
                assert surplus is not None
                self.assertEqual("server", surplus.kind)
                named = {s.args.get("member_id") for s in verdict.steps}
                self.assertEqual({None, surplus.member_id}, named)
            elif verdict.rung == "switchover":
                self.assertTrue(member.astray)
                auto = member.policy.failback == "auto"
                self.assertTrue(auto or member.outdated)
                self.assertEqual(Health.OK, member.app)
            elif not member.qemu_died:
                self.assertNotIn(member.app, (Health.OK, Health.SLOW))

    @hypothesis.given(strategies.troubled)
    def test_an_operator_is_not_worked_against(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in acts(decision.decide(seen)):
            member = members[verdict.group_id]
            # The service goes on, and it needs another member to leave.
            if verdict.rung not in (
                *replicas.BESIDE,
                "fail_over",
                "hand_over",
            ):
                self.assertFalse(seen.host(member.host).maintenance)
            # That one leaves its server as it is.
            if verdict.rung != "hand_over":
                self.assertNotEqual("PAUSED", member.server.status)
                if member.server.status == "SHUTOFF":
                    self.assertNotEqual("user", member.server.stopped_by)
            named = {step.args.get("member_id") for step in verdict.steps}
            if verdict.rung in replicas.RUNGS and member.standby is not None:
                self.assertFalse(aside.set_aside(member.standby))
                # Another one may be made elsewhere meanwhile.
                if member.standby.member_id in named:
                    host = seen.host(member.standby.host)
                    self.assertFalse(host.maintenance)


class EndTest(base.TestCase):
    """Failure after failure, every ladder comes to an end."""

    @hypothesis.given(
        strategies.troubled,
        st.sampled_from(
            (member_facts.Outcome.FAILED, member_facts.Outcome.REFUSED)
        ),
    )
    def test_the_ladder_ends(
        self, seen: facts.Facts, how: member_facts.Outcome
    ) -> None:
        (member, *_others) = seen.members
        member = dataclasses.replace(member, attempts=())
        for _attempt in range(12):
            seen = dataclasses.replace(seen, members=(member,))
            (verdict,) = decision.decide(seen).verdicts
            if verdict.kind is not Kind.ACT:
                return
            failed = member_facts.Attempt(
                rung=str(verdict.rung),
                outcome=how,
                age=1.0,
                checkpoint_id=verdict.checkpoint_id,
            )
            member = dataclasses.replace(
                member, attempts=(failed, *member.attempts)
            )
        self.fail(f"still {verdict.rung} after {len(member.attempts)} tries")
