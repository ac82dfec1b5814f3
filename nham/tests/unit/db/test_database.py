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


"""Transactions: all or nothing, and none lost against another."""

from __future__ import annotations

from concurrent import futures
from unittest import mock

from oslo_db import exception as db_exc
from oslo_db.sqlalchemy import engines
import sqlalchemy as sa

from nham.db import database
from nham.db import errors
from nham.db import store
from nham.tests.unit.db import base


class FileTest(base.StoreCase):
    """Many threads on one database."""

    def test_writers_wait_for_each_other(self) -> None:
        self.given_vnf()

        def number(_: int) -> int:
            return self.store.next_sequence("v1-g")

        with futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(number, range(40)))
        self.assertEqual(list(range(1, 41)), sorted(found))

    def test_all_or_nothing(self) -> None:
        own = database.Database(self.url)
        self.addCleanup(own.close)

        def fail(connection: sa.Connection) -> None:
            connection.execute(
                sa.text("INSERT INTO setting (name, value) VALUES ('a', 'b')")
            )
            raise KeyError("stop")

        with self.assertRaises(KeyError):
            own.write(fail)
        self.assertIsNone(self.store.setting("a"))

    def test_a_lost_race_is_run_again(self) -> None:
        own = database.Database(self.url)
        self.addCleanup(own.close)
        work = mock.Mock(side_effect=[db_exc.DBDeadlock(), "well"])
        self.assertEqual("well", own.write(work))

    def test_a_race_lost_for_ever(self) -> None:
        own = database.Database(self.url)
        self.addCleanup(own.close)
        work = mock.Mock(side_effect=db_exc.DBDeadlock())
        with self.assertRaises(errors.DatabaseDown):
            own.write(work)
        self.assertEqual(database.ATTEMPTS, work.call_count)


class MemoryTest(base.StoreCase):
    """A database in memory is one for all threads of its store."""

    def make_url(self) -> str:
        """Return the database to use."""
        return "sqlite://"

    def test_threads(self) -> None:
        self.given_vnf()

        def work(_: int) -> tuple[int, int]:
            return (
                self.store.next_sequence("v1-g"),
                len(self.store.vnfs()),
            )

        with futures.ThreadPoolExecutor(8) as pool:
            found = list(pool.map(work, range(40)))
        self.assertEqual({1}, {count for _, count in found})
        self.assertEqual(40, len({number for number, _ in found}))

    def test_two_stores_are_two_databases(self) -> None:
        other = store.Store("sqlite://")
        self.addCleanup(other.close)
        other.sync()
        self.store.set_setting("a", "b")
        self.assertIsNone(other.setting("a"))


class UrlTest(base.StoreCase):
    """What is added to a URL."""

    def test_no_server_can_hang_a_thread(self) -> None:
        with mock.patch.object(
            engines, "create_engine", autospec=True
        ) as create:
            database.Database("mysql+pymysql://db/nham?connect_timeout=1")
            database.Database("postgresql+psycopg2://db/nham")
        mysql, postgresql = (call.args[0] for call in create.mock_calls)
        self.assertEqual("1", mysql.query["connect_timeout"])
        self.assertEqual("10", mysql.query["read_timeout"])
        self.assertEqual("utf8mb4", mysql.query["charset"])
        self.assertEqual("10", postgresql.query["connect_timeout"])
