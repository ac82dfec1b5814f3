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

"""Disks: what a standby's disk holds, and what is newer.

Sources: NHAM paper 3.3.2 (1R-AS) and 3.4 (a result may not restore nothing).
The newest state wins, so a standby whose disk holds an older one does not
take over with that.
"""

from __future__ import annotations

from nham.core import member_facts
from nham.core.decision import ladder
from nham.core.decision import situation

Health = member_facts.Health


def newest(
    member: member_facts.MemberFacts,
) -> member_facts.CheckpointFacts | None:
    """Return what a disk of a standby is made of, None if of no checkpoint.

    What was tried in vain is passed over for the one before it.
    """
    if not member.policy.on_disk:
        return None
    spent = {attempt.in_vain for attempt in member.attempts}
    left = (one for one in member.checkpoints if one.id not in spent)
    return next(left, None)


def newer(
    member: member_facts.MemberFacts,
) -> member_facts.CheckpointFacts | None:
    """Return a checkpoint that is newer than the standby's disk, if any."""
    found, standby = newest(member), member.standby
    if found is None or standby is None or found.sequence <= standby.sequence:
        return None
    return found


def may_refresh(case: situation.Case) -> bool:
    """Say whether the standby's disk is due, and can be made anew."""
    member, standby = case.member, case.member.standby
    return (
        is_old(case)
        and newer(member) is not None
        and standby is not None
        and standby.ground is Health.OK
        and not standby.away
    )


def is_old(case: situation.Case) -> bool:
    """Say whether nothing but the disk of the standby is not as asked.

    One that was cut off, and that the VNFM knows, is repaired before that.
    """
    member, standby = case.member, case.member.standby
    repair = standby and standby.lost and not standby.excused
    return member.stale and not (member.unguarded or repair)


def refresh(case: situation.Case) -> ladder.Next:
    """Return the rung that makes the standby's disk anew."""
    member, found = case.member, newer(case.member)
    if found is None or member.standby is None:
        return ladder.Next(rung=None, why="nothing newer was saved")
    return ladder.Next(
        rung="refresh_standby",
        why=f"{says(found)}, is newer than what is on the disk of "
        f"{member.standby.host}",
        refused=passed_over(member),
        checkpoint_id=found.id,
    )


def says(checkpoint: member_facts.CheckpointFacts) -> str:
    """Return a checkpoint in words."""
    return f"checkpoint {checkpoint.id}, {checkpoint.age:.0f} s old"


def passed_over(member: member_facts.MemberFacts) -> tuple[str, ...]:
    """Return the checkpoints that are newer than all that is used, and why."""
    if not member.policy.on_disk:
        return ()
    standby = member.standby
    used = newer(member)
    has = used.sequence if used else standby.sequence if standby else 0
    tried = [one for one in member.checkpoints if one.sequence > has]
    found = [f"checkpoint {one.id}: it was tried in vain" for one in tried]
    proved = max((has, *(one.sequence for one in tried)))
    if member.saved > proved:
        found.append(f"checkpoint number {member.saved}: it is not usable")
    return tuple(found)
