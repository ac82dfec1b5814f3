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

"""The heartbeats of one host, judged as answers that nobody asks for.

A heartbeat is taken as the answer to a question of when the one before it
came; so the delays that are learnt are those between arrivals, and one
tracker and one set of estimators serve probes and heartbeats alike. Each
further interval without one is one more question without an answer.

Source: W. Chen, S. Toueg, M. Aguilera, "On the quality of service of
failure detectors"; see ``nham.core.detection.estimators``.
"""

from __future__ import annotations

import math

from nham.core.detection import estimators
from nham.core.detection import tracker


class Pulse:
    """What is believed of a host by its agent's heartbeats.

    :param interval: seconds between two heartbeats.
    :param misses: of them in a row that make a suspicion.
    """

    #: Intervals that are waited for at least, and at most, whatever was
    #: learnt: a scheduler's hiccup is no fault, and a bad hour no excuse.
    LEAST = 1.5
    MOST = 20.0

    def __init__(self, interval: float, misses: int) -> None:
        self._interval = interval
        estimator = estimators.TwoWindow(
            initial=5 * interval,
            minimum=self.LEAST * interval,
            maximum=self.MOST * interval,
        )
        self._tracker = tracker.Tracker(estimator, misses)
        self._misses = misses
        self._alone = False
        self._asked = 0
        self._first = 0
        self._last: float | None = None
        self._next = 0.0
        self._restarted = False

    def restart(self) -> None:
        """Take note that its agent has begun a new life.

        What lies between the two lives is an outage, however short.
        """
        self._restarted = True

    def beat(self, at: float) -> None:
        """Take note of a heartbeat.

        What took longer than is ever waited for was an outage. It tells
        nothing of how late heartbeats are, so it is not learnt from: else
        the next outage would be seen late. And one heartbeat alone after a
        silence that made a suspicion does not prove that its host lives now,
        nor do several that come at once: they may have been held back.

        :param at: when it came, monotonic seconds of the observer.
        """
        if self._last is None:
            self._first = self._ask(at)
            late = 0.0
        else:
            # Those after the first only counted what was missing.
            self._tracker.forgive(self._last)
            late = at - self._last
        least = self._interval / 2
        self._alone = late > self._misses * self._interval or (
            self._alone and late < least
        )
        outage = self._restarted or late > self.MOST * self._interval
        self._restarted = False
        self._tracker.good(self._first, at, math.inf if outage else 0.0)
        self._last = at
        self._first = self._ask(at)
        self._next = at + self._interval

    def judge(self, now: float, lag: float) -> tracker.Judgement:
        """Say what is believed.

        :param now: until when it is known that nothing came; not later.
        :param lag: see ``Tracker.judge``.
        """
        # After a long silence nothing is learnt from each of its parts.
        self._next = max(self._next, now - 2 * self.MOST * self._interval)
        while self._last is not None and self._next <= now:
            self._ask(self._next)
            self._next += self._interval
        found = self._tracker.judge(now, lag)
        if self._alone and found.health is tracker.Health.OK:
            # It may have been on its way for as long; the next one tells.
            return found._replace(health=tracker.Health.SLOW)
        return found

    def _ask(self, at: float) -> int:
        self._asked += 1
        self._tracker.sent(self._asked, at)
        return self._asked
