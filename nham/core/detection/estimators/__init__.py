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

Each is a driver of the namespace ``nham.detectors``, by the words of
``detection.estimator``; ``BUILT_IN`` are those that come with NHAM. What
they are worth beside each other is measured by ``benchmarks.detectors``.
"""

from __future__ import annotations

from collections.abc import Mapping

from nham.core.detection.estimators.base import Adaptive
from nham.core.detection.estimators.base import Estimator
from nham.core.detection.estimators.bertier import Bertier
from nham.core.detection.estimators.chen import Chen
from nham.core.detection.estimators.fixed import Fixed
from nham.core.detection.estimators.phi import Phi
from nham.core.detection.estimators.two_window import TwoWindow

#: The estimators by the words of ``detection.estimator``.
BUILT_IN: Mapping[str, type[Estimator]] = {
    "fixed": Fixed,
    "chen": Chen,
    "bertier": Bertier,
    "two_window": TwoWindow,
    "phi": Phi,
}

__all__ = [
    "BUILT_IN",
    "Adaptive",
    "Bertier",
    "Chen",
    "Estimator",
    "Fixed",
    "Phi",
    "TwoWindow",
]
