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

"""Runs plans: one durable step after the other, by the claim's holder.

The row of a step is written before and after, and the end of one is the
beginning of the next; each write is refused by the database when this
engine no longer holds the recovery's epoch, so a late engine can neither
act nor record (design, rules 1 and 2). After a crash another engine takes
the recovery over and goes on at the recorded step: one that is found true
is not done again.
"""

from __future__ import annotations

import dataclasses
import logging
from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.db import errors as db_errors
from nham.recovery import address_steps  # noqa: F401 (registers the handlers)
from nham.recovery import context  # noqa: F401  (registers the handlers)
from nham.recovery import disk_steps  # noqa: F401  (registers the handlers)
from nham.recovery import dismiss_steps  # noqa: F401 (registers the handlers)
from nham.recovery import handlers  # noqa: F401  (registers the handlers)
from nham.recovery import host_steps  # noqa: F401  (registers the handlers)
from nham.recovery import parking_steps  # noqa: F401 (registers the handlers)
from nham.recovery import replica_steps  # noqa: F401  (registers the handlers)
from nham.recovery import server_steps  # noqa: F401  (registers the handlers)
from nham.recovery import service_steps  # noqa: F401  (registers the handlers)
from nham.recovery import spread_steps  # noqa: F401 (registers the handlers)
from nham.recovery import takeover_steps  # noqa: F401 (registers the handlers)
from nham.recovery import vnfm_steps  # noqa: F401  (registers the handlers)
from nham.recovery import volume_steps  # noqa: F401 (registers the handlers)

LOG = logging.getLogger(__name__)

_OPEN = (states.StepState.PENDING, states.StepState.STARTED)


class Runner:
    """Advances recoveries on behalf of one engine.

    :param owner: this engine's id.
    """

    def __init__(self, ctx: context.Context, owner: str) -> None:
        self._context = ctx
        self._owner = owner
        self._deadlines: dict[tuple[str, int], float] = {}
        self._begun: set[tuple[str, int]] = set()
        self._asked: set[tuple[str, int]] = set()
        self._looked: dict[tuple[str, int], float] = {}
        self._memories: dict[tuple[str, int], dict[str, Any]] = {}
        self._missing: dict[tuple[str, int], str] = {}

    def advance(self, recovery_id: str) -> bool:
        """Do what can be done now; return whether anything is left.

        Never waits; a step that is true leads to the next at once. An
        outside system that does not answer costs the step no time: its
        deadline moves on with the clock.
        """
        while True:
            recovery = self._context.store.recovery(recovery_id)
            if not self._holds(recovery):
                self._forget_all(recovery_id)
                return False
            record = next(
                (r for r in recovery.steps if r.state in _OPEN), None
            )
            if record is None:
                self._end(recovery, states.RecoveryState.SUCCEEDED, "")
                return False
            try:
                if not self._advance(recovery, record):
                    return True
            except context.Aborted as reason:
                self._abort(recovery, record, reason)
                return False
            except context.StepRefused as reason:
                self._fail(recovery, record, states.StepState.REFUSED, reason)
                return False
            except context.StepFailed as reason:
                self._fail(recovery, record, states.StepState.FAILED, reason)
                return False

    def _abort(
        self,
        recovery: model.Recovery,
        record: model.StepRecord,
        reason: context.Aborted,
    ) -> None:
        self._forget((recovery.id, record.position))
        done = dataclasses.replace(
            record, state=states.StepState.DONE, detail=str(reason)
        )
        self._end(recovery, states.RecoveryState.ABORTED, str(reason), done)

    def _holds(self, recovery: model.Recovery) -> bool:
        return (
            recovery.state is states.RecoveryState.RUNNING
            and self._context.store.holds(
                recovery.id, self._owner, recovery.epoch
            )
        )

    def _advance(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> bool:
        """Take one step on; return whether it is done."""
        key = (recovery.id, record.position)
        now = self._context.clock.monotonic()
        deadline = self._deadlines.setdefault(key, now + record.step.timeout)
        missing = ""
        try:
            done = self._try(recovery, record)
        except errors.Unavailable as error:
            LOG.warning("%s: %s; asking again", record.step.id, error)
            self._deadlines[key] += now - self._looked.get(key, now)
            self._looked[key] = now
            return False
        except errors.Conflict as error:
            done, missing = None, f": {error}"
            if self._missing.get(key) != missing:
                LOG.info("%s: not yet%s", record.step.id, missing)
            self._missing[key] = missing
        except errors.Refused as error:
            raise context.StepRefused(str(error)) from error
        except (errors.NotFound, db_errors.NotFound) as error:
            raise context.StepFailed(str(error)) from error
        self._looked[key] = now
        if done is not None:
            self._forget(key)
            self._close(recovery, record, done)
            return True
        if now > deadline:
            raise context.StepFailed(
                f"not true after {record.step.timeout:g} s{missing}"
            )
        return False

    def _try(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> context.Done | None:
        """Ask if that is to be done, and look."""
        step_handler = handlers.HANDLERS[record.step.action]
        key = (recovery.id, record.position)
        if record.state is states.StepState.PENDING:
            started = self._context.clock.now()
            if not self._context.store.step_started(
                recovery.id,
                record.position,
                started,
                self._owner,
                recovery.epoch,
            ):
                return None
            record = dataclasses.replace(
                record, state=states.StepState.STARTED, started_at=started
            )
            self._note_begun(recovery, record)
        memory = self._memories.setdefault(key, {})
        run = context.Run(self._context, recovery, record, memory)
        if key not in self._asked:
            fresh = key in self._begun
            self._begun.discard(key)
            if fresh or not step_handler.requested(run):
                step_handler.do(run)
            self._asked.add(key)
        return step_handler.complete(run)

    def _note_begun(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> None:
        """Take note that a step begins here: nobody has asked for it yet."""
        self._begun.add((recovery.id, record.position))
        LOG.info(
            "recovery %s: %s: %s",
            recovery.id,
            record.step.id,
            record.step.note,
        )

    def _close(
        self,
        recovery: model.Recovery,
        record: model.StepRecord,
        done: context.Done,
    ) -> None:
        """Write down that a step is done, and that the next one begins."""
        now = self._context.clock.now()
        LOG.info(
            "recovery %s: %s done: %s",
            recovery.id,
            record.step.id,
            done.detail,
        )
        following = _after(recovery, record)
        held = self._context.store.step_ended(
            recovery.id,
            record.position,
            states.StepState.DONE,
            done.at or now,
            done.detail,
            self._owner,
            recovery.epoch,
            None if following is None else (following.position, now),
        )
        if held and following is not None:
            self._note_begun(recovery, following)

    def _fail(
        self,
        recovery: model.Recovery,
        record: model.StepRecord,
        state: states.StepState,
        reason: context.StepFailed,
    ) -> None:
        self._forget((recovery.id, record.position))
        self._end(
            recovery,
            states.RecoveryState.FAILED,
            f"{record.step.id}: {reason}",
            dataclasses.replace(record, state=state, detail=str(reason)),
        )

    def _end(
        self,
        recovery: model.Recovery,
        state: states.RecoveryState,
        reason: str,
        last: model.StepRecord | None = None,
    ) -> None:
        """End a recovery, by its last step if that was not the end of it."""
        LOG.info("recovery %s %s %s", recovery.id, state, reason)
        self._context.store.end_recovery(
            recovery.id,
            state,
            self._context.clock.now(),
            reason,
            self._owner,
            recovery.epoch,
            last,
        )

    def _forget_all(self, recovery_id: str) -> None:
        """Forget it: what is true of it now, another engine knows."""
        for key in [k for k in self._deadlines if k[0] == recovery_id]:
            self._forget(key)

    def _forget(self, key: tuple[str, int]) -> None:
        self._deadlines.pop(key, None)
        self._looked.pop(key, None)
        self._memories.pop(key, None)
        self._missing.pop(key, None)
        self._asked.discard(key)
        self._begun.discard(key)


def _after(
    recovery: model.Recovery, record: model.StepRecord
) -> model.StepRecord | None:
    """Return the step that begins when this one is done, None: it ends."""
    return next(
        (
            other
            for other in recovery.steps
            if other.position > record.position and other.state in _OPEN
        ),
        None,
    )
