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


"""What was packed is unpacked, and nothing else."""

from __future__ import annotations

import base64
import random

import hypothesis
from hypothesis import strategies as st

from nham.adapters import errors
from nham.adapters.stores import packing
from nham.tests import base

KEY = bytes(range(32))
KEYS = st.sampled_from([None, KEY])


class PackTest(base.TestCase):
    """``pack`` and ``unpack``; the conformance suite has the rest."""

    @hypothesis.given(st.binary(), st.text(), KEYS)
    def test_round_trip(
        self, data: bytes, name: str, key: bytes | None
    ) -> None:
        blob = packing.pack(name, data, key)
        self.assertEqual(data, packing.unpack(name, blob, key))

    @hypothesis.given(st.binary(), KEYS)
    def test_anything_is_unpacked_or_refused(
        self, blob: bytes, key: bytes | None
    ) -> None:
        for start in (b"", b"\1\0", b"\1\1", b"\1\2", b"\1\3"):
            try:
                packing.unpack("one", start + blob, key)
            except errors.Refused:
                continue

    def test_format(self) -> None:
        # States that are kept must open in later versions too.
        self.assertEqual(b"\1\0abc", packing.pack("one", b"abc", None))
        closed = bytes.fromhex(
            "0103000000000000000000000000"
            "76bdfe92111583bd5cca8cb189e925ae40d721396bf37d18c4881324"
        )
        self.assertEqual(b"a" * 99, packing.unpack("one", closed, KEY))

    def test_does_not_grow(self) -> None:
        data = random.Random(7).randbytes(5000)
        self.assertEqual(5002, len(packing.pack("one", data, None)))

    def test_newer_version(self) -> None:
        for blob in (b"\2\0abc", b"\1\4abc"):
            failure = self.assertRaises(
                errors.Refused, packing.unpack, "one", blob, None
            )
            self.assertIn("newer version", str(failure))


class KeyTest(base.TestCase):
    """``read_key``."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.temp_dir() / "key"

    def given(self, text: bytes, mode: int = 0o600) -> None:
        """Write the file."""
        self.path.write_bytes(text)
        self.path.chmod(mode)

    def refused(self) -> str:
        """Expect a refusal; return its sentence."""
        return str(
            self.assertRaises(errors.Refused, packing.read_key, str(self.path))
        )

    def test_read(self) -> None:
        self.given(base64.b64encode(KEY) + b"\n")
        self.assertEqual(KEY, packing.read_key(str(self.path)))

    def test_no_key(self) -> None:
        for text in (base64.b64encode(KEY[1:]), b"=", b"key\x00", b"\xc3\xa9"):
            self.given(text)
            self.assertIn("32 bytes in base64", self.refused())

    def test_no_file(self) -> None:
        self.assertIn(str(self.path), self.refused())

    def test_open_to_everybody(self) -> None:
        self.given(base64.b64encode(KEY), 0o604)
        self.assertIn("everybody", self.refused())
