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

import importlib
import unittest

from nham.agent.hypervisor import words
from nham.core.agent import guests
from nham.core.agent import messages
from nham.tests import base

Happening, Word = messages.Happening, guests.Word


class WordsTest(base.TestCase):
    """What libvirt's numbers mean."""

    def test_what_a_nova_stop_says(self) -> None:
        for event, detail, word in (
            (6, 0, Word.LEAVING),
            (5, 0, Word.ENDED),
            (5, 1, Word.ENDED),
            (5, 3, Word.ENDED),
            (5, 4, Word.ENDED),
        ):
            told = words.lifecycle(event, detail)
            assert told is not None
            self.assertEqual((None, word), (told.what, told.word))

    def test_what_a_crash_says(self) -> None:
        for detail in (2, 5):
            told = words.lifecycle(5, detail)
            assert told is not None
            self.assertIs(Word.CRASHED, told.word)

    def test_a_kernel_that_panics_ends_nothing(self) -> None:
        told = words.lifecycle(8, 0)
        assert told is not None
        self.assertEqual(
            (Happening.PANICKED, Word.NONE), (told.what, told.word)
        )

    def test_numbers_of_a_later_libvirt(self) -> None:
        self.assertIsNone(words.lifecycle(77, 0))
        stopped = words.lifecycle(5, 77)
        assert stopped is not None
        self.assertIs(Word.ENDED, stopped.word)
        paused = words.lifecycle(3, 77)
        assert paused is not None
        self.assertEqual("reason 77", paused.detail)
        self.assertIsNone(words.guest_agent(0))
        self.assertIs(messages.GuestState.OTHER, words.listed(77, 0).state)

    def test_the_list_after_libvirt_was_away(self) -> None:
        for reason, word, state in (
            (0, Word.NONE, messages.GuestState.STOPPED),
            (1, Word.ENDED, messages.GuestState.STOPPED),
            (3, Word.CRASHED, messages.GuestState.CRASHED),
            (8, Word.NONE, messages.GuestState.STOPPED),
        ):
            self.assertEqual(
                guests.Listed(state, word), words.listed(5, reason)
            )

    def test_the_others(self) -> None:
        self.assertIs(Happening.WATCHDOG, words.watchdog(2).what)
        error = words.io_error("vda", "enospc")
        self.assertEqual(
            (Happening.IO_ERROR, "vda: enospc"), (error.what, error.detail)
        )
        lost = words.guest_agent(2)
        assert lost is not None
        self.assertIs(Happening.AGENT_LOST, lost.what)

    def test_the_numbers_are_libvirts(self) -> None:
        try:
            lib = importlib.import_module("libvirt")
        except ImportError as error:
            raise unittest.SkipTest("no libvirt-python") from error
        self.assertEqual(
            (2, 3, 4, 5, 6, 8),
            (
                lib.VIR_DOMAIN_EVENT_STARTED,
                lib.VIR_DOMAIN_EVENT_SUSPENDED,
                lib.VIR_DOMAIN_EVENT_RESUMED,
                lib.VIR_DOMAIN_EVENT_STOPPED,
                lib.VIR_DOMAIN_EVENT_SHUTDOWN,
                lib.VIR_DOMAIN_EVENT_CRASHED,
            ),
        )
        self.assertEqual(
            (1, 2, 5),
            (
                lib.VIR_DOMAIN_EVENT_STOPPED_DESTROYED,
                lib.VIR_DOMAIN_EVENT_STOPPED_CRASHED,
                lib.VIR_DOMAIN_EVENT_STOPPED_FAILED,
            ),
        )
