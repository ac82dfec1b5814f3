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

"""What is read of a file's fields, and what is refused where."""

from __future__ import annotations

from nham.descriptor import document
from nham.simulate import reading
from nham.simulate import values
from nham.tests import base

TEXT = """\
count: 3
name: 4
parts:
  - {size: 1}
"""


class ReaderTest(base.TestCase):
    """Each test reads the same text."""

    def setUp(self) -> None:
        super().setUp()
        source, _problems = document.load("f", "f", TEXT, lambda _node: None)
        self.data = source.data
        self.reader = reading.Reader(source)

    def refused(self) -> list[str]:
        """Return what was refused."""
        return [f"{p.line}: {p.field}: {p.rule}" for p in self.reader.problems]

    def test_values(self) -> None:
        value = self.reader.value
        self.assertEqual(3, value(("count",), self.data, values.integer, 1))
        self.assertEqual(1, value(("other",), self.data, values.integer, 1))
        self.assertEqual([], self.refused())
        self.assertEqual("x", value(("name",), self.data, values.text, "x"))
        [told] = self.refused()
        self.assertRegex(told, "^2: name: .*, found 4$")

    def test_keys(self) -> None:
        known = ("count", "name", "parts")
        self.assertTrue(self.reader.keys((), self.data, known, known))
        self.assertEqual([], self.refused())
        path = ("parts", 0)
        part = self.data["parts"][0]
        self.assertFalse(self.reader.keys(path, part, ("sort",), ("sort",)))
        self.assertEqual(
            [
                "4: parts[0].size: is unknown; known are sort",
                "4: parts[0].sort: is required",
            ],
            self.refused(),
        )
        self.assertFalse(self.reader.keys(("count",), 3, ()))
        self.assertEqual("1: count: must be a map", self.refused()[-1])

    def test_maps_and_lists(self) -> None:
        self.assertEqual(
            [{"size": 1}], self.reader.sequence(("parts",), self.data)
        )
        self.assertEqual([], self.reader.sequence(("none",), self.data))
        self.assertEqual({}, self.reader.mapping(("none",), self.data))
        self.assertEqual([], self.refused())
        self.assertEqual([], self.reader.sequence(("count",), self.data))
        self.assertEqual({}, self.reader.mapping(("parts",), self.data))
        self.assertEqual(
            ["1: count: must be a list", "3: parts: must be a map"],
            self.refused(),
        )
