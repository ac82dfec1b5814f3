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


"""The store that the configuration names."""

from __future__ import annotations

import base64

from nham import conf as nham_conf
from nham.adapters import errors
from nham.adapters.stores import base as stores
from nham.adapters.stores import configured
from nham.adapters.stores import database
from nham.adapters.stores import file
from nham.simulate import memory
from nham.tests import base


class LoadTest(base.TestCase):
    """[stores] of a file."""

    def load(self, text: str = "") -> stores.Store:
        """Return the store."""
        path = self.temp_dir() / "nham.conf"
        path.write_text(f"[stores]\n{text}")
        records = memory.Memory().store
        self.addCleanup(records.close)
        return configured.load(nham_conf.load([], [str(path)]), records)

    def test_in_our_database(self) -> None:
        found = self.load()
        self.assertIsInstance(found, database.DatabaseStore)
        self.assertEqual(b"a", found.get("one", found.put("one", b"a").digest))

    def test_in_files_and_encrypted(self) -> None:
        folder = self.temp_dir()
        key = folder / "key"
        key.write_text(base64.b64encode(bytes(32)).decode())
        key.chmod(0o600)
        found = self.load(
            f"driver = file\nfolder = {folder / 'states'}\nkey_file = {key}\n"
        )
        self.assertIsInstance(found, file.FileStore)
        found.put("one", b"calls")
        self.assertNotIn(b"calls", (folder / "states" / "one").read_bytes())

    def test_key_that_is_none(self) -> None:
        key = self.temp_dir() / "key"
        error = self.assertRaises(
            errors.Refused, self.load, f"key_file = {key}\n"
        )
        self.assertIn(str(key), str(error))
