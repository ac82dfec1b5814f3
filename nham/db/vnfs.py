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


"""VNFs, their replica groups and members, on a connection."""

from __future__ import annotations

from collections.abc import Iterable
import functools
import json
import time
from typing import Any

from oslo_db import exception as db_exc
import sqlalchemy as sa

from nham.core import descriptor
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.db import _rows
from nham.db import errors
from nham.db import models
from nham.db import traces

REMOVED = "The VNFC was removed from NHAM while it was being recovered"
_PRIMARY = states.Role.PRIMARY
#: Members that have not retired.
IN_USE = models.member.c.role != states.Role.RETIRED.value
#: The columns of a VNF; its policies as the text that they are kept as.
_COLUMNS: list[sa.ColumnElement[Any]] = [
    sa.cast(column, sa.Text).label(column.name)
    if column is models.vnf.c.policies
    else column
    for column in models.vnf.c
    if column is not models.vnf.c.stamp
]


def vnf_rows(
    connection: sa.Connection, project_id: str | None = None
) -> _rows.Rows:
    """Return the VNFs, of one project or of all, oldest first."""
    query = (
        sa.select(*_COLUMNS)
        .where(*_rows.matches(models.vnf, {"project_id": project_id}))
        .order_by(models.vnf.c.created_at, models.vnf.c.id)
    )
    return connection.execute(query).all()


def one_vnf(
    connection: sa.Connection, column: str, value: str
) -> model.Vnf | None:
    """Return the VNF with that value in a unique column."""
    query = sa.select(*_COLUMNS).where(models.vnf.c[column] == value)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else vnf_of(row)


def save_vnf(connection: sa.Connection, vnf: model.Vnf) -> None:
    """Insert or update all but ``paused``, which is the operator's."""
    values = {
        "name": vnf.name,
        "source": vnf.source,
        "project_id": vnf.project_id,
        "instance_id": vnf.instance_id,
        "vnfd_id": vnf.vnfd_id,
        "policies": [policy.to_dict() for policy in vnf.policies],
        "state": vnf.state.value,
        "reason": vnf.reason,
        "created_at": vnf.created_at,
    }
    _rows.save(
        connection, models.vnf, {"id": vnf.id}, values, {"paused": vnf.paused}
    )


def set_vnf_state(
    connection: sa.Connection,
    vnf_id: str,
    state: states.VnfState,
    reason: str,
) -> bool:
    """Set the state; return whether it, or its reason, changed."""
    table = models.vnf
    changed = connection.execute(
        sa.update(table)
        .where(
            table.c.id == vnf_id,
            sa.or_(table.c.state != state.value, table.c.reason != reason),
        )
        .values(state=state.value, reason=reason)
    )
    if not changed.rowcount and one_vnf(connection, "id", vnf_id) is None:
        raise errors.NotFound("VNF", vnf_id)
    return changed.rowcount == 1


def set_paused(connection: sa.Connection, vnf_id: str, paused: bool) -> None:
    """Note whether the operator lets NHAM act on the VNF."""
    if not _rows.change(
        connection, models.vnf, {"id": vnf_id}, {"paused": paused}
    ):
        raise errors.NotFound("VNF", vnf_id)


def delete_vnf(connection: sa.Connection, vnf_id: str) -> None:
    """Delete a VNF with its groups and members."""
    for group in group_rows(connection, vnf_id):
        delete_group(connection, group.id)
    connection.execute(sa.delete(models.vnf).where(models.vnf.c.id == vnf_id))


def group_rows(
    connection: sa.Connection, vnf_id: str | None = None
) -> _rows.Rows:
    """Return the groups, of one VNF or of all, by their name."""
    query = (
        sa.select(models.group)
        .where(*_rows.matches(models.group, {"vnf_id": vnf_id}))
        .order_by(models.group.c.vnf_id, models.group.c.vnfc)
    )
    return connection.execute(query).all()


def group(connection: sa.Connection, group_id: str) -> model.Group:
    """Return one group."""
    query = sa.select(models.group).where(models.group.c.id == group_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise errors.NotFound("replica group", group_id)
    return group_of(row)


def save_group(connection: sa.Connection, group: model.Group) -> None:
    """Insert, or update all but the epoch and the claim.

    Those two change by a claim and its release only.
    """
    values = {
        "vnf_id": group.vnf_id,
        "vnfc": group.vnfc,
        "vdu": group.vdu,
        "mechanism": group.mechanism.value,
        "service_id": group.service.id if group.service else None,
        "service_ip": group.service.ip if group.service else None,
        "access_id": group.access.id if group.access else None,
        "access_ip": group.access.ip if group.access else None,
    }
    first = {
        "epoch": group.epoch,
        "recovery_id": group.recovery_id,
        "last_sequence": 0,
    }
    _rows.save(connection, models.group, {"id": group.id}, values, first)
    traces.begin(connection, group.id, "")


def delete_group(connection: sa.Connection, group_id: str) -> None:
    """Delete a group with its members; end the recovery that held it."""
    connection.execute(
        sa.update(models.recovery)
        .where(
            models.recovery.c.group_id == group_id,
            models.recovery.c.state == states.RecoveryState.RUNNING.value,
        )
        .values(
            state=states.RecoveryState.FAILED.value,
            ended_at=time.time(),
            reason=REMOVED,
        )
    )
    connection.execute(
        sa.delete(models.member).where(models.member.c.group_id == group_id)
    )
    connection.execute(
        sa.delete(models.group).where(models.group.c.id == group_id)
    )


def next_sequence(connection: sa.Connection, group_id: str) -> int:
    """Return a number that no checkpoint of the group ever had."""
    table = models.group
    found = connection.execute(
        sa.update(table)
        .where(table.c.id == group_id)
        .values(last_sequence=table.c.last_sequence + 1)
    )
    if not found.rowcount:
        raise errors.NotFound("replica group", group_id)
    query = sa.select(table.c.last_sequence).where(table.c.id == group_id)
    return int(connection.execute(query).scalar_one())


def member_rows(
    connection: sa.Connection,
    group_id: str | None = None,
    vnf_id: str | None = None,
    server_id: str | None = None,
) -> _rows.Rows:
    """Return the members that have not retired."""
    table = models.member
    query = (
        sa.select(table)
        .where(
            IN_USE,
            *_rows.matches(
                table, {"group_id": group_id, "server_id": server_id}
            ),
        )
        .order_by(table.c.group_id, table.c.id)
    )
    if vnf_id is not None:
        query = query.join(
            models.group, models.group.c.id == table.c.group_id
        ).where(models.group.c.vnf_id == vnf_id)
    return connection.execute(query).all()


def save_member(connection: sa.Connection, member: model.Member) -> None:
    """Insert or update all but the state it has; see note_state.

    :raises NotFound: its group was removed meanwhile.
    """
    values = {
        "group_id": member.group_id,
        "server_id": member.server_id,
        "role": member.role.value,
        "host": member.host,
        "image_id": member.image_id,
        "volume_backed": member.volume_backed,
        "answered": member.answered,
        "kind": member.kind,
        "name": member.name,
        "port_id": member.port_id,
        "address": member.address,
        "access_id": member.access.id if member.access else None,
        "access_ip": member.access.ip if member.access else None,
        "parked": member.parked,
    }
    first = {
        "sequence": member.sequence,
        "importing_until": member.importing_until,
        "disk_at": member.disk_at,
    }
    key = {"id": member.id}
    try:
        _rows.save(connection, models.member, key, values, first)
    except db_exc.DBReferenceError as error:
        raise errors.NotFound("group", member.group_id) from error
    if member.kind == "server":
        traces.begin(connection, member.id, member.name)


def save_members(
    connection: sa.Connection, members: Iterable[model.Member]
) -> None:
    """Save several members, see save_member."""
    for member in members:
        save_member(connection, member)


def note_state(
    connection: sa.Connection,
    member_id: str,
    sequence: int,
    importing_until: float | None,
) -> None:
    """Write down what state a member has in memory, or is being given."""
    _rows.change(
        connection,
        models.member,
        {"id": member_id},
        {
            "sequence": sequence,
            "importing_until": importing_until,
            "disk_at": None,
        },
    )


def note_disk(
    connection: sa.Connection, member_id: str, sequence: int, at: float
) -> None:
    """Write down of which checkpoint a member's disk was made, and when."""
    _rows.change(
        connection,
        models.member,
        {"id": member_id},
        {"sequence": sequence, "disk_at": at},
    )


def promote(connection: sa.Connection, group_id: str, member_id: str) -> bool:
    """Make one member the primary; who was it before has failed.

    :returns: False: it may not be, as it was taken out meanwhile.
    """
    fit = [role.value for role in (*member_facts.FIT_ROLES, _PRIMARY)]
    wanted = _rows.matches(models.member, {"id": member_id, "role": fit})
    if not connection.scalar(
        sa.select(models.member.c.id).where(*wanted).with_for_update()
    ):
        return False
    _rows.change(
        connection,
        models.member,
        {"group_id": group_id, "role": _PRIMARY.value},
        {"role": states.Role.FAILED.value, "sequence": 0, "disk_at": None},
    )
    _rows.change(
        connection,
        models.member,
        {"id": member_id},
        {"role": _PRIMARY.value, "importing_until": None},
    )
    return True


def note_answer(connection: sa.Connection, member_id: str) -> None:
    """Write down that a member has answered."""
    connection.execute(
        sa.update(models.member)
        .where(models.member.c.id == member_id)
        .values(answered=True)
    )


def vnf_of(row: sa.RowMapping) -> model.Vnf:
    """Return the VNF that a row is of."""
    fields: dict[str, Any] = dict(row)
    fields["state"] = states.VnfState(row["state"])
    fields["policies"] = _policies(row["policies"])
    return model.Vnf(**fields)


@functools.lru_cache(maxsize=16384)
def _policies(text: str) -> tuple[descriptor.ResiliencyPolicy, ...]:
    """Return the policies in a text.

    All VNFs are read once a second, and many have the same; to make those
    anew each time would cost more than all the rest.
    """
    return tuple(map(descriptor.ResiliencyPolicy.from_dict, json.loads(text)))


def group_of(row: sa.RowMapping) -> model.Group:
    """Return the group that a row is of."""
    fields: dict[str, Any] = dict(row)
    del fields["last_sequence"], fields["stamp"]
    for name in ("service", "access"):
        fields[name] = _movable(fields, name)
    fields["mechanism"] = descriptor.Mechanism(row["mechanism"])
    return model.Group(**fields)


def _movable(fields: dict[str, Any], name: str) -> model.MovableAddress | None:
    id_, ip = fields.pop(f"{name}_id"), fields.pop(f"{name}_ip")
    return model.MovableAddress(id=id_, ip=ip) if id_ else None


def member_of(row: sa.RowMapping) -> model.Member:
    """Return the member that a row is of."""
    fields: dict[str, Any] = dict(row)
    del fields["stamp"]
    fields["access"] = _movable(fields, "access")
    fields["role"] = states.Role(row["role"])
    return model.Member(**fields)
