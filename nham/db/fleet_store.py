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


"""The part of the store with VNFs, their groups and members."""

from __future__ import annotations

from collections.abc import Sequence
import functools

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import _rows
from nham.db import database
from nham.db import errors
from nham.db import models
from nham.db import traces
from nham.db import vnfs


class FleetStore:
    """VNFs, groups, members, and traces of those that are gone."""

    _db: database.Database

    @functools.cached_property
    def _all_vnfs(self) -> _rows.Held[model.Vnf]:
        return _rows.Held(models.vnf, sa.true(), vnfs.vnf_rows, vnfs.vnf_of)

    @functools.cached_property
    def _all_groups(self) -> _rows.Held[model.Group]:
        return _rows.Held(
            models.group, sa.true(), vnfs.group_rows, vnfs.group_of
        )

    @functools.cached_property
    def _all_members(self) -> _rows.Held[model.Member]:
        return _rows.Held(
            models.member, vnfs.IN_USE, vnfs.member_rows, vnfs.member_of
        )

    def vnfs(self, project_id: str | None = None) -> Sequence[model.Vnf]:
        """Return the VNFs, of one project or of all, oldest first."""
        if project_id is None:
            return self._db.read(self._all_vnfs.read)
        rows = self._db.read(lambda c: vnfs.vnf_rows(c, project_id))
        return [vnfs.vnf_of(row._mapping) for row in rows]

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
        if vnf_id is None:
            return self._db.read(self._all_groups.read)
        rows = self._db.read(lambda c: vnfs.group_rows(c, vnf_id))
        return [vnfs.group_of(row._mapping) for row in rows]

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
        wanted = (group_id, vnf_id, server_id)
        if wanted == (None, None, None):
            return self._db.read(self._all_members.read)
        rows = self._db.read(lambda c: vnfs.member_rows(c, *wanted))
        return [vnfs.member_of(row._mapping) for row in rows]

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

    def promote(self, group_id: str, member_id: str) -> bool:
        """Make a member the primary; who was it before has failed.

        :returns: False: it may not be, as it was taken out meanwhile.
        """
        return self._db.write(lambda c: vnfs.promote(c, group_id, member_id))

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
