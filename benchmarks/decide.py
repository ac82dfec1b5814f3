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

"""How long a decision takes: ``python3 -m benchmarks.decide``."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
import time
from typing import Any

from benchmarks import rows
from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts

MEMBERS = 10_000
HOSTS = 200
OK, DEAD = facts.Health.OK, facts.Health.DEAD


def fleet() -> facts.Facts:
    """Return a fleet in which all is well."""
    policy = descriptor.ResiliencyPolicy(name="p", targets=("VDU1",))
    return facts.Facts(
        members=tuple(
            member_facts.MemberFacts(
                group_id=f"group-{number}",
                vnf_id=f"vnf-{number // 4}",
                vnfc="VDU1-0",
                server_id=f"server-{number}",
                host=f"host-{number % HOSTS}",
                policy=policy,
                image_id="image",
            )
            for number in range(MEMBERS)
        ),
        hosts=tuple(
            facts.HostFacts(name=f"host-{number}", probe=OK)
            for number in range(HOSTS)
        ),
    )


def with_dead(seen: facts.Facts, count: int) -> facts.Facts:
    """Return the fleet with so many VMs dead."""
    dead = tuple(
        dataclasses.replace(member, app=DEAD, icmp=DEAD)
        for member in seen.members[:count]
    )
    return dataclasses.replace(seen, members=dead + seen.members[count:])


def with_dead_host(seen: facts.Facts) -> facts.Facts:
    """Return the fleet with one host and all on it dead."""
    name = "host-0"
    members = tuple(
        dataclasses.replace(member, app=DEAD, icmp=DEAD)
        if member.host == name
        else member
        for member in seen.members
    )
    lost = facts.HostFacts(name=name, probe=DEAD, service=False)
    return dataclasses.replace(
        seen, members=members, hosts=(lost, *seen.hosts[1:])
    )


def measure(seen: facts.Facts, samples: int) -> list[float]:
    """Return the milliseconds of so many decisions.

    Facts are new each time, as they are in the engine; the first
    decision is left out, for it makes the verdicts on those that are
    well.
    """
    times = []
    for _sample in range(samples + 1):
        fresh = dataclasses.replace(seen)
        begin = time.perf_counter()
        decision.decide(fresh)
        times.append((time.perf_counter() - begin) * 1000.0)
    return times[1:]


def measured(samples: int) -> list[dict[str, Any]]:
    """Return one row a case."""
    well = fleet()
    cases = {
        "all well": well,
        "100 VMs dead": with_dead(well, 100),
        "one host dead": with_dead_host(well),
        "all VMs dead": with_dead(well, MEMBERS),
    }
    return [
        rows.row(
            measure(seen, samples),
            unit="ms",
            case=f"decide on {MEMBERS} members, {name}",
        )
        for name, seen in cases.items()
    ]


def main() -> None:
    """Measure, and print or write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the rows here")
    parser.add_argument("--samples", type=int, default=30)
    arguments = parser.parse_args()
    found = measured(arguments.samples)
    print(rows.table(found))
    if arguments.json:
        rows.save(arguments.json, found)


if __name__ == "__main__":
    main()
