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

"""Sizes with the units of TOSCA."""

import hypothesis
from hypothesis import strategies as st

from nham.core.descriptor import sizes
from nham.tests import base


class TestSizes(base.TestCase):
    def test_units(self) -> None:
        for text, size in (
            ("64 MB", 64_000_000),
            ("64MiB", 67_108_864),
            ("1.5 kB", 1500),
            ("1 KiB", 1024),
            ("2 GB", 2 * 10**9),
            ("1 GiB", 2**30),
            ("1 TB", 10**12),
            ("1 TiB", 2**40),
            ("0 B", 0),
            ("0.001 kB", 1),
        ):
            self.assertEqual(size, sizes.parse(text))

    def test_what_is_no_size(self) -> None:
        for text in (
            "",
            "5",
            5,
            None,
            "5 parsecs",
            "-1 B",
            "1 mb",
            "1 KB",
            "1e3 B",
            " 1 B",
            "1 B ",
            "\u0661 B",
            ["1 B"],
        ):
            error = self.assertRaises(ValueError, sizes.parse, text)
            self.assertIn("a unit of B, kB, KiB, MB, ", str(error))
        error = self.assertRaises(ValueError, sizes.parse, "0.5 B")
        self.assertEqual("must be a whole number of bytes", str(error))

    def test_the_shortest_unit_is_rendered(self) -> None:
        for size, text in (
            (0, "0 B"),
            (999, "999 B"),
            (64_000_000, "64 MB"),
            (2**20, "1 MiB"),
            (1_000_001, "1000001 B"),
        ):
            self.assertEqual(text, sizes.render(size))

    @hypothesis.given(
        st.integers(0, 10**6), st.sampled_from([1, 1000, 1024, 10**6, 2**20])
    )
    def test_rendered_is_read_back(self, number: int, unit: int) -> None:
        size = number * unit
        self.assertEqual(size, sizes.parse(sizes.render(size)))
