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

"""The accrual detector: how unlikely it is that an answer is still to come.

Source: N. Hayashibara, X. Defago, R. Yared, T. Katayama, "The phi accrual
failure detector", SRDS 2004: phi is minus the decimal logarithm of the
probability that a delay is longer than the wait, of a normal distribution
with the mean and the deviation of the last delays.
"""

from __future__ import annotations

import math
import statistics

from nham.core.detection.estimators import base

#: From so many deviations on the tail's leading terms are exact to 1 %.
_FAR = 10.0


class Phi(base.Adaptive):
    """The wait at which phi reaches the margin.

    The margin is the threshold of phi: 8 stands for one mistake in 10^8
    answers, if delays were normal, which those of a network are not.
    """

    MARGIN = 8.0
    #: Seconds; clocks and schedulers alone make that much, and a network
    #: that is steadier than that would never forgive.
    LEAST_DEVIATION = 0.001

    def __init__(
        self,
        initial: float,
        minimum: float = 0.0,
        maximum: float = math.inf,
        margin: float | None = None,
    ) -> None:
        super().__init__(initial, minimum, maximum, margin)
        late = math.pow(10.0, -self._margin)
        self._deviations = -statistics.NormalDist().inv_cdf(late)

    def _bound(self) -> float:
        return self._window.mean + self._deviations * self._deviation

    @property
    def _deviation(self) -> float:
        return max(self._window.deviation, self.LEAST_DEVIATION)

    def suspicion(self, waited: float) -> float:
        """See base class; here it is phi, by phi at the time-out."""
        timeout = self.timeout()
        if waited >= timeout or not self.learnt:
            return super().suspicion(waited)
        most = self.phi(timeout)
        return self.phi(max(waited, 0.0)) / most if most > 0 else 0.0

    def phi(self, waited: float) -> float:
        """Return phi of a wait; there must have been a delay."""
        mean = self._window.mean
        return minus_log_tail((waited - mean) / self._deviation)


def minus_log_tail(x: float) -> float:
    """Return -log10 of the chance that a normal deviate is above x.

    The chance itself is 0.0 to a float from 38 deviations on, and 1.0 from
    8 below the mean; the logarithm is neither.
    """
    if x < 0:
        below = 0.5 * math.erfc(-x / math.sqrt(2))
        return -math.log1p(-below) / math.log(10)
    if x < _FAR:
        return -math.log10(0.5 * math.erfc(x / math.sqrt(2)))
    tail = 0.5 * x * x / math.log(10) + math.log10(x * math.sqrt(2 * math.pi))
    return tail - math.log10(1 - 1 / (x * x))
