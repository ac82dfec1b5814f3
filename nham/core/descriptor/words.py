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

"""The words of a resiliency policy: mechanisms, fault zones, choices.

Sources: NHAM paper section 3.3 (mechanisms), OPNFV high availability use
case 9 (fault zones).
"""

from __future__ import annotations

import enum
from typing import Literal


class Mechanism(enum.StrEnum):
    """The resiliency mechanisms of the NHAM paper, section 3.3."""

    #: No replica: the VNFC is repaired and its last checkpoint restored.
    ZERO_R = "0R"
    #: One replica, instantiated but not serving until it takes over.
    ONE_R_AS = "1R-AS"
    #: One replica that receives the state of the primary all the time.
    ONE_R_AA = "1R-AA"
    #: Several replicas that all serve.
    MR_AA = "MR-AA"


class Zone(enum.StrEnum):
    """A scope in which faults spread, ordered VNFC < VM < host < site."""

    VNFC = "vnfc"
    VM = "vm"
    HOST = "host"
    SITE = "site"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for the smallest zone."""
        return list(Zone).index(self)

    # A StrEnum would compare by letters, by which "host" < "vm" < "vnfc";
    # NotImplemented would let a plain string do just that.
    def __lt__(self, other: str) -> bool:
        return self.rank < _rank(other)

    def __le__(self, other: str) -> bool:
        return self.rank <= _rank(other)

    def __gt__(self, other: str) -> bool:
        return self.rank > _rank(other)

    def __ge__(self, other: str) -> bool:
        return self.rank >= _rank(other)


def _rank(zone: str) -> int:
    if not isinstance(zone, Zone):
        raise TypeError(f"a zone has no order with {zone!r}")
    return zone.rank


ProbeType = Literal["icmp", "tcp", "http", "udp"]
Estimator = Literal["fixed", "chen", "bertier", "two_window", "phi"]
ProbeFrom = Literal["engine", "port"]
StateMethod = Literal["none", "image_snapshot", "volume_snapshot", "hook"]
#: The methods that keep a disk.
SNAPSHOTS = ("image_snapshot", "volume_snapshot")
HookTransport = Literal["http", "guest_agent"]
StateSpread = Literal["leader", "merge", "none"]
AddressDriver = Literal[
    "none", "floating_ip", "fixed_ip", "vip", "ecmp", "octavia"
]
Standby = Literal["warm", "cold"]
Failback = Literal["never", "auto", "request"]
HostRecovery = Literal["auto", "evacuate", "replace"]
VnfcOwner = Literal["nham", "vnf"]
