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

"""Ownership: who else heals a server, so that two healers never meet.

One server has one owner. Two that heal it fight: one deletes what the other
is repairing, or both bring it up. So a VNF is not protected while another
healer has a claim to one of its servers, unless the operator says that this
healer will leave it alone. What can be seen of each healer is in the table;
what cannot is said there, too.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import re

_AMPHORA = re.compile(r"amphora-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_YES = frozenset(("true", "yes", "1", "on"))


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerFacts:
    """What is known of a server of a VNF.

    :ivar metadata: what its makers wrote into Nova's record of it.
    :ivar vnfm: a VNFM made it, and Heat on behalf of that.
    :ivar autoheal: its VNFM heals the VNF by itself.
    """

    server_id: str
    name: str
    metadata: Mapping[str, str] = dataclasses.field(default_factory=dict)
    vnfm: bool = False
    autoheal: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Healer:
    """One line of the table.

    :ivar name: its word in the configuration.
    :ivar sign: what is seen of its claim to a server.
    :ivar unseen: what of its claims cannot be seen.
    :ivar advice: what its operator can do.
    :ivar source: where the sign is defined.
    """

    name: str
    sign: str
    unseen: str
    advice: str
    source: str
    claims: Callable[[ServerFacts], bool]


HEALERS: tuple[Healer, ...] = (
    Healer(
        name="octavia",
        sign="the server is named amphora-UUID",
        unseen="Amphorae that an operator renamed.",
        advice="leave load balancers to Octavia, which replaces their "
        "amphorae; protect what they lead to",
        source="Octavia, controller worker, compute tasks",
        claims=lambda s: _AMPHORA.fullmatch(s.name) is not None,
    ),
    Healer(
        name="masakari",
        sign="the server's metadata has HA_Enabled",
        unseen="That its host is in a failover segment: Masakari then "
        "evacuates all servers of the host, marked or not, if its "
        "evacuate_all_instances is set, as it is by default.",
        advice="remove HA_Enabled from the server, and its host from the "
        "failover segment",
        source="Masakari, [host_failure] ha_enabled_instance_metadata_key",
        claims=lambda s: s.metadata.get("HA_Enabled", "").lower() in _YES,
    ),
    Healer(
        name="heat",
        sign="the server's metadata has metering.server_group or "
        "metering.stack, and no VNFM made it",
        unseen="Alarms that find the servers of a stack in another way.",
        advice="take the healing alarms out of its stack",
        source="Heat, auto-healing templates with Aodh's alarms",
        # The stacks of a VNFM are its own: it alone updates them.
        claims=lambda s: (
            not s.vnfm
            and bool(
                {"metering.server_group", "metering.stack"} & {*s.metadata}
            )
        ),
    ),
    Healer(
        name="tacker",
        sign="isAutohealEnabled is true among the VNF's configurable "
        "properties",
        unseen="Alarms for a VNF whose property was set true later, until "
        "NHAM compares the records again.",
        advice="modify the VNF so that isAutohealEnabled is false; NHAM asks "
        "Tacker for a heal where one is needed",
        source="SOL 003, 5.5.2.2; Tacker, Prometheus plug-in",
        claims=lambda s: s.autoheal,
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Conflict:
    """A server that another healer has a claim to."""

    healer: str
    server_id: str
    reason: str


def conflicts(
    servers: Iterable[ServerFacts], tolerated: Collection[str] = ()
) -> tuple[Conflict, ...]:
    """Return who else heals these servers.

    :param tolerated: healers that will leave them alone, by the operator's
        word.
    """
    return tuple(
        Conflict(
            healer=healer.name,
            server_id=one.server_id,
            reason=f"{healer.name} heals server {one.name} too "
            f"({healer.sign}): {healer.advice}; or, if it leaves the server "
            f"alone, add {healer.name} to [guards] tolerated_healers",
        )
        for one in servers
        for healer in HEALERS
        if healer.name not in tolerated and healer.claims(one)
    )
