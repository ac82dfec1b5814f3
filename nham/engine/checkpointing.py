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

"""The checkpoint loop: take what is due, and see to what was taken.

Source: NHAM paper 3.2 (State Synchronizer, export_vnf_state).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import logging
import math
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import facts
from nham.core import lives
from nham.core import model
from nham.core import shards
from nham.core import states
from nham.core.decision import replicas
from nham.db import errors as db_errors
from nham.engine import catalogue as catalogue_
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

#: Seconds to write down how an export ended.
_SLACK = 5.0


class NotNow(Exception):
    """The member is in no state to be checkpointed."""


class Checkpointer:
    """Takes the checkpoints that are due.

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
        catalogue: catalogue_.Catalogue,
    ) -> None:
        self._context = ctx
        self._cloud = cloud
        self._journal = journal
        self._settings = settings
        self._submit = submit
        self._catalogue = catalogue
        self._feeder = feeding.Feeder(ctx)
        self._exporting: set[str] = set()
        self._retry_at: dict[str, float] = {}
        self._unfit: dict[str, str] = {}
        self._ages = rpo.StateAges(journal)
        self.emptied: list[tuple[str, str]] = []

    def run(self, fleet: Sequence[fleet_.Entry], shard: shards.Shard) -> None:
        """Do what is due for the VNFs of this engine."""
        known = self._context.store.checkpoints()
        pending = [c for c in known if c.state is State.CREATING]
        self._catalogue.run([c for c in known if shard.has(c.vnf_id)])
        room = self._settings.checkpoints_parallel - len(pending)
        mine = [entry for entry in fleet if shard.has(entry.vnf.id)]
        for entry in self._due(mine, known):
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
        if engine.occupies:
            self._check_unclaimed(entry)
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
            self._catalogue.fail(checkpoint, str(error))
            raise NotNow(str(error)) from error
        checkpoint = dataclasses.replace(checkpoint, artifacts=artifacts)
        if engine.name == "hook":
            self._check_still_free(entry, checkpoint)
            self._check_kept(entry, checkpoint)
        store = self._context.store
        if not store.update_checkpoint(checkpoint, State.CREATING):
            self._catalogue.delete(checkpoint)
            raise NotNow("it was given up while its parts were asked for")
        if engine.name == "hook":
            self._catalogue.follow(checkpoint)
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

    def _check_free(self, entry: fleet_.Entry) -> None:
        """Refuse a member that is being recovered, or was meanwhile."""
        store = self._context.store
        group = store.group(entry.group.id)
        if group.recovery_id is not None:
            recovery = store.recovery(group.recovery_id)
            # While its standby is made it serves, and its state moves on.
            disk = entry.policy.on_disk
            starts = not disk and _starts(recovery)
            serves = recovery.rung in replicas.BESIDE or starts
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

    def _check_unclaimed(self, entry: fleet_.Entry) -> None:
        """Refuse a VNF that its VNFM changes: it may need the server."""
        vnfm = self._context.vnfms.get(entry.vnf.source)
        if vnfm is None or entry.vnf.instance_id is None:
            return
        try:
            operations = vnfm.operations(entry.vnf.instance_id)
        except errors.AdapterError as error:
            # A dead VNFM changes nothing, and the state is to be saved.
            LOG.info("%s: operations unknown: %s", entry.vnf.name, error)
            return
        if any(operation.running for operation in operations):
            raise NotNow("the VNFM runs an operation on the VNF")

    def _check_still_free(
        self, entry: fleet_.Entry, checkpoint: model.Checkpoint
    ) -> None:
        """Give up a state that a recovery may have come before.

        What starts anew hands out a state, too: an empty one.
        """
        try:
            self._check_free(entry)
        except NotNow as reason:
            self._catalogue.fail(checkpoint, str(reason))
            raise

    def _check_kept(
        self, entry: fleet_.Entry, checkpoint: model.Checkpoint
    ) -> None:
        """Give up what an application handed out that has lost its state.

        What was saved before stays, to be given back.
        """
        store = self._context.store
        saved = fleet_.good_checkpoints(store, entry)
        given = any(
            member.sequence > 0
            for member in store.members(group_id=entry.group.id)
            if member.role is states.Role.PRIMARY
        )
        lost = lives.why_lost(saved[0], checkpoint, given) if saved else ""
        if lost:
            self._catalogue.delete(checkpoint)
            self.emptied.append((entry.group.id, lost))
            raise NotNow(lost)

    def _check_fit(
        self, entry: fleet_.Entry, status: str, task: str | None
    ) -> None:
        view = self._context.watch.view(entry.group.id)
        if status != "ACTIVE" or task is not None:
            raise NotNow(f"Nova says {status}, task {task}")
        silent = facts.Health.DEAD in (view.app, view.icmp)
        if silent and view.app is not facts.Health.OK:
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


def _starts(recovery: model.Recovery) -> bool:
    """Say whether a standby is only being started, and takes over later."""
    begun = [
        record.step.action
        for record in recovery.steps
        if record.state is not states.StepState.PENDING
    ]
    return begun[-1:] == ["start_standby"]
