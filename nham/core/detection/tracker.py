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

"""One target's history of questions and answers, and the judgement on it.

Source: NHAM paper 3.1 (a failure detector that suspects by adaptive
time-outs); the observer's self-health is the idea of Lifeguard (A.
Dadgar et al.): one that is itself late must not blame others.

A judgement changes when something is seen, and when a time-out passes: until
`Tracker.due` nobody needs to ask for another one.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from nham.core.detection import estimators
from nham.core.detection import qos

#: Missed questions whose answers are still of interest; they have counted.
_REMEMBERED = 64
#: Seconds after which an answer is missing that a guess still waits for.
_LONG = 0.5
#: The most that a question counts for which is still waited for.
_NEARLY = 1 - 1e-9


class Health(enum.StrEnum):
    """What is believed of a target."""

    #: Never answered yet, or nobody asks.
    UNKNOWN = "unknown"
    #: Answers in time.
    OK = "ok"
    #: Answers are missing, but not yet enough for a suspicion.
    SLOW = "slow"
    #: Suspected to have failed.
    DEAD = "dead"


class Judgement(NamedTuple):
    """What is believed of a target, and why.

    :ivar level: the suspicion as a number (an accrual output): missed
        answers in a row, with the share of a miss that the question which
        is waited for makes by now, by the number that makes a suspicion.
        It rises for as long as nothing is heard; from 1.0 on it is one.
    :ivar last_good_at: when the last good answer came, monotonic seconds.
    :ivar timeout: the time-out in force, seconds.
    :ivar at: the moment of the judgement, monotonic seconds.
    :ivar refusal: what came instead of the last answer, '' if nothing.
    """

    health: Health
    level: float
    misses: int
    max_misses: int
    last_good_at: float | None
    timeout: float
    at: float
    refusal: str = ""

    @property
    def evidence(self) -> str:
        """Why that is believed, in words."""
        if self.last_good_at is None:
            return "no answer yet"
        text = (
            f"{self.misses} of {self.max_misses} answers missed, "
            f"time-out {self.timeout * 1000:.0f} ms, last good answer "
            f"{self.at - self.last_good_at:.2f} s ago"
        )
        return f"{text}, {self.refusal}" if self.refusal else text


class Tracker:
    """Counts what one target did not answer in time.

    :param max_misses: missed answers in a row that make a suspicion.
    """

    def __init__(
        self, estimator: estimators.Estimator, max_misses: int
    ) -> None:
        self._estimator = estimator
        self._max_misses = max_misses
        #: When each question that is waited for was sent, oldest first.
        #: None is let go before its time-out: it would not be counted.
        self._waiting: dict[int, float] = {}
        #: The same of those that were missed, and may be answered late.
        self._missed: dict[int, float] = {}
        self._misses = 0
        self._last_good: float | None = None
        self._last_bad = ""
        self._answer_by: float | None = None
        self._meter = qos.Meter()

    def sent(self, sequence: int, at: float) -> None:
        """Take note of a question, not older than the one before."""
        self._waiting[sequence] = at

    def good(self, sequence: int, at: float, lag: float = 0.0) -> None:
        """Take note of a good answer.

        A late one is learnt from too: it was the time-out that was wrong.
        One to a question of before the restart says nothing, and neither
        does the first of all: it waited for a guest that was booting.

        :param lag: by how many seconds the observer itself was late; what
            may be late because of that alone is not learnt from.
        """
        sent = self._waiting.get(sequence)
        if sent is None:
            sent = self._missed.get(sequence)
        if sent is None:
            return
        if self._last_good is None:
            self._waiting.clear()
            self._missed.clear()
        else:
            self._learn(at - sent, lag)
            self._settle(sequence)
        self._last_good = at
        self._meter.answered(at)
        self._answer_by = None
        self._misses = 0
        self._last_bad = ""

    def _learn(self, delay: float, lag: float) -> None:
        one = self._estimator
        if one.in_time(delay) or delay > one.timeout() + lag:
            one.observe(delay)

    def _settle(self, answered: int) -> None:
        """Forget what was asked before an answered question, and that.

        It was lost or is late; it says nothing about now.
        """
        if answered in self._waiting:
            self._missed.clear()
            if len(self._waiting) == 1:
                self._waiting.clear()
                return
        for questions in (self._missed, self._waiting):
            for older in [s for s in questions if s <= answered]:
                del questions[older]

    def bad(self, sequence: int, at: float, detail: str) -> None:
        """Take note of a refusal or a wrong answer: a miss at once."""
        if self._waiting.pop(sequence, None) is not None:
            self._misses += 1
        elif self._missed.pop(sequence, None) is None:
            return
        self._last_bad = detail

    def unasked(self, sequence: int, at: float) -> None:
        """Take note that a question could not be sent after all.

        The moment by which there is to be an answer is put off until there
        could have been one.
        """
        self._waiting.pop(sequence, None)
        if self._answer_by is not None:
            earliest = at + self._estimator.timeout()
            self._answer_by = max(self._answer_by, earliest)

    def restart(self, answer_by: float) -> None:
        """Forget the past: the target is being started anew.

        :param answer_by: without an answer by then it counts as dead.
        """
        self._waiting.clear()
        self._missed.clear()
        self._misses = 0
        self._meter.restarted()
        self._last_good = None
        self._last_bad = ""
        self._answer_by = answer_by

    def retune(self, estimator: estimators.Estimator, max_misses: int) -> None:
        """Judge by other limits from now on, on what was seen so far.

        :param estimator: a new one; it is told what the old one remembers.
        """
        for delay in self._estimator.remembered:
            estimator.observe(delay)
        self._estimator = estimator
        self._max_misses = max_misses

    def forgive(self, since: float) -> None:
        """Let what was asked after that moment count for nothing.

        The way to the target was cut, so its silence was no fault of its.
        """
        for questions in (self._missed, self._waiting):
            for sequence in [s for s, at in questions.items() if at > since]:
                del questions[sequence]
                self._misses -= questions is self._missed

    def health(self, now: float, lag: float = 0.0) -> Health:
        """Say what is believed now, without the reasons.

        :param lag: by how many seconds the observer itself was late; all
            time-outs are raised by it.
        """
        if self._waiting:
            self._count(now, lag)
        if self._last_good is None:
            dead = self._answer_by is not None and now > self._answer_by
        else:
            dead = self._misses >= self._max_misses
        if dead:
            self._meter.suspected(now)
            return Health.DEAD
        if self._last_good is None:
            return Health.UNKNOWN
        return Health.SLOW if self._misses or self._unsure(now) else Health.OK

    def _count(self, now: float, lag: float) -> None:
        """Count the questions whose time-out has passed."""
        timeout = self._estimator.timeout() + lag
        while self._waiting:
            sequence, at = next(iter(self._waiting.items()))
            if now - at <= timeout:
                return
            del self._waiting[sequence]
            self._missed[sequence] = at
            self._misses += 1
            if len(self._missed) > _REMEMBERED:
                del self._missed[next(iter(self._missed))]

    def judge(self, now: float, lag: float = 0.0) -> Judgement:
        """Say what is believed now, and why; see `health`."""
        health = self.health(now, lag)
        return Judgement(
            health=health,
            level=max(self._level(now, lag), float(health is Health.DEAD)),
            misses=self._misses,
            max_misses=self._max_misses,
            last_good_at=self._last_good,
            timeout=self._estimator.timeout() + lag,
            at=now,
            refusal=self._last_bad,
        )

    @property
    def last_good_at(self) -> float | None:
        """When the last good answer came, monotonic seconds."""
        return self._last_good

    @property
    def due(self) -> float | None:
        """When a time-out passes next, by an observer that is not late.

        None: nothing changes until something is seen.
        """
        due = None
        if self._waiting:
            wait = self._estimator.timeout()
            if not self._estimator.learnt:
                wait = min(wait, _LONG)
            due = self._oldest() + wait
        if self._answer_by is not None:
            due = self._answer_by if due is None else min(due, self._answer_by)
        return due

    @property
    def learnt(self) -> bool:
        """Its time-out comes from answers, and is no guess any more."""
        return self._estimator.learnt

    def accuracy(self, now: float) -> qos.Accuracy:
        """Return how often it was wrong about the target so far."""
        return self._meter.accuracy(now)

    def _oldest(self) -> float:
        """Return when the oldest question was sent that is waited for."""
        return next(iter(self._waiting.values()))

    def _level(self, now: float, lag: float) -> float:
        part = 0.0
        if self._waiting:
            so_far = now - self._oldest() - lag
            # What is not missed yet is no whole miss.
            part = min(self._estimator.suspicion(so_far), _NEARLY)
        return (self._misses + part) / self._max_misses

    def _unsure(self, now: float) -> bool:
        """Say whether answers are missing that a guess still waits for.

        A time-out that was not learnt may be far too long: meanwhile the
        target is not dead, but it does not vouch for anybody either.
        """
        if self._estimator.learnt or not self._waiting:
            return False
        return len(self._waiting) > 1 or now - self._oldest() > _LONG
