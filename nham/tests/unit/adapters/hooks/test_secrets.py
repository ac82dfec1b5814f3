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


"""A token is read only from where others cannot."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.hooks import secrets
from nham.tests import base


class ReadTest(base.TestCase):
    """``read``."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir()

    def given(self, text: bytes, mode: int = 0o640) -> None:
        """Write the secret ``one``."""
        path = self.folder / "one"
        path.write_bytes(text)
        path.chmod(mode)

    def refused(self, name: str = "one") -> str:
        """Expect a refusal; return its sentence."""
        return str(
            self.assertRaises(
                errors.Refused, secrets.read, str(self.folder), name
            )
        )

    def test_trimmed(self) -> None:
        self.given(b" s3cret\n")
        self.assertEqual("s3cret", secrets.read(str(self.folder), "one"))

    def test_open_to_everybody(self) -> None:
        for mode in (0o644, 0o642):
            self.given(b"s3cret", mode)
            told = self.refused()
            self.assertIn("everybody", told)
            self.assertNotIn("s3cret", told)

    def test_no_name(self) -> None:
        self.given(b"s3cret")
        inner = self.folder / "inner"
        inner.mkdir()
        for name in ("", ".", "..", ".one", "inner/../one", "one\n", "é"):
            self.assertIn("is not made of", self.refused(name), name)

    def test_missing(self) -> None:
        self.assertIn(f"{self.folder}/two", self.refused("two"))

    def test_no_file(self) -> None:
        (self.folder / "inner").mkdir()
        self.refused("inner")

    def test_empty(self) -> None:
        self.given(b"\n")
        self.assertIn("empty", self.refused())

    def test_no_text(self) -> None:
        self.given(b"\xff")
        self.refused()
