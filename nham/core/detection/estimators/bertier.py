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

"""Bertier's estimator: the mean delay, and a margin that follows the error.

Source: M. Bertier, O. Marin, P. Sens, "Implementation and performance
evaluation of an adaptable failure detector", DSN 2002: Chen's estimate with
the margin that V. Jacobson gave TCP's retransmission time-out.
"""

from __future__ import annotations

import math

from nham.core.detection.estimators import base


class Bertier(base.Adaptive):
    """The mean of the delays, their smoothed error and its deviations.

    The margin is the number of mean deviations of the error (phi in the
    paper). It follows within tens of delays and forgets as fast: quick to
    detect, and the first to be mistaken.
    """

    MARGIN = 4.0
    #: Weight of the newest error (gamma in the paper).
    GAIN = 0.1

    def __init__(
        self,
        initial: float,
        minimum: float = 0.0,
        maximum: float = math.inf,
        margin: float | None = None,
    ) -> None:
        super().__init__(initial, minimum, maximum, margin)
        self._expected: float | None = None
        self._error = 0.0
        self._deviation = 0.0

    def _learn(self, delay: float) -> None:
        if self._expected is not None:
            missed = delay - self._expected - self._error
            self._error += self.GAIN * missed
            self._deviation += self.GAIN * (abs(missed) - self._deviation)
        self._expected = self._window.mean

    def _bound(self) -> float:
        margin = self._error + self._margin * self._deviation
        return self._window.mean + margin
