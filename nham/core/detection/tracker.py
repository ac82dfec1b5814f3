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

#: Questions whose answers are still of interest; a missed one may be
#: answered late.
_OUTSTANDING = 64
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
        self._waiting: dict[int, float] = {}
        self._missed: set[int] = set()
        self._misses = 0
        self._last_good: float | None = None
        self._last_bad = ""
        self._answer_by: float | None = None
        self._meter = qos.Meter()

    def sent(self, sequence: int, at: float) -> None:
        """Take note of a question."""
        self._waiting[sequence] = at
        if len(self._waiting) > _OUTSTANDING:
            self._forget(next(iter(self._waiting)))

    def good(self, sequence: int, at: float, lag: float = 0.0) -> None:
        """Take note of a good answer.

        A late one is learnt from too: it was the time-out that was wrong.
        One to a question of before the restart says nothing, and neither
        does the first of all: it waited for a guest that was booting.

        :param lag: by how many seconds the observer itself was late; what
            may be late because of that alone is not learnt from.
        """
        if sequence not in self._waiting:
            return
        if self._last_good is None:
            sequence = max(self._waiting)
        else:
            self._learn(at - self._waiting[sequence], lag)
        self._last_good = at
        self._meter.answered(at)
        self._answer_by = None
        self._misses = 0
        self._last_bad = ""
        # What was asked before an answered question was lost or is late;
        # it says nothing about now.
        for older in [s for s in self._waiting if s <= sequence]:
            self._forget(older)

    def _learn(self, delay: float, lag: float) -> None:
        timeout = self._estimator.timeout()
        if not timeout < delay <= timeout + lag:
            self._estimator.observe(delay)

    def bad(self, sequence: int, at: float, detail: str) -> None:
        """Take note of a refusal or a wrong answer: a miss at once."""
        if sequence in self._waiting:
            self._misses += sequence not in self._missed
            self._last_bad = detail
            self._forget(sequence)

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
        for sequence in [s for s, at in self._waiting.items() if at > since]:
            self._misses -= sequence in self._missed
            self._forget(sequence)

    def judge(self, now: float, lag: float = 0.0) -> Judgement:
        """Say what is believed now.

        :param lag: by how many seconds the observer itself was late; all
            time-outs are raised by it.
        """
        timeout = self._estimator.timeout() + lag
        for sequence, at in self._waiting.items():
            if now - at > timeout and sequence not in self._missed:
                self._missed.add(sequence)
                self._misses += 1
        health = self._health(now)
        if health is Health.DEAD:
            self._meter.suspected(now)
        return Judgement(
            health=health,
            level=max(self._level(now, lag), float(health is Health.DEAD)),
            misses=self._misses,
            max_misses=self._max_misses,
            last_good_at=self._last_good,
            timeout=timeout,
            at=now,
            refusal=self._last_bad,
        )

    @property
    def due(self) -> float | None:
        """When a time-out passes next, by an observer that is not late.

        None: nothing changes until something is seen.
        """
        waited = self._waited_for()
        due = None
        if waited is not None:
            due = self._waiting[waited] + self._estimator.timeout()
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

    def _waited_for(self) -> int | None:
        """Return the oldest question that is neither answered nor missed."""
        if not self._waiting:
            return None
        return next((s for s in self._waiting if s not in self._missed), None)

    def _level(self, now: float, lag: float) -> float:
        waited, part = self._waited_for(), 0.0
        if waited is not None:
            so_far = now - self._waiting[waited] - lag
            # What is not missed yet is no whole miss.
            part = min(self._estimator.suspicion(so_far), _NEARLY)
        return (self._misses + part) / self._max_misses

    def _forget(self, sequence: int) -> None:
        del self._waiting[sequence]
        self._missed.discard(sequence)

    def _health(self, now: float) -> Health:
        if self._last_good is None:
            late = self._answer_by is not None and now > self._answer_by
            return Health.DEAD if late else Health.UNKNOWN
        if self._misses >= self._max_misses:
            return Health.DEAD
        if self._misses or self._unsure():
            return Health.SLOW
        return Health.OK

    def _unsure(self) -> bool:
        """Say whether answers are missing that a guess still waits for.

        A time-out that was not learnt may be far too long: meanwhile the
        target is not dead, but it does not vouch for anybody either.
        """
        return not self._estimator.learnt and len(self._waiting) > 1
