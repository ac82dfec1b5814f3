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

"""What is believed of a target, by what it answered."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies as st

from nham.core.detection import estimators
from nham.core.detection import tracker
from nham.tests import base

UNKNOWN, OK, SLOW, DEAD = tracker.Health


def a_tracker(misses: int = 3, timeout: float = 0.5) -> tracker.Tracker:
    """Return a tracker with a fixed time-out."""
    return tracker.Tracker(estimators.Fixed(timeout), misses)


def answered(misses: int = 3, timeout: float = 0.5) -> tracker.Tracker:
    """Return one that was answered at time 0."""
    one = a_tracker(misses, timeout)
    one.sent(0, 0.0)
    one.good(0, 0.0)
    return one


class SuspicionTest(base.TestCase):
    @hypothesis.given(
        st.integers(1, 10),
        st.floats(0.05, 5.0),
        st.floats(0.05, 5.0),
        st.floats(0.0, 1.0),
    )
    def test_not_too_early_and_not_too_late(
        self, misses: int, interval: float, timeout: float, when: float
    ) -> None:
        """Dead from time 0 on; asked each interval, judged at one time."""
        one = answered(misses, timeout)
        latest = misses * interval + timeout
        now = when * latest * 1.2
        asked = int(now / interval) + 1
        for number in range(1, asked):
            one.sent(number, number * interval)
        overdue = sum(
            now - number * interval > timeout for number in range(1, asked)
        )
        judged = one.judge(now)
        self.assertEqual(overdue, judged.misses)
        self.assertEqual(overdue >= misses, judged.health is DEAD)
        self.assertEqual(judged.level >= 1.0, judged.health is DEAD)
        if now > latest + 1e-6:
            self.assertIs(DEAD, judged.health)

    @hypothesis.given(st.lists(st.booleans(), max_size=60), st.integers(1, 5))
    def test_only_misses_in_a_row_count(
        self, answers: list[bool], misses: int
    ) -> None:
        one = answered(misses)
        row = 0
        for number, good in enumerate(answers, start=1):
            one.sent(number, float(number))
            if good:
                one.good(number, number + 0.1)
            row = 0 if good else row + 1
            health = one.judge(number + 0.9).health
            wanted = DEAD if row >= misses else SLOW if row else OK
            self.assertIs(wanted, health)

    def test_who_never_answered_is_not_dead(self) -> None:
        one = a_tracker()
        for number in range(20):
            one.sent(number, float(number))
        judged = one.judge(100.0)
        self.assertIs(UNKNOWN, judged.health)
        self.assertEqual("no answer yet", judged.evidence)
        self.assertIsNone(judged.last_good_at)


class GuessTest(base.TestCase):
    """The time-out is a guess, until answers were seen."""

    def one(self, learnt: int) -> tracker.Tracker:
        """Return a tracker that has learnt from so many quick answers."""
        made = tracker.Tracker(estimators.TwoWindow(5.0, 0.1, 10.0), 3)
        for number in range(learnt + 1):
            made.sent(number, number * 1.0)
            made.good(number, number * 1.0 + 0.01)
        return made

    def test_who_is_asked_in_vain_does_not_vouch(self) -> None:
        one = self.one(learnt=9)
        one.sent(11, 11.0)
        self.assertIs(OK, one.judge(11.1).health)
        one.sent(12, 11.2)
        self.assertIs(SLOW, one.judge(11.3).health)
        self.assertEqual(0, one.judge(11.3).misses)
        one.good(12, 11.4)
        self.assertIs(OK, one.judge(11.5).health)

    def test_who_is_asked_seldom_does_not_vouch_for_long(self) -> None:
        one = self.one(learnt=9)
        one.sent(11, 11.0)
        self.assertIs(OK, one.judge(11.5).health)
        self.assertEqual(11.5, one.due)
        self.assertIs(SLOW, one.judge(11.6).health)
        self.assertEqual(0, one.judge(11.6).misses)
        one.good(11, 12.0)
        self.assertIs(OK, one.judge(12.1).health)

    def test_what_was_learnt_needs_no_such_care(self) -> None:
        one = self.one(learnt=10)
        for number in range(3):
            one.sent(11 + number, 11.0)
        self.assertIs(OK, one.judge(11.05).health)


class ForgiveTest(base.TestCase):
    def test_what_was_asked_before_counts(self) -> None:
        one = answered(misses=3)
        for number in range(1, 5):
            one.sent(number, number * 1.0)
        self.assertEqual(4, one.judge(9.0).misses)
        one.forgive(2.0)
        self.assertEqual(2, one.judge(9.0).misses)
        self.assertIs(SLOW, one.judge(9.0).health)

    def test_what_is_not_overdue_yet_will_not_be(self) -> None:
        one = answered()
        one.sent(1, 1.0)
        one.forgive(0.9)
        self.assertEqual(0, one.judge(9.0).misses)

    def test_a_refusal_counts(self) -> None:
        one = answered()
        one.sent(1, 1.0)
        one.bad(1, 1.1, "refused")
        one.forgive(0.5)
        self.assertEqual(1, one.judge(2.0).misses)


class AnswersTest(base.TestCase):
    def test_a_refusal_is_a_miss_at_once(self) -> None:
        one = answered()
        for number in (1, 2, 3):
            one.sent(number, number / 100)
            one.bad(number, number / 100, "connection refused")
        judged = one.judge(0.04)
        self.assertIs(DEAD, judged.health)
        self.assertIn("connection refused", judged.evidence)
        self.assertIn("3 of 3 answers missed", judged.evidence)

    def test_a_refusal_counts_once(self) -> None:
        one = answered()
        one.sent(1, 0.0)
        one.bad(1, 0.1, "no")
        one.bad(1, 0.1, "no")
        self.assertEqual(1, one.judge(10.0).misses)

    def test_a_late_answer_ends_the_suspicion(self) -> None:
        one = answered(misses=1)
        one.sent(1, 1.0)
        self.assertIs(DEAD, one.judge(2.0).health)
        one.good(1, 2.1)
        judged = one.judge(2.2)
        self.assertIs(OK, judged.health)
        self.assertEqual(2.1, judged.last_good_at)

    def test_what_was_asked_before_an_answered_question_is_forgotten(
        self,
    ) -> None:
        one = answered()
        one.sent(1, 1.0)
        one.sent(2, 1.1)
        one.good(2, 1.2)
        self.assertEqual(0, one.judge(9.0).misses)

    def test_answers_are_learnt_from(self) -> None:
        estimator = estimators.TwoWindow(5.0, 0.0, 60.0)
        one = tracker.Tracker(estimator, 3)
        for number in range(11):
            one.sent(number, float(number))
            one.good(number, number + 0.25)
        self.assertAlmostEqual(0.25, one.judge(11.0).timeout)

    def test_the_wait_for_a_booting_guest_is_not_learnt(self) -> None:
        estimator = estimators.TwoWindow(5.0, 0.0, 60.0)
        one = tracker.Tracker(estimator, 3)
        for number in range(4):
            one.sent(number, float(number))
        one.good(0, 3.5)
        one.good(1, 3.6)
        for number in range(4, 14):
            one.sent(number, float(number))
            one.good(number, number + 0.25)
        self.assertAlmostEqual(0.25, one.judge(14.0).timeout)

    def test_a_late_observer_waits_longer(self) -> None:
        one = answered(misses=1, timeout=0.5)
        one.sent(1, 0.0)
        self.assertIs(OK, one.judge(0.9, lag=0.5).health)
        self.assertIs(DEAD, one.judge(1.1, lag=0.5).health)

    @hypothesis.given(
        st.floats(0.01, 1.0), st.floats(0.1, 30.0), st.integers(1, 400)
    )
    def test_each_question_counts_however_many_are_waited_for(
        self, interval: float, timeout: float, asked: int
    ) -> None:
        one = answered(misses=3, timeout=timeout)
        for number in range(1, asked + 1):
            now = number * interval
            one.sent(number, now)
            judged = one.judge(now)
        overdue = sum(
            now - number * interval > timeout for number in range(1, asked + 1)
        )
        self.assertEqual(overdue, judged.misses)

    def test_a_missed_question_is_remembered_for_a_while(self) -> None:
        one = answered(misses=3)
        for number in range(1, 201):
            one.sent(number, number * 1.0)
            one.judge(number * 1.0)
        one.good(100, 200.1)
        self.assertIs(DEAD, one.judge(200.2).health)
        one.good(150, 200.1)
        self.assertIs(OK, one.judge(200.2).health)


class RetuneTest(base.TestCase):
    def test_what_was_seen_is_judged_by_the_new_limits(self) -> None:
        one = answered(misses=3)
        one.sent(1, 0.0)
        one.sent(2, 0.0)
        self.assertIs(SLOW, one.judge(1.0).health)
        one.retune(estimators.Fixed(0.5), max_misses=2)
        self.assertIs(DEAD, one.judge(1.0).health)
        one.sent(3, 1.0)
        one.good(3, 1.1)
        one.retune(estimators.Fixed(5.0), max_misses=1)
        one.sent(4, 2.0)
        self.assertIs(OK, one.judge(6.9).health)
        self.assertIs(DEAD, one.judge(7.1).health)


class RestartTest(base.TestCase):
    def test_is_not_dead_before_its_time_to_boot_is_over(self) -> None:
        one = answered(misses=1)
        one.sent(1, 0.0)
        self.assertIs(DEAD, one.judge(1.0).health)
        one.restart(answer_by=60.0)
        one.sent(2, 2.0)
        self.assertIs(UNKNOWN, one.judge(60.0).health)
        self.assertIs(DEAD, one.judge(60.1).health)

    def test_who_could_not_be_asked_is_not_dead(self) -> None:
        one = a_tracker(timeout=0.5)
        one.restart(answer_by=5.0)
        for second in range(10):
            one.unasked(second, float(second))
        self.assertIs(UNKNOWN, one.judge(9.4).health)
        one.sent(10, 9.4)
        self.assertIs(DEAD, one.judge(9.6).health)

    def test_what_was_not_sent_after_all_is_not_missed(self) -> None:
        one = answered(misses=1)
        one.sent(1, 1.0)
        one.unasked(1, 1.0)
        self.assertIs(OK, one.judge(9.0).health)

    def test_who_has_the_time_to_boot_keeps_it(self) -> None:
        one = a_tracker()
        one.restart(answer_by=60.0)
        one.unasked(1, 1.0)
        self.assertIs(UNKNOWN, one.judge(60.0).health)
        self.assertIs(DEAD, one.judge(60.1).health)

    def test_the_first_answer_ends_the_boot(self) -> None:
        one = answered(misses=2)
        one.restart(answer_by=60.0)
        one.sent(1, 30.0)
        one.good(1, 30.1)
        self.assertIs(OK, one.judge(30.2).health)
        self.assertIs(OK, one.judge(61.0).health)
