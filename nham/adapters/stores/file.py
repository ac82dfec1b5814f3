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


"""States as files in one folder."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence
import contextlib
import fcntl
import os
import tempfile

from nham.adapters import errors
from nham.adapters.stores import base

_DRAFT = ".part"


class FileStore(base.Store):
    """A folder, which engines on several machines must share.

    Names of states do not begin with a dot; those of drafts do.

    :param folder: is made if it is not there.
    :raises errors.Unavailable: it cannot be made or read.
    """

    name = "file"

    def __init__(self, folder: str, key: bytes | None = None) -> None:
        super().__init__(key)
        self._folder = folder
        with _our_errors():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            self._sweep()

    def names(self) -> Sequence[str]:
        """See base class."""
        with _our_errors():
            found = os.listdir(self._folder)
        return sorted(name for name in found if not name.startswith("."))

    def _write(self, name: str, blob: bytes, digest: str) -> None:
        with _our_errors():
            descriptor, draft = tempfile.mkstemp(
                prefix=".", suffix=_DRAFT, dir=self._folder
            )
            try:
                self._fill(descriptor, blob, draft, name)
            except OSError:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(draft)
                raise

    def _fill(
        self, descriptor: int, blob: bytes, draft: str, name: str
    ) -> None:
        with open(descriptor, "wb") as file:
            # Says that this draft's writer lives. One that begins to sweep
            # just before this takes the draft away: then this write fails.
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(blob)
            file.flush()
            os.fsync(file.fileno())
            os.replace(draft, self._path(name))
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self, name: str) -> bytes:
        with _our_errors():
            try:
                with open(self._path(name), "rb") as file:
                    return file.read()
            except FileNotFoundError as failure:
                raise errors.NotFound(str(failure)) from failure

    def _remove(self, name: str) -> None:
        with _our_errors(), contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(name))

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _sweep(self) -> None:
        """Remove the drafts whose writers have died."""
        for name in os.listdir(self._folder):
            if not (name.startswith(".") and name.endswith(_DRAFT)):
                continue
            with (
                contextlib.suppress(FileNotFoundError, BlockingIOError),
                open(self._path(name), "rb+") as file,
            ):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(self._path(name))


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except OSError as failure:
        raise errors.Unavailable(str(failure)) from failure
