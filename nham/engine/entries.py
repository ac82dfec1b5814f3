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

"""What is believed of one target, and how well that is known."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import functools

from nham.adapters.probes import base as probes
from nham.core import descriptor
from nham.core import facts
from nham.core.detection import estimators
from nham.core.detection import qos
from nham.core.detection import tracker as detection_
from nham.core.detection import wish

Health = facts.Health
#: Makes what learns the time-outs of whom nobody knows yet.
MakeEstimator = Callable[[descriptor.Detection], estimators.Estimator]


@dataclasses.dataclass(eq=False, slots=True)
class Entry:
    """A target with what is believed of it.

    :ivar health: what was believed when it was judged last; None: it was
        not, so far.
    :ivar last_good_at: its last good answer by then, monotonic seconds.
    :ivar moment: when that was, and how late the observer was then.
    :ivar look_at: when it is to be judged though nothing was seen of it;
        None: never.
    """

    target: probes.Target
    tracker: detection_.Tracker
    detection: descriptor.Detection
    subject: str
    icmp: bool
    health: Health | None = None
    last_good_at: float | None = None
    moment: tuple[float, float] = (0.0, 0.0)
    look_at: float | None = None

    @property
    def evidence(self) -> str:
        """Why that is believed, in words."""
        words = self.tracker.judge(*self.moment).evidence
        return f"{self.target.kind} {self.target.address}: {words}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quality:
    """How well one probe detects; times are seconds.

    :ivar probe: what is asked, and where.
    :ivar level: the suspicion, from 1.0 on it is one; see ``Judgement``.
    :ivar timeout: the time-out in force.
    :ivar learnt: it comes from answers, and is no guess any more.
    :ivar detection_time: T_D by the pace and the time-out in force.
    :ivar accuracy: what was wrong since this engine watches.
    """

    probe: str
    estimator: str
    level: float
    timeout: float
    learnt: bool
    detection_time: float
    accuracy: qos.Accuracy


def estimate(
    drivers: Mapping[str, type[estimators.Estimator]],
    detection: descriptor.Detection,
) -> estimators.Estimator:
    """Make the estimator that a policy asks for, of these drivers."""
    return drivers[detection.estimator](
        detection.initial_timeout,
        detection.min_timeout,
        detection.max_timeout,
    )


#: Those that come with NHAM.
BUILT_IN = functools.partial(estimate, estimators.BUILT_IN)


def quality(entry: Entry, now: float, lag: float) -> Quality:
    """Return how well a target's failures are detected."""
    judged = entry.tracker.judge(now, lag)
    return Quality(
        probe=f"{entry.target.kind} {entry.target.address}",
        estimator=entry.detection.estimator,
        level=judged.level,
        timeout=judged.timeout,
        learnt=entry.tracker.learnt,
        detection_time=wish.detection_time(
            entry.detection.poll_interval, judged.max_misses, judged.timeout
        ),
        accuracy=entry.tracker.accuracy(now),
    )


_ORDER = (Health.DEAD, Health.SLOW, Health.OK)


def worst(entries: Iterable[Entry]) -> Health:
    """Return the worst that is believed of some targets."""
    healths = {entry.health for entry in entries}
    return next((h for h in _ORDER if h in healths), Health.UNKNOWN)
