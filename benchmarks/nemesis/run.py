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

"""The rounds: one fault each, and what must hold after it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent import futures
import dataclasses
import random
import time
from typing import Any

from benchmarks import rows
from benchmarks.bed import agents as agents_
from benchmarks.bed import cloud as bed
from benchmarks.nemesis import deployment as deployment_
from benchmarks.nemesis import faults as faults_
from benchmarks.nemesis import victim as victim_
from benchmarks.outage import live

#: Seconds until the cloud itself is as it was.
_CLOUD = 300.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Round:
    """One fault, and what came of it.

    :ivar hit: the VNFs that the fault hits, by mechanism.
    :ivar seen: by mechanism.
    :ivar trouble: what must not be, in words.
    """

    fault: str
    where: str
    hit: frozenset[str]
    seen: Mapping[str, victim_.Seen]
    trouble: tuple[str, ...]


class Nemesis:
    """Brings one fault after the other about.

    :param dice: says whom each fault hits.
    """

    def __init__(
        self,
        deployment: deployment_.Deployment,
        victims: Mapping[str, victim_.Victim],
        dice: random.Random,
        out: live.Live,
    ) -> None:
        self._deployment = deployment
        self._victims = victims
        self._dice = dice
        self._out = out
        self.rounds: list[Round] = []

    def play(self, faults: Sequence[faults_.Fault]) -> None:
        """Have them come in a row.

        :raises bed.Bad: what a fault left is not good again in time.
        """
        for number, fault in enumerate(faults, 1):
            self._out.calm()
            self._out.say(f"round {number} of {len(faults)}: {fault.says}")
            one = self._round(fault)
            self.rounds.append(one)
            for text in one.trouble:
                self._out.say(f"TROUBLE: {text}")

    def _round(self, fault: faults_.Fault) -> Round:
        self._each(lambda one: one.settle())
        self._each(lambda one: one.begin())
        place, hit, where = self._place(fault)
        self._out.zero(f"{fault.name}: {where}")
        fault.bring(place)
        time.sleep(fault.hold)
        fault.mend(place)
        if fault.hold:
            self._out.say("mended")
            bed.wait("the cloud is ready", self._is_ready, _CLOUD, 2.0)
        seen = dict(
            zip(
                self._victims,
                self._each(lambda one: one.end(one.mechanism in hit)),
                strict=True,
            )
        )
        for name, one in seen.items():
            did = ", ".join(one.rungs) or "nothing done"
            if one.doubts:
                did += f", {one.doubts} suspicions dropped"
            self._out.say(f"{name}: silent {one.outage:.1f} s; {did}")
        return Round(
            fault=fault.name,
            where=where,
            hit=hit,
            seen=seen,
            trouble=tuple(self._trouble(hit, seen)),
        )

    def _place(
        self, fault: faults_.Fault
    ) -> tuple[faults_.Place, frozenset[str], str]:
        """Say where a fault comes, whom it hits, and both in words."""
        name = self._dice.choice(sorted(self._victims))
        victim = self._victims[name]
        role = "primary"
        if not fault.serving:
            role = self._dice.choice(victim.killed)
        host = self._dice.choice(agents_.HOSTS)
        place = faults_.Place(
            deployment=self._deployment, victim=victim, role=role, host=host
        )
        if fault.hits is faults_.Hits.MEMBER:
            return place, frozenset({name}), f"{role} of {name}"
        if fault.hits is faults_.Hits.NOBODY:
            return place, frozenset(), host
        hit = {n for n, one in self._victims.items() if host in one.hosts}
        return place, frozenset(hit), host

    def _trouble(
        self, hit: frozenset[str], seen: Mapping[str, victim_.Seen]
    ) -> list[str]:
        found = []
        for name, one in seen.items():
            found += [f"{name}: {text}" for text in one.trouble]
            if one.rungs and name not in hit:
                did = ", ".join(one.rungs)
                found.append(f"{name}: wrong recovery: {did}")
        return found

    def _each(self, act: Callable[[victim_.Victim], Any]) -> list[Any]:
        """Do something with all VNFs at once."""
        with futures.ThreadPoolExecutor(len(self._victims)) as pool:
            return list(pool.map(act, self._victims.values()))

    @staticmethod
    def _is_ready() -> bool:
        try:
            bed.testcloud("status")
        except bed.Bad:
            return False
        return True


def to_rows(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Return a row for each kind of fault: the outage of whom it hit."""
    found = []
    for fault in dict.fromkeys(one.fault for one in rounds):
        some = [one for one in rounds if one.fault == fault]
        outages = [
            seen.outage
            for one in some
            for name, seen in one.seen.items()
            if name in one.hit or not one.hit
        ]
        found.append(
            rows.row(
                outages,
                case=fault,
                rounds=len(some),
                suspicions_dropped=sum(
                    seen.doubts for one in some for seen in one.seen.values()
                ),
                trouble=sum(len(one.trouble) for one in some),
            )
        )
    return found
