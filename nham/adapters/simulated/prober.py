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

"""Probes in virtual time: each question looks at the world as it is then."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import heapq

from nham.adapters.probes import base
from nham.adapters.simulated import world as simulated

MEMORY = 10.0
"""For how many seconds a lag of the observer counts as "lately"."""


class SimulatedProber(base.Prober):
    """Asks the guests and hosts of a ``World``.

    :param observer: its name for ``World.cut_observer`` and
        ``World.stall_observer``.
    """

    def __init__(
        self, world: simulated.World, observer: str = "observer"
    ) -> None:
        self._world = world
        self._observer = observer
        self._clock = world.clock
        self._rng = world.rng(f"prober {observer}")
        self._targets: dict[str, base.Target] = {}
        self._running: dict[str, int] = {}
        self._sequence: dict[str, int] = {}
        self._due: dict[str, float] = {}
        self._hurried: frozenset[str] = frozenset()
        self._seen: list[tuple[float, int, base.Observation]] = []
        self._order = 0
        self._late: list[tuple[float, float]] = []

    def set_targets(self, targets: Iterable[base.Target]) -> None:
        """See base class."""
        wanted = {target.key: target for target in targets}
        for key in set(self._targets) - set(wanted):
            self._running.pop(key, None)
        for key, target in wanted.items():
            if self._targets.get(key) != target:
                self._begin(self._rng.uniform(0.0, target.interval), target)
        self._targets = wanted

    def hurry(self, keys: Collection[str]) -> None:
        """See base class."""
        now = self._clock.monotonic()
        for key in frozenset(keys) - self._hurried:
            target = self._targets.get(key)
            if target is not None:
                gain = target.interval * (1 - base.HASTE)
                self._begin(max(self._due[key] - gain - now, 0.0), target)
        self._hurried = frozenset(keys)

    def collect(self) -> Sequence[base.Observation]:
        """See base class."""
        result = []
        now = self._clock.monotonic()
        while self._seen and self._seen[0][0] <= now:
            _at, _order, observation = heapq.heappop(self._seen)
            if observation.key in self._running:
                result.append(observation)
        return result

    def lag(self) -> float:
        """See base class."""
        since = self._clock.monotonic() - MEMORY
        self._late = [one for one in self._late if one[0] >= since]
        return max((late for _at, late in self._late), default=0.0)

    def close(self) -> None:
        """See base class."""
        self._targets, self._running, self._seen = {}, {}, []

    def _begin(self, delay: float, target: base.Target) -> None:
        """Ask a target from now on; what was arranged before is void."""
        self._order += 1
        self._running[target.key] = self._order
        self._ask_in(delay, target, self._order)

    def _ask_in(self, delay: float, target: base.Target, run: int) -> None:
        due = self._clock.monotonic() + delay
        self._due[target.key] = due
        self._clock.call_at(due, lambda: self._ask(due, target, run))

    def _ask(self, due: float, target: base.Target, run: int) -> None:
        """Send one question, unless the target was changed meanwhile."""
        if self._running.get(target.key) != run:
            return
        now = self._clock.monotonic()
        awake = self._world.stalled_until.get(self._observer, 0.0)
        if now < awake:
            self._clock.call_at(awake, lambda: self._ask(due, target, run))
            return
        if now > due:
            self._late.append((now, now - due))
        sequence = self._sequence.get(target.key, 0) + 1
        self._sequence[target.key] = sequence
        self._note(target.key, sequence, "sent", now)
        self._answer(target, sequence, now)
        hurried = target.key in self._hurried
        interval = target.interval * (base.HASTE if hurried else 1.0)
        early = due + interval - now
        self._ask_in(early if early > 0 else interval, target, run)

    def _answer(self, target: base.Target, sequence: int, now: float) -> None:
        world = self._world
        answer = world.physics.answer(target.kind, target.address)
        lost = self._rng.random() < world.loss
        delay = world.latencies.round_trip + self._rng.expovariate(
            1.0 / world.latencies.jitter
        )
        if answer is None or lost or self._observer in world.blind:
            return
        what, detail = ("good", "") if answer == "good" else ("bad", answer)
        if delay <= target.patience:
            self._note(target.key, sequence, what, now + delay, detail)

    def _note(
        self, key: str, sequence: int, what: str, at: float, detail: str = ""
    ) -> None:
        self._order += 1
        observation = base.Observation(
            key=key, sequence=sequence, what=what, at=at, detail=detail
        )
        heapq.heappush(self._seen, (at, self._order, observation))
