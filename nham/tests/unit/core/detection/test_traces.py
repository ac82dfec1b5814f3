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

"""Traces: made, written, read, and played."""

from __future__ import annotations

import itertools

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.core.detection import replay
from nham.core.detection import traces
from nham.tests import base

STEADY, JITTER, BURSTS, LOSS, ROUTE, PAUSE = traces.SHAPES


class MakeTest(base.TestCase):
    def test_a_seed_makes_the_same_again(self) -> None:
        for shape in traces.SHAPES:
            made = traces.make(shape, 300, seed=3)
            self.assertEqual(made, traces.make(shape, 300, seed=3))
            self.assertNotEqual(made, traces.make(shape, 300, seed=4))
            self.assertTrue(
                all(a.at < b.at for a, b in itertools.pairwise(made))
            )

    def test_each_is_what_it_is_called(self) -> None:
        lost = [q.delay is None for q in traces.make(LOSS, 4000)]
        self.assertTrue(150 < sum(lost) < 250)
        route = [q.delay or 0.0 for q in traces.make(ROUTE, 1000)]
        self.assertLess(max(route[:400]), min(route[500:]))
        pause = traces.make(PAUSE, 4000)
        stalled = [q for q in pause if q.delay and q.delay > 4.0]
        self.assertEqual(5, len(stalled))
        self.assertTrue(all(q.lag == 5.0 for q in stalled))

    def test_chance_is_even(self) -> None:
        chance = traces.Chance(1)
        numbers = [chance.uniform() for _ in range(20000)]
        self.assertTrue(0.49 < sum(numbers) / 20000 < 0.51)
        self.assertTrue(all(0.0 <= number < 1.0 for number in numbers))
        normal = [chance.normal(2.0, 0.5) for _ in range(20000)]
        self.assertTrue(1.98 < sum(normal) / 20000 < 2.02)


class FileTest(base.TestCase):
    @hypothesis.given(
        st.lists(
            st.tuples(st.floats(0.0, 1e6), st.none() | st.floats(0.0, 60.0))
        )
    )
    def test_what_is_written_is_read(
        self, pairs: list[tuple[float, float | None]]
    ) -> None:
        made = [traces.Question(*pair) for pair in sorted(pairs, key=_at)]
        self.assertEqual(made, traces.read(traces.write(made)))

    def test_what_is_wrong_is_told_with_its_line(self) -> None:
        good = '{"at": 1, "delay": 0.1}'
        for line, words in (
            ("{", "line 2: is no JSON"),
            ("[]", "line 2: must be an object"),
            ('{"at": 2}', "line 2: at and delay are required"),
            ('{"at": 2, "delay": -1}', "line 2: delay: must be seconds"),
            ('{"at": 2, "delay": true}', "line 2: delay: must be seconds"),
            ('{"at": 2, "delay": NaN}', "line 2: delay: must be seconds"),
            ('{"at": null, "delay": 1}', "line 2: at: must be seconds"),
            ('{"at": 0, "delay": 1}', "line 2: at: goes back in time"),
            ('{"at": 2, "delay": 1, "x": 1}', "line 2: x: is unknown"),
        ):
            refused = self.assertRaises(ValueError, traces.read, [good, line])
            self.assertIn(words, str(refused))


class ReplayTest(base.TestCase):
    def test_what_is_always_in_time_is_never_a_mistake(self) -> None:
        found = replay.play(
            traces.make(STEADY, 500), estimators.Fixed(0.1), 1, 0.25
        )
        self.assertEqual(0, found.accuracy.mistakes)
        self.assertAlmostEqual(0.4, found.detection_time)

    def test_each_lost_answer_is_one(self) -> None:
        trace = traces.make(LOSS, 400)
        found = replay.play(trace, estimators.Fixed(0.2), 1, 0.25)
        rows = itertools.groupby(trace[1:-1], lambda q: q.delay is None)
        self.assertEqual(
            sum(lost for lost, _ in rows), found.accuracy.mistakes
        )
        calm = replay.play(trace, estimators.Fixed(0.2), 4, 0.25)
        self.assertEqual(0, calm.accuracy.mistakes)

    def test_an_observer_that_knows_its_lag_blames_nobody(self) -> None:
        trace = traces.make(PAUSE, 4000)
        for kind in (estimators.TwoWindow, estimators.Phi):
            blind = replay.play(trace, kind(1.0), 1, 0.25, lags=False)
            knows = replay.play(trace, kind(1.0), 1, 0.25)
            self.assertLess(
                knows.accuracy.mistaken, blind.accuracy.mistaken / 4
            )


def _at(pair: tuple[float, float | None]) -> float:
    return pair[0]
