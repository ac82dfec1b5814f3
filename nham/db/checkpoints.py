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


"""Checkpoints, on a connection."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
from typing import Any

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import _rows
from nham.db import errors
from nham.db import models

TABLE = models.checkpoint


def add(connection: sa.Connection, checkpoint: model.Checkpoint) -> None:
    """Insert a checkpoint."""
    values = {"id": checkpoint.id, **_values(checkpoint)}
    connection.execute(sa.insert(TABLE).values(values))


def update(
    connection: sa.Connection,
    checkpoint: model.Checkpoint,
    expected: states.CheckpointState | None,
) -> bool:
    """Update a checkpoint; return False if it is in another state by now."""
    key = {"id": checkpoint.id, "state": expected and expected.value}
    changed = _rows.change(connection, TABLE, key, _values(checkpoint))
    if not changed:
        # One that is gone is an error, not another state.
        one(connection, checkpoint.id)
    return changed


def find(
    connection: sa.Connection,
    vnf_id: str | Sequence[str] | None,
    group_id: str | None,
    wanted: Iterable[states.CheckpointState] | None,
) -> Sequence[model.Checkpoint]:
    """Return checkpoints, newest first by their sequence."""
    query = sa.select(TABLE).where(
        *_rows.matches(TABLE, {"vnf_id": vnf_id, "group_id": group_id})
    )
    if wanted is not None:
        query = query.where(TABLE.c.state.in_([s.value for s in wanted]))
    query = query.order_by(TABLE.c.sequence.desc(), TABLE.c.cut_at.desc())
    return [_checkpoint(row) for row in connection.execute(query)]


def one(connection: sa.Connection, checkpoint_id: str) -> model.Checkpoint:
    """Return one checkpoint."""
    query = sa.select(TABLE).where(TABLE.c.id == checkpoint_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise errors.NotFound("checkpoint", checkpoint_id)
    return _checkpoint(row)


def delete(connection: sa.Connection, checkpoint_id: str) -> None:
    """Delete the record; one that is gone already is no error."""
    connection.execute(sa.delete(TABLE).where(TABLE.c.id == checkpoint_id))


def _values(checkpoint: model.Checkpoint) -> dict[str, Any]:
    """Return the columns but the id."""
    return {
        "vnf_id": checkpoint.vnf_id,
        "group_id": checkpoint.group_id,
        "server_id": checkpoint.server_id,
        "engine": checkpoint.engine,
        "sequence": checkpoint.sequence,
        "state": checkpoint.state.value,
        "cut_at": checkpoint.cut_at,
        "trigger": checkpoint.trigger,
        "completed_at": checkpoint.completed_at,
        "consistency": checkpoint.consistency,
        "artifacts": [dataclasses.asdict(a) for a in checkpoint.artifacts],
        "reason": checkpoint.reason,
    }


def _checkpoint(row: sa.Row[Any]) -> model.Checkpoint:
    fields: dict[str, Any] = {
        column.key: row._mapping[column] for column in TABLE.columns
    }
    fields["state"] = states.CheckpointState(fields["state"])
    fields["artifacts"] = tuple(
        model.Artifact(**part) for part in fields["artifacts"]
    )
    return model.Checkpoint(**fields)
