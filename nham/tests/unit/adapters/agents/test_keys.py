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

"""The file with the keys."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.agents import keys
from nham.tests import base


class KeysTest(base.TestCase):
    def file(self, text: str, mode: int = 0o600) -> str:
        path = self.temp_dir() / "agent.keys"
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    def test_the_first_signs(self) -> None:
        ring = keys.read(
            self.file(f"# of 2026\nnew {'ab' * 32}\n\nold {'cd' * 32}\n")
        )
        self.assertEqual(["new", "old"], [key_id for key_id, _ in ring.keys])
        self.assertEqual(b"\xab" * 32, ring.keys[0][1])

    def test_wrong_files_are_refused(self) -> None:
        secret = "ab" * 32
        for text, mode, says in (
            (f"k {secret}", 0o644, "everybody"),
            ("", 0o600, "empty"),
            ("# none", 0o600, "at least one"),
            (f"k {secret}\nk {secret}", 0o600, ":2: k is there twice"),
            ("k abab", 0o600, "fewer than 32"),
            (f"k x{secret}", 0o600, "hexadecimal"),
            ("k", 0o600, "fewer than 32"),
        ):
            path = self.file(text, mode)
            found = self.assertRaises(errors.Refused, keys.read, path)
            self.assertIn(says, str(found))
            self.assertNotIn(secret, str(found))
        self.assertRaises(errors.Refused, keys.read, "/nowhere")
