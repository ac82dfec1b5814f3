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

"""The service address is a floating IP, which is pointed at a port."""

from __future__ import annotations

import contextlib

from nham.adapters import errors
from nham.adapters.traffic import base
from nham.adapters.vim import network_base
from nham.core import model


class FloatingIpMover(base.Mover):
    """Points a floating IP that the VNFC has at another member's port.

    A port takes one floating IP. So the one by which NHAM reaches a
    standby leads nowhere from then on when the standby takes over.
    """

    name = "floating_ip"
    own_access = False
    asked = True
    volatile = False

    def __init__(self, vim: network_base.Network) -> None:
        self._vim = vim

    def find(
        self, server_id: str, address: str | None
    ) -> tuple[model.MovableAddress, base.Place]:
        """See base class."""
        for port in self._vim.ports(server_id):
            for held in self._vim.floating_ips(port.id):
                return (
                    model.MovableAddress(id=held.id, ip=held.ip),
                    base.Place(server_id=server_id, port_id=port.id),
                )
        raise errors.Refused(
            "service_address.driver: floating_ip needs a floating IP at a "
            "port of the VNFC, and it has none"
        )

    def admit(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class; any port can have it."""

    def leads_to(
        self, service: model.MovableAddress, place: base.Place
    ) -> bool:
        """See base class."""
        held = self._vim.floating_ips(place.port_id)
        return service.id in {one.id for one in held}

    def move(
        self,
        service: model.MovableAddress,
        place: base.Place,
        access: model.MovableAddress | None = None,
    ) -> None:
        """See base class.

        Clients wait meanwhile, so Neutron is asked for nothing else first.
        """
        if access is not None:
            with contextlib.suppress(errors.NotFound):
                self._vim.point_floating_ip(access.id, None)
        try:
            self._vim.point_floating_ip(service.id, place.port_id)
        except errors.Conflict:
            self._clear(service, place)
            self._vim.point_floating_ip(service.id, place.port_id)

    def _clear(self, service: model.MovableAddress, place: base.Place) -> None:
        """Let no other floating IP lead to a place."""
        for held in self._vim.floating_ips(place.port_id):
            if held.id != service.id:
                self._vim.point_floating_ip(held.id, None)

    def let_go(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class; clients are led there by Neutron alone."""
