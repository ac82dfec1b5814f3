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

"""What is measured of one fault, and the rows that many of them make."""

from __future__ import annotations

import dataclasses
import statistics
from typing import Any

from benchmarks import rows
from benchmarks.bed import client as client_
from benchmarks.outage import live

SWITCHOVER = "switchover"
APPLICATION = "application dead"
QEMU = "QEMU killed"
HOST = "host powered off"
FAULTS = (SWITCHOVER, APPLICATION, QEMU, HOST)
#: NHAM's own moments of a recovery, in the order that most have.
MOMENTS = ("detected", "fenced", "restored", "first_good")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sample:
    """One fault as its client saw it.

    :ivar outage: seconds from the fault to the first answer, or to the last
        request in vain where several members serve; None: it did not end.
    :ivar lost: acknowledged counts that are gone; None: unknown.
    :ivar asked: requests that were begun in the outage; None: unknown.
    :ivar failed: how many of them were in vain.
    :ivar moments: NHAM's own, seconds after the fault.
    """

    who: str
    fault: str
    outage: float | None
    restored: bool
    lost: int | None = None
    asked: int | None = None
    failed: int | None = None
    moments: dict[str, float] = dataclasses.field(default_factory=dict)


def count(
    client: client_.Client, since: float, until: float
) -> tuple[int, int]:
    """Return how many requests were begun within, and how many in vain."""
    within = [one for one in client.requests(since) if one.begun <= until]
    return len(within), sum(not one.good for one in within)


def moments(recoveries: list[Any], fault: live.Fault) -> dict[str, float]:
    """Return when NHAM came how far, in seconds after the fault.

    If it took several recoveries, the first detected it and the last
    ended it.
    """
    found = {}
    for name in MOMENTS:
        times = [one.timeline.get(name) for one in recoveries]
        known = [at for at in times if at is not None]
        if known:
            at = known[0] if name == "detected" else known[-1]
            found[name] = at - fault.wall
    return found


def to_rows(samples: list[Sample]) -> list[dict[str, Any]]:
    """Return a row for each fault and who dealt with it."""
    keys = dict.fromkeys((s.fault, s.who) for s in samples)
    return [
        _row([s for s in samples if (s.fault, s.who) == key])
        for key in sorted(keys, key=lambda key: FAULTS.index(key[0]))
    ]


def _row(some: list[Sample]) -> dict[str, Any]:
    lost = [s.lost for s in some if s.lost is not None]
    failed = [s.failed for s in some if s.failed is not None]
    shares = [(s.failed or 0) / s.asked for s in some if s.asked]
    reached: dict[str, Any] = {
        f"{name}_s": _median(
            [s.moments[name] for s in some if name in s.moments]
        )
        for name in MOMENTS
    }
    return rows.row(
        [s.outage for s in some],
        case=some[0].who,
        fault=some[0].fault,
        state_restored="yes" if all(s.restored for s in some) else "no",
        updates_lost=max(lost, default=None),
        requests_failed=max(failed, default=None),
        failed_share=_median(shares),
        **reached,
    )


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None
