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

"""NFD-E: the mean delay and a constant margin.

Source: W. Chen, S. Toueg, M. Aguilera, "On the quality of service of
failure detectors", IEEE Transactions on Computers 51(5), 2002, section 6.3:
the next arrival is expected at the mean of the last ones, each shifted by
the times of sending, and is waited for a constant longer. With the times of
sending known, that is the mean of the delays.
"""

from __future__ import annotations

from nham.core.detection.estimators import base


class Chen(base.Adaptive):
    """The mean of the delays and the margin, in seconds.

    The margin does not follow the network: it has to be known before.
    """

    MARGIN = 0.1

    def _bound(self) -> float:
        return self._window.mean + self._margin
