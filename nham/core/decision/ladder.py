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

"""The ladder: which rung comes next, given what was tried already.

Sources: OPNFV HA use cases UC7 to UC9 (probation timer, escalation
counter, VNFC < VM < host) and NHAM paper 3.3.1 (0R: the last checkpoint).
Each function returns a rung's name with what it restores from, or None
with the reason why nothing is left.
"""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import member_facts

#: Nova's words for a server that is no more.
GONE = frozenset(("DELETED", "SOFT_DELETED"))
#: Nova's words for a server that its operator put aside.
SET_ASIDE = frozenset(
    ("PAUSED", "SUSPENDED", "RESCUE", "SHELVED", "SHELVED_OFFLOADED")
)
#: A VM that was started this often and never served has a bad disk.
_BOOTS = 2
#: A host may be without room for a moment; this many tries, then operator.
_MOVES = 2
#: The rungs that only the host of the member can carry out.
BOUND = ("soft_reboot", "start", "hard_reboot")
#: The rungs that have another member take over, and their steps that only
#: its host can carry out.
TAKEOVERS = ("fail_over", "switchover")
ROUSING = ("renew_standby", "start_standby")
#: How an attempt ends that was of no use.
BAD = (member_facts.Outcome.FAILED, member_facts.Outcome.REFUSED)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Next:
    """The rung to try, or why there is none.

    :ivar refused: the rungs above it, and why not them.
    :ivar host: where a new member is to be made.
    """

    rung: str | None
    why: str
    checkpoint_id: str | None = None
    image_id: str | None = None
    refused: tuple[str, ...] = ()
    host: str | None = None


def tried(
    member: member_facts.MemberFacts,
    rungs: tuple[str, ...],
    *how: member_facts.Outcome,
) -> int:
    """Return how often any of the rungs was tried.

    :param how: counts only those that ended so.
    """
    return sum(
        1
        for attempt in member.attempts
        if attempt.rung in rungs and (not how or attempt.outcome in how)
    )


def _may(member: member_facts.MemberFacts, zone: descriptor.Zone) -> bool:
    return zone in member.policy.escalation.ladder


def for_application(member: member_facts.MemberFacts) -> Next:
    """Return the rung for a dead application in a living guest."""
    escalation = member.policy.escalation
    faults = tried(
        member,
        ("soft_reboot",),
        member_facts.Outcome.OK,
        *BAD,
    )
    failed = tried(member, ("soft_reboot",), *BAD)
    number = faults + 1
    if not _may(member, descriptor.Zone.VNFC):
        why = "the policy's ladder begins above the VNFC"
    elif number > escalation.count:
        why = (
            f"fault {number} of the VNFC within the probation of "
            f"{escalation.probation:g} s, {escalation.count} are allowed"
        )
    elif failed:
        why = "the last soft reboot did not bring it back"
    else:
        return Next(rung="soft_reboot", why=f"fault {number} of the VNFC")
    return after(f"soft_reboot: {why}", for_vm(member, "hard_reboot"))


def for_vm(member: member_facts.MemberFacts, first: str) -> Next:
    """Return the rung for a dead VM.

    :param first: ``hard_reboot`` or ``start``: the way that keeps the
        newest state, the intact disk.
    """
    if not _may(member, descriptor.Zone.VM):
        return Next(rung=None, why="the policy's ladder has no VM zone")
    reboots = ("hard_reboot", "start")
    refused = tried(member, reboots, member_facts.Outcome.REFUSED)
    failed = tried(member, reboots, member_facts.Outcome.FAILED)
    if not refused and failed < _BOOTS:
        return Next(rung=first, why="the disk holds the newest state")
    why = (
        f"{first}: the cloud refused it"
        if refused
        else f"{first}: it booted {failed} times and never served"
    )
    return after(why, _restore(member))


def for_host(member: member_facts.MemberFacts) -> Next:
    """Return the rung for a member of a dead host."""
    if not _may(member, descriptor.Zone.HOST):
        return Next(rung=None, why="the policy's ladder has no host zone")
    if member.server.status in GONE:
        return for_deleted(member)
    source = _state_to_move(member)
    if source.rung is None:
        return source
    why_not = _why_not_evacuate(member)
    if not why_not:
        return dataclasses.replace(
            source,
            rung="evacuate",
            why=f"keeps the server's id; {source.why}",
            refused=("replace: costs the server's id",),
        )
    why_neither = _why_not_replace(member)
    if why_neither:
        return Next(
            rung=None, why=f"evacuate: {why_not}; replace: {why_neither}"
        )
    return dataclasses.replace(
        source, rung="replace", refused=(f"evacuate: {why_not}",)
    )


def for_unrestored(member: member_facts.MemberFacts) -> Next:
    """Return the rung for a server that was moved without its state."""
    return _newest(member, skip_tried=True)


def for_deleted(member: member_facts.MemberFacts) -> Next:
    """Return the rung for a server that was deleted behind the VNFM."""
    why_not = _why_not_replace(member)
    if why_not:
        return Next(rung=None, why=f"replace: {why_not}")
    source = _state_to_move(member)
    if source.rung is None:
        return source
    return dataclasses.replace(source, rung="replace")


def _why_not_evacuate(member: member_facts.MemberFacts) -> str:
    wish = member.policy.host_recovery
    failed = tried(member, ("evacuate",), *BAD)
    if not member.vnfm or wish == "evacuate":
        return f"it failed {failed} times" if failed >= _MOVES else ""
    if wish == "replace":
        return "the policy asks for replace"
    if failed:
        return "it failed before"
    # Nova's scheduler wants the dead host for it, and the failed try
    # leaves the server in ERROR.
    return "the server is in an affinity group" if member.affinity else ""


def _why_not_replace(member: member_facts.MemberFacts) -> str:
    gone = member.server.status in GONE
    if not member.vnfm:
        return "no VNFM has it in its record"
    if member.policy.host_recovery == "evacuate" and not gone:
        return "the policy asks for evacuate"
    failed = tried(member, ("replace",), *BAD)
    return f"it failed {failed} times" if failed >= _MOVES else ""


def _state_to_move(member: member_facts.MemberFacts) -> Next:
    """Return what a server made on another host starts from."""
    if member.volume_backed:
        return Next(rung="evacuate", why="the volume has the newest state")
    return _newest(member)


def _restore(member: member_facts.MemberFacts) -> Next:
    """Return the rung that makes the disk anew."""
    source = _newest(member, skip_tried=True)
    refused = tried(member, ("rebuild",), member_facts.Outcome.REFUSED)
    if source.rung and not refused:
        return source
    why = "rebuild: the cloud refused it" if refused else source.why
    replaced = tried(member, ("replace",), *BAD)
    anything = _state_to_move(member)
    if not member.vnfm or replaced or anything.rung is None:
        return Next(rung=None, why=why)
    return after(why, dataclasses.replace(anything, rung="replace"))


def _newest(
    member: member_facts.MemberFacts, skip_tried: bool = False
) -> Next:
    """Return a rebuild from the freshest state that may be used."""
    spent = (
        {
            a.checkpoint_id or a.rung
            for a in member.attempts
            if a.unrestored
            or (
                a.rung == "rebuild"
                and a.outcome is not member_facts.Outcome.ABORTED
            )
        }
        if skip_tried
        else set()
    )
    if member.policy.state_protection.method == "hook":
        # Its checkpoints are no disks: each plan gives the state back at
        # its end, whatever the VNFC was made from.
        if _loses_state(member):
            return Next(
                rung=None,
                why="no state was saved, and the policy does not accept "
                "the loss of state",
            )
        if "rebuild" in spent:
            return Next(rung=None, why="the VNFD's image was tried")
        return _from_image(member, "the VNF imports its state itself")
    if not member.policy.stateful:
        if "rebuild" in spent:
            return Next(rung=None, why="the VNFD's image was tried")
        return _from_image(member, "stateless: the VNFD's image is enough")
    for checkpoint in member.checkpoints:
        if checkpoint.id not in spent:
            return Next(
                rung="rebuild",
                why=f"checkpoint {checkpoint.id}, {checkpoint.age:.0f} s old",
                checkpoint_id=checkpoint.id,
            )
    if not member.policy.accept_state_loss:
        return Next(
            rung=None,
            why="no usable checkpoint is left, and the policy does not "
            "accept the loss of state",
        )
    if "rebuild" in spent:
        return Next(rung=None, why="the checkpoints and the image were tried")
    return _from_image(member, "no usable checkpoint is left: state is lost")


def _loses_state(member: member_facts.MemberFacts) -> bool:
    policy = member.policy
    must_not = policy.stateful and not policy.accept_state_loss
    return must_not and not member.checkpoints


def _from_image(member: member_facts.MemberFacts, why: str) -> Next:
    if member.image_id is None:
        return Next(rung=None, why=f"{why}, but the VNFD names no image")
    return Next(rung="rebuild", why=why, image_id=member.image_id)


def after(why: str, following: Next) -> Next:
    """Return the rung with one more that was refused before it."""
    return dataclasses.replace(following, refused=(why, *following.refused))
