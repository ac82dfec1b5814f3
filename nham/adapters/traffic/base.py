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


"""Leading clients to a service: moving its address, or spreading it.

A mover leads them to one member, and to another when that one takes over.

A spreader leads them to several members, which all serve at once. A pool
is given to NHAM, that of a load balancer, or a router and an address that
it leads to. What the service is spread over are the pool's targets, one for
each address of a member.

Nothing here waits: a balancer takes its changes one after the other, and
``targets`` tells when the last one holds.
"""

from __future__ import annotations

import abc
import dataclasses

from nham.core import model


@dataclasses.dataclass(frozen=True, kw_only=True)
class Place:
    """Where a service address may lead to.

    :ivar server_id: the server of a member.
    :ivar port_id: the port of that server by which it serves.
    """

    server_id: str
    port_id: str


class Mover(abc.ABC):
    """One way of moving a service from one member to another.

    Every method may raise the errors of ``nham.adapters.errors``; what a
    guest does not do yet is a ``Conflict``: ask again. Asking twice does no
    harm.

    :ivar name: what the descriptor calls it.
    :ivar own_access: NHAM reaches each member under an address of its own,
        which stays; otherwise under the service address the primary, and
        under one of the group's the standby.
    :ivar asked: NHAM asks at the service address, as clients do.
    :ivar volatile: a guest that starts anew has lost the address.
    """

    name: str
    own_access: bool
    asked: bool
    volatile: bool

    @abc.abstractmethod
    def find(
        self, server_id: str, address: str | None
    ) -> tuple[model.MovableAddress, Place]:
        """Return the service address of a server, and where it serves.

        :param address: as the policy has it; None: the driver finds it.
        :raises Refused: it has none, or may not have it.
        """

    @abc.abstractmethod
    def admit(self, service: model.MovableAddress, place: Place) -> None:
        """Let clients be led there later, without leading them there."""

    @abc.abstractmethod
    def let_go(self, service: model.MovableAddress, place: Place) -> None:
        """Have who serves there serve no more, of its own accord.

        There is nothing to do where the network alone leads clients.
        """

    @abc.abstractmethod
    def leads_to(self, service: model.MovableAddress, place: Place) -> bool:
        """Say whether clients are led there now."""

    @abc.abstractmethod
    def move(
        self,
        service: model.MovableAddress,
        place: Place,
        access: model.MovableAddress | None = None,
    ) -> None:
        """Lead clients there, wherever they were led before.

        :param access: by which NHAM has reached that place until now, of
            the group; it gives way if it has to.
        :raises NotFound: the address or the place is gone.
        """


@dataclasses.dataclass(frozen=True)
class Target:
    """One address that a pool spreads its service over.

    :ivar enabled: it gets new flows.
    """

    address: str
    enabled: bool


class Spreader(abc.ABC):
    """One way of spreading a service over several members.

    Every method may raise the errors of ``nham.adapters.errors``. A call
    that changes something raises ``Conflict`` while the balancer is in
    the middle of another change: ask again. Asking twice does no harm.

    :ivar name: what the descriptor calls it.
    """

    name: str

    @abc.abstractmethod
    def knows(self, pool_id: str) -> bool:
        """Say whether an id is one that ``find`` may have returned.

        A group keeps the id of its pool, and not whose it is.
        """

    @abc.abstractmethod
    def find(self, pool: str, project_id: str) -> str:
        """Return the id of a pool of a project.

        :param pool: its id, or its name.
        :raises NotFound: the project has no such pool.
        :raises Refused: the project has several pools of that name.
        """

    @abc.abstractmethod
    def targets(self, pool_id: str) -> tuple[Target, ...]:
        """Return what the service is spread over now, by address.

        :raises Conflict: a change does not hold yet; ask again.
        :raises Refused: the balancer is broken, its operator must mend it.
        """

    @abc.abstractmethod
    def admit(
        self, pool_id: str, address: str, port: int, network_id: str
    ) -> None:
        """Ask for an address to get new flows, as a new target if need be.

        :param port: where the application listens.
        :param network_id: the network that has the address.
        :raises NotFound: there is no such pool, or no port of that network
            has the address.
        """

    @abc.abstractmethod
    def withdraw(self, pool_id: str, address: str) -> None:
        """Ask for an address to get no new flows; it may stay a target.

        :raises NotFound: there is no such pool.
        """

    @abc.abstractmethod
    def forget(self, pool_id: str, address: str) -> None:
        """Ask for an address to be a target no more.

        One that is none, or whose pool is gone, is no error.
        """
