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

"""What is new is believed once, what was recorded never."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import replay
from nham.tests import base
from nham.tests.unit.core.agent import samples

Reason = refusals.Reason


class WindowTest(base.TestCase):
    @hypothesis.given(st.lists(st.integers(0, 200), max_size=300))
    def test_takes_each_number_once_and_none_of_long_ago(
        self, numbers: list[int]
    ) -> None:
        window, seen = replay.Window(), set[int]()
        for number in numbers:
            behind = max(seen, default=-1) - number
            try:
                window.admit(number)
            except refusals.Refused as refused:
                if refused.reason is Reason.OLD:
                    self.assertGreaterEqual(behind, replay.WINDOW)
                else:
                    self.assertIn(number, seen)
            else:
                self.assertNotIn(number, seen)
                self.assertLess(behind, replay.WINDOW)
                seen.add(number)

    def test_a_leap_forgets_what_is_behind_the_window(self) -> None:
        window = replay.Window()
        window.admit(1)
        window.admit(2**60)
        self.assertRaises(refusals.Refused, window.admit, 1)


class EngineGuardTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.guard = self.started(b"first")

    def started(self, secret: bytes) -> replay.EngineGuard:
        guard = replay.EngineGuard(secret)
        guard.set_hosts(frozenset({"cmp1", "cmp2"}))
        return guard

    def greet(self, boot: str, guard: replay.EngineGuard | None = None) -> str:
        """Have a new life challenged, and return its nonce."""
        guard = guard or self.guard
        hello = samples.heartbeat(boot=boot, nonce="", sequence=0)
        self.assertFalse(guard.admit(hello))
        return guard.nonce(hello)

    def refused(
        self,
        message: messages.FromAgent,
        guard: replay.EngineGuard | None = None,
    ) -> Reason:
        found = self.assertRaises(
            refusals.Refused, (guard or self.guard).admit, message
        )
        return found.reason

    def test_a_life_is_believed_once_it_echoes(self) -> None:
        nonce = self.greet("b1")
        said = samples.event(boot="b1", nonce=nonce, sequence=1)
        self.assertTrue(self.guard.admit(said))
        self.assertEqual(nonce, self.guard.nonce(said))
        self.assertEqual(Reason.REPEATED, self.refused(said))

    def test_a_life_that_did_not_echo_is_only_challenged(self) -> None:
        for make in (samples.event, samples.guests, samples.result):
            said = make(boot="b1", nonce="", sequence=1)
            self.assertEqual(Reason.UNPROVED, self.refused(said))
        self.assertFalse(self.guard.admit(samples.heartbeat(nonce="é")))

    def test_an_earlier_life_never_returns(self) -> None:
        first = self.greet("b1")
        recorded = samples.event(boot="b1", nonce=first, sequence=50)
        self.guard.admit(samples.heartbeat(boot="b1", nonce=first))
        second = self.greet("b2")
        self.guard.admit(samples.heartbeat(boot="b2", nonce=second))
        self.assertEqual(Reason.UNPROVED, self.refused(recorded))
        # Neither does one of two lives ago, however many came since.
        for number in range(200):
            nonce = self.greet(f"c{number}")
            said = samples.heartbeat(boot=f"c{number}", nonce=nonce)
            self.assertTrue(self.guard.admit(said))
        self.assertEqual(Reason.UNPROVED, self.refused(recorded))

    def test_a_challenge_takes_nothing_from_who_is_believed(self) -> None:
        nonce = self.greet("b1")
        self.guard.admit(samples.heartbeat(boot="b1", nonce=nonce, sequence=1))
        self.greet("b2")
        said = samples.heartbeat(boot="b1", nonce=nonce, sequence=2)
        self.assertTrue(self.guard.admit(said))

    def test_nothing_recorded_before_a_restart_is_believed(self) -> None:
        nonce = self.greet("b1")
        recorded = samples.event(boot="b1", nonce=nonce, sequence=3)
        self.assertEqual(
            Reason.UNPROVED, self.refused(recorded, self.started(b"second"))
        )

    def test_a_nonce_is_for_one_host(self) -> None:
        nonce = self.greet("b1")
        said = samples.event(host="cmp2", boot="b1", nonce=nonce)
        self.assertEqual(Reason.UNPROVED, self.refused(said))

    def test_unknown_hosts_are_not_listened_to(self) -> None:
        said = samples.heartbeat(host="elsewhere")
        self.assertEqual(Reason.UNKNOWN_HOST, self.refused(said))
        self.guard.set_hosts(frozenset())
        self.assertEqual(
            Reason.UNKNOWN_HOST, self.refused(samples.heartbeat())
        )


class AgentGuardTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.guard = replay.AgentGuard("cmp1", "b1")
        self.guard.sent(7, 100.0)

    def ack(self, **changes: object) -> messages.Ack:
        return samples.ack(**{"boot": "b1", **changes})

    def refused(self, message: messages.FromEngine) -> Reason:
        found = self.assertRaises(refusals.Refused, self.guard.admit, message)
        return found.reason

    def test_says_when_the_echoed_message_was_sent(self) -> None:
        self.assertEqual(100.0, self.guard.admit(self.ack()))
        self.assertEqual(Reason.REPEATED, self.refused(self.ack()))

    def test_another_life_or_host_is_not_meant(self) -> None:
        for wrong in ({"boot": "b2"}, {"host": "cmp2"}):
            self.assertEqual(Reason.ADDRESSEE, self.refused(self.ack(**wrong)))

    def test_what_it_never_sent_or_has_forgotten_is_no_echo(self) -> None:
        self.assertEqual(Reason.OLD, self.refused(self.ack(echo=8)))
        for number in range(8, 8 + replay.REMEMBERED):
            self.guard.sent(number, 200.0)
        self.assertEqual(Reason.OLD, self.refused(self.ack()))

    def test_an_engine_may_start_anew_but_not_return(self) -> None:
        self.guard.admit(self.ack(life="one", sequence=40))
        self.guard.admit(self.ack(life="two", sequence=0))
        late = self.ack(life="one", sequence=41)
        self.assertEqual(Reason.OLD, self.refused(late))

    def test_engines_count_for_themselves(self) -> None:
        self.guard.admit(self.ack(engine="a", sequence=9))
        self.guard.admit(self.ack(engine="b", sequence=9))

    def test_listens_to_so_many_engines(self) -> None:
        for number in range(replay.MAX_ENGINES):
            self.guard.admit(self.ack(engine=f"e{number}"))
        self.assertEqual(Reason.FLOOD, self.refused(self.ack(engine="more")))
