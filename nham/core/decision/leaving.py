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

"""Leaving: which members go from a closed host, in what order, and which not.

A host is closed while its operator works on it, and while it is in
quarantine. What serves there is moved by switchovers, one at a time, so
that the group whose turn it is has all of the network and of the storage,
and what goes wrong goes wrong once. Sources: OPNFV HA section 6 (planned
work), UC9 (a fault of a wider scope).
"""

from __future__ import annotations

import dataclasses
import enum

from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core.decision import ladder
from nham.core.decision import replicas
from nham.core.decision import situation
from nham.core.decision import takeover


class Stage(enum.StrEnum):
    """How far a member is that is on a closed host."""

    #: A recovery of its group is running.
    MOVING = "moving"
    #: Its group can do without it here, and it has yet to go.
    QUEUED = "queued"
    #: It waits for something that its reason names.
    HELD = "held"
    #: Nothing moves it.
    STAYS = "stays"
    #: Nothing is served by it.
    IDLE = "idle"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Left:
    """A member that is still on a host, and why.

    :ivar reason: a sentence for the operator.
    """

    vnf_id: str
    vnfc: str
    server_id: str
    role: str
    stage: Stage
    reason: str


def has_turn(case: situation.Case) -> bool:
    """Say whether a member that can leave its host is the next to do so."""
    return case.overview.next_to_leave(case.host.name) == case.member.group_id


def leave(case: situation.Case) -> ladder.Next:
    """Return the rung that has another member serve in its place."""
    why = "maintenance" if case.host.maintenance else "quarantine"
    standby = case.member.standby
    where = standby.host if standby else None
    return ladder.Next(
        rung="switchover",
        why=f"{case.host.name} is in {why}, and a member on {where} is ready",
    )


def must_retreat(case: situation.Case) -> bool:
    """Say whether clients are led to a member that its host may take along.

    Only where several serve; what waits is not used by anybody.
    """
    other = case.member.standby
    return (
        other is not None
        and other.away
        and not other.lost
        and case.member.mechanism.spreads
    )


def retreat(case: situation.Case) -> ladder.Next:
    """Return the rung that leads clients away from such a member."""
    return ladder.Next(
        rung="withdraw",
        why=f"{case.standby_host.name} is in maintenance, and the others "
        "serve its clients",
        refused=("a member in its place: no other host can take one now",),
    )


def is_away(case: situation.Case) -> bool:
    """Say whether a member is missed because its host is in maintenance."""
    other = case.member.standby
    return case.member.unguarded and other is not None and other.away


def has_room(case: situation.Case) -> bool:
    """Say whether a member can be made in place of one that is away."""
    member = case.member
    limit = member.policy.max_replicas
    return (
        is_away(case)
        and not replicas.must_pause(member)
        and not any(one.role == "joining" for one in member.standbys)
        and (limit is None or len(member.standbys) < limit)
        and replicas.one_more(case).host is not None
    )


def replace(case: situation.Case) -> ladder.Next:
    """Return the rung that makes a member in place of one that is away."""
    return dataclasses.replace(
        replicas.one_more(case),
        refused=("a repair of what is there: its host is in maintenance",),
    )


def left(facts: facts_.Facts, host: str) -> tuple[Left, ...]:
    """Return what NHAM has on a host still, those that serve first."""
    overview = situation.Overview(facts)
    grounded = overview.grounded(facts)
    found = []
    for member in grounded.members:
        if member.host == host:
            stage, reason = _stage(member, grounded, overview)
            found.append(_left(member, member.server_id, "primary", stage))
            found[-1] = dataclasses.replace(found[-1], reason=reason)
    for member in grounded.members:
        for one in member.standbys:
            if one.host == host:
                stage, reason = _stage_beside(member, one)
                entry = _left(member, one.server_id, one.role.value, stage)
                found.append(dataclasses.replace(entry, reason=reason))
    return tuple(found)


def _left(
    member: member_facts.MemberFacts, server_id: str, role: str, stage: Stage
) -> Left:
    return Left(
        vnf_id=member.vnf_id,
        vnfc=member.vnfc,
        server_id=server_id,
        role=role,
        stage=stage,
        reason="",
    )


def _stage(
    member: member_facts.MemberFacts,
    facts: facts_.Facts,
    overview: situation.Overview,
) -> tuple[Stage, str]:
    """Return how far a member is that serves, and why."""
    if not facts.host(member.host).closed:
        return Stage.STAYS, "its host is open"
    if not member.replicated:
        mechanism = descriptor.Mechanism(member.policy.redundancy)
        return Stage.STAYS, f"{mechanism}: no other member can serve"
    if member.busy:
        return Stage.MOVING, "a recovery of its group is running"
    if facts.system.paused or member.paused:
        return Stage.HELD, "NHAM is paused"
    if overview.leaves(member):
        first = overview.next_to_leave(str(member.host))
        if first == member.group_id:
            return Stage.QUEUED, "it is the next to go"
        return Stage.QUEUED, "it goes after another one"
    if member.stuck:
        return Stage.HELD, f"it failed {len(member.stuck)} times; tried again"
    why_not = takeover.why_not(member)
    return Stage.HELD, why_not or "no member on an open host is ready"


def _stage_beside(
    member: member_facts.MemberFacts, one: member_facts.StandbyFacts
) -> tuple[Stage, str]:
    """Return how far a member is that does not serve alone, and why."""
    if member.busy:
        return Stage.MOVING, "a recovery of its group is running"
    if not one.away:
        return Stage.STAYS, "only members that serve alone leave"
    if one.role not in member_facts.FIT_ROLES:
        return Stage.IDLE, "it is let in again when the maintenance ends"
    if one.role == "standby" and one.kind == "vnfc":
        return Stage.IDLE, "it is the VNFM's, and serves nobody"
    if member.guarded:
        return Stage.IDLE, "its group does without it"
    return Stage.HELD, "no other host can take a member in its place now"
