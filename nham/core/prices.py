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

"""What a rung costs: seconds from the detection to the first good answer.

Measured medians are taken where there are any; else the numbers of the
table, which are documented as such wherever they are shown. They are those
of ``doc/source/user/measured.rst``, less the detection.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import statistics

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.core import timeline


@dataclasses.dataclass(frozen=True)
class Price:
    """One line of the table.

    :ivar seconds: from the detection to the first good answer.
    :ivar source: where the number comes from.
    """

    seconds: float
    source: str


_MEASURED = "median on the test cloud"
#: A boot of a small guest, as in a start or a hard reboot.
BOOT = 8.0

TABLE: Mapping[str, Price] = {
    "soft_reboot": Price(7.5, f"{_MEASURED}: 0R, application dead"),
    "start": Price(BOOT, f"{_MEASURED}: 0R, QEMU killed"),
    "hard_reboot": Price(BOOT, f"{_MEASURED}: 0R, QEMU killed"),
    "rebuild": Price(15.0, "a rebuild of 7 s and a boot"),
    "evacuate": Price(17.5, f"{_MEASURED}: 0R, host powered off"),
    "replace": Price(20.0, "the same with a heal by the VNFM"),
    "fail_over": Price(2.0, f"{_MEASURED}: 1R-AS and 1R-AA"),
    "hand_over": Price(0.3, f"{_MEASURED}: switchover"),
    "switchover": Price(0.3, f"{_MEASURED}: switchover"),
}
#: Where all members serve, the others go on while one is taken out.
SPREAD = Price(0.2, f"{_MEASURED}: MR-AA")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measured:
    """What recoveries of one rung have taken, in seconds.

    :ivar count: how many of them were measured.
    :ivar recovery: median from the detection to the first good answer.
    :ivar outage: median from the last good answer to the first good one.
    :ivar of: whose they are, in words.
    """

    count: int
    recovery: float
    outage: float
    of: str


def measured(
    recoveries: Iterable[model.Recovery], of: str
) -> dict[str, Measured]:
    """Return what the recoveries took that ended well, by rung."""
    times: dict[str, list[tuple[float, float]]] = {}
    for recovery in recoveries:
        if recovery.state is not states.RecoveryState.SUCCEEDED:
            continue
        found = timeline.timeline(recovery)
        took, outage = found["first_good_seconds"], found["outage_seconds"]
        if took is not None and outage is not None:
            times.setdefault(recovery.rung, []).append((took, outage))
    return {
        rung: Measured(
            count=len(pairs),
            recovery=statistics.median(took for took, _ in pairs),
            outage=statistics.median(outage for _, outage in pairs),
            of=of,
        )
        for rung, pairs in times.items()
    }


def of(rung: str, policy: descriptor.ResiliencyPolicy) -> Price | None:
    """Return the table's price of a rung for that policy, None if it has none.

    A standby that has to boot first, or whose disk may have to be made
    anew, costs that too.
    """
    if rung == "fail_over":
        if policy.redundancy is descriptor.Mechanism.MR_AA:
            return SPREAD
        price = TABLE[rung]
        if policy.on_disk:
            rebuild = TABLE["rebuild"]
            return Price(
                price.seconds + rebuild.seconds,
                f"{price.source}, and {rebuild.source}",
            )
        if policy.standby == "cold":
            return Price(
                price.seconds + BOOT, f"{price.source}, and a boot of it"
            )
    return TABLE.get(rung)
