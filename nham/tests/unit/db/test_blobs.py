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


"""Packed states are kept as they are, however large."""

from __future__ import annotations

import sqlalchemy as sa

from nham.db import database
from nham.db import errors
from nham.db import models
from nham.tests.unit.db import base


class BlobTest(base.StoreCase):
    """Packed states."""

    def test_any_bytes(self) -> None:
        for data in (b"", bytes(range(256)), bytes(3 * 1024 * 1024)):
            self.store.save_blob("a", data, "sha256:0", 1.0)
            self.assertEqual(data, self.another_store().blob("a"))

    def test_what_is_known_of_it(self) -> None:
        self.store.save_blob("a", b"first", "sha256:0", 1.0)
        self.store.save_blob("a", b"second", "sha256:1", 1763700000.123456)
        own = database.Database(self.url)
        self.addCleanup(own.close)
        table = models.state_blob
        (row,) = own.read(
            lambda c: c.execute(
                sa.select(table.c.digest, table.c.size, table.c.created_at)
            ).all()
        )
        self.assertEqual(("sha256:1", 6, 1763700000.123456), tuple(row))

    def test_names_are_exact(self) -> None:
        for name in ("b", "B", "a"):
            self.store.save_blob(name, name.encode(), "", 1.0)
        self.assertEqual(["B", "a", "b"], list(self.store.blob_names()))
        self.store.delete_blob("B")
        self.store.delete_blob("B")
        self.assertEqual(b"b", self.store.blob("b"))
        with self.assertRaises(errors.NotFound):
            self.store.blob("B")
