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


"""nham-manage."""

from __future__ import annotations

import contextlib
import io

from nham.cmd import manage
from nham.db import migration
from nham.tests import base


class ManageTest(base.TestCase):
    """The database commands."""

    def setUp(self) -> None:
        super().setUp()
        folder = self.temp_dir()
        self.path = folder / "nham.conf"
        self.path.write_text(f"[DEFAULT]\nstate_path = {folder}\n")

    def test_sync_and_version(self) -> None:
        newest = migration.newest()
        self.assertEqual(
            (0, f"none (this version: {newest})\n"), self._run("version")
        )
        self.assertEqual(
            (0, f"The tables went from nothing to {newest}\n"),
            self._run("sync"),
        )
        self.assertEqual(
            (0, f"The tables are at {newest} already\n"), self._run("sync")
        )

    def test_no_database(self) -> None:
        self.path.write_text("[DEFAULT]\nstate_path = /nonexistent\n")
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.assertEqual(1, self._run("sync")[0])
        self.assertIn("nham-manage: The database is down", error.getvalue())

    def _run(self, command: str) -> tuple[int, str]:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = manage.main(
                ["--config-file", str(self.path), "db", command]
            )
        return code, out.getvalue()
