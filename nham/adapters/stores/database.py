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


"""States in NHAM's own database."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import time

from nham.adapters import errors
from nham.adapters.stores import base
from nham.db import errors as db_errors
from nham.db import store as store_


class DatabaseStore(base.Store):
    """A table, which all engines share."""

    name = "database"

    def __init__(
        self, database: store_.Store, key: bytes | None = None
    ) -> None:
        super().__init__(key)
        self._database = database

    def names(self) -> Sequence[str]:
        """See base class."""
        with _our_errors():
            return self._database.blob_names()

    def _write(self, name: str, blob: bytes, digest: str) -> None:
        with _our_errors():
            self._database.save_blob(name, blob, digest, time.time())

    def _read(self, name: str) -> bytes:
        with _our_errors():
            return self._database.blob(name)

    def _remove(self, name: str) -> None:
        with _our_errors():
            self._database.delete_blob(name)


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except db_errors.NotFound as failure:
        raise errors.NotFound(str(failure)) from failure
    except db_errors.StoreError as failure:
        raise errors.Unavailable(str(failure)) from failure
