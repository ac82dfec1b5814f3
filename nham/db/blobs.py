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


"""Packed states of applications, on a connection."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from nham.db import _rows
from nham.db import errors
from nham.db import models

TABLE = models.state_blob


def save(
    connection: sa.Connection, name: str, data: bytes, digest: str, at: float
) -> None:
    """Insert or replace a packed state.

    :param digest: of the state before it was packed.
    """
    values = {
        "data": data,
        "digest": digest,
        "size": len(data),
        "created_at": at,
    }
    _rows.save(connection, TABLE, {"name": name}, values)


def one(connection: sa.Connection, name: str) -> bytes:
    """Return a packed state."""
    query = sa.select(TABLE.c.data).where(TABLE.c.name == name)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise errors.NotFound("state", name)
    return bytes(row.data)


def names(connection: sa.Connection) -> Sequence[str]:
    """Return the names, in order."""
    found = connection.execute(sa.select(TABLE.c.name)).scalars()
    # Databases do not agree on an order of letters.
    return sorted(found)


def delete(connection: sa.Connection, name: str) -> None:
    """Delete a packed state; one that is gone already is no error."""
    connection.execute(sa.delete(TABLE).where(TABLE.c.name == name))
