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

"""Virtual time: it moves only when somebody waits.

Source: the usual event queue of discrete event simulation. Two runs with
the same calls give the same times, and an hour costs milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
import heapq
import itertools

from nham.adapters import clock

EPOCH = 1_700_000_000.0
"""Where each virtual wall clock starts, seconds since the epoch."""


class VirtualClock(clock.Clock):
    """A clock with a queue of things that happen later.

    It is not thread-safe: one thread drives a simulated world.
    """

    def __init__(self, start: float = EPOCH) -> None:
        self._start = start
        self._elapsed = 0.0
        self._jumped = 0.0
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """See base class."""
        return self._start + self._elapsed + self._jumped

    def monotonic(self) -> float:
        """See base class."""
        return self._elapsed

    def sleep(self, seconds: float) -> None:
        """See base class."""
        self.advance(seconds)

    def jump(self, seconds: float) -> None:
        """Set the wall clock only, as an operator or NTP may."""
        self._jumped += seconds

    def call_at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen at that monotonic moment.

        A moment that has passed counts as now; what is due at the same
        moment happens in the order of these calls.
        """
        due = max(when, self._elapsed)
        heapq.heappush(self._queue, (due, next(self._order), what))

    def call_in(self, seconds: float, what: Callable[[], None]) -> None:
        """Let something happen after so many seconds."""
        self.call_at(self._elapsed + seconds, what)

    def advance(self, seconds: float) -> None:
        """Let that much time pass, with all that is due in it.

        What happens may itself wait: time then goes on inside it.
        """
        end = self._elapsed + max(seconds, 0.0)
        while self._queue and self._queue[0][0] <= end:
            due, _order, what = heapq.heappop(self._queue)
            self._elapsed = max(self._elapsed, due)
            what()
        self._elapsed = max(self._elapsed, end)
