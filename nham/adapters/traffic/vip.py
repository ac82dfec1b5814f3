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

"""The service address is one that the guest claims by itself.

Every member's port lets it through, as an allowed address pair, and a port
that belongs to no server reserves it in Neutron. The guest that is told so
takes it and announces it; so nothing but one call to the guest lies between
a failure and the first answer.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.adapters.traffic import base
from nham.adapters.vim import network_base
from nham.core import model


class VipMover(base.Mover):
    """Has guests claim an address, or give it up.

    :param locate: finds the hook of a server by its id.
    """

    name = "vip"
    own_access = True
    asked = True
    volatile = True

    def __init__(
        self,
        vim: network_base.Network,
        hook: hooks.Hook,
        locate: Callable[[str], tuple[hooks.Endpoint, int]],
    ) -> None:
        self._vim = vim
        self._hook = hook
        self._locate = locate

    def find(
        self, server_id: str, address: str | None
    ) -> tuple[model.MovableAddress, base.Place]:
        """See base class; somebody has to have reserved it."""
        wanted = str(address)
        for port in self._vim.ports(server_id):
            for reserving in self._vim.ports_with(port.network_id, wanted):
                return (
                    model.MovableAddress(
                        id=wanted, ip=self._ip(port, reserving, wanted)
                    ),
                    base.Place(server_id=server_id, port_id=port.id),
                )
        raise errors.Refused(
            f"service_address.address: no port reserves {wanted} in a "
            "network of the VNFC; make one that belongs to no server"
        )

    def _ip(
        self,
        port: network_base.Port,
        reserving: network_base.Port,
        address: str,
    ) -> str:
        """Return what NHAM asks to see what clients see.

        :raises Refused: there is nothing that it could ask.
        """
        if reserving.server_id is not None:
            raise errors.Refused(
                f"service_address.address: port {reserving.id} has {address} "
                "and belongs to a server; none may"
            )
        for held in self._vim.floating_ips(reserving.id):
            return held.ip
        if self._vim.floating_ips(port.id):
            raise errors.Refused(
                "service_address.address: NHAM reaches the VNFC by a "
                f"floating IP, so the port of {address} needs one, too"
            )
        return address

    def admit(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class."""
        self._vim.allow_address(place.port_id, service.id)

    def leads_to(
        self, service: model.MovableAddress, place: base.Place
    ) -> bool:
        """See base class; the guest's own word."""
        with self._asked(place) as endpoint:
            return self._hook.has_claimed(endpoint, service.id)

    def move(
        self,
        service: model.MovableAddress,
        place: base.Place,
        access: model.MovableAddress | None = None,
    ) -> None:
        """See base class; who had it must be cut off, or have let go."""
        with self._asked(place) as endpoint:
            self._hook.claim(endpoint, service.id)

    def let_go(self, service: model.MovableAddress, place: base.Place) -> None:
        """See base class."""
        with self._asked(place) as endpoint:
            self._hook.let_go(endpoint, service.id)

    @contextlib.contextmanager
    def _asked(self, place: base.Place) -> Iterator[hooks.Endpoint]:
        """Yield where a guest is asked; what is silent is not ready yet."""
        endpoint, _max_size = self._locate(place.server_id)
        try:
            yield endpoint
        except errors.Unavailable as error:
            raise errors.Conflict(str(error)) from error
