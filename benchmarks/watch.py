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
interface, where the kernel answers at one address for each VNFC. Nova and
the database are not asked: the fleet is made up. The share of a core is the
CPU time of the whole process, the kernel's for it too, by the questions that
were sent: a machine that is busy sends fewer, at the same cost for each.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import pathlib
import time
from typing import Any
from unittest import mock

from benchmarks import rows
from nham.adapters import clock
from nham.adapters.probes import base as probes
from nham.adapters.probes import network
from nham.adapters.vim import base as vim
from nham.core import descriptor
from nham.core import model
from nham.core import states
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
        _look(one, 3.0)
        before = prober.sent
        began, used = time.monotonic(), time.process_time()
        _look(one, seconds)
        took, used = time.monotonic() - began, time.process_time() - used
        sent = prober.sent - before
        well = sum(
            one.watch.health(each.group.id)[1] == "ok" for each in one.fleet
        )
    finally:
        prober.close()
    return {
        "case": f"{size} VNFCs",
        "well": well,
        "questions_per_s": round(sent / took),
        "cpu_us_per_question": round(used / sent * 1e6, 1),
        "core_share_at_1_hz": round(used / sent * size, 3),
    }


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
