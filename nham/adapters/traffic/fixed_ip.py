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

"""The service address is a fixed address that ports take from each other.

All guests may hold it: Neutron lets through only what comes from the port
that has it. A client in the same network keeps the old member's MAC
address until its ARP entry is renewed. A gratuitous reply would correct it,
but NHAM would have to send it from a port of its own without port security,
on a host of the cloud. So it does not: clients come over a router.
"""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.traffic import base
from nham.adapters.vim import network_base
from nham.core import model


class FixedIpMover(base.Mover):
    """Takes an address from one port and gives it to another.

    NHAM is seldom in the network of the VNF, so it does not ask there.
    """

    name = "fixed_ip"
    own_access = True
    asked = False
    volatile = False

    def __init__(self, vim: network_base.Network) -> None:
        self._vim = vim

    def find(
        self, server_id: str, address: str | None
    ) -> tuple[model.MovableAddress, base.Place]:
        """See base class; the server gets it if nobody has it yet."""
        wanted = str(address)
        for port in self._vim.ports(server_id):
            if self._vim.floating_ips(port.id) and self._has(port, wanted):
                return (
                    model.MovableAddress(id=wanted, ip=wanted),
                    base.Place(server_id=server_id, port_id=port.id),
                )
        raise errors.Refused(
            f"service_address.address: {wanted} is of no network in which "
            "the VNFC has a port with a floating IP, by which NHAM reaches it"
        )

    def _has(self, port: network_base.Port, address: str) -> bool:
        """Say whether a port has an address, given to it if nobody has it."""
        for holder in self._vim.ports_with(port.network_id, address):
            if holder.id != port.id:
                raise errors.Refused(
                    f"service_address.address: port {holder.id} has "
                    f"{address} already"
                )
        try:
            self._vim.give_address(port.id, address)
        except errors.Refused:
            # Another port of the server may be in its subnet.
            return False
        return True

    def admit(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class; any port of the network can have it."""

    def leads_to(
        self, service: model.MovableAddress, place: base.Place
    ) -> bool:
        """See base class."""
        try:
            return service.id in self._vim.port(place.port_id).addresses
        except errors.NotFound:
            return False

    def move(
        self,
        service: model.MovableAddress,
        place: base.Place,
        access: model.MovableAddress | None = None,
    ) -> None:
        """See base class; nobody has it for as long as one call takes."""
        network_id = self._vim.port(place.port_id).network_id
        for holder in self._vim.ports_with(network_id, service.id):
            if holder.id != place.port_id:
                self._vim.take_address(holder.id, service.id)
        self._vim.give_address(place.port_id, service.id)

    def let_go(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class; clients are led there by Neutron alone."""
