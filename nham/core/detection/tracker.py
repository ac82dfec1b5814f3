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
"""

from __future__ import annotations

import dataclasses
import enum

from nham.core.detection import estimators

#: Questions whose answers are still of interest; a missed one may be
#: answered late.
_OUTSTANDING = 64


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is believed of a target, and why.

    :ivar level: missed answers in a row by the number that makes a
        suspicion: 1.0 and above is a suspicion (an accrual output).
    :ivar last_good_at: when the last good answer came, monotonic seconds.
    :ivar timeout: the time-out in force, seconds.
    """

    health: Health
    level: float
    misses: int
    last_good_at: float | None
    timeout: float
    evidence: str


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

    def sent(self, sequence: int, at: float) -> None:
        """Take note of a question."""
        self._waiting[sequence] = at
        if len(self._waiting) > _OUTSTANDING:
            self._forget(next(iter(self._waiting)))

    def good(self, sequence: int, at: float) -> None:
        """Take note of a good answer.

        A late one is learnt from too: it was the time-out that was wrong.
        One to a question of before the restart says nothing, and neither
        does the first of all: it waited for a guest that was booting.
        """
        if sequence not in self._waiting:
            return
        if self._last_good is None:
            sequence = max(self._waiting)
        else:
            self._estimator.observe(at - self._waiting[sequence])
        self._last_good = at
        self._answer_by = None
        self._misses = 0
        self._last_bad = ""
        # What was asked before an answered question was lost or is late;
        # it says nothing about now.
        for older in [s for s in self._waiting if s <= sequence]:
            self._forget(older)

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
        self._last_good = None
        self._last_bad = ""
        self._answer_by = answer_by

    def retune(self, estimator: estimators.Estimator, max_misses: int) -> None:
        """Judge by other limits from now on, on what was seen so far."""
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
        overdue = {s for s, at in self._waiting.items() if now - at > timeout}
        self._misses += len(overdue - self._missed)
        self._missed |= overdue
        return Judgement(
            health=self._health(now),
            level=self._misses / self._max_misses,
            misses=self._misses,
            last_good_at=self._last_good,
            timeout=timeout,
            evidence=self._evidence(now, timeout),
        )

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

    def _evidence(self, now: float, timeout: float) -> str:
        if self._last_good is None:
            return "no answer yet"
        text = (
            f"{self._misses} of {self._max_misses} answers missed, "
            f"time-out {timeout * 1000:.0f} ms, last good answer "
            f"{now - self._last_good:.2f} s ago"
        )
        return f"{text}, {self._last_bad}" if self._last_bad else text
