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


"""What each driver of the service address is for, costs and gets wrong.

The figures were measured on the test cloud with OVN. `nham descriptor show`
and `nham doctor` tell the traps of the driver that a policy uses; the manual
prints the whole table, and a unit test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nham.core.descriptor import words


@dataclasses.dataclass(frozen=True)
class Driver:
    """One driver of the service address; each text is one sentence.

    :ivar purpose: what it does with the address.
    :ivar cost: how long clients wait for it.
    :ivar traps: what an operator has to know before it is needed.
    """

    purpose: str
    cost: str
    traps: tuple[str, ...] = ()


DRIVERS: Mapping[words.AddressDriver, Driver] = {
    "none": Driver(
        purpose="Nothing is moved: the VNFC is repaired under the address "
        "that it has.",
        cost="Clients wait until the VNFC is repaired.",
    ),
    "floating_ip": Driver(
        purpose="The Neutron floating IP is pointed at the port of the member "
        "that takes over.",
        cost="Clients wait 0.2 to 0.4 s, and the call takes 0.3 to 0.6 s.",
        traps=(
            "A client that goes on sending from the same source port stays "
            "with the old member, because the gateway's connection tracking "
            "holds the flow; with Neutron's option [ovn] "
            "stateless_nat_enabled it moves too.",
            "Each group needs one floating IP more, by which NHAM asks the "
            "standby.",
        ),
    ),
    "fixed_ip": Driver(
        purpose="A fixed address is taken from the port of one member and "
        "given to the port of another.",
        cost="Clients behind a router wait 0.5 to 0.6 s, and the two calls "
        "take as long.",
        traps=(
            "A client in the same network goes on sending to the old "
            "member's MAC address until its ARP entry is renewed, and NHAM "
            "cannot correct it, as OVN lets no guest do so but the one that "
            "has the address.",
            "Neutron gives the address to the port only: the guest has to "
            "hold it too.",
            "Each member needs a floating IP, by which NHAM reaches it.",
        ),
    ),
    "vip": Driver(
        purpose="The address is an allowed address pair of every member's "
        "port, and the guest that takes over claims it.",
        cost="Clients wait 0.05 to 0.1 s, and 0.2 s where the other member's "
        "host died; Neutron is not called.",
        traps=(
            "It needs code in the guest, which takes the address, announces "
            "it to the network and gives it up again.",
            "Neutron lets every member hold the address, so only the fence "
            "keeps the old one from claiming it again.",
            "A guest that starts anew has lost the address, until NHAM has "
            "it taken again.",
        ),
    ),
    "ecmp": Driver(
        purpose="The router has one route to the address over each member, "
        "and spreads the flows over them.",
        cost="Flows over a dead member fail until its route is removed, a "
        "call of 1.3 to 1.9 s; the others lose nothing.",
        traps=(
            "A client outside a router with SNAT never gets an answer, since "
            "the reply of the address is translated: it needs a router "
            "without SNAT, or clients in the router's own networks.",
            "A UDP server that listens on all addresses answers from the "
            "first one of its port: bind it to the service address.",
        ),
    ),
    "octavia": Driver(
        purpose="A load balancer has a pool, of which NHAM manages the "
        "members.",
        cost="Flows to a dead member fail until it is taken out, a call of "
        "0.1 to 0.2 s, and 0.3 s after it; the others lose nothing.",
        traps=(
            "With Octavia's OVN provider a flow that keeps its source port "
            "stays with a dead member for as long as it sends.",
            "A change that is made while octavia-driver-agent is dead leaves "
            "the balancer in PENDING_UPDATE, where it takes no other, until "
            "octavia-ovn-db-sync-util is run.",
        ),
    ),
}
