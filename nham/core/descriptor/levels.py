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

"""The service availability levels, and how soon a policy detects a fault.

Source: OPNFV, scenario analysis for high availability, table 2, after ETSI
GS NFV-REL 001: for each level how soon a failure is to be detected and the
service recovered.
"""

from __future__ import annotations

import dataclasses

from nham.core.descriptor import durations
from nham.core.descriptor import model


@dataclasses.dataclass(frozen=True)
class Level:
    """One service availability level; times in seconds.

    :ivar number: 1 is the highest.
    :ivar detect: a failure is detected sooner than this.
    :ivar low: the service is recovered after so long, if all goes well.
    :ivar high: and after so long at the latest.
    """

    number: int
    detect: float
    low: float
    high: float


LEVELS = (
    Level(1, 1.0, 5.0, 6.0),
    Level(2, 5.0, 10.0, 15.0),
    Level(3, 10.0, 20.0, 25.0),
)
BY_NUMBER = {level.number: level for level in LEVELS}


def detection_seconds(detection: model.Detection) -> float:
    """Return how long it takes to suspect a member that answered in time.

    At worst: it fails just after it answered, is asked the next time after
    `poll_interval` and after a miss twice as often, and the last answer is
    waited for. The time-out is the shortest; it is longer for a member that
    answers slowly, and `initial_timeout` until its first answers came.
    """
    misses = detection.max_misses
    hasty = (misses - 1) * detection.poll_interval / 2
    waits = min(misses, 2) * detection.min_timeout
    return detection.poll_interval + hasty + waits


def detection_sum(detection: model.Detection) -> str:
    """Return the sum of `detection_seconds`, written out."""
    poll = durations.render(detection.poll_interval)
    timeout = durations.render(detection.min_timeout)
    misses = detection.max_misses
    terms = [f"poll_interval {poll}"]
    if misses > 1:
        terms.append(f"{misses - 1} more misses x {poll} / 2")
        terms.append(f"2 x min_timeout {timeout}")
    else:
        terms.append(f"min_timeout {timeout}")
    return f"{' + '.join(terms)} = {detection_seconds(detection):.3g} s"
