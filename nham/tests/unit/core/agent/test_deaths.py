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

from __future__ import annotations

import itertools

from nham.core.agent import deaths
from nham.core.agent import messages
from nham.tests import base

Exit, Word = deaths.Exit, deaths.Word
CRASHED = messages.Happening.CRASHED
STOPPED = messages.Happening.STOPPED


class DeathsTest(base.TestCase):
    """What the death of a process means."""

    def test_each_word_has_a_sentence(self) -> None:
        for kind in (Exit, Word):
            self.assertEqual(set(kind), set(deaths.MEANINGS[kind]))

    def test_each_line_counts_for_something(self) -> None:
        reached = set()
        for ours, word, end, waited in itertools.product(
            (False, True), Word, Exit, (False, True)
        ):
            reached.add(
                next(
                    line
                    for line in deaths.TABLE
                    if line.fits(ours, word, end, waited)
                )
            )
        self.assertEqual(set(deaths.TABLE), reached)

    def test_a_signal_is_a_crash_at_once(self) -> None:
        self.assertIs(
            CRASHED, deaths.judge(False, Word.NONE, Exit.SIGNAL, False)
        )

    def test_a_stop_that_was_asked_for_is_none(self) -> None:
        # SIGTERM, or the tenth second after it.
        for end in Exit:
            self.assertIs(STOPPED, deaths.judge(False, Word.ENDED, end, False))

    def test_our_own_stop_is_none_whatever_libvirt_says(self) -> None:
        self.assertIs(
            STOPPED, deaths.judge(True, Word.CRASHED, Exit.SIGNAL, False)
        )

    def test_an_orderly_end_waits_for_its_reason(self) -> None:
        self.assertIsNone(deaths.judge(False, Word.NONE, Exit.CLEAN, False))
        self.assertIs(
            STOPPED, deaths.judge(False, Word.NONE, Exit.CLEAN, True)
        )

    def test_what_nobody_can_tell_is_a_crash_in_the_end(self) -> None:
        self.assertIsNone(deaths.judge(False, Word.NONE, Exit.UNKNOWN, False))
        self.assertIs(
            CRASHED, deaths.judge(False, Word.NONE, Exit.UNKNOWN, True)
        )
