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

"""The service availability level of a VNFC: reachable, and measured.

Reachable is a sum: how soon the policy detects a fault, and what the rung
costs that the mechanism answers it with; the worst zone of the policy's
ladder counts. Measured are the outages of its own recoveries.

Source: ETSI GS NFV-REL 001 and OPNFV, see ``nham.core.descriptor.levels``.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import statistics

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import model
from nham.core import prices
from nham.core import states
from nham.core import timeline
from nham.core.decision import replicas
from nham.core.descriptor import levels

Zone = descriptor.Zone
#: What answers a fault of each zone where no other member takes over.
_ALONE = {
    Zone.VNFC: "soft_reboot",
    Zone.VM: "hard_reboot",
    Zone.HOST: "evacuate",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reach:
    """What one policy can reach.

    :ivar level: the highest level that the sum meets, None if it meets none.
    :ivar zone: the zone of the fault that costs most.
    :ivar detection: seconds until a fault is detected, at worst.
    :ivar seconds: seconds until the service is back.
    :ivar says: the sum, written out.
    """

    level: int | None
    zone: Zone
    detection: float
    seconds: float
    says: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Seen:
    """What the recoveries of one VNFC show.

    :ivar level: the highest level that the worst outage meets.
    :ivar count: how many outages were measured.
    :ivar median: of the outages, seconds.
    :ivar worst: of the outages, seconds.
    """

    level: int | None
    count: int
    median: float
    worst: float


def reachable(
    policy: descriptor.ResiliencyPolicy,
    measured: Mapping[str, prices.Measured] | None = None,
) -> Reach:
    """Return what a policy can reach.

    :param measured: what rungs have taken; the table's prices hold for
        those that are not there.
    """
    detection = levels.detection_seconds(policy.detection)
    costs = [
        (*_cost(rung, policy, measured or {}), zone, rung)
        for zone, rung in _answers(policy).items()
    ]
    cost, source, zone, rung = max(costs)
    total = detection + cost
    level = _level(detection, total)
    found = f"level {level}" if level else "no level"
    return Reach(
        level=level,
        zone=zone,
        detection=detection,
        seconds=total,
        says=(
            f"{found}: detected after "
            f"{levels.detection_sum(policy.detection)}; a fault of the "
            f"{zone} zone costs {rung} {cost:.3g} s ({source}); together "
            f"{total:.3g} s"
        ),
    )


def seen(recoveries: Iterable[model.Recovery]) -> Seen | None:
    """Return what outages a VNFC's recoveries measured, None if none did.

    A recovery of a member beside the primary is none of the service's.
    """
    outages = [
        outage
        for recovery in recoveries
        if recovery.state is states.RecoveryState.SUCCEEDED
        and recovery.rung not in replicas.BESIDE
        and (outage := timeline.timeline(recovery)["outage_seconds"])
        is not None
    ]
    if not outages:
        return None
    worst = max(outages)
    return Seen(
        level=_level(0.0, worst),
        count=len(outages),
        median=statistics.median(outages),
        worst=worst,
    )


def _answers(policy: descriptor.ResiliencyPolicy) -> dict[Zone, str]:
    """Return the rung that answers a fault, by the zones of the ladder.

    The lowest zone that NHAM repairs answers for those below it.
    """
    if mechanisms.of(policy.redundancy).replicated:
        return dict.fromkeys(policy.escalation.ladder, "fail_over")
    return {zone: _ALONE[zone] for zone in policy.escalation.ladder}


def _cost(
    rung: str,
    policy: descriptor.ResiliencyPolicy,
    measured: Mapping[str, prices.Measured],
) -> tuple[float, str]:
    """Return what a rung costs, and who says so."""
    if rung in measured:
        found = measured[rung]
        return found.recovery, f"measured, median of {found.count} {found.of}"
    price = prices.of(rung, policy)
    if price is None:
        raise ValueError(f"{rung}: the table has no price")
    return price.seconds, f"default: {price.source}"


def _level(detection: float, total: float) -> int | None:
    """Return the highest level that these seconds meet."""
    for level in levels.LEVELS:
        if detection < level.detect and total <= level.high:
            return level.number
    return None
