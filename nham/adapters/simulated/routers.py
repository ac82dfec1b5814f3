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


"""The simulated routers of Neutron: equal-cost routes to one address."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.adapters import errors
from nham.adapters.simulated import neutron


@dataclasses.dataclass(eq=False, kw_only=True)
class Router:
    """A router.

    :ivar hops: for each address the ones over which it leads there.
    :ivar turn: how many flows it has sent there.
    """

    id: str
    name: str
    project_id: str
    hops: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    turn: int = 0


class Routers:
    """All routers of the cloud.

    :param beyond: says which interface an address leads to that no router
        has a route to; None: to none that is connected.
    """

    def __init__(
        self,
        network: neutron.Neutron,
        new_id: Callable[[], str],
        beyond: Callable[[str], str | None],
    ) -> None:
        self._neutron = network
        self._new_id = new_id
        self._beyond = beyond
        self.routers: dict[str, Router] = {}

    def add(self, name: str, project_id: str) -> Router:
        """Make a router without routes."""
        router = Router(id=self._new_id(), name=name, project_id=project_id)
        self.routers[router.id] = router
        return router

    def router(self, router_id: str) -> Router:
        """Return a router; :raises errors.NotFound: there is none."""
        try:
            return self.routers[router_id]
        except KeyError:
            raise errors.NotFound(f"no router {router_id}") from None

    def route(self, address: str) -> str | None:
        """Return the fixed address that a new flow to an address gets to.

        The flows go over all members in turn, dead ones too. A port that
        does not let the address through takes none.
        """
        for router in self.routers.values():
            hops = router.hops.get(address)
            if hops:
                hop = hops[router.turn % len(hops)]
                router.turn += 1
                through = self._neutron.lets_through(hop, address)
                return hop if through else None
        return self._beyond(address)
