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


"""The revisions make the tables that the code uses, and take them back."""

from __future__ import annotations

from alembic import autogenerate
from alembic import migration as alembic_migration
import sqlalchemy as sa

from nham.core import model
from nham.db import database
from nham.db import migration
from nham.db import models
from nham.tests.unit.db import base


class MigrationTest(base.StoreCase):
    """Up, down and up again."""

    def setUp(self) -> None:
        super().setUp()
        self.database = database.Database(self.url)
        self.addCleanup(self.database.close)

    def test_the_newest_revision_is_what_the_code_uses(self) -> None:
        with self.database.connection() as connection:
            context = alembic_migration.MigrationContext.configure(
                connection, opts={"compare_type": True}
            )
            found = autogenerate.compare_metadata(context, models.metadata)
        self.assertEqual([], found)

    def test_down_and_up(self) -> None:
        self.store.sync("base")
        self.assertIsNone(self.store.version())
        with self.database.connection() as connection:
            left = sa.inspect(connection).get_table_names()
        self.assertEqual(["alembic_version"], left)
        self.store.sync()
        self.assertEqual(migration.newest(), self.store.version())

    def test_sync_twice(self) -> None:
        self.given_vnf()
        self.store.sync()
        self.assertEqual(1, len(self.store.vnfs()))

    def test_what_was_there_before_replicas(self) -> None:
        self.store.sync("base")
        self.store.sync("0001")
        vnf = {
            "id": "v",
            "name": "vnf",
            "source": "manual",
            "project_id": "p",
            "policies": "[]",
            "state": "protected",
            "reason": "",
            "paused": False,
            "created_at": 1000.5,
        }
        group = {
            "id": "g",
            "vnf_id": "v",
            "vnfc": "VDU1-0",
            "vdu": "VDU1",
            "mechanism": "0R",
            "epoch": 3,
            "last_sequence": 5,
        }
        member = {
            "id": "m",
            "group_id": "g",
            "server_id": "s",
            "role": "primary",
            "volume_backed": False,
            "answered": True,
        }
        with self.database.connection() as connection:
            for name, row in (
                ("vnf", vnf),
                ("replica_group", group),
                ("group_member", member),
            ):
                # The models have columns that came later.
                table = sa.table(name, *map(sa.column, row))
                connection.execute(sa.insert(table).values(row))
            connection.commit()
        self.store.sync()
        self.assertEqual(
            [model.Member(id="m", group_id="g", server_id="s", answered=True)],
            list(self.store.members()),
        )
        found = self.store.group("g")
        self.assertEqual(
            (None, None, 3), (found.service, found.access, found.epoch)
        )
