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

"""What holds for every driver of ``nham.detectors``."""

from __future__ import annotations

import math
import sys
from typing import ClassVar

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.core.detection import tracker
from nham.tests.conformance import base

_DELAY = st.floats(-1.0, 1e6, allow_nan=False)
delays = st.lists(_DELAY, max_size=80)
waits = st.lists(st.floats(-1.0, 1e7), max_size=20)


class EstimatorSuite(base.Suite):
    """One estimator.

    :cvar driver: its class.
    :cvar adapts: it learns from what it observes.
    """

    driver: ClassVar[type[estimators.Estimator]]
    adapts: ClassVar[bool] = True

    def made(
        self, minimum: float = 0.0, maximum: float = math.inf
    ) -> estimators.Estimator:
        """Return one that knows nothing."""
        return self.driver(5.0, minimum, maximum)

    def taught(self, *seen: float) -> estimators.Estimator:
        """Return one that has seen these delays."""
        one = self.made()
        for delay in seen:
            one.observe(delay)
        return one

    def test_keeps_its_bounds(self) -> None:
        @hypothesis.given(delays)
        def check(seen: list[float]) -> None:
            one = self.made(0.2, 30.0)
            for delay in seen:
                self.assertEqual(delay <= one.timeout(), one.in_time(delay))
                one.observe(delay)
                self.assertLessEqual(0.2, one.timeout())
                self.assertLessEqual(one.timeout(), 30.0)

        check()

    def test_suspicion_rises_to_one_at_the_time_out(self) -> None:
        @hypothesis.given(delays, waits)
        def check(seen: list[float], waited: list[float]) -> None:
            one = self.taught(*seen)
            levels = [one.suspicion(wait) for wait in sorted(waited)]
            self.assertEqual(sorted(levels), levels)
            self.assertTrue(all(0.0 <= level <= 1.0 for level in levels))
            timeout = one.timeout()
            self.assertEqual(1.0, one.suspicion(timeout))
            self.assertEqual(1.0, one.suspicion(timeout * 2 + 1.0))
            if timeout > 0.0:
                self.assertLess(one.suspicion(0.0), 1.0)

        check()

    def test_is_a_number(self) -> None:
        @hypothesis.given(delays)
        def check(seen: list[float]) -> None:
            timeout = self.taught(*seen).timeout()
            self.assertTrue(math.isfinite(timeout))
            self.assertGreaterEqual(timeout, 0.0)

        check()

    def test_begins_with_the_initial_time_out(self) -> None:
        one = self.made()
        self.assertEqual(5.0, one.timeout())
        self.assertNotEqual(self.adapts, one.learnt)

    def test_learns(self) -> None:
        one = self.taught(*[0.01] * 50)
        self.assertTrue(one.learnt)
        self.assertEqual(self.adapts, one.timeout() < 1.0)

    def test_follows_a_shift(self) -> None:
        """A route that is ten times as long is not a failure for long."""
        one = self.taught(*[0.01, 0.011] * 200)
        before = one.timeout()
        for _ in range(300):
            one.observe(0.4)
        if self.adapts:
            self.assertGreater(one.timeout(), before)
            self.assertGreater(one.timeout(), 0.25)

    def test_serves_heartbeats_too(self) -> None:
        """Times between arrivals, of one each 100 ms and one in 20 lost."""
        one = self.taught(*([0.1] * 19 + [0.2]) * 20)
        if self.adapts:
            self.assertGreater(one.timeout(), 0.1)
            self.assertLess(one.timeout(), 0.5)

    def test_is_bounded_in_memory(self) -> None:
        one = self.made()
        for number in range(5000):
            one.observe(number % 7 / 100)
        self.assertLessEqual(len(one.remembered), 1000)
        size = sum(
            sys.getsizeof(getattr(part, "_delays", part))
            for part in vars(one).values()
        )
        self.assertLess(size, 20_000)

    def test_does_not_drift(self) -> None:
        """What was very late leaves nothing behind when it is forgotten."""
        one = self.taught(*[1e6] * 3, *[0.001] * 5000)
        fresh = self.taught(*[0.001] * 5000)
        self.assertAlmostEqual(fresh.timeout(), one.timeout(), places=9)

    def test_other_limits_keep_what_was_seen(self) -> None:
        one = self.taught(*[0.01, 0.02, 0.03] * 20)
        before = one.timeout()
        watched = tracker.Tracker(one, 3)
        other = self.made()
        watched.retune(other, 3)
        self.assertEqual(one.learnt, other.learnt)
        self.assertAlmostEqual(before, other.timeout(), places=9)

    def test_more_margin_is_more_careful(self) -> None:
        seen = [0.01, 0.02, 0.03] * 20
        found = []
        for margin in (1.0, 3.0, 9.0):
            one = self.driver(5.0, margin=margin)
            for delay in seen:
                one.observe(delay)
            found.append(one.timeout())
        self.assertEqual(sorted(found), found)
        self.assertEqual(self.adapts, found[0] < found[2])
