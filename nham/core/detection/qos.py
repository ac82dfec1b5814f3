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

"""The quality of a failure detector, from what it said and how it ended.

Source: W. Chen, S. Toueg, M. Aguilera, "On the quality of service of
failure detectors", IEEE Transactions on Computers 51(5), 2002, section 2:

=====  ===================================================================
T_D    detection time: from a failure to the suspicion that stays
T_MR   mistake recurrence time: from one false suspicion to the next
T_M    mistake duration: from a false suspicion to the end of it
P_A    query accuracy: the share of good time in which nobody is suspected
=====  ===================================================================

All times are seconds.
"""

from __future__ import annotations

import dataclasses
import math


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How often and for how long a detector was wrong about a target.

    :ivar observed: time in which the target was up, as far as is known.
    :ivar mistakes: suspicions that an answer ended, without a restart.
    :ivar mistaken: time that they took together.
    """

    observed: float = 0.0
    mistakes: int = 0
    mistaken: float = 0.0

    @property
    def mistake_recurrence(self) -> float:
        """The mean of T_MR; endless if there was no mistake."""
        if not self.mistakes:
            return math.inf
        return self.observed / self.mistakes

    @property
    def mistake_duration(self) -> float:
        """The mean of T_M; zero if there was no mistake."""
        return self.mistaken / self.mistakes if self.mistakes else 0.0

    @property
    def accuracy(self) -> float:
        """P_A, by the paper's theorem 1: 1 - E(T_M) / E(T_MR)."""
        if not self.observed:
            return 1.0
        return max(1.0 - self.mistaken / self.observed, 0.0)


class Meter:
    """Counts one target's false suspicions.

    A suspicion was false if an answer ended it. Where the target was
    started anew, or an application came back by itself, nobody can tell
    afterwards: the first is left out, the second counts as a mistake, so
    that the count is never too good.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._suspected: float | None = None
        self._sum = Accuracy()

    def answered(self, at: float) -> None:
        """Take note that the target is up; it ends a suspicion."""
        if self._since is None:
            self._since = at
        if self._suspected is not None:
            self._sum = dataclasses.replace(
                self._sum,
                mistakes=self._sum.mistakes + 1,
                mistaken=self._sum.mistaken + max(at - self._suspected, 0.0),
            )
            self._suspected = None

    def suspected(self, at: float) -> None:
        """Take note of a suspicion, which may prove true or false."""
        if self._suspected is None and self._since is not None:
            self._suspected = at

    def restarted(self) -> None:
        """Take note that the target is started anew, so it was down."""
        until = self._suspected
        if self._since is not None and until is not None:
            self._sum = dataclasses.replace(
                self._sum,
                observed=self._sum.observed + max(until - self._since, 0.0),
            )
            self._since = None
        self._suspected = None

    def accuracy(self, now: float) -> Accuracy:
        """Return what was counted; what is suspected now is left out."""
        if self._since is None:
            return self._sum
        until = now if self._suspected is None else self._suspected
        return dataclasses.replace(
            self._sum,
            observed=self._sum.observed + max(until - self._since, 0.0),
        )
