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


"""States in a table."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.stores import base as stores_base
from nham.adapters.stores import database
from nham.db import store as db_store
from nham.tests import base
from nham.tests.conformance import stores as stores_suite
from nham.tests.unit.db import base as db_base


class ConformanceTest(stores_suite.StoreSuite, db_base.StoreCase):
    """``DatabaseStore``."""

    def another(self, key: bytes | None = None) -> stores_base.Store:
        """See base class."""
        return database.DatabaseStore(self.store, key)

    def kept(self, name: str) -> bytes:
        """See base class."""
        return self.store.blob(name)

    def spoil(self, name: str, blob: bytes) -> None:
        """See base class."""
        self.store.save_blob(name, blob, "", 0.0)


class DownTest(base.TestCase):
    """The database is not there."""

    def test_unavailable(self) -> None:
        records = db_store.Store(f"sqlite:///{self.temp_dir()}/none/x")
        self.addCleanup(records.close)
        store = database.DatabaseStore(records)
        self.assertRaises(errors.Unavailable, store.put, "one", b"")
        self.assertRaises(errors.Unavailable, store.get, "one", "")
        self.assertRaises(errors.Unavailable, store.delete, "one")
        self.assertRaises(errors.Unavailable, store.names)
