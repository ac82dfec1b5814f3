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

"""The checkpoints that there are: proved, kept so many, the rest removed.

A torn checkpoint is never offered for restore, and a failed one never
costs an older good one.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import logging

from nham import metrics
from nham.adapters import errors
from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.engine import cloud as cloud_
from nham.engine import journal as journal_
from nham.engine import settings as settings_
from nham.recovery import context

LOG = logging.getLogger(__name__)

State = states.CheckpointState

#: Seconds; to ask for a checkpoint takes a few calls, each of which is
#: given up after its own time-out. Who has not got its parts by then died.
_ASKING = 60.0


class Catalogue:
    """Sees each checkpoint from its beginning to its removal."""

    def __init__(
        self,
        ctx: context.Context,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
        settings: settings_.Settings,
    ) -> None:
        self._context = ctx
        self._cloud = cloud
        self._journal = journal
        self._settings = settings

    def run(self, known: Sequence[model.Checkpoint]) -> None:
        """Do what is due for the checkpoints."""
        for checkpoint in known:
            if checkpoint.state is State.CREATING:
                self.follow(checkpoint)
        for checkpoint in known:
            if checkpoint.state is State.DELETING:
                self._remove(checkpoint)

    def delete(self, checkpoint: model.Checkpoint) -> None:
        """Let a checkpoint be removed."""
        self._context.store.update_checkpoint(
            dataclasses.replace(checkpoint, state=State.DELETING)
        )

    def follow(self, checkpoint: model.Checkpoint) -> None:
        """See whether a checkpoint is whole by now."""
        engine = self._context.engines[checkpoint.engine]
        if self._overdue(checkpoint):
            age = self._context.clock.now() - checkpoint.cut_at
            self.fail(checkpoint, f"not whole after {age:.0f} s")
            return
        if not checkpoint.artifacts:
            # Its engine died, or still waits for the cloud's answer.
            return
        try:
            whole = engine.look(checkpoint.artifacts)
        except errors.Unavailable as error:
            LOG.warning("checkpoint %s: %s", checkpoint.id, error)
            return
        except errors.AdapterError as error:
            self.fail(checkpoint, str(error))
            return
        if whole is None:
            return
        if self._deposed(checkpoint):
            self.fail(checkpoint, "another member serves by now", whole)
            return
        view = self._context.watch.view(checkpoint.group_id)
        if facts.Health.DEAD in (view.app, view.icmp):
            self.fail(
                checkpoint, "the member failed while it was taken", whole
            )
            return
        self._whole(checkpoint, whole)

    def _deposed(self, checkpoint: model.Checkpoint) -> bool:
        """Say whether another member than that of a disk serves by now.

        It began with an older state, and has moved on from there since.
        """
        engine = self._context.engines[checkpoint.engine]
        return engine.of_disk and any(
            member.role is not states.Role.PRIMARY
            for member in self._context.store.members(
                group_id=checkpoint.group_id, server_id=checkpoint.server_id
            )
        )

    def _overdue(self, checkpoint: model.Checkpoint) -> bool:
        limit = self._settings.checkpoint_timeout
        if not checkpoint.artifacts and checkpoint.engine != "hook":
            limit = min(limit, _ASKING)
        return self._context.clock.now() - checkpoint.cut_at > limit

    def _whole(
        self,
        checkpoint: model.Checkpoint,
        artifacts: tuple[model.Artifact, ...],
    ) -> None:
        now = self._context.clock.now()
        done = dataclasses.replace(
            checkpoint,
            artifacts=artifacts,
            state=State.AVAILABLE,
            completed_at=now,
        )
        if not self._context.store.update_checkpoint(done, State.CREATING):
            # It was let go, or given up, while it was looked at.
            return
        metrics.checkpoint_taken(done)
        LOG.info(
            "checkpoint %s of %s: %d bytes in %.1f s",
            done.id,
            done.server_id,
            done.size,
            now - done.cut_at,
        )
        self._retain(done.group_id)

    def fail(
        self,
        checkpoint: model.Checkpoint,
        reason: str,
        artifacts: tuple[model.Artifact, ...] | None = None,
    ) -> None:
        """Give up a checkpoint that is being taken, and tell why.

        :param artifacts: its parts as they are now known.
        """
        failed = dataclasses.replace(
            checkpoint,
            state=State.FAILED,
            reason=reason,
            artifacts=artifacts or checkpoint.artifacts,
        )
        if not self._context.store.update_checkpoint(failed, State.CREATING):
            return
        metrics.checkpoint_taken(failed)
        self._journal.event(
            states.Severity.WARNING,
            "checkpoint-failed",
            f"checkpoint {checkpoint.id}: {reason}",
            checkpoint.vnf_id,
        )

    def _retain(self, group_id: str) -> None:
        """Let go what the policy does not keep.

        Failed ones go as soon as a good one came after them. An image
        that a server was rebuilt from stays while Nova needs it: an
        evacuation makes the disk from it. So does a snapshot of which a
        volume was made.
        """
        store = self._context.store
        group = store.group(group_id)
        vnf = store.vnf(group.vnf_id)
        policy = descriptor.policy_for(group.vdu, vnf.policies)
        needed = self._images_in_use()
        good = store.checkpoints(group_id=group_id, states=[State.AVAILABLE])
        sizes = [checkpoint.size for checkpoint in good]
        keep = policy.state_protection.kept(sizes) if policy else 1
        bad = store.checkpoints(group_id=group_id, states=[State.FAILED])
        for checkpoint in [*good[keep:], *bad]:
            images = {a.id for a in checkpoint.artifacts}
            if images & needed or self._on_disk(checkpoint, group):
                continue
            if not self._is_needed(checkpoint):
                LOG.debug("%s: %s goes", vnf.name, checkpoint.id)
                self.delete(checkpoint)

    def _is_needed(self, checkpoint: model.Checkpoint) -> bool:
        """Say whether it cannot be deleted yet, or that is not known."""
        engine = self._context.engines[checkpoint.engine]
        try:
            return engine.needed(checkpoint)
        except errors.AdapterError as error:
            LOG.info("checkpoint %s is kept: %s", checkpoint.id, error)
            return True

    def _on_disk(
        self, checkpoint: model.Checkpoint, group: model.Group
    ) -> bool:
        """Say whether a disk was made of it, or is about to be.

        Nova may not have told so yet.
        """
        store = self._context.store
        if any(
            member.disk_sequence == checkpoint.sequence
            for member in store.members(group_id=group.id)
        ):
            return True
        if group.recovery_id is None:
            return False
        return any(
            record.step.args.get("checkpoint_id") == checkpoint.id
            for record in store.recovery(group.recovery_id).steps
        )

    def _images_in_use(self) -> set[str]:
        found = set()
        for member in self._context.store.members():
            server = self._cloud.server(member.server_id)
            if server is not None and server.image_id is not None:
                found.add(server.image_id)
        return found

    def _remove(self, checkpoint: model.Checkpoint) -> None:
        if not checkpoint.artifacts and not self._overdue(checkpoint):
            # An engine may still be asking for its parts.
            return
        engine = self._context.engines[checkpoint.engine]
        try:
            # Without parts: the answer that named them may have been lost.
            parts = checkpoint.artifacts or engine.find(checkpoint.name)
            engine.delete(parts)
        except errors.AdapterError as error:
            LOG.warning("checkpoint %s stays: %s", checkpoint.id, error)
        else:
            self._context.store.delete_checkpoint(checkpoint.id)
