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


"""What the modules of this package share: write one row, read them all."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Generic
from typing import TypeVar

import sqlalchemy as sa

T = TypeVar("T")
Rows = Sequence[sa.Row[Any]]


class Held(Generic[T]):
    """The records of a whole table, read anew only when one has changed.

    An engine reads all about once a second, and most of the time finds what
    it found before. The number of rows and the sum of their stamps tell so,
    at a small part of what reading the rows takes; and to make the records
    of rows takes longer than to see which are the same.

    :param table: has a column ``stamp``, see ``models``.
    :param wanted: which of its rows count.
    :param rows: reads them whole.
    :param make: makes the record of a row.
    """

    def __init__(
        self,
        table: sa.Table,
        wanted: sa.ColumnElement[bool],
        rows: Callable[[sa.Connection], Rows],
        make: Callable[[sa.RowMapping], T],
    ) -> None:
        self._query = sa.select(
            sa.func.count(), sa.func.sum(table.c.stamp)
        ).where(wanted)
        self._rows = rows
        self._make = make
        self._last: tuple[tuple[Any, ...], Sequence[T]] = ((), [])
        self._by_row: dict[tuple[Any, ...], T] = {}

    def read(self, connection: sa.Connection) -> Sequence[T]:
        """Return the records of all rows; the very same ones if none changed.

        :param connection: shows one view in both of its queries.
        """
        known, records = self._last
        found = tuple(connection.execute(self._query).one())
        if found != known:
            records = self._renewed(self._rows(connection))
            self._last = (found, records)
        return records

    def _renewed(self, rows: Rows) -> Sequence[T]:
        """Return the records, new ones only of rows that are new."""
        known = self._by_row
        self._by_row = {
            key: known[key] if key in known else self._make(row._mapping)
            for key, row in ((tuple(row), row) for row in rows)
        }
        return list(self._by_row.values())


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
