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

"""The service availability levels and the time of a detection."""

from __future__ import annotations

import dataclasses

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core.descriptor import levels
from nham.tests import base


class LevelsTest(base.TestCase):
    def test_each_is_less_than_the_one_above(self) -> None:
        for high, low in zip(levels.LEVELS, levels.LEVELS[1:], strict=False):
            self.assertLess(high.number, low.number)
            self.assertLess(high.detect, low.detect)
            self.assertLess(high.high, low.low + 1)
            self.assertLessEqual(high.low, high.high)
        self.assertEqual(list(levels.BY_NUMBER.values()), list(levels.LEVELS))


class DetectionTest(base.TestCase):
    def test_the_defaults(self) -> None:
        # As the policy's own words have it: about two seconds.
        default = descriptor.Detection()
        self.assertAlmostEqual(2.2, levels.detection_seconds(default))
        self.assertEqual(
            "poll_interval 1 s + 2 more misses x 1 s / 2 + "
            "2 x min_timeout 100 ms = 2.2 s",
            levels.detection_sum(default),
        )

    def test_two_thirds_of_a_second(self) -> None:
        quick = descriptor.Detection(poll_interval=0.25)
        self.assertAlmostEqual(0.7, levels.detection_seconds(quick))

    def test_one_miss_is_enough(self) -> None:
        hasty = descriptor.Detection(max_misses=1)
        self.assertAlmostEqual(1.1, levels.detection_seconds(hasty))
        self.assertEqual(
            "poll_interval 1 s + min_timeout 100 ms = 1.1 s",
            levels.detection_sum(hasty),
        )

    @hypothesis.given(
        st.floats(0.05, 100.0), st.integers(1, 100), st.floats(0.01, 10.0)
    )
    def test_more_of_anything_takes_longer(
        self, poll: float, misses: int, timeout: float
    ) -> None:
        one = descriptor.Detection(
            poll_interval=poll, max_misses=misses, min_timeout=timeout
        )
        seconds = levels.detection_seconds(one)
        for slower in (
            dataclasses.replace(one, poll_interval=poll * 2),
            dataclasses.replace(one, max_misses=misses + 1),
            dataclasses.replace(one, min_timeout=timeout * 2),
        ):
            self.assertGreater(levels.detection_seconds(slower), seconds)
