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

"""Correlation: what faults of members say about the host that they share.

A fault need not show where it is (OPNFV HA, UC9): a host whose memory or
storage is bad breaks one member after the other, and each repair of one
works for a while. So faults are counted by host, over a window for those
of members, and over the host's probation for those of the host itself.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses

from nham.core import descriptor
from nham.core import model
from nham.core import states

#: The rungs that are taken because a member has failed. What makes, tunes
#: or removes a member that nobody misses is no fault of any host.
FAULTS = frozenset(
    (
        "soft_reboot",
        "hard_reboot",
        "start",
        "rebuild",
        "fail_over",
        "take_out",
        "repair_standby",
        "remake_standby",
    )
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Count:
    """What has failed on one host.

    :ivar members: servers that failed by themselves within the window.
    :ivar vnfs: VNFs that they are of.
    :ivar faults: how often the host as a whole was lost within its
        probation.
    """

    members: int = 0
    vnfs: int = 0
    faults: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spans:
    """How far back is counted, seconds.

    :ivar window: for faults of members.
    :ivar probation: for faults of hosts.
    """

    window: float
    probation: float


def by_host(
    recoveries: Iterable[model.Recovery],
    hosts: Mapping[str, str],
    now: float,
    spans: Spans,
    released: Mapping[str, float],
) -> dict[str, Count]:
    """Count by host what has failed.

    :param recoveries: those of the probation, in any order.
    :param hosts: the host of each server that is known.
    :param released: when an operator took a host out of quarantine: what
        was before that counts no more.
    """
    servers: dict[str, dict[str, str]] = collections.defaultdict(dict)
    losses: dict[str, list[float]] = collections.defaultdict(list)
    for one in recoveries:
        at, subject = one.fault.detected_at, one.fault.subject
        whole = one.fault.zone is descriptor.Zone.HOST
        host = subject if whole else hosts.get(subject)
        if host is None or at < released.get(host, 0.0):
            continue
        if whole and now - at <= spans.probation and _is_fault_of_host(one):
            losses[host].append(at)
        elif not whole and now - at <= spans.window and _is_fault(one):
            servers[host][subject] = one.vnf_id
    return {
        host: Count(
            members=len(servers[host]),
            vnfs=len(set(servers[host].values())),
            faults=_times(losses[host], spans.window),
        )
        for host in {*servers, *losses}
    }


def _is_fault(recovery: model.Recovery) -> bool:
    """Say whether a member had failed: it did not just come back."""
    return (
        recovery.rung in FAULTS
        and recovery.state is not states.RecoveryState.ABORTED
    )


def _is_fault_of_host(recovery: model.Recovery) -> bool:
    """Say whether a host was lost: it did not just come back."""
    return recovery.state is not states.RecoveryState.ABORTED


def _times(losses: Iterable[float], window: float) -> int:
    """Return how often a host was lost, whatever number of members it had.

    What follows within the window of the one before is the same loss.
    """
    count, before = 0, None
    for at in sorted(losses):
        count += before is None or at - before > window
        before = at
    return count
