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


"""The part of the store with what NHAM does: checkpoints and recoveries."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from nham.core import model
from nham.core import states
from nham.db import blobs
from nham.db import checkpoints
from nham.db import database
from nham.db import recoveries
from nham.db import vnfs


class WorkStore:
    """Checkpoints with their bytes, and recoveries with their steps."""

    _db: database.Database

    def add_checkpoint(self, checkpoint: model.Checkpoint) -> None:
        """Insert a checkpoint."""
        self._db.write(lambda c: checkpoints.add(c, checkpoint))

    def update_checkpoint(
        self,
        checkpoint: model.Checkpoint,
        expected: states.CheckpointState | None = None,
    ) -> bool:
        """Update a checkpoint; False means: it is in another state by now.

        :param expected: the only state to update it from; None: any.
        """
        return self._db.write(
            lambda c: checkpoints.update(c, checkpoint, expected)
        )

    def checkpoints(
        self,
        vnf_id: str | Sequence[str] | None = None,
        group_id: str | None = None,
        states: Iterable[states.CheckpointState] | None = None,
    ) -> Sequence[model.Checkpoint]:
        """Return checkpoints, newest first by their sequence.

        :param vnf_id: of this VNF, or of these.
        """
        wanted = None if states is None else list(states)
        return self._db.read(
            lambda c: checkpoints.find(c, vnf_id, group_id, wanted)
        )

    def checkpoint(self, checkpoint_id: str) -> model.Checkpoint:
        """Return one checkpoint."""
        return self._db.read(lambda c: checkpoints.one(c, checkpoint_id))

    def next_sequence(self, group_id: str) -> int:
        """Return a number that no checkpoint of the group ever had."""
        return self._db.write(lambda c: vnfs.next_sequence(c, group_id))

    def delete_checkpoint(self, checkpoint_id: str) -> None:
        """Delete the record of a checkpoint; gone is no error."""
        self._db.write(lambda c: checkpoints.delete(c, checkpoint_id))

    def save_blob(
        self, name: str, data: bytes, digest: str, at: float
    ) -> None:
        """Keep a packed state, in place of one of that name."""
        self._db.write(lambda c: blobs.save(c, name, data, digest, at))

    def blob(self, name: str) -> bytes:
        """Return a packed state."""
        return self._db.read(lambda c: blobs.one(c, name))

    def blob_names(self) -> Sequence[str]:
        """Return the names of all packed states, in order."""
        return self._db.read(blobs.names)

    def delete_blob(self, name: str) -> None:
        """Delete a packed state; gone is no error."""
        self._db.write(lambda c: blobs.delete(c, name))

    def claim(
        self,
        recovery: model.Recovery,
        expected_epoch: int,
    ) -> model.Recovery | None:
        """Claim the recovery's group, or return None.

        :param expected_epoch: the group's epoch when it was decided.
        :returns: the recovery with the epoch that it may act by.
        """
        return self._db.write(
            lambda c: recoveries.claim(c, recovery, expected_epoch)
        )

    def holds(self, recovery_id: str, owner: str, epoch: int) -> bool:
        """Say whether the owner may still act for the recovery."""
        claim = recoveries.Claim(recovery_id, owner, epoch)
        return self._db.read(lambda c: recoveries.holds(c, claim))

    def step_started(
        self,
        recovery_id: str,
        position: int,
        at: float,
        owner: str,
        epoch: int,
    ) -> bool:
        """Note that a step begins; False means: the claim is lost."""
        claim = recoveries.Claim(recovery_id, owner, epoch)
        changes = {position: recoveries.begun(at)}
        return self._db.write(
            lambda c: recoveries.change_steps(c, claim, changes)
        )

    def step_ended(
        self,
        recovery_id: str,
        position: int,
        state: states.StepState,
        at: float,
        detail: str,
        owner: str,
        epoch: int,
        following: tuple[int, float] | None = None,
    ) -> bool:
        """Note how a step ended; False means: the claim is lost.

        :param following: the position of the step that begins with that, and
            when. Both are one transaction, as each costs its time.
        """
        claim = recoveries.Claim(recovery_id, owner, epoch)
        ended = {"state": state.value, "ended_at": at, "detail": detail}
        changes: dict[int, Mapping[str, Any]] = {position: ended}
        if following is not None:
            begins, begun_at = following
            changes[begins] = recoveries.begun(begun_at)
        return self._db.write(
            lambda c: recoveries.change_steps(c, claim, changes)
        )

    def end_recovery(
        self,
        recovery_id: str,
        state: states.RecoveryState,
        at: float,
        reason: str,
        owner: str,
        epoch: int,
        last: model.StepRecord | None = None,
    ) -> bool:
        """End a recovery and free its group; False: the claim is lost.

        :param last: the step that ended it before all were done. Both end
            in one transaction: who takes over a recovery that goes on goes
            on with the step after those that have ended.
        """
        claim = recoveries.Claim(recovery_id, owner, epoch)
        return self._db.write(
            lambda c: recoveries.end(c, claim, state, at, reason, last)
        )

    def take_over(
        self, recovery_id: str, from_owner: str, to_owner: str
    ) -> bool:
        """Make another engine the owner; of all who try, one succeeds."""
        return self._db.write(
            lambda c: recoveries.take_over(
                c, recovery_id, from_owner, to_owner
            )
        )

    def recovery(self, recovery_id: str) -> model.Recovery:
        """Return one recovery with its steps."""
        return self._db.read(lambda c: recoveries.one(c, recovery_id))

    def keep_facts(self, recovery_id: str, facts: Mapping[str, Any]) -> None:
        """Keep the facts that a recovery was decided on, as plain data.

        Once; by whoever claimed it.
        """
        self._db.write(lambda c: recoveries.keep_facts(c, recovery_id, facts))

    def recovery_facts(self, recovery_id: str) -> Mapping[str, Any] | None:
        """Return the facts that a recovery was decided on, if kept."""
        return self._db.read(lambda c: recoveries.facts(c, recovery_id))

    def recoveries(
        self,
        vnf_id: str | Sequence[str] | None = None,
        group_id: str | None = None,
        state: states.RecoveryState | None = None,
        since: float | None = None,
        limit: int | None = None,
        bare: bool = False,
    ) -> Sequence[model.Recovery]:
        """Return recoveries with their steps, newest first.

        :param vnf_id: of this VNF, or of these.
        :param since: only those that started then or later.
        :param bare: without steps, for who asks often.
        """
        wanted = {"vnf_id": vnf_id, "group_id": group_id, "state": state}
        return self._db.read(
            lambda c: recoveries.find(c, wanted, since, limit, bare)
        )
