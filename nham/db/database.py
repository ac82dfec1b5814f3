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


"""One SQL database: connections, transactions, retries, plain errors.

Whatever happens in ``read`` or ``write`` happens in one transaction: all
of it, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import threading
import time
from typing import Any
from typing import TypeVar

from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import engines
import sqlalchemy as sa
from sqlalchemy import exc as sa_exc

from nham.db import errors

T = TypeVar("T")

#: A transaction that lost against another one is run again so often.
ATTEMPTS = 6
#: Seconds that a writer waits for another writer of an SQLite file.
SQLITE_WAIT = 10.0
#: Seconds until a silent server counts as down.
SERVER_WAIT = 10

_MEMORY = (None, "", ":memory:")
_WRITES = "nham_writes"
_LOST_A_RACE = (
    db_exc.DBDeadlock,
    db_exc.DBConsistencyError,
    db_exc.DBDuplicateEntry,
)
_DOWN = (
    db_exc.DBConnectionError,
    db_exc.DBNonExistentTable,
    db_exc.DBNonExistentDatabase,
    db_exc.CantStartEngineError,
    sa_exc.OperationalError,
    sa_exc.InterfaceError,
    # Among others: the tables have not been made yet.
    sa_exc.ProgrammingError,
    sa_exc.TimeoutError,
)


class Database:
    """The connections to one database; safe for threads.

    Nothing is connected to until the first transaction.

    :param connection: an SQLAlchemy URL.
    """

    def __init__(self, connection: str) -> None:
        url = _with_timeouts(sa.make_url(connection))
        sqlite = url.get_backend_name() == "sqlite"
        self._one_at_a_time: contextlib.AbstractContextManager[Any] = (
            # All threads share the one connection of a memory database.
            threading.Lock()
            if sqlite and url.database in _MEMORY
            else contextlib.nullcontext()
        )
        self._engine = engines.create_engine(
            url,
            sqlite_fk=True,
            mysql_sql_mode="TRADITIONAL",
            max_pool_size=10,
            max_overflow=30,
            max_retries=0,
            thread_checkin=False,
        )
        if sqlite:
            _prepare_sqlite(self._engine)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what ``work`` reads in one consistent view.

        :raises DatabaseDown: if the database cannot be asked now.
        """
        return self._run(work, writes=False)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what ``work`` returns once all it wrote is durable.

        ``work`` may run more than once, so it must do nothing but SQL.

        :raises DatabaseDown: if the database cannot be asked now.
        :raises Duplicate: if a record with that key is there already.
        """
        return self._run(work, writes=True)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """Give a bare connection, for migrations."""
        with (
            _plain_errors(),
            self._one_at_a_time,
            self._engine.connect() as connection,
        ):
            yield connection

    def _run(self, work: Callable[[sa.Connection], T], writes: bool) -> T:
        with _plain_errors():
            for attempt in range(1, ATTEMPTS):
                try:
                    return self._once(work, writes)
                except _LOST_A_RACE:
                    time.sleep(0.01 * attempt)
            return self._once(work, writes)

    def _once(self, work: Callable[[sa.Connection], T], writes: bool) -> T:
        with self._one_at_a_time, self._engine.connect() as connection:
            connection.info[_WRITES] = writes
            with connection.begin():
                return work(connection)


@contextlib.contextmanager
def _plain_errors() -> Iterator[None]:
    """Turn the libraries' exceptions into ours."""
    try:
        yield
    except db_exc.DBDuplicateEntry as error:
        raise errors.Duplicate(
            f"There is already a record with the same {error.columns}"
        ) from error
    except _DOWN as error:
        cause = getattr(error, "orig", None) or error
        raise errors.DatabaseDown(f"The database is down: {cause}") from error
    except db_exc.DBDeadlock as error:
        raise errors.DatabaseDown("The database is overloaded") from error


def _with_timeouts(url: sa.URL) -> sa.URL:
    """Let no thread hang on a server that has gone silent."""
    wanted: dict[str, str] = {}
    if url.get_backend_name() == "mysql":
        wanted = {
            "charset": "utf8mb4",
            "connect_timeout": str(SERVER_WAIT),
            "read_timeout": str(SERVER_WAIT),
            "write_timeout": str(SERVER_WAIT),
        }
    elif url.get_backend_name() == "postgresql":
        wanted = {"connect_timeout": str(SERVER_WAIT)}
    missing = {k: v for k, v in wanted.items() if k not in url.query}
    return url.update_query_dict(missing)


def _prepare_sqlite(engine: sa.Engine) -> None:
    """Let readers and a writer of a file go on beside each other."""

    @sa.event.listens_for(engine, "connect")
    def _set_up(dbapi_connection: Any, _record: Any) -> None:
        wait = int(SQLITE_WAIT * 1000)
        dbapi_connection.execute(f"PRAGMA busy_timeout = {wait}")
        dbapi_connection.execute("PRAGMA journal_mode = WAL")

    @sa.event.listens_for(engine, "before_cursor_execute", retval=True)
    def _execute(
        connection: sa.Connection,
        _cursor: Any,
        statement: str,
        values: Any,
        *_: Any,
    ) -> tuple[str, Any]:
        # A transaction that begins with a read and then writes cannot
        # wait for another writer: SQLite refuses it at once. So a writer
        # says so at its beginning; it is oslo.db that begins.
        if statement == "BEGIN" and connection.info.get(_WRITES):
            statement = "BEGIN IMMEDIATE"
        return statement, values
