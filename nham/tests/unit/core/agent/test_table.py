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

"""What is known of guests, whatever way the datagrams took."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import table as table_
from nham.tests import base
from nham.tests.unit.core.agent import samples

Happening = messages.Happening
GuestState = messages.GuestState


def whole(
    sequence: int, rows: dict[str, GuestState], part: int = 0, parts: int = 1
) -> messages.Guests:
    """Return a table in one datagram, or one part of it."""
    return samples.guests(
        sequence=sequence,
        digest=messages.digest_of(rows.items()),
        table=tuple(rows.items()),
        part=part,
        parts=parts,
    )


class TableTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.table = table_.Table()

    def event(self, number: int, what: Happening, ago: float = 0.5) -> None:
        said = samples.event(
            event=number,
            sequence=10 * number,
            server_id="s",
            what=what,
            ago=ago,
        )
        self.table.event(said, 100.0)

    def test_an_event_makes_it_another_table(self) -> None:
        """So that one with the guest as it was before is asked for, too."""
        rows = {"s": GuestState.RUNNING}
        self.event(1, Happening.STARTED)
        self.assertEqual("", self.table.digest)
        self.table.part(whole(11, rows), 100.0)
        before = self.table.digest
        self.event(2, Happening.STOPPED)
        rows = {"s": GuestState.STOPPED}
        self.assertEqual(messages.digest_of(rows.items()), self.table.digest)
        self.event(3, Happening.STARTED)
        self.assertEqual(before, self.table.digest)

    def test_a_crash_counts_from_when_it_was(self) -> None:
        self.event(1, Happening.CRASHED)
        self.assertEqual({"s": 99.5}, self.table.died)
        self.assertIs(GuestState.CRASHED, self.table.state("s"))

    def test_what_somebody_asked_for_is_no_crash(self) -> None:
        for number, what in enumerate(Happening):
            if what is not Happening.CRASHED:
                self.event(number, what)
                self.assertEqual({}, self.table.died, what)

    def test_a_guest_that_was_started_is_not_dead(self) -> None:
        self.event(1, Happening.CRASHED)
        self.event(2, Happening.STARTED)
        self.assertEqual({}, self.table.died)

    def test_a_crash_that_comes_after_the_start_is_old(self) -> None:
        self.event(2, Happening.STARTED)
        self.event(1, Happening.CRASHED)
        self.assertEqual({}, self.table.died)

    def test_an_event_counts_once(self) -> None:
        self.event(1, Happening.CRASHED)
        self.assertRaises(refusals.Refused, self.event, 1, Happening.CRASHED)

    def test_a_table_mends_what_no_event_told(self) -> None:
        self.table.part(whole(1, {"s": GuestState.CRASHED}), 7.0)
        self.assertEqual({"s": 7.0}, self.table.died)
        self.table.part(whole(2, {"s": GuestState.RUNNING}), 8.0)
        self.assertEqual({}, self.table.died)
        self.assertEqual({"s"}, self.table.running)
        self.table.part(whole(3, {}), 9.0)
        self.assertIsNone(self.table.state("s"))

    def test_a_table_from_before_an_event_does_not_undo_it(self) -> None:
        self.event(1, Happening.CRASHED)
        self.table.part(whole(9, {"s": GuestState.RUNNING}), 100.1)
        self.assertIn("s", self.table.died)
        self.table.part(whole(12, {"s": GuestState.RUNNING}), 100.2)
        self.assertEqual({}, self.table.died)

    def test_an_older_table_does_not_replace_a_newer_one(self) -> None:
        self.table.part(whole(9, {"s": GuestState.STOPPED}), 1.0)
        self.table.part(whole(8, {"s": GuestState.RUNNING}), 2.0)
        self.assertIs(GuestState.STOPPED, self.table.state("s"))

    def test_no_such_part(self) -> None:
        self.assertRaises(
            refusals.Refused, self.table.part, whole(1, {}, 2, 2), 1.0
        )

    @hypothesis.given(st.permutations(range(3)), st.integers(0, 2))
    def test_parts_make_a_table_in_any_order_and_twice(
        self, order: list[int], twice: int
    ) -> None:
        table = table_.Table()
        rows = {str(n): GuestState.RUNNING for n in range(3)}
        digest = messages.digest_of(rows.items())
        for number in (*order[:2], order[twice % 2], order[2]):
            self.assertEqual("", table.digest)
            said = samples.guests(
                sequence=5 + number,
                digest=digest,
                part=number,
                parts=3,
                table=((str(number), GuestState.RUNNING),),
            )
            table.part(said, 1.0)
        self.assertEqual(digest, table.digest)
        self.assertEqual(set(rows), table.running)
