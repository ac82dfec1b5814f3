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


"""The checker finds two actives where there were any, and only there."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.bed import actives
from nham.tests import base
from nham.tests.unit.tools import guest


def answers(*told: str, step: float = 1.0) -> list[actives.Answer]:
    """Return answers that came one after the other, by these members."""
    return [
        actives.Answer(number, member, number * step, number * step + 0.4)
        for number, member in enumerate(told, 1)
    ]


class TestTrouble(base.TestCase):
    def test_one_member(self) -> None:
        self.assertEqual([], actives.trouble(answers(*"aaa"), 0))

    def test_service_that_moved(self) -> None:
        self.assertEqual([], actives.trouble(answers(*"aabb"), 1))
        self.assertEqual([], actives.trouble(answers(*"aabba"), 2))

    def test_service_that_did_not_move(self) -> None:
        [words] = actives.trouble(answers(*"aab"), 0)
        self.assertIn("moved 0 times", words)

    def test_who_lost_it_answers_again(self) -> None:
        [words] = actives.trouble(answers(*"aabab"), 1)
        self.assertIn("changed 3 times", words)
        self.assertIn("1 by a, 3 by b, 4 by a, 5 by b", words)
        self.assertEqual(1, len(actives.trouble(answers(*"aabba"), 1)))

    def test_who_lost_it_answers_what_nobody_hears(self) -> None:
        """Its log alone tells."""
        heard = answers(*"aabb")
        asked = {number: float(number) for number in range(1, 6)}
        for log, found in (([1, 2], 0), ([1, 2, 5], 1), ([1, 2, 99], 0)):
            all_ = actives.merged(heard, asked, {"a": log, "b": [3, 4]})
            self.assertEqual(found, len(actives.trouble(all_, 1)), str(log))

    def test_answer_that_was_lost_before_the_move(self) -> None:
        """It may have been given at any time after it was asked for."""
        asked = {number: float(number) for number in range(1, 6)}
        heard = [one for one in answers(*"aaabb") if one.number != 3]
        all_ = actives.merged(heard, asked, {"a": [1, 2, 3]})
        self.assertIn(actives.Answer(3, "a", 3.0, math.inf), all_)
        self.assertEqual([], actives.trouble(all_, 1))

    def test_answers_that_cross(self) -> None:
        """A slow one is no proof: it may have been the first of both."""
        slow = actives.Answer(2, "a", 2.0, 9.0)
        others = [one for one in answers(*"aabb") if one.number != 2]
        self.assertEqual([], actives.trouble([*others, slow], 1))

    def test_one_that_begins_when_another_comes(self) -> None:
        told = [
            actives.Answer(1, "a", 1.0, 2.0),
            actives.Answer(2, "b", 2.0, 3.0),
        ]
        self.assertEqual([], actives.trouble(told, 0))

    def test_two_answer_one_request(self) -> None:
        all_ = actives.merged(answers(*"aab"), {}, {})
        twice = actives.Answer(3, "a", 3.0, math.inf)
        words = actives.trouble([*all_, twice], 1)
        self.assertEqual(["number 3 was answered by a and b"], words)

    def test_nothing_to_judge_by(self) -> None:
        with self.assertRaises(ValueError):
            actives.trouble([], 0)

    @given(st.text(alphabet="abc", min_size=1, max_size=12))
    def test_answers_in_a_row_change_as_often_as_their_members(
        self, told: str
    ) -> None:
        changes = sum(one != two for one, two in itertools.pairwise(told))
        self.assertEqual([], actives.trouble(answers(*told), changes))
        if changes:
            self.assertTrue(actives.trouble(answers(*told), changes - 1))


class TestLog(guest.GuestCase):
    """The guest writes what it answers to its console."""

    def test_numbers(self) -> None:
        console = self.member.root / "console"
        for word in ("seq=7", "", "seq=", "7", "seq=x1", "seq=8", "seq=1" * 9):
            said = self.member.run(
                "sh",
                str(guest.CGI / "state"),
                QUERY_STRING=word,
                VNF_CONSOLE=str(console),
            )
            self.assertIn("uuid=", said)
        told = console.read_text().replace("\n", "\r\n")
        text = f"GUEST-READY boots=1\r\n/ # \x1b[6n{told}ANSWERED 9 at "
        self.assertEqual([7, 8], actives.numbers(text))
