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

"""What the records say of a member: earlier attempts, and checkpoints."""

from __future__ import annotations

import logging

from nham.adapters import errors
from nham.core import member_facts
from nham.core import states
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Only recoveries by the decision count as attempts of the ladder.
_ORDERED = ("restore", "replaced-behind", "came-back-empty", "switchover")
#: No ladder has as many rungs as this, each tried as often as it may be.
_LOOK_BACK = 50


def checkpoints(
    ctx: context.Context, entry: fleet_.Entry, now: float
) -> tuple[member_facts.CheckpointFacts, ...]:
    """Return the checkpoints that are proved to be whole, newest first."""
    usable = []
    for checkpoint in fleet_.good_checkpoints(ctx.store, entry):
        engine = ctx.engines[checkpoint.engine]
        try:
            why_not = engine.usable(checkpoint)
        except errors.AdapterError as error:
            why_not = f"cannot be proved now: {error}"
        if why_not:
            LOG.warning("checkpoint %s: %s", checkpoint.id, why_not)
        else:
            usable.append(
                member_facts.CheckpointFacts(
                    id=checkpoint.id,
                    age=now - checkpoint.cut_at,
                    sequence=checkpoint.sequence,
                )
            )
    return tuple(usable)


def attempts(
    ctx: context.Context, entry: fleet_.Entry, now: float
) -> tuple[member_facts.Attempt, ...]:
    """Return the earlier attempts that the ladder counts, newest first."""
    ended = [
        recovery
        for recovery in ctx.store.recoveries(
            group_id=entry.group.id, limit=_LOOK_BACK
        )
        if recovery.state is not states.RecoveryState.RUNNING
        and recovery.rule not in _ORDERED
    ]
    probation = entry.policy.escalation.probation
    return tuple(
        derive.attempt(recovery, now)
        for recovery in derive.that_count(ended, now, probation)
    )


def gave_up_stopping(
    ctx: context.Context, entry: fleet_.Entry, member_id: str, at: float
) -> bool:
    """Say whether a member was stopped for a recovery that was given up.

    Its request may reach Nova when the member is already to serve.

    :param at: when Nova was asked to stop it.
    """
    ended = ctx.store.recoveries(group_id=entry.group.id, limit=_LOOK_BACK)
    return derive.gave_up_stopping(ended, member_id, at)
