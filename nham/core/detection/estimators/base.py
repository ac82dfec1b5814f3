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

"""What every estimator does: learn delays, bound the next, say how sure.

A delay is what the caller measures: the time from a question to its answer
where NHAM asks, the time between two heartbeats where it is told. Either
way the time-out counts from the same moment as the delay. All times are
seconds.
"""

from __future__ import annotations

import abc
import math
from typing import ClassVar

from nham.core.detection.estimators import window


class Estimator(abc.ABC):
    """Learns from delays and says how long the next one may be.

    :param initial: time-out until enough delays were seen.
    :param minimum: never less than this.
    :param maximum: never more than this.
    :param margin: how careful it is, in the unit that the driver names;
        None: as careful as `MARGIN`. More of it makes fewer mistakes and
        later detections.
    """

    #: How careful it is if nobody says otherwise.
    MARGIN: ClassVar[float] = 0.0

    def __init__(
        self,
        initial: float,
        minimum: float = 0.0,
        maximum: float = math.inf,
        margin: float | None = None,
    ) -> None:
        self._initial = initial
        self._minimum = minimum
        self._maximum = maximum
        self._margin = self.MARGIN if margin is None else margin
        self._least = min(initial, minimum)

    @abc.abstractmethod
    def observe(self, delay: float) -> None:
        """Take note of a delay; one below zero is a clock's, and is zero."""

    @abc.abstractmethod
    def timeout(self) -> float:
        """Return after which delay an answer counts as missed."""

    def in_time(self, delay: float) -> bool:
        """Say whether an answer after this delay is not missed."""
        # Most come so soon that the time-out need not be worked out.
        return delay <= self._least or delay <= self.timeout()

    @property
    def learnt(self) -> bool:
        """The time-out comes from delays that were seen, if any ever do."""
        return True

    @property
    def remembered(self) -> tuple[float, ...]:
        """The delays that the time-out comes from, oldest first."""
        return ()

    def suspicion(self, waited: float) -> float:
        """Say how far waiting for so long goes to a missed answer.

        :returns: 0.0 at once, 1.0 from the time-out on, and never less for
            a longer wait. What lies between is the driver's own measure.
        """
        timeout = self.timeout()
        waited = max(waited, 0.0)
        return 1.0 if waited >= timeout else waited / timeout


class Adaptive(Estimator):
    """An estimator whose time-out comes from the delays that it saw."""

    #: Delays before the estimate is trusted.
    WARM_UP: ClassVar[int] = 10
    #: Delays that are remembered: about four minutes of questions that
    #: come every 250 ms.
    SIZE: ClassVar[int] = 1000

    def __init__(
        self,
        initial: float,
        minimum: float = 0.0,
        maximum: float = math.inf,
        margin: float | None = None,
    ) -> None:
        super().__init__(initial, minimum, maximum, margin)
        self._window = window.Window(self.SIZE)
        self._timeout: float | None = None

    def observe(self, delay: float) -> None:
        """See base class."""
        delay = max(delay, 0.0)
        self._window.add(delay)
        self._learn(delay)
        self._timeout = None

    def _learn(self, delay: float) -> None:
        """Learn from a delay that the window has taken in already."""

    @abc.abstractmethod
    def _bound(self) -> float:
        """Return the time-out before it is held within its limits."""

    def timeout(self) -> float:
        """See base class."""
        if self._timeout is None:
            # It is asked for more often than there is something to learn.
            self._timeout = self._initial
            if self.learnt:
                bound = max(self._bound(), self._minimum)
                self._timeout = min(bound, self._maximum)
        return self._timeout

    @property
    def learnt(self) -> bool:
        """See base class."""
        return self._window.count >= self.WARM_UP

    @property
    def remembered(self) -> tuple[float, ...]:
        """See base class."""
        return self._window.delays
