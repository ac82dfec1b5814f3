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

"""Traces: what a prober saw of one target, to judge detectors by.

A trace is a list of questions with the delays of their answers. One may be
recorded from a real target (``nham trace record``) or made here: the same
seed gives the same trace. None of the targets in them ever fails, so that
each suspicion is a mistake; what a failure would have taken to detect is
worked out for one after every question. All times are seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import json
import math
from typing import Any


@dataclasses.dataclass(frozen=True)
class Question:
    """One question and its answer.

    :ivar at: when it was sent, counted from the first one.
    :ivar delay: until its answer; None: it was lost.
    :ivar lag: by how much the observer itself was late then.
    """

    at: float
    delay: float | None
    lag: float = 0.0


@dataclasses.dataclass(frozen=True)
class Shape:
    """How the network of a made trace behaves.

    :ivar meaning: one sentence for people.
    :ivar delays: gives the delay of the question with this number of so
        many, None if it is lost, by chance.
    :ivar stalls: the observer stands still now and then.
    """

    name: str
    meaning: str
    delays: Callable[[Chance, int, int], float | None]
    stalls: bool = False


class Chance:
    """Chance that is a function of its seed alone.

    A linear congruential generator (D. Knuth's MMIX): enough to make
    traces of, the same on every machine, and `nham.core` has no dice.
    """

    def __init__(self, seed: int) -> None:
        self._state = seed * 2862933555777941757 + 3037000493
        for _ in range(4):
            self.uniform()

    def uniform(self) -> float:
        """Return a number from 0 to below 1."""
        self._state = (
            self._state * 6364136223846793005 + 1442695040888963407
        ) % 2**64
        return (self._state >> 11) / 2**53

    def exponential(self, mean: float) -> float:
        """Return a number whose distribution is exponential."""
        return -math.log(1.0 - self.uniform()) * mean

    def normal(self, mean: float, deviation: float) -> float:
        """Return a number whose distribution is normal."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        angle = 2.0 * math.pi * self.uniform()
        return mean + deviation * radius * math.cos(angle)


def _steady(chance: Chance, number: int, count: int) -> float | None:
    return max(chance.normal(0.002, 0.0002), 0.0005)


def _jitter(chance: Chance, number: int, count: int) -> float | None:
    return 0.005 + chance.exponential(0.02)


def _bursts(chance: Chance, number: int, count: int) -> float | None:
    """Return short delays, and for seconds each minute twenty times that."""
    busy = number % 240 < 12 + (number // 240 * 7) % 20
    return 0.004 + chance.exponential(0.08 if busy else 0.004)


def _loss(chance: Chance, number: int, count: int) -> float | None:
    lost = chance.uniform() < 0.05
    return None if lost else 0.003 + chance.exponential(0.01)


def _route(chance: Chance, number: int, count: int) -> float | None:
    """Return delays that are twelve times as long from the middle on."""
    base = 0.01 if number < count // 2 else 0.12
    return base + chance.exponential(0.005)


#: The traces that are made, in the order in which they are shown.
SHAPES = (
    Shape("steady", "2 ms, give or take 0.2 ms", _steady),
    Shape("jitter", "5 ms and an exponential 20 ms", _jitter),
    Shape("bursts", "4 ms, twenty times that for seconds a minute", _bursts),
    Shape("loss", "3 ms and an exponential 10 ms, one in 20 lost", _loss),
    Shape("route", "10 ms, and 120 ms from the middle on", _route),
    Shape(
        "pause",
        "as jitter; the observer stands still for 5 s each 200 s",
        _jitter,
        stalls=True,
    ),
)

_STALL, _STALL_EVERY = 5.0, 200.0
#: The prober remembers for so long that it was late.
_LAG_MEMORY = 10.0


def make(
    shape: Shape, count: int, interval: float = 0.25, seed: int = 1
) -> list[Question]:
    """Return a made trace of so many questions.

    :param interval: between two of them.
    """
    chance, at = Chance(seed), 0.0
    found: list[Question] = []
    stalled_until = -math.inf
    for number in range(count):
        late = 0.0
        if shape.stalls and number and at % _STALL_EVERY < interval:
            late, at = _STALL, at + _STALL
            stalled_until = at + _LAG_MEMORY
        lag = _STALL if at <= stalled_until else 0.0
        delay = shape.delays(chance, number, count)
        if late and found:
            # The answer before lay unread for as long.
            before = found[-1]
            if before.delay is not None:
                found[-1] = dataclasses.replace(
                    before, delay=before.delay + _STALL, lag=_STALL
                )
        found.append(Question(at, delay, lag))
        at += interval
    return found


def write(trace: Iterable[Question]) -> Iterator[str]:
    """Yield a trace as lines of JSON, one a question."""
    for question in trace:
        yield json.dumps(dataclasses.asdict(question))


def read(lines: Iterable[str]) -> list[Question]:
    """Return the trace in lines of JSON.

    :raises ValueError: a line is none; the text names it.
    """
    found: list[Question] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found.append(_question(number, line))
            if len(found) > 1 and found[-1].at < found[-2].at:
                raise ValueError(f"line {number}: at: goes back in time")
    return found


def _question(number: int, line: str) -> Question:
    try:
        data: Any = json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number}: is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"line {number}: must be an object")
    unknown = data.keys() - {"at", "delay", "lag"}
    if unknown:
        raise ValueError(f"line {number}: {sorted(unknown)[0]}: is unknown")
    for name in ("at", "delay", "lag"):
        value = data.get(name, 0.0)
        if name == "delay" and value is None:
            continue
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain or not 0.0 <= value < math.inf:
            raise ValueError(f"line {number}: {name}: must be seconds")
    if "at" not in data or "delay" not in data:
        raise ValueError(f"line {number}: at and delay are required")
    return Question(data["at"], data["delay"], data.get("lag", 0.0))
