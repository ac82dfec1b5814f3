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

"""Replicas: how a group becomes whole again, and who leaves it.

Sources: NHAM paper 3.3.2 (1R-AS) and 3.3.3 (1R-AA), OPNFV HA section 3.1.
Redundancy is repaired by a recovery of its own, after the service.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
import dataclasses

from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import states
from nham.core.decision import aside
from nham.core.decision import disks
from nham.core.decision import ladder
from nham.core.decision import situation

#: The rungs that stop and start a standby that is well.
TUNING = ("park_standby", "wake_standby")
#: Seconds for which a standby that runs may be silent before it is given
#: up. It serves nobody, and to make another takes longer.
PATIENCE = 15.0
#: The rung that makes the disk of a standby anew that is well.
REFRESH = "refresh_standby"
#: The rungs that give a group its standby back, as its policy wants it.
RUNGS = (
    "make_standby",
    "remake_standby",
    "repair_standby",
    "readmit",
    *TUNING,
    REFRESH,
)
#: The rungs that are about another member than the primary, which serves.
BESIDE = (*RUNGS, "take_out", "withdraw", "dismiss")
#: Rungs that lead clients elsewhere, or remove what is too much; nothing else
#: could be tried in their place.
_ALONE = ("take_out", "withdraw", "hand_over", "dismiss")
#: In these a standby is not, if Nova is at work on it.
_SETTLED = ladder.GONE | {"ACTIVE", "SHUTOFF", "ERROR"}


def for_standby(case: situation.Case) -> ladder.Next:
    """Return the rung that makes the group whole again."""
    member, standby = case.member, case.member.standby
    if standby is not None and standby.kind == "vnfc":
        if standby.server.status in ladder.GONE:
            return ladder.Next(
                rung=None,
                why="the VNFM's server was deleted; heal it through the VNFM",
            )
        why = "the VNFC that the VNFM knows becomes the standby"
        if member.mechanism.spreads:
            why = "the VNFC that the VNFM knows serves again"
        if ladder.tried(member, ("repair_standby",), *ladder.BAD):
            return _repair_disk(member, why)
        # Nova's scheduler knows nothing of the member that serves.
        apart = _host(case) if case.standby_host_lost else None
        if apart is not None:
            why = f"{why}, on {apart}, as {member.host} serves"
        return ladder.Next(rung="repair_standby", why=why, host=apart)
    host = _host(case)
    if host is None:
        why = f"no other host can take a {_noun(member)}"
        return ladder.Next(rung=None, why=why)
    found = None
    why = f"a {_noun(member)} on {host}, as {member.host} serves"
    if member.policy.on_disk:
        found = disks.newest(member)
        source = disks.says(found) if found else "its image"
        why = f"{why}, from {source}"
    return ladder.Next(
        rung="make_standby" if standby is None else "remake_standby",
        why=why,
        host=host,
        checkpoint_id=found.id if found else None,
    )


def _noun(member: member_facts.MemberFacts) -> str:
    """Return what another member of the group is to be, in words."""
    return "member" if member.mechanism.spreads else "standby"


def _repair_disk(member: member_facts.MemberFacts, why: str) -> ladder.Next:
    """Return the repair of one that may have no disk to start from.

    Its state is not there. A volume has no image, but checkpoints.
    """
    found = disks.newest(member) if member.volume_backed else None
    source = disks.says(found) if found else "its image"
    return ladder.Next(
        rung="repair_standby",
        why=f"{why}, from {source}: it did not start before",
        image_id=member.image_id,
        checkpoint_id=found.id if found else None,
    )


def too_few(member: member_facts.MemberFacts) -> bool:
    """Say whether fewer members serve beside it than must (MR-AA)."""
    least = member.policy.min_replicas or 1
    return member.mechanism.spreads and member.sound < least


def has_place(case: situation.Case) -> bool:
    """Say whether another member may be made beside those that failed.

    Not while one is joining: it would be taken for the new one.
    """
    member = case.member
    return (
        len(member.standbys) < member.most
        and not any(o.role is states.Role.JOINING for o in member.standbys)
        and not must_pause(member)
        and _host(case) is not None
    )


def can_part(case: situation.Case) -> bool:
    """Say whether a member can be made in place of one beside the primary.

    Only NHAM's own is made elsewhere; it goes once the other is there.
    """
    member, beside = case.member, case.member.beside
    limit = member.policy.max_replicas
    return (
        beside is not None
        and beside.kind == "server"
        and not member.unguarded
        and not must_pause(member)
        and (limit is None or len(member.standbys) < limit)
        and _host(case) is not None
    )


def part(case: situation.Case) -> ladder.Next:
    """Return the rung that makes a member apart from the primary."""
    return dataclasses.replace(
        one_more(case),
        refused=("to do without it meanwhile: it could still take over",),
    )


def one_more(case: situation.Case) -> ladder.Next:
    """Return the rung that makes a member beside those that failed."""
    host = _host(case)
    return ladder.Next(
        rung="make_standby",
        why=f"a {_noun(case.member)} on {host}, as {case.member.host} serves",
        refused=("a repair of those that failed: it may take long",),
        host=host,
    )


def count(member: member_facts.MemberFacts) -> str:
    """Return how many serve beside a primary that wants more of them."""
    if not (member.mechanism.spreads and member.unguarded):
        return ""
    least = member.policy.min_replicas or 1
    return (
        f" ({member.sound} of {member.wanted} serve beside it, "
        f"at least {least} must)"
    )


def can_tune(member: member_facts.MemberFacts) -> bool:
    """Say whether the standby that matters is well, and not as asked.

    One that failed beside it is seen to first; then one of them may go.
    """
    standby = member.standby
    return (
        standby is not None
        and not standby.lost
        and not member.unguarded
        and member.misparked
    )


def tune(case: situation.Case) -> ladder.Next:
    """Return the rung that parks the standby, or has it run."""
    if case.member.policy.standby == "cold":
        why = "it answered once, and costs its host nothing while it is off"
        return ladder.Next(rung="park_standby", why=why)
    why = "it is to answer, and to take over at once"
    return ladder.Next(rung="wake_standby", why=why)


def about(
    member: member_facts.MemberFacts, rung: str
) -> member_facts.StandbyFacts | None:
    """Return the other member that a rung of `BESIDE` is about, if any."""
    return member.surplus if rung == "dismiss" else member.standby


def dismiss(case: situation.Case) -> ladder.Next:
    """Return the rung that removes who has no place any more."""
    surplus = case.member.surplus
    if surplus is None or surplus.kind != "server":
        return ladder.Next(rung=None, why="only NHAM's own are removed")
    why = f"the {surplus.role} on {surplus.host} is not asked for"
    if surplus.outdated:
        why = f"the {surplus.role} on {surplus.host} is of the package before"
    return ladder.Next(rung="dismiss", why=why)


def unclear(case: situation.Case) -> bool:
    """Say whether it is too early to tell what the standby needs.

    A task of Nova's on it ends by itself or by its operator; what is asked
    of a host that does not answer may never be done, and keeps the group
    from a recovery until then. What has failed or is joining is NHAM's
    alone, and waits for nobody but its host.
    """
    standby, host = case.member.standby, case.standby_host
    if standby is None or case.standby_host_lost:
        return False
    server = standby.server
    unknown = server.stopped_by is None and not standby.parked
    works = standby.role in aside.THEIRS and (
        server.task_state is not None
        or server.status not in _SETTLED
        or (server.status == "SHUTOFF" and unknown)
    )
    late = standby.host in case.overview.doubted
    # NHAM's own is made anew elsewhere; the VNFC is repaired where it is.
    stuck = standby.kind == "vnfc" and bool(host.name) and not host.service
    return works or late or stuck


def is_silent(case: situation.Case) -> bool:
    """Say whether the standby may only be slow, and may answer again."""
    standby = case.member.standby
    return (
        standby is not None
        and standby.role is states.Role.STANDBY
        and standby.server.status == "ACTIVE"
        and standby.app is facts_.Health.DEAD
        and standby.silent_for is not None
        and standby.silent_for < PATIENCE
        and not case.standby_host_lost
    )


def is_back(case: situation.Case) -> bool:
    """Say whether a member that was set aside runs again."""
    standby = case.member.standby
    return (
        standby is not None
        and standby.role is states.Role.ASIDE
        and standby.server.status == "ACTIVE"
        and not standby.server.working
        and not standby.away
        and not case.standby_host_lost
        and not must_pause(case.member)
    )


def readmit(case: situation.Case) -> ladder.Next:
    """Return the rung that lets who was set aside serve again."""
    return ladder.Next(rung="readmit", why="its operator has started it again")


def must_pause(member: member_facts.MemberFacts) -> bool:
    """Say whether it is too early to try again after what failed.

    A standby that is lost does not wait for a disk that could not be made.
    """
    rungs = set(RUNGS) - ({REFRESH} if member.unguarded else set())
    failed = [
        attempt
        for attempt in member.attempts
        if attempt.rung in rungs
        and attempt.outcome is not member_facts.Outcome.OK
    ]
    return _is_early(failed)


def is_early_again(member: member_facts.MemberFacts, rung: str) -> bool:
    """Say whether it is too early for a rung that failed just now.

    Of those that have no other above them: they are tried again for ever.
    """
    failed = [
        attempt
        for attempt in member.attempts
        if attempt.rung == rung and attempt.outcome in ladder.BAD
    ]
    return rung in _ALONE and _is_early(failed)


def _is_early(failed: Sequence[member_facts.Attempt]) -> bool:
    """Say whether what failed is to wait, the newest of it first."""
    if not failed:
        return False
    return failed[0].age < situation.pause_after(len(failed))


def standby_unfenced(case: situation.Case) -> bool:
    """Say whether the standby cannot be moved off its host for want of fence.

    NHAM's own is not moved: it never serves again, and another is made.
    """
    standby = case.member.standby
    return (
        standby is not None
        and standby.kind == "vnfc"
        and case.standby_host_lost
        and case.standby_host.fence is facts_.Fence.IMPOSSIBLE
    )


def _host(case: situation.Case) -> str | None:
    """Return the host for a new standby: another one, the emptiest.

    After each try that failed it is the next one, as a host may be out
    of room without saying so.
    """
    member = case.member
    used = collections.Counter(
        host
        for one in case.facts.members
        for host in (one.host, *(other.host for other in one.standbys))
    )
    own = {member.host, *(o.host for o in member.standbys if not o.lost)}
    usable = sorted(
        (used[host.name], host.name)
        for host in case.facts.hosts
        if host.name not in own
        and host.service
        and not host.forced_down
        and not host.closed
        and host.name not in case.overview.lost
    )
    failed = sum(
        attempt.rung in RUNGS
        and attempt.outcome is not member_facts.Outcome.OK
        for attempt in member.attempts
    )
    return usable[failed % len(usable)][1] if usable else None


def must_leave(case: situation.Case) -> bool:
    """Say whether a member that serves beside the primary does no more.

    Whoever is at work on it, or has set it aside, sees to that.
    """
    other = case.member.standby
    return (
        other is not None
        and other.role is states.Role.ACTIVE
        and other.lost
        and not other.server.working
        and not aside.set_aside(other)
    )


def take_out(case: situation.Case) -> ladder.Next:
    """Return the rung that takes a member out of the distribution."""
    return ladder.Next(
        rung="take_out",
        why="the others go on, and nothing else changes for them",
        refused=("any repair: the service comes first",),
    )
