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


"""What the modules of this package share: insert or update one row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa


def save(
    connection: sa.Connection,
    table: sa.Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    first: Mapping[str, Any] | None = None,
) -> None:
    """Update the row with that key, or insert it if there is none.

    :param first: values that only an insert writes.
    """
    if not change(connection, table, key, values):
        connection.execute(
            sa.insert(table).values(**key, **values, **(first or {}))
        )


def change(
    connection: sa.Connection,
    table: sa.Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
) -> bool:
    """Update the row with that key; return False if there is none."""
    found = connection.execute(
        sa.update(table).where(*matches(table, key)).values(**values)
    )
    return found.rowcount == 1


def matches(
    table: sa.Table, wanted: Mapping[str, Any]
) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that each given column has its value.

    A value of None asks for nothing, a list for one of its values.
    """
    return [
        table.c[column].in_(value)
        if isinstance(value, list | tuple)
        else table.c[column] == value
        for column, value in wanted.items()
        if value is not None
    ]
