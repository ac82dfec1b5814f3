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

"""Each word of the agents' protocol has a meaning."""

from __future__ import annotations

from pathlib import Path
import re

from nham.core.agent import messages
from nham.core.agent import refusals
from nham.tests import base
from nham.tests.unit.core.agent import samples


class MessagesTest(base.TestCase):
    def test_each_word_has_a_sentence(self) -> None:
        for words, sentences in messages.MEANINGS.items():
            self.assertEqual(set(words), set(sentences))
            self.full_stops(*sentences.values())
        self.assertEqual(set(refusals.Reason), set(refusals.MEANINGS))
        self.full_stops(*refusals.MEANINGS.values())

    def test_the_manual_says_the_same(self) -> None:
        root = Path(__file__).parents[5]
        manual = (root / "doc/source/admin/agent.rst").read_text()
        shown = dict(
            re.findall(r"^``([a-z-]+)`` +(\S.+\.)$", manual, re.MULTILINE)
        )
        wanted = {one.value: said for one, said in refusals.MEANINGS.items()}
        self.assertEqual(wanted, shown)

    def full_stops(self, *sentences: str) -> None:
        for sentence in sentences:
            self.assertTrue(sentence.endswith("."), sentence)

    def test_a_field_out_of_bounds_is_refused_by_name(self) -> None:
        found = self.assertRaises(ValueError, samples.event, ago=-1.0)
        self.assertEqual("ago: must be 0 or more", str(found))
        found = self.assertRaises(ValueError, samples.event, detail="é" * 128)
        self.assertIn("detail: ", str(found))

    def test_any_text_can_be_made_a_detail(self) -> None:
        for text in ("a\nb\0", "é" * 300, "\ud800", "x"):
            samples.event(detail=messages.short(text))

    def test_a_digest_is_that_of_the_content(self) -> None:
        one = messages.digest_of([("a", "running"), ("b", "paused")])
        other = messages.digest_of([("b", "paused"), ("a", "running")])
        self.assertEqual(one, other)
        changed = messages.digest_of([("a", "running"), ("b", "running")])
        self.assertNotEqual(one, changed)
        self.assertNotEqual(
            messages.digest_of(["a"]), messages.digest_of(["b"])
        )
