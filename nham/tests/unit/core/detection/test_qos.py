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

"""How good a detector was, by Chen's figures."""

from __future__ import annotations

import math

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.core.detection import qos
from nham.core.detection import tracker
from nham.tests import base


class AccuracyTest(base.TestCase):
    def test_of_nothing(self) -> None:
        none = qos.Accuracy()
        self.assertEqual(math.inf, none.mistake_recurrence)
        self.assertEqual(0.0, none.mistake_duration)
        self.assertEqual(1.0, none.accuracy)

    def test_means(self) -> None:
        found = qos.Accuracy(observed=1000.0, mistakes=4, mistaken=10.0)
        self.assertEqual(250.0, found.mistake_recurrence)
        self.assertEqual(2.5, found.mistake_duration)
        self.assertEqual(0.99, found.accuracy)

    @hypothesis.given(
        st.lists(st.tuples(st.floats(0.1, 9.0), st.floats(0.1, 9.0)))
    )
    def test_theorem_1(self, turns: list[tuple[float, float]]) -> None:
        """P_A is 1 - E(T_M) / E(T_MR), whatever happened."""
        meter, now = qos.Meter(), 0.0
        meter.answered(now)
        for good, wrong in turns:
            meter.suspected(now + good)
            meter.answered(now + good + wrong)
            now += good + wrong
        found = meter.accuracy(now)
        self.assertEqual(len(turns), found.mistakes)
        if turns:
            wanted = 1 - found.mistake_duration / found.mistake_recurrence
            self.assertAlmostEqual(wanted, found.accuracy)


class MeterTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.one = tracker.Tracker(estimators.Fixed(0.5), 1)
        self.one.sent(0, 0.0)
        self.one.good(0, 0.0)

    def test_a_late_answer_was_a_mistake(self) -> None:
        self.one.sent(1, 10.0)
        self.one.judge(11.0)
        self.one.judge(12.0)
        self.one.good(1, 13.0)
        found = self.one.accuracy(20.0)
        self.assertEqual(
            qos.Accuracy(observed=20.0, mistakes=1, mistaken=2.0), found
        )

    def test_who_is_started_anew_was_down(self) -> None:
        self.one.sent(1, 10.0)
        self.one.judge(11.0)
        self.one.restart(60.0)
        self.one.judge(61.0)
        self.one.sent(2, 70.0)
        self.one.good(2, 71.0)
        self.one.sent(3, 71.0)
        self.one.good(3, 71.1)
        found = self.one.accuracy(75.0)
        self.assertEqual((0, 15.0), (found.mistakes, found.observed))

    def test_who_is_suspected_now_is_left_out(self) -> None:
        self.one.sent(1, 10.0)
        self.one.judge(11.0)
        self.assertEqual(qos.Accuracy(observed=11.0), self.one.accuracy(99.0))
