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

"""Heartbeats, and their lack."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import pulse
from nham.core.detection import tracker
from nham.tests import base

Health = tracker.Health


class PulseTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.pulse = pulse.Pulse(interval=0.1, misses=3)
        self.now = 0.0

    def beat(self, number: int = 1, every: float = 0.1) -> None:
        for _ in range(number):
            self.now += every
            self.pulse.beat(self.now)

    def health(self, after: float, lag: float = 0.0) -> Health:
        return self.pulse.judge(self.now + after, lag).health

    def test_nothing_is_known_of_who_never_spoke(self) -> None:
        self.assertIs(Health.UNKNOWN, self.health(1000.0))

    def test_silence_is_a_suspicion_within_a_second(self) -> None:
        self.beat(50)
        self.assertIs(Health.OK, self.health(0.1))
        self.assertIs(Health.SLOW, self.health(0.3))
        self.assertIs(Health.DEAD, self.health(0.5))

    def test_one_lost_heartbeat_is_none(self) -> None:
        self.beat(50)
        self.now += 0.1
        self.beat()
        self.assertIs(Health.OK, self.health(0.0))

    def test_comes_back_with_the_next_after_any_silence(self) -> None:
        self.beat(50)
        for silence in (1.0, 5.0, 100.0, 10000.0):
            self.now += silence
            self.assertIs(Health.DEAD, self.health(0.0))
            self.beat(2)
            self.assertIs(Health.OK, self.health(0.0), str(silence))

    def test_the_next_silence_is_seen_as_soon(self) -> None:
        """What comes after an outage says nothing of how late one comes."""
        self.beat(50)
        self.now += 20.0
        self.beat(5)
        self.assertIs(Health.DEAD, self.health(0.5))

    def test_one_after_a_silence_may_be_late(self) -> None:
        self.beat(50)
        self.now += 1.0
        self.assertIs(Health.DEAD, self.health(0.0))
        self.beat()
        self.assertIs(Health.SLOW, self.health(0.0))
        self.beat()
        self.assertIs(Health.OK, self.health(0.0))

    def test_what_was_held_back_comes_at_once_and_proves_nothing(self) -> None:
        self.beat(50)
        self.now += 1.0
        self.beat(5, every=0.001)
        self.assertIs(Health.SLOW, self.health(0.0))
        self.beat()
        self.assertIs(Health.OK, self.health(0.0))

    def test_the_start_of_its_agent_is_an_outage(self) -> None:
        for silence in (1.0, 1.5):
            self.beat(50)
            self.now += silence
            self.pulse.restart()
            self.beat(5)
            self.assertIs(Health.DEAD, self.health(0.5))

    def test_what_is_late_is_learnt(self) -> None:
        self.beat(50)
        self.now += 1.0
        self.beat(5)
        self.assertIsNot(Health.DEAD, self.health(0.5))

    def test_a_late_observer_blames_nobody(self) -> None:
        self.beat(50)
        self.assertIs(Health.OK, self.health(0.5, lag=1.0))

    @hypothesis.given(st.lists(st.floats(0.0, 0.14), min_size=20))
    def test_jitter_within_an_interval_is_no_suspicion(
        self, gaps: list[float]
    ) -> None:
        judged = pulse.Pulse(interval=0.1, misses=3)
        now = 0.0
        for gap in gaps:
            now += gap
            judged.beat(now)
            found = judged.judge(now + 0.14, 0.0)
            self.assertIsNot(Health.DEAD, found.health)

    @hypothesis.given(
        st.lists(st.floats(0.0, 30.0), min_size=1), st.floats(60.0, 1e6)
    )
    def test_a_silence_that_lasts_is_always_seen(
        self, gaps: list[float], silence: float
    ) -> None:
        judged = pulse.Pulse(interval=0.1, misses=3)
        now = 0.0
        for gap in gaps:
            now += gap
            judged.beat(now)
        self.assertIs(Health.DEAD, judged.judge(now + silence, 0.0).health)
