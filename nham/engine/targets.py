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

"""Whom to ask for a member, and how."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nham.adapters.probes import base as probes
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.recovery import endpoints


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watched:
    """A member that is to be watched.

    :ivar group_id: what it is known by, see ``context.subject``.
    :ivar answered: it has answered before, perhaps another engine.
    :ivar origins: the probe ports that serve, by the addresses that are
        asked from them.
    """

    group_id: str
    policy: descriptor.ResiliencyPolicy
    addresses: tuple[vim_base.Address, ...]
    answered: bool = False
    origins: Mapping[str, probes.Origin] = dataclasses.field(
        default_factory=dict
    )


def of_member(member: Watched) -> list[probes.Target]:
    """Return whom to ask for a member: the guest first, then its probes.

    The guest is always asked by ICMP beside the policy's own probes: the
    two together tell a dead application from a dead VM. Where a probe port
    is to ask and does not serve, nobody asks: from elsewhere the address may
    be another's, or lead nowhere.
    """
    detection = member.policy.detection
    specs = [p for p in member.policy.probes if p.type != "icmp"]
    networks = [p.network for p in member.policy.probes]
    asked: list[descriptor.ProbeSpec] = []
    if member.policy.probes:
        guest = descriptor.ProbeSpec(type="icmp", network=networks[0])
        asked = [guest, *specs]
    found = []
    for index, spec in enumerate(asked):
        address = endpoints.probed_address(
            member.policy, member.addresses, spec.network
        )
        origin = member.origins.get(address.ip) if address else None
        if detection.probe_from == "port" and origin is None:
            if index == 0:
                return []
        elif address is not None:
            found.append(
                probes.Target(
                    key=f"{member.group_id}/{index}",
                    kind=spec.type,
                    address=address.ip,
                    port=spec.port,
                    path=spec.path,
                    expect_status=spec.expect_status,
                    interval=detection.poll_interval,
                    patience=detection.max_timeout,
                    origin=origin,
                )
            )
    return found
