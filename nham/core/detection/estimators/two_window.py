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

"""The default: the larger of what a short and a long window expect.

Source: A. Tomsic et al., "2W-FD: a failure detector algorithm with QoS",
IPDPS 2015: the short window follows a sudden change, the long one remembers
rare delays, the larger estimate counts. The margin is ours: deviations of
each window instead of a constant, so that no operator has to know the
network before.
"""

from __future__ import annotations

import math

from nham.core.detection.estimators import base
from nham.core.detection.estimators import window


class TwoWindow(base.Adaptive):
    """The mean and some standard deviations, of whichever window has more.

    The margin is the number of deviations. By Cantelli's inequality at most
    1 in 1 + margin^2 answers of any distribution that lasts is later than
    that: 1 in 26 of the default's. Several in a row make a suspicion.
    """

    MARGIN = 5.0
    #: Long enough to see that the network changed, short enough to follow.
    SHORT = 10

    def __init__(
        self,
        initial: float,
        minimum: float = 0.0,
        maximum: float = math.inf,
        margin: float | None = None,
    ) -> None:
        super().__init__(initial, minimum, maximum, margin)
        self._short = window.Window(self.SHORT)

    def _learn(self, delay: float) -> None:
        self._short.add(delay)

    def _bound(self) -> float:
        return max(
            one.mean + self._margin * one.deviation
            for one in (self._short, self._window)
        )
