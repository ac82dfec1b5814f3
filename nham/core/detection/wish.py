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

"""From what an operator wishes to how a member is asked.

The wish is two of Chen's figures: how soon a failure is to be suspected
(T_D), and how rare false suspicions are to be (T_MR). The procedure is that
of W. Chen, S. Toueg, M. Aguilera, "On the quality of service of failure
detectors" (2002), section 5, for misses in a row: among the settings that
meet both, the one that asks least often.

With an interval i, m misses and a time-out t, of which the watch knows
after t' = t + `GRAIN`, a member that dies is suspected at the latest after ::

    i * (m + 1) / 2 + t'  or  i * m / 2 + 2 * t',  whichever is longer,

because after the first miss it is asked twice as often; where t' is not
below i there is no haste, and it is m * i + t'. False suspicions are further
apart than ::

    i / q ** m

where q is the chance that an answer counts as missed: each run of misses
begins with a question that was asked at leisure. `MISS` is what is assumed
of q before anything was measured. All times are seconds.
"""

from __future__ import annotations

import dataclasses

#: By how much the interval shrinks once an answer was missed.
HASTE = 0.5
#: How often the watch looks: a time-out that has passed is seen by then.
GRAIN = 0.05
#: An answer in twenty is lost, and by Cantelli's inequality one in 26 of
#: the others comes later than five deviations after the mean.
MISS = 0.05 + 0.95 / 26
#: The shortest interval, and the most misses, that a policy may have.
SHORTEST = 0.05
MOST = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pace:
    """How a member is asked.

    :ivar interval: between two questions at leisure.
    :ivar misses: missed answers in a row that make a suspicion.
    :ivar timeout: an answer is never waited for longer.
    """

    interval: float
    misses: int
    timeout: float

    @property
    def detection_time(self) -> float:
        """T_D: a failure is suspected by then."""
        return detection_time(self.interval, self.misses, self.timeout)

    def recurrence(self, miss: float = MISS) -> float:
        """T_MR: false suspicions are further apart than this, on average.

        :param miss: the chance that an answer counts as missed.
        """
        return float(self.interval / max(miss, 1e-9) ** self.misses)

    def sum(self) -> str:
        """Return how its detection time comes about, in words."""
        return (
            f"{self.misses} misses at an interval of {_ms(self.interval)} "
            f"and a time-out of {_ms(self.timeout)}, seen "
            f"within {_ms(GRAIN)}, take {_ms(self.detection_time)}"
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wish:
    """What an operator wishes, and what he has fixed himself.

    :ivar detection_time: T_D, None if it does not matter.
    :ivar recurrence: T_MR, None if it does not matter.
    :ivar interval: None: to be chosen; so with `misses` and `timeout`.
    :ivar least: the time-out is never chosen below this.
    """

    detection_time: float | None = None
    recurrence: float | None = None
    interval: float | None = None
    misses: int | None = None
    timeout: float | None = None
    least: float = 0.1


def detection_time(interval: float, misses: int, timeout: float) -> float:
    """Return T_D: after how long a failure is suspected at the latest."""
    known = timeout + GRAIN
    plain = misses * interval + known
    if known >= interval:
        return plain
    hasty = max(
        interval + (misses - 1) * interval * HASTE + known,
        interval + (misses - 2) * interval * HASTE + 2 * known,
    )
    return min(plain, hasty)


def choose(wish: Wish, usual: Pace) -> Pace:
    """Return the pace that meets a wish and asks least often.

    :param usual: what is taken where neither the wish nor the operator
        says anything.
    :raises ValueError: there is none; the text is the sum.
    """
    if wish.misses is not None:
        counts: range | tuple[int, ...] = (wish.misses,)
    elif wish.recurrence is None:
        counts = (usual.misses,)
    else:
        counts = range(1, MOST + 1)
    refused = ""
    for misses in counts:
        pace = _pace(wish, usual, misses)
        late = _too_late(wish, pace)
        if not late and not _too_often(wish, pace):
            return pace
        refused = late or _too_often(wish, pace)
        if late:
            # More misses only take longer.
            break
    raise ValueError(refused)


def _pace(wish: Wish, usual: Pace, misses: int) -> Pace:
    """Return the slowest pace with so many misses that is in time.

    Waiting for half an interval costs no more than asking in haste does,
    so that is how long an answer is waited for unless something speaks
    against it.
    """
    interval, timeout = wish.interval, wish.timeout
    time = wish.detection_time
    if time is None:
        return Pace(
            interval=interval or usual.interval,
            misses=misses,
            timeout=timeout or usual.timeout,
        )
    even = interval or time / ((misses + 2) * HASTE)
    if timeout is None:
        timeout = max(even * HASTE - GRAIN, wish.least)
    if interval is None:
        interval = max(_longest(time, misses, timeout), SHORTEST)
    return Pace(interval=interval, misses=misses, timeout=timeout)


def _longest(time: float, misses: int, timeout: float) -> float:
    """Return the longest interval that is in time with a time-out."""
    known = timeout + GRAIN
    plain = (time - known) / misses
    hasty = min(
        (time - known) / (1 + (misses - 1) * HASTE),
        (time - 2 * known) / (1 + (misses - 2) * HASTE),
    )
    return max(plain, hasty) if hasty > known else plain


def _too_late(wish: Wish, pace: Pace) -> str:
    time = wish.detection_time
    if time is None or pace.detection_time <= time * (1 + 1e-9):
        return ""
    return f"{pace.sum()}, which is more than {_ms(time)}"


def _too_often(wish: Wish, pace: Pace) -> str:
    apart = wish.recurrence
    if apart is None or pace.recurrence() >= apart:
        return ""
    return (
        f"{pace.misses} misses in a row at an interval of "
        f"{_ms(pace.interval)} come each {pace.recurrence():.3g} s where "
        f"{MISS:.1%} of the answers are late or lost, which is less than "
        f"{apart:g} s"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"
