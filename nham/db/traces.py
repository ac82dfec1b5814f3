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


"""Traces of members and groups that may have left things in the cloud.

A trace is written with the record of who may make things, and outlives it:
so what is found in the cloud later can be told from what is somebody else's.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import models


def begin(connection: sa.Connection, owner_id: str, name: str) -> None:
    """Write down that a member or a group may make things from now on."""
    query = sa.select(models.trace.c.id).where(models.trace.c.id == owner_id)
    if connection.execute(query).first() is None:
        connection.execute(
            sa.insert(models.trace).values(id=owner_id, name=name)
        )


def ownerless(connection: sa.Connection) -> Sequence[model.Trace]:
    """Return those whose member has retired, or whose group is gone."""
    table = models.trace
    members = sa.select(models.member.c.id).where(
        models.member.c.role != states.Role.RETIRED.value
    )
    query = (
        sa.select(table)
        .where(
            table.c.id.not_in(members),
            table.c.id.not_in(sa.select(models.group.c.id)),
        )
        .order_by(table.c.id)
    )
    rows = connection.execute(query).mappings()
    return [model.Trace(**row) for row in rows]


def note_left(connection: sa.Connection, trace_id: str, at: float) -> None:
    """Write down since when nobody owns what is left; once only."""
    table = models.trace
    connection.execute(
        sa.update(table)
        .where(table.c.id == trace_id, table.c.left_at.is_(None))
        .values(left_at=at)
    )


def end(connection: sa.Connection, trace_id: str) -> None:
    """Delete a trace; gone is no error."""
    connection.execute(
        sa.delete(models.trace).where(models.trace.c.id == trace_id)
    )
