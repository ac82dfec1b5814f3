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

"""How long an answer is waited for."""

from __future__ import annotations

import statistics

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.tests import base

_DELAY = st.floats(0.0, 10.0, allow_subnormal=False)
delays = st.lists(_DELAY, min_size=1, max_size=60)
enough_delays = st.lists(
    _DELAY, min_size=estimators.TwoWindow.WARM_UP, max_size=60
)


def taught(
    seen: list[float], minimum: float = 0.0, maximum: float = 1e9
) -> estimators.TwoWindow:
    """Return an estimator that has seen these delays."""
    estimator = estimators.TwoWindow(5.0, minimum, maximum)
    for delay in seen:
        estimator.observe(delay)
    return estimator


class FixedTest(base.TestCase):
    def test_learns_nothing(self) -> None:
        fixed = estimators.Fixed(0.7)
        fixed.observe(100.0)
        self.assertEqual(0.7, fixed.timeout())


class TwoWindowTest(base.TestCase):
    @hypothesis.given(delays)
    def test_stays_within_its_limits(self, seen: list[float]) -> None:
        timeout = taught(seen, 0.2, 3.0).timeout()
        if len(seen) < estimators.TwoWindow.WARM_UP:
            self.assertEqual(5.0, timeout)
        else:
            self.assertLessEqual(0.2, timeout)
            self.assertLessEqual(timeout, 3.0)

    @hypothesis.given(enough_delays)
    def test_is_the_larger_of_both_windows(self, seen: list[float]) -> None:
        bounds = [
            statistics.fmean(window) + 5.0 * statistics.pstdev(window)
            for window in (seen, seen[-estimators.TwoWindow.SHORT :])
        ]
        self.assertAlmostEqual(max(bounds), taught(seen).timeout(), places=4)

    def test_the_short_window_follows_a_change(self) -> None:
        calm = [0.001] * 500
        before = taught(calm).timeout()
        after = taught([*calm, *[0.5] * 10]).timeout()
        self.assertLess(before, 0.01)
        self.assertGreaterEqual(after, 0.5)

    def test_the_long_window_remembers_a_rare_delay(self) -> None:
        seen = [0.001] * 100 + [1.0] + [0.001] * 100
        self.assertGreater(taught(seen).timeout(), 0.3)

    def test_the_long_window_forgets(self) -> None:
        seen = [1.0] + [0.001] * (estimators.TwoWindow.SIZE + 1)
        self.assertLess(taught(seen).timeout(), 0.01)
