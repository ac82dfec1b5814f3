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

"""The faults that may come, as a table, and who suffers from each.

A fault that hits nobody who serves must be followed by no recovery at all;
one that hits a member or a host by recoveries of those VNFs only.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import dataclasses
import enum
import random
import time

from benchmarks.bed import cloud as bed
from benchmarks.nemesis import deployment as deployment_
from benchmarks.nemesis import victim as victim_


class Hits(enum.Enum):
    """Whom a fault hits."""

    #: One member of one VNF.
    MEMBER = "member"
    #: All members on one host.
    HOST = "host"
    #: None of those who serve.
    NOBODY = "nobody"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where a fault comes.

    :ivar victim: the VNF of which a member is hit, or is nearest.
    """

    deployment: deployment_.Deployment
    victim: victim_.Victim
    role: str
    host: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """One kind of fault.

    :ivar says: what happens, for the report.
    :ivar serving: it can only hit the member that serves.
    :ivar bring: brings it about.
    :ivar hold: seconds until it is mended.
    :ivar mend: makes good again what no recovery does.
    :ivar weight: how often it comes, beside the others.
    """

    name: str
    says: str
    hits: Hits
    bring: Callable[[Place], object]
    hold: float = 0.0
    mend: Callable[[Place], object] = lambda _place: None
    weight: int = 1
    serving: bool = False


def _kill_vm(place: Place) -> None:
    bed.kill_vm(place.victim.server_of(place.role))


def _kill_vm_and_engine(place: Place) -> None:
    """Kill a VM, and the engines one after the other while they recover."""
    _kill_vm(place)
    for engine in place.deployment.engines:
        time.sleep(1.0)
        engine.kill()
        engine.start()


def _cut_off(*cables: str) -> Callable[[Place], object]:
    words = [word for one in cables for word in ("--network", one)]
    return lambda place: bed.testcloud("host", "unplug", place.host, *words)


def _connect(place: Place) -> None:
    """Plug a host in again; it may have been fenced meanwhile."""
    if bed.testcloud("host", "status", place.host).strip() == "on":
        bed.testcloud("host", "plug", place.host)
        if place.deployment.lease:
            # As the manual says: nobody has restarted it.
            bed.restart_nova_compute(place.host)
    _switch_on(place)


def _switch_on(place: Place) -> None:
    bed.power_on(place.host, place.deployment.cloud)
    place.deployment.start_agent(place.host)


def _control(action: str, name: str) -> Callable[[Place], object]:
    return lambda _place: bed.testcloud("service", action, "control", name)


FAULTS = (
    Fault(
        name="application",
        says="the application hangs, its guest lives",
        hits=Hits.MEMBER,
        bring=lambda p: p.victim.crash("hang-httpd"),
        serving=True,
    ),
    Fault(
        name="guest",
        says="the guest's kernel panics",
        hits=Hits.MEMBER,
        bring=lambda p: p.victim.crash("panic"),
        serving=True,
    ),
    Fault(
        name="QEMU",
        says="the QEMU of a member is killed",
        hits=Hits.MEMBER,
        bring=_kill_vm,
        weight=2,
    ),
    Fault(
        name="QEMU and engines",
        says="the QEMU of a member is killed, then each engine in turn",
        hits=Hits.MEMBER,
        bring=_kill_vm_and_engine,
    ),
    Fault(
        name="host",
        says="a host is powered off",
        hits=Hits.HOST,
        bring=lambda p: bed.power_off(p.host),
        hold=30.0,
        mend=_switch_on,
    ),
    Fault(
        name="partition",
        says="a host is cut off from everybody, its guests live on",
        hits=Hits.HOST,
        bring=_cut_off("management", "data"),
        hold=30.0,
        mend=_connect,
    ),
    Fault(
        name="management network",
        says="a host is cut off from the engines, not from clients",
        hits=Hits.NOBODY,
        bring=_cut_off("management"),
        hold=20.0,
        mend=_connect,
    ),
    Fault(
        name="agent",
        says="the agent of a host is killed",
        hits=Hits.NOBODY,
        bring=lambda p: p.deployment.kill_agent(p.host),
        hold=5.0,
        mend=lambda p: p.deployment.start_agent(p.host),
    ),
    Fault(
        name="engine",
        says="an engine is killed",
        hits=Hits.NOBODY,
        bring=lambda p: p.deployment.engines[0].kill(),
        hold=10.0,
        mend=lambda p: p.deployment.engines[0].start(),
    ),
    Fault(
        name="API",
        says="the API is killed",
        hits=Hits.NOBODY,
        bring=lambda p: p.deployment.api.kill(),
        hold=3.0,
        mend=lambda p: p.deployment.api.start(),
    ),
    Fault(
        name="database",
        says="MariaDB is killed, that of OpenStack too",
        hits=Hits.NOBODY,
        bring=_control("kill", "mariadb"),
        hold=5.0,
        mend=_control("start", "mariadb"),
    ),
    Fault(
        name="message bus",
        says="RabbitMQ is killed, that of OpenStack too",
        hits=Hits.NOBODY,
        bring=_control("kill", "rabbitmq"),
        hold=5.0,
        mend=_control("start", "rabbitmq"),
    ),
)


def draw(seed: int, number: int) -> Sequence[Fault]:
    """Return so many faults in the order that a seed gives.

    Each kind comes before any comes again, so that few cover all.
    """
    dice = random.Random(seed)
    found: list[Fault] = []
    while len(found) < number:
        deck = [one for one in FAULTS for _ in range(one.weight)]
        dice.shuffle(deck)
        found += deck
    return found[:number]
