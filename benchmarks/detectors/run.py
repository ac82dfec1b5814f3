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

"""Plays every trace to every estimator, at every margin.

One missed answer is a suspicion here, so that what is measured is the
estimator alone; in a policy several in a row are asked for, which makes
mistakes of all of them much rarer.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from nham.core.detection import estimators
from nham.core.detection import replay
from nham.core.detection import traces

INTERVAL = 0.25
DEFAULT = "two_window"
#: T_MR, in seconds, at which the estimators are compared.
TARGETS = (10.0, 30.0, 100.0, 300.0)
#: By so much two T_D may differ and count as the same.
SAME = 0.02


def _spaced(low: float, high: float, count: int = 12) -> tuple[float, ...]:
    ratio = (high / low) ** (1.0 / (count - 1))
    return tuple(low * ratio**number for number in range(count))


#: The margins that are tried, in each estimator's own unit; of `fixed` the
#: time-outs, in seconds.
MARGINS: Mapping[str, Sequence[float]] = {
    "fixed": _spaced(0.005, 1.5),
    "chen": _spaced(0.002, 1.2),
    "bertier": _spaced(1.0, 60.0),
    "two_window": _spaced(1.0, 20.0),
    "phi": _spaced(0.5, 60.0),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Point:
    """One estimator with one margin on one trace; times are seconds.

    :ivar usual: it is the margin that the estimator has by itself.
    """

    trace: str
    estimator: str
    margin: float
    usual: bool
    t_d: float
    t_d_worst: float
    t_mr: float
    t_m: float
    p_a: float
    mistakes: int

    def row(self) -> dict[str, Any]:
        """Return it for a file; a T_MR of None: there was no mistake."""
        found = dataclasses.asdict(self)
        found["t_mr"] = self.t_mr if self.mistakes else None
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in found.items()
        }


def points(
    named: Iterable[tuple[str, Sequence[traces.Question]]],
) -> Iterator[Point]:
    """Yield all points of these traces."""
    for name, trace in named:
        for kind in estimators.BUILT_IN:
            for margin in MARGINS[kind]:
                yield _point(name, trace, kind, margin, False)
            if kind != "fixed":
                usual = estimators.BUILT_IN[kind].MARGIN
                yield _point(name, trace, kind, usual, True)


def _point(
    name: str,
    trace: Sequence[traces.Question],
    kind: str,
    margin: float,
    usual: bool,
) -> Point:
    initial = margin if kind == "fixed" else 1.0
    one = estimators.BUILT_IN[kind](initial, 0.001, 60.0, margin)
    score = replay.play(trace, one, 1, INTERVAL)
    accuracy = score.accuracy
    return Point(
        trace=name,
        estimator=kind,
        margin=margin,
        usual=usual,
        t_d=score.detection_time,
        t_d_worst=score.worst,
        t_mr=accuracy.mistake_recurrence,
        t_m=accuracy.mistake_duration,
        p_a=accuracy.accuracy,
        mistakes=accuracy.mistakes,
    )


def soonest(
    found: Iterable[Point], trace: str, kind: str, apart: float
) -> float | None:
    """Return the lowest T_D of those whose mistakes are so far apart."""
    return min(
        (
            one.t_d
            for one in found
            if (one.trace, one.estimator) == (trace, kind)
            and one.t_mr >= apart
        ),
        default=None,
    )


def verdicts(found: Sequence[Point]) -> list[str]:
    """Return a sentence for each trace: where the default is the best."""
    said = []
    for trace in dict.fromkeys(one.trace for one in found):
        words = []
        for apart in TARGETS:
            times = {
                kind: soonest(found, trace, kind, apart)
                for kind in estimators.BUILT_IN
            }
            words.append(f"{apart:g} s: {_winner(times)}")
        said.append(f"{trace}: at a T_MR of {'; '.join(words)}")
    return said


def _winner(times: Mapping[str, float | None]) -> str:
    """Return who has the lowest T_D, beside the default."""
    own = times[DEFAULT]
    reached = {name: time for name, time in times.items() if time is not None}
    if not reached:
        return "none reaches it"
    best = min(reached, key=lambda name: reached[name])
    if own is not None and own <= reached[best] * (1 + SAME):
        return f"{DEFAULT} ({own:.3f} s)"
    beside = "does not reach it" if own is None else f"has {own:.3f} s"
    return f"{best} ({reached[best]:.3f} s), {DEFAULT} {beside}"
