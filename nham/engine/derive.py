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

"""What follows from records and views, without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
import itertools

from nham.core import descriptor
from nham.core import facts
from nham.core import fencing
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import ladder
from nham.core.decision import situation
from nham.recovery import context

#: The steps that ask Nova to stop a member.
_STOPPING = ("park_standby", "stop_server")
#: The steps that cut a member off, by Nova if that is so configured.
_CUTTING = ("isolate_member", "seal_member")
#: Seconds for which a request may be under way that nobody waits for.
_UNDER_WAY = 60.0


def that_count(
    ended: Sequence[model.Recovery], now: float, probation: float
) -> list[model.Recovery]:
    """Return the earlier attempts that count, newest first.

    A fault that is over counts until its probation is over. What
    failed on the way to it counts for as long as the same fault lasts,
    however long each attempt takes; otherwise slow attempts would be
    forgotten one by one, and the ladder never climbed. A pause as long
    as the probation ends that, so that what seemed hopeless is tried
    again.
    """
    found = []
    lasts = True
    next_at = now
    for recovery in ended:
        if recovery.state is not states.RecoveryState.FAILED:
            lasts = False
        since = recovery.ended_at or recovery.started_at
        lasts = lasts and next_at - since <= probation
        if not lasts and now - recovery.started_at > probation:
            break
        found.append(recovery)
        next_at = recovery.started_at
    return found


def attempt(recovery: model.Recovery, now: float) -> member_facts.Attempt:
    """Return what an ended recovery means to the ladder."""
    last = {record.state for record in recovery.steps}
    outcome = {
        states.RecoveryState.SUCCEEDED: member_facts.Outcome.OK,
        states.RecoveryState.ABORTED: member_facts.Outcome.ABORTED,
    }.get(recovery.state, member_facts.Outcome.FAILED)
    if states.StepState.REFUSED in last:
        outcome = member_facts.Outcome.REFUSED
    named = [
        str(record.step.args["checkpoint_id"])
        for record in recovery.steps
        if record.step.args.get("checkpoint_id")
    ]
    return member_facts.Attempt(
        rung=recovery.rung,
        outcome=outcome,
        age=now - recovery.started_at,
        checkpoint_id=named[0] if named else None,
        unrestored=unrestored(recovery) is not None,
        in_vain=in_vain(recovery),
    )


#: The steps that make a disk of a checkpoint, with those that see whether
#: what boots from it answers.
_MAKING = (
    ("renew_standby", "start_standby"),
    ("create_member", "join_standby"),
    ("rebuild_server", "join_standby"),
)
_BAD = (states.StepState.FAILED, states.StepState.REFUSED)


def in_vain(recovery: model.Recovery) -> str | None:
    """Return the checkpoint of which a recovery made a disk in vain.

    A host that has no room for a new server says nothing about it.
    """
    steps = {record.step.action: record for record in recovery.steps}
    for making, answering in _MAKING:
        made, answers = steps.get(making), steps.get(answering)
        if made is None or answers is None:
            continue
        checkpoint_id = made.step.args.get("checkpoint_id")
        unmade = made.state in _BAD and making == "renew_standby"
        if checkpoint_id and (unmade or answers.state in _BAD):
            return str(checkpoint_id)
    return None


def has_state(
    policy: descriptor.ResiliencyPolicy, member: model.Member
) -> int:
    """Return the newest checkpoint whose state a member has.

    What it had by another method than the policy's it has no more.
    """
    if policy.on_disk:
        return member.disk_sequence
    return member.sequence if member.disk_at is None else 0


def worn(
    policy: descriptor.ResiliencyPolicy, member: model.Member, now: float
) -> bool:
    """Say whether a standby's disk is so old that it is to be made anew."""
    if not policy.on_disk or member.disk_at is None:
        return False
    return now - member.disk_at >= policy.refresh_interval


def crashed_beside(
    member: member_facts.MemberFacts, deaths: frozenset[tuple[str, str]]
) -> frozenset[str]:
    """Return the ids of those that serve beside one that is well, and died.

    They leave the distribution, and nobody needs to be asked before that.

    :param deaths: hosts and servers whose processes died unasked.
    """
    well = member.app is facts.Health.OK and member.server.status == "ACTIVE"
    if not well or member.qemu_died:
        return frozenset()
    return frozenset(
        one.member_id
        for one in member.standbys
        if one.role is states.Role.ACTIVE
        and (one.host, one.server_id) in deaths
    )


def unrestored(recovery: model.Recovery) -> str | None:
    """Return the checkpoint that a failed recovery still owes its VNFC.

    None if the recovery did not fail, or if the VNFC does not serve
    either, so that the next decision sees to it.
    """
    if recovery.state is not states.RecoveryState.FAILED:
        return None
    steps = {record.step.action: record for record in recovery.steps}
    rebuild = steps.get("rebuild_server")
    moved = steps.get("evacuate_server")
    if rebuild is None or rebuild.state is states.StepState.DONE:
        return None
    serves = moved is not None and moved.state is states.StepState.DONE
    if serves or recovery.rule in ("unrestored", "restore", "replaced-behind"):
        return str(rebuild.step.args["checkpoint_id"])
    return None


def waits_for(running: model.Recovery, primary: str) -> str | None:
    """Return the member whose host alone can carry on with a recovery.

    :param primary: the id of the member that it is about.
    """
    if running.rung in ladder.BOUND:
        return primary
    going_on = (
        record.step
        for record in running.steps
        if record.state in (states.StepState.PENDING, states.StepState.STARTED)
    )
    step = next(going_on, None)
    takes_over = running.rung in ladder.TAKEOVERS
    if step is None or not takes_over or step.action not in ladder.ROUSING:
        return None
    return str(step.args["member_id"])


def gave_up_stopping(
    past: Sequence[model.Recovery], member_id: str, at: float
) -> bool:
    """Say whether one of these recoveries asked for a stop, and was given up.

    A member that was cut off by a stop is off for no other reason, whether
    what came after that went well or not.

    :param past: recoveries of the member's group.
    :param at: when Nova was asked to stop it.
    """
    return any(
        record.step.args.get("member_id") == member_id
        and _may_have_stopped(record, recovery.ended_at, at)
        for recovery in past
        if recovery.ended_at is not None
        for record in recovery.steps
    )


def _may_have_stopped(
    record: model.StepRecord, ended_at: float, at: float
) -> bool:
    """Say whether a stop of that moment may be that of a step.

    :param ended_at: when the step's recovery ended.
    """
    if record.step.action in _STOPPING:
        if record.state is not states.StepState.STARTED:
            return False
        until = ended_at + _UNDER_WAY
    else:
        asked = fencing.took_part("nova", record.detail)
        if record.step.action not in _CUTTING or not asked:
            return False
        done = record.state is states.StepState.DONE
        until = (record.ended_at or 0.0) + (0.0 if done else _UNDER_WAY)
    return int(record.started_at or 0.0) - context.CLOCK_SKEW <= at <= until


def must_pause(past: Sequence[model.Recovery], now: float) -> bool:
    """Say whether it is too early to give a VNF its state once more.

    :param past: recoveries of its group, newest first.
    """
    failed = list(
        itertools.takewhile(
            lambda one: (
                one.rung == "import_state"
                and one.state is states.RecoveryState.FAILED
            ),
            past,
        )
    )
    if not failed:
        return False
    since = failed[0].ended_at or failed[0].started_at
    return now - since < situation.pause_after(len(failed))
