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

"""The last delays of one target, with their mean and deviation."""

from __future__ import annotations

import array
import math


class Window:
    """Mean and standard deviation of the last ``size`` delays, in O(1).

    It takes eight bytes for each delay that it holds, and no more than it
    has seen: an engine has thousands of them.

    :param size: how many delays are remembered.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._delays = array.array("d")
        self._next = 0
        self._sum = 0.0
        self._squares = 0.0

    def add(self, delay: float) -> None:
        """Remember a delay in seconds, in place of the oldest."""
        old = 0.0
        if len(self._delays) < self._size:
            self._delays.append(delay)
        else:
            old = self._delays[self._next]
            self._delays[self._next] = delay
        self._next += 1
        self._sum += delay - old
        self._squares += delay * delay - old * old
        if self._next == self._size:
            self._next = 0
            self._sum_anew()

    def _sum_anew(self) -> None:
        """Forget the rounding errors of one round through the window.

        A delay that was very long would leave more of them behind than the
        squares of the short ones are together.
        """
        self._sum = math.fsum(self._delays)
        self._squares = math.fsum(delay * delay for delay in self._delays)

    @property
    def delays(self) -> tuple[float, ...]:
        """What it remembers, oldest first."""
        if len(self._delays) < self._size:
            return tuple(self._delays)
        return (*self._delays[self._next :], *self._delays[: self._next])

    @property
    def count(self) -> int:
        """How many delays it holds."""
        return len(self._delays)

    @property
    def mean(self) -> float:
        """Their mean in seconds; there must be one at least."""
        return self._sum / len(self._delays)

    @property
    def deviation(self) -> float:
        """Their standard deviation in seconds."""
        mean = self.mean
        # Rounding may leave a tiny negative number.
        variance = max(self._squares / len(self._delays) - mean * mean, 0.0)
        return math.sqrt(variance)
