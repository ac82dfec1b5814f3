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

"""What watching costs: ``python3 -m benchmarks.watch``.

So many VNFCs, each asked once a second by ICMP echo, all well. The prober,
the watch and the decisions are those of the engine; the wire is the loopback
interface, where the kernel answers at one address for each VNFC, in the time
of whoever asks. Nova is not asked.

Costs are microseconds of processor time for each second and VNFC, the
kernel's included. Those of the prober's thread and of the engine's, which
looks twenty times a second, are divided by the questions that were sent: a
machine that is busy sends fewer, at the same cost for each. Reading is what
the engine's other loop does once a second: it reads all VNFs from a database
of SQLite. The share of a core is of all three.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import pathlib
import tempfile
import time
from typing import Any
from unittest import mock

import sqlalchemy as sa

from benchmarks import rows
from nham.adapters import clock
from nham.adapters.probes import base as probes
from nham.adapters.probes import network
from nham.adapters.vim import base as vim
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.db import database
from nham.db import models
from nham.db import store as store_
from nham.db import vnfs
from nham.engine import engine as engine_
from nham.engine import fleet as fleet_
from nham.engine import settings as settings_
from nham.engine import targets
from nham.engine import watch as watch_
from nham.recovery import context
from nham.simulate import memory

SIZES = (100, 1_000, 10_000)
POLICY = descriptor.ResiliencyPolicy(
    name="p",
    targets=("VDU1",),
    probes=(descriptor.ProbeSpec(type="icmp"),),
)


class Counting(network.NetworkProber):
    """Counts the questions that it sent."""

    sent = 0

    def collect(self) -> Sequence[probes.Observation]:
        """See base class."""
        seen = super().collect()
        self.sent += sum(one.what == "sent" for one in seen)
        return seen


def address(number: int) -> str:
    """Return the address of a VNFC."""
    return (
        f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"
    )


def entry(number: int) -> fleet_.Entry:
    """Return a VNF with one VNFC."""
    group_id = f"group-{number}"
    return fleet_.Entry(
        vnf=model.Vnf(
            id=f"vnf-{number}",
            name=f"vnf-{number}",
            source="none",
            project_id="p",
            state=states.VnfState.PROTECTED,
            policies=(POLICY,),
        ),
        group=model.Group(
            id=group_id, vnf_id=f"vnf-{number}", vnfc="VDU1-0", vdu="VDU1"
        ),
        member=model.Member(
            id=f"member-{number}",
            group_id=group_id,
            server_id=f"server-{number}",
        ),
        policy=POLICY,
    )


def engine(prober: network.NetworkProber) -> engine_.Engine:
    """Return an engine that reaches nothing but the wire."""
    ctx = context.Context(
        store=memory.Memory().store,
        vim=mock.create_autospec(vim.Vim, instance=True),
        vnfms={},
        fencing=[],
        member_fencing=[],
        engines={},
        watch=mock.create_autospec(watch_.Watch, instance=True),
        clock=clock.SystemClock(),
    )
    settings = settings_.Settings(host_probe="none")
    return engine_.Engine(ctx, prober, settings, lambda _id: None)


def measure(size: int, seconds: float) -> dict[str, Any]:
    """Return the row of a fleet of this size."""
    prober = Counting()
    try:
        one = engine(prober)
        watch_fleet(one, size)
        _look(one, 3.0)
        before = prober.sent
        began, whole = time.monotonic(), time.process_time()
        own = time.thread_time()
        _look(one, seconds)
        took, whole = time.monotonic() - began, time.process_time() - whole
        own = time.thread_time() - own
        sent = prober.sent - before
        well = sum(
            one.watch.health(each.group.id)[1] == "ok" for each in one.fleet
        )
    finally:
        prober.close()
    costs = {
        "prober": (whole - own) / sent * 1e6,
        "looks": own / sent * 1e6,
        "reading": reading(size) * 1e6,
    }
    return {
        "case": f"{size} VNFCs",
        "well": well,
        "questions_per_s": round(sent / took),
        **{f"{part}_us": round(cost, 1) for part, cost in costs.items()},
        "us_per_vnfc": round(sum(costs.values()), 1),
        "core_share": round(sum(costs.values()) * size / 1e6, 3),
    }


def watch_fleet(one: engine_.Engine, size: int) -> None:
    """Have an engine watch a made up fleet."""
    one.fleet = tuple(map(entry, range(size)))
    one.watch.set_members(
        targets.Watched(
            group_id=each.group.id,
            policy=each.policy,
            addresses=(
                vim.Address(ip=address(number), network="", kind="fixed"),
            ),
        )
        for number, each in enumerate(one.fleet)
    )


def reading(size: int) -> float:
    """Return the seconds of reading one VNFC of such a fleet."""
    with tempfile.TemporaryDirectory(prefix="nham-bench-") as folder:
        url = f"sqlite:///{folder}/nham.sqlite"
        store = store_.Store(url)
        store.sync()
        _fill(url, size)
        reader = fleet_.Reader(store)
        reader.read()
        used = time.thread_time()
        found = reader.read()
        used = time.thread_time() - used
        store.close()
    if len(found) != size:
        raise RuntimeError(f"{len(found)} of {size} were read")
    return used / size


def _fill(url: str, size: int) -> None:
    """Write a fleet down, all like the first, many at a time."""
    one = entry(0)
    changes: dict[sa.Table, Any] = {
        models.vnf: lambda n: {"id": f"vnf-{n}", "name": f"vnf-{n}"},
        models.group: lambda n: {"id": f"group-{n}", "vnf_id": f"vnf-{n}"},
        models.member: lambda n: {
            "id": f"member-{n}",
            "group_id": f"group-{n}",
            "server_id": f"server-{n}",
        },
    }

    def work(connection: sa.Connection) -> None:
        vnfs.save_vnf(connection, one.vnf)
        vnfs.save_group(connection, one.group)
        vnfs.save_member(connection, one.member)
        for table, change in changes.items():
            first = dict(connection.execute(sa.select(table)).mappings().one())
            new = [{**first, **change(number)} for number in range(1, size)]
            connection.execute(sa.insert(table), new)

    filled = database.Database(url)
    filled.write(work)
    filled.close()


def _look(one: engine_.Engine, seconds: float) -> None:
    """Look twenty times a second for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        one.look()
        took = time.monotonic() - began
        time.sleep(max(one.settings.watch_interval - took, 0.0))


def main() -> None:
    """Measure, and print or write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=pathlib.Path, help="rows go here")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    args = parser.parse_args()
    found = [measure(size, args.seconds) for size in args.sizes]
    print(rows.table(found))
    if args.json:
        rows.save(args.json, found)


if __name__ == "__main__":
    main()
