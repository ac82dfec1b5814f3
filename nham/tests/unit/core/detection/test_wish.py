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

"""How a wish becomes a pace."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.core.detection import tracker
from nham.core.detection import wish
from nham.tests import base

USUAL = wish.Pace(interval=1.0, misses=3, timeout=60.0)
times = st.floats(0.2, 100.0)


def latest(pace: wish.Pace, asked: float) -> float:
    """Return when one that died at 0 is suspected, by a real tracker.

    It is asked first one interval after its last answer, and in haste once
    the watch, which looks each `GRAIN`, has seen a miss.
    """
    one = tracker.Tracker(estimators.Fixed(pace.timeout - 1e-9), pace.misses)
    one.sent(0, 0.0)
    one.good(0, 0.0)
    number, due, now, hasty = 1, pace.interval, asked, False
    while now < 1000.0:
        while due <= now:
            one.sent(number, due)
            number += 1
            due += pace.interval * (wish.HASTE if hasty else 1.0)
        health = one.judge(now).health
        if health is tracker.Health.DEAD:
            return now
        if health is tracker.Health.SLOW and not hasty:
            hasty = True
            due = max(due - pace.interval * (1 - wish.HASTE), now)
        now += wish.GRAIN
    return now


class DetectionTimeTest(base.TestCase):
    @hypothesis.given(
        st.floats(0.05, 3.0),
        st.integers(1, 6),
        st.floats(0.01, 4.0),
        st.floats(0.0, 0.05),
    )
    def test_is_kept_by_a_tracker(
        self, interval: float, misses: int, timeout: float, phase: float
    ) -> None:
        # A tracker remembers 64 questions.
        timeout = min(timeout, interval * 50)
        pace = wish.Pace(interval=interval, misses=misses, timeout=timeout)
        # A question that is due between two looks is sent in time, but
        # asked here at the next of them.
        slack = wish.GRAIN * (misses + 1)
        self.assertLessEqual(latest(pace, phase), pace.detection_time + slack)


class ChooseTest(base.TestCase):
    @hypothesis.given(times, st.none() | st.floats(1.0, 1e7))
    def test_what_is_chosen_meets_the_wish(
        self, time: float, apart: float | None
    ) -> None:
        wanted = wish.Wish(detection_time=time, recurrence=apart)
        try:
            pace = wish.choose(wanted, USUAL)
        except ValueError as refused:
            self.assertIn("which is", str(refused))
            return
        self.assertLessEqual(pace.detection_time, time * 1.0001)
        self.assertGreaterEqual(pace.recurrence(), apart or 0.0)
        self.assertGreaterEqual(pace.interval, wish.SHORTEST)
        self.assertGreaterEqual(pace.timeout, wanted.least)

    @hypothesis.given(times, st.floats(1.0, 1e5), st.floats(1.1, 3.0))
    def test_who_wishes_for_less_is_asked_less(
        self, time: float, apart: float, more: float
    ) -> None:
        hypothesis.assume(time > 1.0)
        quick = wish.choose(
            wish.Wish(detection_time=time, recurrence=apart), USUAL
        )
        slow = wish.choose(
            wish.Wish(detection_time=time * more, recurrence=apart), USUAL
        )
        self.assertLess(quick.interval, slow.interval)

    def test_nothing_wished_is_as_usual(self) -> None:
        self.assertEqual(USUAL, wish.choose(wish.Wish(), USUAL))

    def test_what_is_fixed_stays(self) -> None:
        wanted = wish.Wish(
            detection_time=5.0, interval=0.5, misses=4, timeout=0.3
        )
        found = wish.choose(wanted, USUAL)
        self.assertEqual(wish.Pace(interval=0.5, misses=4, timeout=0.3), found)

    def test_the_sum_is_in_the_refusal(self) -> None:
        for wanted, words in (
            (
                wish.Wish(detection_time=0.2),
                "3 misses at an interval of 50 ms and a time-out of 100 ms, "
                "seen within 50 ms, take 300 ms, which is more than 200 ms",
            ),
            (
                wish.Wish(recurrence=86400.0, misses=2),
                "2 misses in a row at an interval of 1000 ms come each 134 s "
                "where 8.7% of the answers are late or lost, which is less "
                "than 86400 s",
            ),
        ):
            refused = self.assertRaises(ValueError, wish.choose, wanted, USUAL)
            self.assertEqual(words, str(refused))
