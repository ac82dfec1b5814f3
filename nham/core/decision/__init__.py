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

"""The decision: a pure function from facts to verdicts.

The same call serves the engine, ``nham simulate``, the golden cases and
the explanation of what NHAM would do.
"""

from __future__ import annotations

import dataclasses
import functools

from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import model
from nham.core.decision import hosts
from nham.core.decision import ladder
from nham.core.decision import plans
from nham.core.decision import rules
from nham.core.decision import situation

Kind = rules.Kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done about one member, and why.

    :ivar rung: the rung of the ladder, None when nothing is done.
    :ivar reasons: why this, in words.
    :ivar refused: the alternatives, and why not them.
    """

    group_id: str
    kind: Kind
    rule: str
    zone: descriptor.Zone | None = None
    rung: str | None = None
    checkpoint_id: str | None = None
    image_id: str | None = None
    steps: tuple[model.Step, ...] = ()
    reasons: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decision:
    """The verdicts on all members and the alarms.

    What is unwell comes first, the most urgent of it at the top.
    """

    verdicts: tuple[Verdict, ...]
    alarms: tuple[hosts.Alarm, ...] = ()


def decide(facts: facts_.Facts) -> Decision:
    """Decide on every member.

    The most urgent come first (service availability level, then priority,
    then the longest silence), and each one that acts uses up a place in
    the guards' limits.
    """
    overview = situation.Overview(facts)
    unwell, well = overview.sift(facts.members)
    verdicts = []
    system = facts.system
    for member in sorted(unwell, key=_urgency):
        verdict = _judge(situation.Case(member, facts, system, overview))
        verdicts.append(verdict)
        if verdict.kind is Kind.ACT:
            moved = verdict.zone is descriptor.Zone.HOST
            system = dataclasses.replace(
                system,
                recent_recoveries=system.recent_recoveries + 1,
                host_recoveries=system.host_recoveries + moved,
            )
    names = sorted(member.group_id for member in well)
    return Decision(
        verdicts=(*verdicts, *map(_well, names)),
        alarms=hosts.alarms(facts, overview),
    )


@functools.lru_cache(maxsize=1 << 16)
def _well(group_id: str) -> Verdict:
    rule = next(rule for rule in rules.RULES if rule.name == "healthy")
    return Verdict(
        group_id=group_id,
        kind=rule.kind,
        rule=rule.name,
        reasons=(rule.says,),
    )


def restore_verdict(
    member: facts_.MemberFacts, checkpoint_id: str, rule: str, reason: str
) -> Verdict:
    """Return the verdict that puts a checkpoint back on demand."""
    rung = plans.RUNGS["rebuild"]
    choice = plans.Choice(
        member=member,
        host=facts_.HostFacts(name=member.host or ""),
        checkpoint_id=checkpoint_id,
        ordered=True,
    )
    return Verdict(
        group_id=member.group_id,
        kind=Kind.ACT,
        rule=rule,
        zone=rung.zone,
        rung=rung.name,
        checkpoint_id=checkpoint_id,
        steps=tuple(rung.steps(choice)),
        reasons=(reason, rung.price),
    )


def _urgency(member: facts_.MemberFacts) -> tuple[int, int, float, str]:
    level = member.policy.sal or 9
    return (
        level,
        -member.policy.priority,
        -member.silent_for,
        member.group_id,
    )


def _judge(case: situation.Case) -> Verdict:
    member = case.member
    rule = next(r for r in rules.RULES if r.when(case))
    if rule.rung is None:
        return Verdict(
            group_id=member.group_id,
            kind=rule.kind,
            rule=rule.name,
            reasons=(rule.says,),
        )
    following = rule.rung(member)
    if following.rung is None:
        return Verdict(
            group_id=member.group_id,
            kind=Kind.WAIT,
            rule="exhausted",
            zone=rule.zone,
            reasons=(rule.says, following.why),
            refused=following.refused,
        )
    if following.rung == "replace" and not case.system.vnfm:
        return Verdict(
            group_id=member.group_id,
            kind=Kind.WAIT,
            rule="vnfm-down",
            zone=rule.zone,
            reasons=(rule.says, "only the VNFM could help, and it is down"),
            refused=following.refused,
        )
    return _plan(case, rule, following)


def _plan(
    case: situation.Case, rule: rules.Rule, following: ladder.Next
) -> Verdict:
    rung = plans.RUNGS[str(following.rung)]
    choice = plans.Choice(
        member=case.member,
        host=case.host,
        host_lost=case.host_lost,
        checkpoint_id=following.checkpoint_id,
        image_id=following.image_id,
    )
    paused = case.system.paused or case.member.paused
    zone = rule.zone or rung.zone
    return Verdict(
        group_id=case.member.group_id,
        kind=Kind.WOULD if paused else Kind.ACT,
        rule=rule.name,
        # An escalated fault counts in the zone that takes it over.
        zone=max(zone, rung.zone, key=lambda z: z.rank),
        rung=rung.name,
        checkpoint_id=following.checkpoint_id,
        image_id=following.image_id,
        steps=tuple(rung.steps(choice)),
        reasons=(rule.says, f"{rung.name}: {following.why}", rung.price),
        refused=following.refused,
    )
