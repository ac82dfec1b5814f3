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

"""The checkpoint loop: take, prove, keep so many, remove the rest.

Source: NHAM paper 3.2 (State Synchronizer, export_vnf_state). A torn
checkpoint is never offered for restore, and a failed one never costs an
older good one.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import logging
import math
import uuid

from nham import metrics
from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.core import facts
from nham.core import lives
from nham.core import model
from nham.core import states
from nham.core.decision import replicas
from nham.db import errors as db_errors
from nham.engine import cloud as cloud_
from nham.engine import feeding
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.engine import rpo
from nham.engine import settings as settings_
from nham.recovery import context

LOG = logging.getLogger(__name__)

State = states.CheckpointState
Submit = Callable[[Callable[[], None]], object]

#: Seconds; to ask for a checkpoint takes a few calls, each of which is
#: given up after its own time-out. Who has not got its parts by then died.
_ASKING = 60.0
#: Seconds to write down how an export ended.
_SLACK = 5.0


class NotNow(Exception):
    """The member is in no state to be checkpointed."""


class Checkpointer:
    """Takes the checkpoints that are due and keeps the catalogue.

    :param submit: runs a job that may wait for a VNF, so that no other VNF
        waits with it.
    :ivar emptied: groups whose application was found to have lost its
        state, each with why that is known.
    """

    def __init__(
        self,
        ctx: context.Context,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
        settings: settings_.Settings,
        submit: Submit,
    ) -> None:
        self._context = ctx
        self._cloud = cloud
        self._journal = journal
        self._settings = settings
        self._submit = submit
        self._feeder = feeding.Feeder(ctx)
        self._exporting: set[str] = set()
        self._retry_at: dict[str, float] = {}
        self._unfit: dict[str, str] = {}
        self._ages = rpo.StateAges(journal)
        self.emptied: list[tuple[str, str]] = []

    def run(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Do what is due."""
        known = self._context.store.checkpoints()
        pending = [c for c in known if c.state is State.CREATING]
        for checkpoint in pending:
            self._follow(checkpoint)
        for checkpoint in known:
            if checkpoint.state is State.DELETING:
                self._remove(checkpoint)
        room = self._settings.checkpoints_parallel - len(pending)
        for entry in self._due(fleet, known):
            if self._is_taken(entry, pending):
                continue
            if entry.policy.state_protection.method == "hook":
                self._synchronize(entry)
            elif room > 0 and self._scheduled(entry):
                room -= 1

    def _is_taken(
        self, entry: fleet_.Entry, pending: Sequence[model.Checkpoint]
    ) -> bool:
        """Say whether a checkpoint of it is being taken, by whoever.

        An export is over after its time-out; who has not written down its
        end by then died.
        """
        hook = entry.policy.state_protection.hook
        limit = hook.timeout + _SLACK if hook else math.inf
        now = self._context.clock.now()
        return any(
            one.group_id == entry.group.id and now - one.cut_at < limit
            for one in pending
        )

    def _synchronize(self, entry: fleet_.Entry) -> None:
        """Have a VNF export its state, and give it to its other members.

        Source: NHAM paper 3.2, State Synchronizer.
        """
        if entry.group.id in self._exporting:
            return
        self._exporting.add(entry.group.id)

        def job() -> None:
            try:
                self._scheduled(entry)
                self._feeder.feed(entry)
                self._feeder.exchange(entry)
            except db_errors.NotFound as error:
                LOG.info("%s: it was removed meanwhile", error)
            finally:
                self._exporting.discard(entry.group.id)

        self._submit(job)

    def take(
        self, entry: fleet_.Entry, trigger: str, hold: int = 0
    ) -> model.Checkpoint:
        """Begin a checkpoint of the group's member now.

        :param hold: seconds for which the member is asked to stand still
            after it.
        :raises NotNow: the member does not serve, or is being worked on.
        """
        name = entry.policy.state_protection.engine
        if name is None:
            raise NotNow("the policy protects no state")
        engine = self._context.engines[name]
        server = self._server(entry)
        self._check_free(entry)
        self._check_fit(entry, server.status, server.task_state)
        unfit = engine.unfit(server)
        if unfit:
            self._tell_unfit(entry, unfit)
            raise NotNow(unfit)
        checkpoint = model.Checkpoint(
            id=str(uuid.uuid4()),
            vnf_id=entry.vnf.id,
            group_id=entry.group.id,
            server_id=server.id,
            engine=engine.name,
            sequence=self._context.store.next_sequence(entry.group.id),
            state=State.CREATING,
            cut_at=self._context.clock.now(),
            trigger=trigger,
        )
        self._context.store.add_checkpoint(checkpoint)
        try:
            artifacts = engine.begin(server, checkpoint.name, hold)
        except errors.AdapterError as error:
            self._failed(checkpoint, str(error))
            raise NotNow(str(error)) from error
        checkpoint = dataclasses.replace(checkpoint, artifacts=artifacts)
        if engine.name == "hook":
            self._check_still_free(entry, checkpoint)
            self._check_kept(entry, checkpoint)
        store = self._context.store
        if not store.update_checkpoint(checkpoint, State.CREATING):
            self.delete(checkpoint)
            raise NotNow("it was given up while its parts were asked for")
        if engine.name == "hook":
            self._follow(checkpoint)
        return checkpoint

    def _server(self, entry: fleet_.Entry) -> vim_base.Server:
        """Return the member's server, as fresh as the engine needs it.

        An export asks the VNF and not Nova, perhaps each second.
        """
        server_id = entry.member.server_id
        known = self._cloud.server(server_id)
        if known is None or entry.policy.state_protection.method != "hook":
            return self._context.vim.server(server_id)
        return known

    def _tell_unfit(self, entry: fleet_.Entry, reason: str) -> None:
        """Tell once that a VNFC's state cannot be kept."""
        if self._unfit.get(entry.group.id) == reason:
            return
        self._unfit[entry.group.id] = reason
        self._journal.event(
            states.Severity.WARNING,
            "state-unprotected",
            f"{entry.vnf.name} {entry.group.vnfc}: {reason}",
            entry.vnf.id,
        )

    def delete(self, checkpoint: model.Checkpoint) -> None:
        """Let a checkpoint be removed."""
        self._context.store.update_checkpoint(
            dataclasses.replace(checkpoint, state=State.DELETING)
        )

    def _check_free(self, entry: fleet_.Entry) -> None:
        """Refuse a member that is being recovered, or was meanwhile."""
        store = self._context.store
        group = store.group(entry.group.id)
        if group.recovery_id is not None:
            recovery = store.recovery(group.recovery_id)
            # While its standby is made it serves, and its state moves on.
            serves = recovery.rung in replicas.BESIDE or _starts(recovery)
            if not serves:
                raise NotNow("a recovery of it is running")
        serving = [
            member.id
            for member in store.members(group_id=group.id)
            if member.role is states.Role.PRIMARY
        ]
        older = group.epoch != entry.group.epoch and not group.recovery_id
        if older or serving != [entry.member.id]:
            raise NotNow("the fleet is about to be read anew")

    def _check_still_free(
        self, entry: fleet_.Entry, checkpoint: model.Checkpoint
    ) -> None:
        """Give up a state that a recovery may have come before.

        What starts anew hands out a state, too: an empty one.
        """
        try:
            self._check_free(entry)
        except NotNow as reason:
            self._failed(checkpoint, str(reason))
            raise

    def _check_kept(
        self, entry: fleet_.Entry, checkpoint: model.Checkpoint
    ) -> None:
        """Give up what an application handed out that has lost its state.

        What was saved before stays, to be given back.
        """
        store = self._context.store
        saved = [
            one
            for one in store.checkpoints(
                group_id=entry.group.id, states=[State.AVAILABLE]
            )
            if one.engine == checkpoint.engine
        ]
        given = any(
            member.sequence > 0
            for member in store.members(group_id=entry.group.id)
            if member.role is states.Role.PRIMARY
        )
        lost = lives.why_lost(saved[0], checkpoint, given) if saved else ""
        if lost:
            self.delete(checkpoint)
            self.emptied.append((entry.group.id, lost))
            raise NotNow(lost)

    def _check_fit(
        self, entry: fleet_.Entry, status: str, task: str | None
    ) -> None:
        view = self._context.watch.view(entry.group.id)
        if status != "ACTIVE" or task is not None:
            raise NotNow(f"Nova says {status}, task {task}")
        if facts.Health.DEAD in (view.app, view.icmp):
            raise NotNow("it does not answer")

    def _due(
        self,
        fleet: Sequence[fleet_.Entry],
        known: Sequence[model.Checkpoint],
    ) -> list[fleet_.Entry]:
        """Return the entries whose saved state is too old, oldest first."""
        now = self._context.clock.now()
        newest: dict[tuple[str, str | None], float] = {}
        for checkpoint in known:
            if checkpoint.state is State.AVAILABLE:
                # What another engine took is of a former policy.
                whose = checkpoint.group_id, checkpoint.engine
                cut_at = newest.get(whose, 0.0)
                newest[whose] = max(cut_at, checkpoint.cut_at)
        due = []
        for entry in fleet:
            protection = entry.policy.state_protection
            if protection.engine is None or entry.vnf.paused:
                continue
            whose = entry.group.id, protection.engine
            age = now - newest.get(whose, 0.0)
            if whose in newest:
                self._ages.note(entry, age)
            waits = self._retry_at.get(entry.group.id, 0.0) > now
            if age >= protection.interval and not waits:
                due.append((age, entry))
        return [entry for _age, entry in sorted(due, key=lambda d: -d[0])]

    def _scheduled(self, entry: fleet_.Entry) -> bool:
        try:
            self.take(entry, "scheduled")
        except NotNow as reason:
            LOG.info("%s: no checkpoint now: %s", entry.group.vnfc, reason)
        except errors.AdapterError as error:
            LOG.warning("%s: no checkpoint: %s", entry.group.vnfc, error)
        else:
            self._retry_at.pop(entry.group.id, None)
            return True
        wait = min(entry.policy.state_protection.interval, 5.0)
        self._retry_at[entry.group.id] = self._context.clock.now() + wait
        return False

    def _follow(self, checkpoint: model.Checkpoint) -> None:
        """See whether a checkpoint is whole by now."""
        engine = self._context.engines[checkpoint.engine]
        if self._overdue(checkpoint):
            age = self._context.clock.now() - checkpoint.cut_at
            self._failed(checkpoint, f"not whole after {age:.0f} s")
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
            self._failed(checkpoint, str(error))
            return
        if whole is None:
            return
        view = self._context.watch.view(checkpoint.group_id)
        if facts.Health.DEAD in (view.app, view.icmp):
            self._failed(
                checkpoint, "the member failed while it was taken", whole
            )
            return
        self._whole(checkpoint, whole)

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

    def _failed(
        self,
        checkpoint: model.Checkpoint,
        reason: str,
        artifacts: tuple[model.Artifact, ...] | None = None,
    ) -> None:
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
        evacuation makes the disk from it.
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
            if not images & needed:
                LOG.debug("%s: %s goes", vnf.name, checkpoint.id)
                self.delete(checkpoint)

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


def _starts(recovery: model.Recovery) -> bool:
    """Say whether a standby is only being started, and takes over later."""
    begun = [
        record.step.action
        for record in recovery.steps
        if record.state is not states.StepState.PENDING
    ]
    return begun[-1:] == ["start_standby"]
