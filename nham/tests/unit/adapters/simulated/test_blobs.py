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


from __future__ import annotations

from nham.adapters.simulated import blobs
from nham.adapters.stores import base as stores_base
from nham.tests.conformance import stores as stores_suite


class ConformanceTest(stores_suite.StoreSuite):
    """``SimulatedStore``."""

    def setUp(self) -> None:
        self.place: dict[str, bytes] = {}
        super().setUp()

    def another(self, key: bytes | None = None) -> stores_base.Store:
        """See base class."""
        store = blobs.SimulatedStore(key)
        store.blobs = self.place
        return store

    def kept(self, name: str) -> bytes:
        """See base class."""
        return self.place[name]

    def spoil(self, name: str, blob: bytes) -> None:
        """See base class."""
        self.place[name] = blob
