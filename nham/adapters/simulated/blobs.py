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

"""A store of states that lasts as long as the simulated cloud."""

from __future__ import annotations

from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.stores import base


class SimulatedStore(base.Store):
    """States in memory.

    :ivar blobs: what is kept, by name; a test may damage it.
    """

    name = "simulated"

    def __init__(self, key: bytes | None = None) -> None:
        super().__init__(key)
        self.blobs: dict[str, bytes] = {}

    def names(self) -> Sequence[str]:
        """See base class."""
        return sorted(self.blobs)

    def _write(self, name: str, blob: bytes, digest: str) -> None:
        self.blobs[name] = blob

    def _read(self, name: str) -> bytes:
        try:
            return self.blobs[name]
        except KeyError:
            raise errors.NotFound(f"no state {name}") from None

    def _remove(self, name: str) -> None:
        self.blobs.pop(name, None)
