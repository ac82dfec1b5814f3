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


"""A file is whole or not there, also after a crash."""

from __future__ import annotations

import fcntl
import os
import stat
from unittest import mock

from nham.adapters import errors
from nham.adapters.stores import base as stores_base
from nham.adapters.stores import file
from nham.tests import base
from nham.tests.conformance import stores as stores_suite


class ConformanceTest(stores_suite.StoreSuite):
    """``FileStore``."""

    def setUp(self) -> None:
        self.folder = self.temp_dir()
        super().setUp()

    def another(self, key: bytes | None = None) -> stores_base.Store:
        """See base class."""
        return file.FileStore(str(self.folder), key)

    def kept(self, name: str) -> bytes:
        """See base class."""
        return (self.folder / name).read_bytes()

    def spoil(self, name: str, blob: bytes) -> None:
        """See base class."""
        (self.folder / name).write_bytes(blob)


class FileTest(base.TestCase):
    """The folder and its files."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir() / "states"
        self.store = file.FileStore(str(self.folder))

    def inside(self) -> list[str]:
        """Return the names of all files."""
        return sorted(os.listdir(self.folder))

    def test_nobody_else_reads(self) -> None:
        self.store.put("one", b"state")
        self.assertEqual(0o700, self.folder.stat().st_mode & 0o777)
        self.assertEqual(0o600, (self.folder / "one").stat().st_mode & 0o777)

    def test_data_and_name_reach_the_disk(self) -> None:
        synced = []

        def sync(number: int) -> None:
            is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
            synced.append((is_folder, self.inside()))

        with mock.patch("os.fsync", autospec=True, side_effect=sync):
            self.store.put("one", b"state")
        (first_is_folder, before), (second_is_folder, after) = synced
        self.assertFalse(first_is_folder)
        self.assertNotIn("one", before)
        self.assertTrue(second_is_folder)
        self.assertEqual(["one"], after)

    def test_failed_write_leaves_what_was_there(self) -> None:
        stored = self.store.put("one", b"old")
        with mock.patch(
            "os.fsync", autospec=True, side_effect=OSError(28, "full")
        ):
            failure = self.assertRaises(
                errors.Unavailable, self.store.put, "one", b"new"
            )
        self.assertIn("full", str(failure))
        self.assertEqual(b"old", self.store.get("one", stored.digest))
        self.assertEqual(["one"], self.inside())

    def test_draft_of_the_dead_is_removed(self) -> None:
        (self.folder / ".x1.part").write_bytes(b"half")
        (self.folder / "y.part").write_bytes(b"a state's own name")
        file.FileStore(str(self.folder))
        self.assertEqual(["y.part"], self.inside())

    def test_draft_of_the_living_is_left(self) -> None:
        def sweep(_: int) -> None:
            file.FileStore(str(self.folder))

        with mock.patch("os.fsync", autospec=True, side_effect=sweep):
            self.store.put("one", b"state")
        self.assertEqual(["one"], self.inside())

    def test_drafts_are_no_states(self) -> None:
        draft = self.folder / ".x1.part"
        draft.write_bytes(b"half")
        with draft.open("rb") as living:
            fcntl.flock(living, fcntl.LOCK_EX)
            another = file.FileStore(str(self.folder))
        self.assertEqual([], list(another.names()))
        self.assertEqual([".x1.part"], self.inside())

    def test_folder_that_cannot_be(self) -> None:
        path = self.temp_dir() / "file"
        path.write_bytes(b"")
        for folder in (path, path / "inner"):
            self.assertRaises(errors.Unavailable, file.FileStore, str(folder))

    def test_folder_that_goes_away(self) -> None:
        self.folder.rmdir()
        self.assertRaises(errors.Unavailable, self.store.put, "one", b"")
        self.assertRaises(errors.Unavailable, self.store.names)
