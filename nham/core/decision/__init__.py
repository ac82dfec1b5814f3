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
from nham.core import member_facts
from nham.core import model
from nham.core.decision import hosts
from nham.core.decision import ladder
from nham.core.decision import plans
from nham.core.decision import replica_plans
from nham.core.decision import replicas
from nham.core.decision import rules
from nham.core.decision import situation
from nham.core.decision import takeover

Kind = rules.Kind


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be done about one member, and why.

    :ivar subject: the server or the host that failed.
    :ivar rung: the rung of the ladder, None when nothing is done.
    :ivar reasons: why this, in words.
    :ivar refused: the alternatives, and why not them.
    """

    group_id: str
    kind: Kind
    rule: str
    zone: descriptor.Zone | None = None
    subject: str = ""
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

    :ivar quarantines: hosts that are to be put in quarantine.
    """

    verdicts: tuple[Verdict, ...]
    alarms: tuple[hosts.Alarm, ...] = ()
    quarantines: tuple[hosts.Quarantine, ...] = ()


def decide(facts: facts_.Facts) -> Decision:
    """Decide on every member.

    The most urgent come first (service before redundancy, then service
    availability level, then priority, then the longest silence), and each
    one that acts uses up a place in the guards' limits.
    """
    overview = situation.Overview(facts)
    facts = overview.grounded(facts)
    unwell, well = overview.sift(facts.members)
    verdicts = []
    system = facts.system
    cases = [
        situation.Case(member, facts, system, overview) for member in unwell
    ]
    for case in sorted(cases, key=_urgency):
        verdict = _judge(dataclasses.replace(case, system=system))
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
        quarantines=hosts.quarantines(facts, overview),
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
    member: member_facts.MemberFacts,
    checkpoint_id: str | None,
    rule: str,
    reason: str,
    imported: bool = False,
) -> Verdict:
    """Return the verdict that puts a checkpoint back on demand.

    :param checkpoint_id: None: the newest that the VNF imports.
    :param imported: the VNF imports it itself.
    """
    rung = plans.IMPORT if imported else plans.RUNGS["rebuild"]
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
        subject=member.server_id,
        rung=rung.name,
        checkpoint_id=checkpoint_id,
        steps=tuple(rung.steps(choice)),
        reasons=(reason, rung.price),
    )


def switchover_verdict(
    member: member_facts.MemberFacts,
    reason: str,
    held_until: float | None = None,
    checkpoint_id: str | None = None,
) -> Verdict:
    """Return the verdict that has the standby take over on demand.

    :param held_until: until when the application stands still for it.
    :param checkpoint_id: to make the standby's disk of; it may be under way.
    :raises ValueError: no standby could, and why.
    """
    why_not = takeover.why_not(member)
    if why_not:
        raise ValueError(why_not)
    rung = replica_plans.SWITCHOVER
    choice = plans.Choice(
        member=member,
        host=facts_.HostFacts(name=member.host or ""),
        ordered=True,
        held_until=held_until,
        checkpoint_id=checkpoint_id,
    )
    price = rung.price
    if checkpoint_id is not None:
        price = "loses what is written after its checkpoint"
    elif held_until is not None:
        price = "the application stands still meanwhile"
    return Verdict(
        group_id=member.group_id,
        kind=Kind.ACT,
        rule="switchover",
        zone=rung.zone,
        subject=member.server_id,
        rung=rung.name,
        checkpoint_id=checkpoint_id,
        steps=tuple(rung.steps(choice)),
        reasons=(reason, price),
    )


def _urgency(case: situation.Case) -> tuple[bool, bool, int, int, float, str]:
    """Return what orders the cases: the service, then who has too few."""
    member = case.member
    level = member.policy.sal or 9
    return (
        case.fit,
        not (case.fit and replicas.too_few(member)),
        level,
        -member.policy.priority,
        -member.silent_for,
        member.group_id,
    )


_DEGRADED = (
    "member-missing",
    "standby-missing",
    "standby-away",
    "standby-beside",
)


def _judge(case: situation.Case) -> Verdict:
    member = case.member
    rule = next(r for r in rules.RULES if r.when(case))
    if case.fit:
        rule = dataclasses.replace(
            rule, says=rule.says + replicas.count(member)
        )
    if rule.rung is None:
        return Verdict(
            group_id=member.group_id,
            kind=rule.kind,
            rule=rule.name,
            reasons=(rule.says,),
        )
    following = rule.rung(case)
    if following.rung is None:
        # A group that only lacks its standby serves all the same.
        name = rule.name if rule.name in _DEGRADED else "exhausted"
        return _wait(case, rule, name, following.why, following)
    if following.rung == "replace" and not case.system.vnfm:
        why = "only the VNFM could help, and it is down"
        return _wait(case, rule, "vnfm-down", why, following)
    if replicas.is_early_again(member, following.rung):
        why = f"{following.rung} failed; again later"
        return _wait(case, rule, "later", why, following)
    return _plan(case, rule, following)


def _wait(
    case: situation.Case,
    rule: rules.Rule,
    name: str,
    why: str,
    following: ladder.Next,
) -> Verdict:
    """Return that nothing can be done now about what a rule found."""
    return Verdict(
        group_id=case.member.group_id,
        kind=Kind.WAIT,
        rule=name,
        zone=rule.zone,
        reasons=(rule.says, why),
        refused=following.refused,
    )


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
        target=following.host,
        standby_host_lost=case.standby_host_lost,
    )
    paused = case.system.paused or case.member.paused
    # An escalated fault counts in the zone that takes it over.
    zone = max(rule.zone or rung.zone, rung.zone, key=lambda z: z.rank)
    if rung.name in replicas.RUNGS and choice.standby_host_lost:
        zone = descriptor.Zone.HOST
    return Verdict(
        group_id=case.member.group_id,
        kind=Kind.WOULD if paused else Kind.ACT,
        rule=rule.name,
        zone=zone,
        subject=_subject(case.member, rung.name, zone),
        rung=rung.name,
        checkpoint_id=following.checkpoint_id,
        image_id=following.image_id,
        steps=tuple(rung.steps(choice)),
        reasons=(rule.says, f"{rung.name}: {following.why}", rung.price),
        refused=following.refused,
    )


def _subject(
    member: member_facts.MemberFacts, rung: str, zone: descriptor.Zone
) -> str:
    """Return what failed: the host, or the member's server."""
    failed: member_facts.MemberFacts | member_facts.StandbyFacts = member
    if rung in replicas.BESIDE:
        other = replicas.about(member, rung)
        if other is None:
            return member.vnfc
        failed = other
    wide = zone is descriptor.Zone.HOST
    return str(failed.host) if wide else failed.server_id
