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

from nham.core.agent import messages
from nham.core.agent import outbox
from nham.tests import base
from nham.tests.unit.core.agent import samples


class OutboxTest(base.TestCase):
    """What is said again until it is heard."""

    def setUp(self) -> None:
        super().setUp()
        self.box = outbox.Outbox()

    def test_said_at_once_and_again_ever_slower(self) -> None:
        self.box.put(samples.event(), 1.0)
        times = []
        now: float | None = 1.0
        while now is not None:
            if self.box.due(now):
                times.append(now)
            now = self.box.next_at()
        self.assertEqual(outbox.TRIES, len(times))
        pauses = [b - a for a, b in zip(times, times[1:], strict=False)]
        self.assertAlmostEqual(outbox.AGAIN, pauses[0])
        self.assertAlmostEqual(outbox.SLOWEST, pauses[-1])
        self.assertEqual(1, self.box.lost)

    def test_heard_by_any_of_its_numbers(self) -> None:
        self.box.put(samples.event(), 1.0)
        for sequence, now in ((7, 1.0), (9, 1.1)):
            ((key, _said),) = self.box.due(now)
            self.box.sent(key, sequence)
        self.box.heard(8)
        self.assertIsNotNone(self.box.next_at())
        self.box.heard(7)
        self.assertIsNone(self.box.next_at())
        self.assertEqual(0, self.box.lost)

    def test_an_event_grows_older(self) -> None:
        self.box.put(samples.event(), 1.0)
        ((_key, said),) = self.box.due(1.25)
        assert isinstance(said, messages.GuestEvent)
        self.assertEqual(0.25, said.ago)

    def test_what_waits_is_not_said_twice(self) -> None:
        self.box.put(samples.result(), 1.0)
        self.box.put(samples.result(), 1.1)
        self.assertEqual(1, len(self.box.due(1.1)))

    def test_old_news_are_none(self) -> None:
        self.box.put(samples.event(), 1.0)
        self.assertEqual([], self.box.due(1.1 + outbox.STALE))
        self.assertEqual(1, self.box.lost)

    def test_there_is_room_for_so_many(self) -> None:
        for number in range(outbox.ROOM + 3):
            self.box.put(samples.event(event=number), 1.0)
        self.assertEqual(outbox.ROOM, len(self.box.due(1.0)))
        self.assertEqual(3, self.box.lost)
