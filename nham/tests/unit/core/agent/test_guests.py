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

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import guests as guests_
from nham.core.agent import messages
from nham.tests import base

Exit, Word = guests_.Exit, guests_.Word
Happening, State = guests_.Happening, guests_.State
Listed, Told = guests_.Listed, guests_.Told
A = "server-a"
PATIENCE = 0.5
DESTROYED = Told(None, Word.ENDED, "destroyed")
FAILED = Told(None, Word.CRASHED, "failed")
LEAVING = Told(None, Word.LEAVING, "shutting down")
STARTED = Told(Happening.STARTED, detail="started")
RUNNING = {A: Listed(State.RUNNING)}


class GuestsTest(base.TestCase):
    """One host's guests, seen by two witnesses."""

    def setUp(self) -> None:
        super().setUp()
        self.guests = guests_.Guests(PATIENCE)
        self.guests.appeared(A, 0.0)
        self.guests.listed(RUNNING, 0.0)

    def said(self) -> list[messages.Happening]:
        return [event.what for event in self.guests.events()]

    def test_what_runs_from_the_beginning_is_no_news(self) -> None:
        self.assertEqual([], self.said())
        self.assertEqual({A: State.RUNNING}, self.guests.table())

    def test_a_crash_is_said_at_once_and_once(self) -> None:
        self.guests.died(A, Exit.SIGNAL, 10.0)
        (event,) = self.guests.events()
        self.assertEqual((Happening.CRASHED, 10.0), (event.what, event.at))
        self.guests.told(A, FAILED, 10.2)
        self.guests.listed({A: Listed(State.CRASHED, Word.CRASHED)}, 11.0)
        self.assertEqual([], self.said())
        self.assertEqual({A: State.CRASHED}, self.guests.table())
        self.assertEqual(frozenset(), self.guests.running())

    def test_a_kill_that_was_asked_for_is_corrected(self) -> None:
        self.guests.died(A, Exit.SIGNAL, 10.0)
        self.guests.told(A, DESTROYED, 10.2)
        self.assertEqual([Happening.CRASHED, Happening.STOPPED], self.said())

    def test_a_destroyed_guest_has_not_crashed(self) -> None:
        self.guests.died(A, Exit.CLEAN, 10.0)
        self.assertEqual([], self.said())
        self.guests.told(A, LEAVING, 10.2)
        self.guests.told(A, DESTROYED, 10.2)
        self.assertEqual([Happening.STOPPED], self.said())
        self.assertEqual({A: State.STOPPED}, self.guests.table())

    def test_an_old_kernel_waits_for_libvirt(self) -> None:
        self.guests.died(A, Exit.UNKNOWN, 10.0)
        self.assertEqual(10.5, self.guests.next_at())
        self.guests.due(10.49)
        self.assertEqual([], self.said())
        self.guests.due(10.5)
        self.assertEqual([Happening.CRASHED], self.said())
        self.assertIsNone(self.guests.next_at())

    def test_the_kernel_may_tell_a_moment_later(self) -> None:
        self.guests.died(A, Exit.UNKNOWN, 10.0)
        self.guests.died(A, Exit.SIGNAL, 10.004)
        (event,) = self.guests.events()
        self.assertEqual((Happening.CRASHED, 10.0), (event.what, event.at))

    def test_what_libvirt_does_not_explain_was_asked_for(self) -> None:
        self.guests.died(A, Exit.CLEAN, 10.0)
        self.guests.due(10.5)
        self.assertEqual([Happening.STOPPED], self.said())

    def test_a_guest_whose_process_lives_is_alive(self) -> None:
        self.guests.told(A, DESTROYED, 10.0)
        self.assertEqual([], self.said())
        self.assertEqual({A}, self.guests.running())
        self.guests.died(A, Exit.CLEAN, 10.1)
        self.assertEqual([Happening.STOPPED], self.said())

    def test_a_power_off_from_within(self) -> None:
        self.guests.told(A, LEAVING, 10.0)
        self.guests.died(A, Exit.CLEAN, 10.1)
        self.assertEqual([Happening.STOPPED], self.said())

    def test_a_reboot_is_no_reason_for_a_crash_after_it(self) -> None:
        self.guests.told(A, LEAVING, 10.0)
        self.guests.told(A, Told(Happening.RESUMED), 10.1)
        self.guests.died(A, Exit.SIGNAL, 11.0)
        self.assertEqual([Happening.RESUMED, Happening.CRASHED], self.said())

    def test_an_old_word_explains_nothing(self) -> None:
        self.guests.told(A, LEAVING, 10.0)
        self.guests.died(A, Exit.SIGNAL, 41.0)
        self.assertEqual([Happening.CRASHED], self.said())

    def test_our_own_stop(self) -> None:
        self.guests.ends(A)
        self.guests.died(A, Exit.SIGNAL, 10.0)
        self.guests.told(A, FAILED, 10.2)
        self.assertEqual([Happening.STOPPED], self.said())

    def test_a_new_life(self) -> None:
        self.guests.died(A, Exit.SIGNAL, 10.0)
        self.guests.told(A, FAILED, 10.2)
        self.guests.told(A, STARTED, 11.0)
        self.guests.appeared(A, 11.1)
        self.assertEqual([Happening.CRASHED, Happening.STARTED], self.said())
        self.guests.died(A, Exit.SIGNAL, 12.0)
        self.assertEqual([Happening.CRASHED], self.said())

    def test_a_start_ends_the_wait(self) -> None:
        self.guests.died(A, Exit.UNKNOWN, 10.0)
        self.guests.told(A, STARTED, 10.1)
        self.assertEqual([Happening.CRASHED, Happening.STARTED], self.said())

    def test_without_a_process_libvirt_is_believed(self) -> None:
        guests = guests_.Guests(PATIENCE)
        guests.listed(RUNNING, 0.0)
        guests.told(A, FAILED, 10.0)
        guests.listed(RUNNING, 20.0)
        guests.listed({A: Listed(State.STOPPED, Word.ENDED)}, 30.0)
        self.assertEqual(
            [Happening.CRASHED, Happening.STARTED, Happening.STOPPED],
            [event.what for event in guests.events()],
        )

    def test_a_list_that_is_late_revives_nobody(self) -> None:
        self.guests.died(A, Exit.SIGNAL, 10.0)
        self.guests.listed(RUNNING, 10.1)
        self.assertEqual({A: State.CRASHED}, self.guests.table())

    def test_a_list_tells_what_libvirt_could_not(self) -> None:
        self.guests.died(A, Exit.CLEAN, 10.0)
        self.guests.listed({A: Listed(State.STOPPED, Word.ENDED)}, 10.3)
        self.assertEqual([Happening.STOPPED], self.said())

    def test_pause_and_what_happens_within(self) -> None:
        for what in (
            Happening.PAUSED,
            Happening.PANICKED,
            Happening.IO_ERROR,
            Happening.WATCHDOG,
            Happening.AGENT_LOST,
        ):
            self.guests.told(A, Told(what), 10.0)
        self.assertEqual({A: State.PAUSED}, self.guests.table())
        self.assertEqual(5, len(self.said()))

    def test_a_hypervisor_that_cannot_say_changes_nothing(self) -> None:
        self.guests.listed({A: Listed(State.OTHER)}, 10.0)
        self.assertEqual({A: State.RUNNING}, self.guests.table())

    def test_a_deleted_guest_is_forgotten(self) -> None:
        self.guests.died(A, Exit.SIGNAL, 10.0)
        self.guests.listed({}, 11.0)
        self.assertEqual({}, self.guests.table())

    def test_the_start_of_a_forgotten_guest_is_said(self) -> None:
        # Nova undefines a guest that it starts for a moment, in which the
        # list may be read; libvirt tells of the start last.
        self.guests.died(A, Exit.CLEAN, 10.0)
        self.guests.told(A, DESTROYED, 10.1)
        self.guests.listed({}, 12.0)
        self.guests.events()
        self.guests.told(A, Told(Happening.AGENT_LOST), 12.1)
        self.guests.told(A, Told(Happening.RESUMED), 12.3)
        self.guests.told(A, STARTED, 12.3)
        self.guests.listed(RUNNING, 17.0)
        self.assertEqual(
            [Happening.AGENT_LOST, Happening.RESUMED, Happening.STARTED],
            self.said(),
        )
        self.assertEqual({A: State.RUNNING}, self.guests.table())

    def test_a_guest_that_is_not_listed_but_lives_is_kept(self) -> None:
        self.guests.listed({}, 11.0)
        self.assertEqual({A: State.RUNNING}, self.guests.table())

    @hypothesis.given(
        st.permutations(["died", "leaving", "destroyed"]),
        st.lists(st.floats(0.0, 0.1), min_size=3, max_size=3),
    )
    def test_a_destroyed_guest_never_crashed_in_any_order(
        self, order: list[str], pauses: list[float]
    ) -> None:
        guests = guests_.Guests(PATIENCE)
        guests.appeared(A, 0.0)
        guests.listed(RUNNING, 0.0)
        now = 1.0
        for what, pause in zip(order, pauses, strict=True):
            now += pause
            guests.due(now)
            if what == "died":
                guests.died(A, Exit.CLEAN, now)
            else:
                told = LEAVING if what == "leaving" else DESTROYED
                guests.told(A, told, now)
        guests.due(now + PATIENCE)
        self.assertEqual(
            [messages.Happening.STOPPED],
            [event.what for event in guests.events()],
        )
