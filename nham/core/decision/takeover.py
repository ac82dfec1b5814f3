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

"""Takeover: which member serves next, and whether it can.

Sources: NHAM paper 3.3.2 (1R-AS) and 3.3.3 (1R-AA), OPNFV HA section 3.1.
Service recovery comes first: the standby takes over, and only then is
redundancy repaired.
"""

from __future__ import annotations

from nham.core import member_facts
from nham.core.decision import disks
from nham.core.decision import ladder
from nham.core.decision import situation

#: A fail-over that fails this often leaves the member to the ladder.
_TRIES = 2


def can_fail_over(member: member_facts.MemberFacts) -> bool:
    """Say whether the standby may take over now."""
    return not why_not(member)


def why_not(member: member_facts.MemberFacts) -> str:
    """Return why the standby cannot take over, empty if it can."""
    standby = member.standby
    if not member.replicated:
        return "the mechanism has no standby"
    if standby is None:
        return "there is no standby"
    failed = ladder.tried(member, ("fail_over",), *ladder.BAD)
    if failed >= _TRIES:
        return f"it failed {failed} times"
    if standby.parked and not standby.ready:
        return (
            f"the {standby.role} is parked on {standby.host}, which cannot "
            f"start it now"
        )
    if not standby.ready:
        return (
            f"the {standby.role} on {standby.host}: Nova says "
            f"{standby.server.status}, its application is {standby.app}"
        )
    newer = disks.newer(member)
    if newer is not None and standby.ground is not member_facts.Health.OK:
        return f"its disk cannot be made anew on {standby.host} now"
    has_state = standby.sequence > 0 or _is_saved(member)
    needs_state = (
        member.policy.stateful and not member.policy.accept_state_loss
    )
    if needs_state and not has_state:
        return "there is no state to give to the standby"
    return ""


def _is_saved(member: member_facts.MemberFacts) -> bool:
    """Say whether there is a state that the standby could be given."""
    if member.policy.on_disk:
        return disks.newer(member) is not None
    return bool(member.checkpoints)


def fail_over(case: situation.Case) -> ladder.Next:
    """Return the rung that lets the standby take over, or why not."""
    member = case.member
    reason = why_not(member)
    if reason or member.standby is None:
        return ladder.Next(rung=None, why=f"fail_over: {reason}")
    does = "is parked there" if member.standby.parked else "answers"
    newer = disks.newer(member)
    return ladder.Next(
        rung="fail_over",
        why=f"the standby on {member.standby.host} {does}{_disk(member)}",
        refused=(
            "any repair: the service comes first",
            *disks.passed_over(member),
        ),
        checkpoint_id=newer.id if newer else None,
    )


def _disk(member: member_facts.MemberFacts) -> str:
    """Return what is on the disk of a standby, and what is put there."""
    if not member.policy.on_disk or member.standby is None:
        return ""
    newer = disks.newer(member)
    if newer is not None:
        return f", and {disks.says(newer)}, is put on its disk first"
    if not member.standby.sequence:
        return ", and its disk holds no state"
    return f", and its disk holds checkpoint number {member.standby.sequence}"


def goes_on(case: situation.Case) -> bool:
    """Say whether a fail-over may pass by what else is done to the VNF.

    Not while Nova is at work on the member: it may be being stopped. But
    one whose disk is made anew is to serve afterwards, and cannot now.
    """
    server = case.server
    runs = server.status == "ACTIVE" and not server.working
    return can_fail_over(case.member) and (runs or is_rebuilt(case))


def is_rebuilt(case: situation.Case) -> bool:
    """Say whether somebody else has Nova make the member's disk anew."""
    return case.server.status == "REBUILD"


def hands_over(case: situation.Case) -> bool:
    """Say whether others serve on for a primary that was set aside."""
    server = case.server
    stopped = server.status == "SHUTOFF" and server.stopped_by == "user"
    return (
        case.member.mechanism.spreads
        and (stopped or server.status in ladder.SET_ASIDE)
        and can_fail_over(case.member)
    )


def hand_over(case: situation.Case) -> ladder.Next:
    """Return the rung that has another member be the primary."""
    return ladder.Next(
        rung="hand_over",
        why="its operator sees to it, and the others serve its clients",
        refused=("a repair: nobody asked for one",),
    )


def misplaced(member: member_facts.MemberFacts) -> bool:
    """Say whether the wrong member serves for the policy as it is now.

    A mechanism changes around the VNFC that the VNFM knows.
    """
    surplus = member.surplus
    return member.kind == "server" and (
        not member.wanted or (surplus is not None and surplus.kind == "vnfc")
    )


def goes_back(member: member_facts.MemberFacts) -> bool:
    """Say whether the service goes back to the VNFC without an operator."""
    return member.astray and (
        member.outdated or member.policy.failback == "auto"
    )


def fail_back(case: situation.Case) -> ladder.Next:
    """Return the rung that gives the service back to the VNFC."""
    why = f"the VNFM knows the standby and not the one on {case.host.name}"
    if case.member.outdated:
        why = f"{why}, which is of the package before"
    return ladder.Next(rung="switchover", why=why)


def why_no_failback(member: member_facts.MemberFacts) -> str:
    """Return why the VNFC cannot serve again, empty if it can."""
    if member.kind == "vnfc":
        return f"{member.vnfc}: the server that the VNFM knows serves already"
    standby = member.standby
    if (
        standby is None
        or standby.kind != "vnfc"
        or standby.role not in member_facts.FIT_ROLES
    ):
        return (
            f"{member.vnfc}: the server that the VNFM knows is not the "
            "standby yet"
        )
    return why_not(member)
