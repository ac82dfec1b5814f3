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


"""The store: every question and change, each in one transaction.

What goes in and comes out are the records of ``nham.core.model``. Every
method may raise ``errors.DatabaseDown``; those that name one record raise
``errors.NotFound`` if it is not there.
"""

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
from nham.db import errors
from nham.db import journal
from nham.db import migration
from nham.db import recoveries
from nham.db import traces
from nham.db import vnfs


class Store:
    """One database of NHAM; safe for threads and for many processes.

    :param connection: an SQLAlchemy URL; nothing is connected to yet.
    """

    def __init__(self, connection: str) -> None:
        self._db = database.Database(connection)

    def sync(self, revision: str = "head") -> None:
        """Make or change the tables as this version needs them."""
        with self._db.connection() as connection:
            migration.sync(connection, revision)

    def version(self) -> str | None:
        """Return the revision of the tables, None if there are none."""
        with self._db.connection() as connection:
            return migration.version(connection)

    def close(self) -> None:
        """Close all connections."""
        self._db.close()

    # Engines

    def engine_beat(self, engine_id: str, host: str, now: float) -> None:
        """Note that an engine is alive."""
        self._db.write(lambda c: journal.engine_beat(c, engine_id, host, now))

    def engines_alive(self, since: float) -> set[str]:
        """Return the engines that were alive at that time or later."""
        return self._db.read(lambda c: journal.engines_alive(c, since))

    # VNFs, groups, members

    def vnfs(self, project_id: str | None = None) -> Sequence[model.Vnf]:
        """Return the VNFs, of one project or of all, oldest first."""
        return self._db.read(lambda c: vnfs.all_vnfs(c, project_id))

    def vnf(self, vnf_id: str) -> model.Vnf:
        """Return one VNF."""
        found = self._db.read(lambda c: vnfs.one_vnf(c, "id", vnf_id))
        if found is None:
            raise errors.NotFound("VNF", vnf_id)
        return found

    def vnf_by_instance(self, instance_id: str) -> model.Vnf | None:
        """Return the VNF that the VNFM knows by that id."""
        return self._db.read(
            lambda c: vnfs.one_vnf(c, "instance_id", instance_id)
        )

    def save_vnf(self, vnf: model.Vnf) -> None:
        """Insert or update a VNF; an update leaves ``paused`` alone."""
        self._db.write(lambda c: vnfs.save_vnf(c, vnf))

    def set_vnf_state(
        self, vnf_id: str, state: states.VnfState, reason: str = ""
    ) -> bool:
        """Set state and reason; return whether one of them changed."""
        return self._db.write(
            lambda c: vnfs.set_vnf_state(c, vnf_id, state, reason)
        )

    def set_paused(self, vnf_id: str, paused: bool) -> None:
        """Note whether the operator lets NHAM act on the VNF."""
        self._db.write(lambda c: vnfs.set_paused(c, vnf_id, paused))

    def delete_vnf(self, vnf_id: str) -> None:
        """Delete a VNF, its groups and members; gone is no error.

        A recovery of it that still runs ends as failed.
        """
        self._db.write(lambda c: vnfs.delete_vnf(c, vnf_id))

    def groups(self, vnf_id: str | None = None) -> Sequence[model.Group]:
        """Return the replica groups, of one VNF or of all."""
        return self._db.read(lambda c: vnfs.groups(c, vnf_id))

    def group(self, group_id: str) -> model.Group:
        """Return one replica group."""
        return self._db.read(lambda c: vnfs.group(c, group_id))

    def save_group(self, group: model.Group) -> None:
        """Insert or update a group; an update leaves the claim alone."""
        self._db.write(lambda c: vnfs.save_group(c, group))

    def delete_group(self, group_id: str) -> None:
        """Delete a group and its members; gone is no error.

        A recovery of it that still runs ends as failed.
        """
        self._db.write(lambda c: vnfs.delete_group(c, group_id))

    def members(
        self,
        group_id: str | None = None,
        vnf_id: str | None = None,
        server_id: str | None = None,
    ) -> Sequence[model.Member]:
        """Return the members that have not retired."""
        return self._db.read(
            lambda c: vnfs.members(c, group_id, vnf_id, server_id)
        )

    def save_member(self, *members: model.Member) -> None:
        """Insert or update members, all or none of them.

        An update leaves alone what state they have.
        """
        self._db.write(lambda c: vnfs.save_members(c, members))

    def note_state(
        self, member_id: str, sequence: int, importing_until: float | None
    ) -> None:
        """Write down what state a member has in memory, or is being given.

        :param sequence: the newest checkpoint that it has whole.
        :param importing_until: until then another may arrive.
        """
        self._db.write(
            lambda c: vnfs.note_state(c, member_id, sequence, importing_until)
        )

    def note_disk(self, member_id: str, sequence: int, at: float) -> None:
        """Write down of which checkpoint a disk was made, and when."""
        self._db.write(lambda c: vnfs.note_disk(c, member_id, sequence, at))

    def promote(self, group_id: str, member_id: str) -> None:
        """Make a member the primary; who was it before has failed."""
        self._db.write(lambda c: vnfs.promote(c, group_id, member_id))

    def note_answer(self, member_id: str) -> None:
        """Write down that a member has answered; nothing else of it."""
        self._db.write(lambda c: vnfs.note_answer(c, member_id))

    def ownerless(self) -> Sequence[model.Trace]:
        """Return the traces of members and groups that are no more."""
        return self._db.read(traces.ownerless)

    def note_left(self, trace_id: str, at: float) -> None:
        """Write down since when nobody owns what is left; once only."""
        self._db.write(lambda c: traces.note_left(c, trace_id, at))

    def end_trace(self, trace_id: str) -> None:
        """Forget a member or a group that left nothing; gone is no error."""
        self._db.write(lambda c: traces.end(c, trace_id))

    # Checkpoints

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

    # Recoveries

    def claim(
        self,
        recovery: model.Recovery,
        expected_epoch: int,
        facts: Mapping[str, Any] | None = None,
    ) -> model.Recovery | None:
        """Claim the recovery's group, or return None.

        :param expected_epoch: the group's epoch when it was decided.
        :param facts: that it was decided on, as plain data.
        :returns: the recovery with the epoch that it may act by.
        """
        return self._db.write(
            lambda c: recoveries.claim(c, recovery, expected_epoch, facts)
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
        values = {"state": states.StepState.STARTED.value, "started_at": at}
        return self._db.write(
            lambda c: recoveries.change_step(c, claim, position, values)
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
    ) -> bool:
        """Note how a step ended; False means: the claim is lost."""
        claim = recoveries.Claim(recovery_id, owner, epoch)
        values = {"state": state.value, "ended_at": at, "detail": detail}
        return self._db.write(
            lambda c: recoveries.change_step(c, claim, position, values)
        )

    def end_recovery(
        self,
        recovery_id: str,
        state: states.RecoveryState,
        at: float,
        reason: str,
        owner: str,
        epoch: int,
    ) -> bool:
        """End a recovery and free its group; False: the claim is lost."""
        claim = recoveries.Claim(recovery_id, owner, epoch)
        return self._db.write(
            lambda c: recoveries.end(c, claim, state, at, reason)
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
    ) -> Sequence[model.Recovery]:
        """Return recoveries with their steps, newest first.

        :param vnf_id: of this VNF, or of these.
        :param since: only those that started then or later.
        """
        wanted = {"vnf_id": vnf_id, "group_id": group_id, "state": state}
        return self._db.read(
            lambda c: recoveries.find(c, wanted, since, limit)
        )

    # Events, hosts, settings

    def add_event(
        self,
        at: float,
        severity: states.Severity,
        kind: str,
        message: str,
        vnf_id: str | None = None,
        host: str | None = None,
    ) -> None:
        """Write an event down."""
        values = {
            "at": at,
            "severity": severity.value,
            "kind": kind,
            "message": message,
            "vnf_id": vnf_id,
            "host": host,
        }
        self._db.write(lambda c: journal.add_event(c, values))

    def events(
        self,
        vnf_id: str | Sequence[str] | None = None,
        after_id: int | None = None,
        limit: int = 100,
    ) -> Sequence[model.Event]:
        """Return events, oldest first.

        :param vnf_id: of this VNF, or of these.
        :param after_id: the first ones after this one; None: the last.
        """
        return self._db.read(
            lambda c: journal.events(c, vnf_id, after_id, limit)
        )

    def host(self, name: str) -> model.HostRecord | None:
        """Return what is known about a host, None if nothing is."""
        found = self._db.read(lambda c: journal.hosts(c, name))
        return found[0] if found else None

    def hosts(self) -> Sequence[model.HostRecord]:
        """Return what is known about all hosts."""
        return self._db.read(journal.hosts)

    def save_host(self, record: model.HostRecord) -> None:
        """Insert or update what NHAM did about a host.

        An update leaves its maintenance, quarantine and lease alone.
        """
        self._db.write(lambda c: journal.save_host(c, record))

    def begin_maintenance(self, name: str, at: float, reason: str) -> bool:
        """Note that a host is worked on; False means: it is already."""
        return self._db.write(
            lambda c: journal.begin_maintenance(c, name, at, reason)
        )

    def end_maintenance(self, name: str) -> bool:
        """Note that it is worked on no more; False means: it was not."""
        return self._db.write(lambda c: journal.end_maintenance(c, name))

    def quarantine(self, name: str, at: float, reason: str) -> bool:
        """Put a host in quarantine; False means: it is in one already."""
        return self._db.write(
            lambda c: journal.quarantine(c, name, at, reason)
        )

    def release(self, name: str, at: float) -> bool:
        """End a host's quarantine; False means: it is in none."""
        return self._db.write(lambda c: journal.release(c, name, at))

    def withdraw_lease(self, name: str, now: float) -> float:
        """Note that a host gets no lease any more; return since when."""
        return self._db.write(lambda c: journal.withdraw_lease(c, name, now))

    def restore_lease(self, name: str, withdrawn_at: float) -> bool:
        """Let a host have leases again; False: withdrawn anew since then."""
        return self._db.write(
            lambda c: journal.restore_lease(c, name, withdrawn_at)
        )

    def setting(self, name: str) -> str | None:
        """Return a setting, None if it is not set."""
        return self._db.read(lambda c: journal.setting(c, name))

    def set_setting(self, name: str, value: str | None) -> None:
        """Set a setting; None removes it."""
        self._db.write(lambda c: journal.set_setting(c, name, value))
