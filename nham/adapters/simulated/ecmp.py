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


"""The simulated routers behind the interface of a spreader."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import spreading
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import base


class SimulatedEcmp(spreading.WorldSpreader):
    """Spreads services over the guests of a ``World`` by routes."""

    name = "ecmp"
    system = "neutron"

    def __init__(self, world: simulated.World) -> None:
        super().__init__(world)
        self._routers = world.routers

    def _hops(self, pool_id: str) -> list[str]:
        """Return over whom a router leads, to be changed in place."""
        router_id, _, service = pool_id.rpartition("/")
        router = self._routers.router(router_id)
        return router.hops.setdefault(service, [])

    def knows(self, pool_id: str) -> bool:
        """See base class."""
        return "/" in pool_id

    def find(self, pool: str, project_id: str) -> str:
        """See base class."""
        name, _, service = pool.rpartition("/")
        with self._call("find", pool):
            routers = self._routers.routers.values()
            found = spreading.the_one("router", routers, name, project_id)
            return f"{found.id}/{service}"

    def targets(self, pool_id: str) -> tuple[base.Target, ...]:
        """See base class."""
        with self._call("targets", pool_id):
            hops = sorted(self._hops(pool_id))
            return tuple(base.Target(one, True) for one in hops)

    def admit(
        self, pool_id: str, address: str, port: int, network_id: str
    ) -> None:
        """See base class."""
        with self._call("admit", address):
            hops = self._hops(pool_id)
            found = self._world.neutron.ports_with(network_id, address)
            if not found:
                raise errors.NotFound(f"no {address} in {network_id}")
            service = pool_id.rpartition("/")[2]
            for one in found:
                if service not in one.pairs:
                    one.pairs.append(service)
            if address not in hops:
                hops.append(address)

    def withdraw(self, pool_id: str, address: str) -> None:
        """See base class."""
        with self._call("withdraw", address):
            hops = self._hops(pool_id)
            if address in hops:
                hops.remove(address)

    def forget(self, pool_id: str, address: str) -> None:
        """See base class."""
        with self._call("forget", address):
            router_id, _, service = pool_id.rpartition("/")
            if router_id not in self._routers.routers:
                return
            hops = self._hops(pool_id)
            if address in hops:
                hops.remove(address)
            for one in self._world.neutron.ports.values():
                if one.ip == address and service in one.pairs:
                    one.pairs.remove(service)
