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

"""Estimators: how long to wait for an answer before it counts as missed.

Source: W. Chen, S. Toueg, M. Aguilera, "On the quality of service of
failure detectors" (the estimate from past arrivals); A. Tomsic et al.,
"2W-FD" (two windows: the short one follows a sudden change, the long one
remembers rare delays; the larger estimate counts); M. Bertier et al. (a
margin that follows the observed deviation). All times are seconds.
"""

from __future__ import annotations

import abc
import collections


class Estimator(abc.ABC):
    """Learns from answers and says how long the next one may take."""

    @abc.abstractmethod
    def observe(self, delay: float) -> None:
        """Take note that an answer came after this delay."""

    @abc.abstractmethod
    def timeout(self) -> float:
        """Return after which delay an answer counts as missed."""

    @property
    def learnt(self) -> bool:
        """The time-out comes from answers that were seen, if any ever do."""
        return True


class Fixed(Estimator):
    """Always the same time-out: the baseline others are measured by."""

    def __init__(self, value: float) -> None:
        self._value = value

    def observe(self, delay: float) -> None:
        """See base class; a fixed time-out learns nothing."""

    def timeout(self) -> float:
        """See base class."""
        return self._value


class _Window:
    """Mean and mean deviation of the last ``size`` delays, in O(1)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._delays: collections.deque[float] = collections.deque()
        self._sum = 0.0
        self._squares = 0.0

    def add(self, delay: float) -> None:
        self._delays.append(delay)
        self._sum += delay
        self._squares += delay * delay
        if len(self._delays) > self._size:
            old = self._delays.popleft()
            self._sum -= old
            self._squares -= old * old

    @property
    def count(self) -> int:
        return len(self._delays)

    def bound(self, factor: float) -> float:
        """Return the mean plus ``factor`` standard deviations."""
        mean = self._sum / len(self._delays)
        # Rounding may leave a tiny negative number.
        variance = max(self._squares / len(self._delays) - mean * mean, 0.0)
        return float(mean + factor * variance**0.5)


class TwoWindow(Estimator):
    """Adaptive time-out from a short and a long window of delays.

    :param initial: time-out until ``warm_up`` answers were seen.
    :param minimum: never less than this.
    :param maximum: never more than this.
    """

    #: Long enough to see that the network changed, short enough to follow.
    SHORT = 10
    #: About four minutes at a probe interval of 250 ms.
    LONG = 1000
    #: Answers before the estimate is trusted.
    WARM_UP = 10
    #: By Cantelli's inequality at most 1 in 26 answers of any
    #: distribution is later than that; several in a row make a suspicion.
    DEVIATIONS = 5.0

    def __init__(self, initial: float, minimum: float, maximum: float) -> None:
        self._initial = initial
        self._minimum = minimum
        self._maximum = maximum
        self._short = _Window(self.SHORT)
        self._long = _Window(self.LONG)

    def observe(self, delay: float) -> None:
        """See base class."""
        self._short.add(delay)
        self._long.add(delay)

    @property
    def learnt(self) -> bool:
        """See base class."""
        return self._long.count >= self.WARM_UP

    def timeout(self) -> float:
        """See base class."""
        if not self.learnt:
            return self._initial
        bound = max(
            self._short.bound(self.DEVIATIONS),
            self._long.bound(self.DEVIATIONS),
        )
        return min(max(bound, self._minimum), self._maximum)
