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


"""The simulated Octavia behind the interface of a spreader."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import spreading
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import base


class SimulatedSpreader(spreading.WorldSpreader):
    """Spreads services over the guests of a ``World``."""

    name = "octavia"
    system = "octavia"

    def __init__(self, world: simulated.World) -> None:
        super().__init__(world)
        self._balancers = world.balancers

    def knows(self, pool_id: str) -> bool:
        """See base class; a router and an address have a slash."""
        return "/" not in pool_id

    def find(self, pool: str, project_id: str) -> str:
        """See base class."""
        with self._call("find", pool):
            pools = self._balancers.pools.values()
            return spreading.the_one("pool", pools, pool, project_id).id

    def targets(self, pool_id: str) -> tuple[base.Target, ...]:
        """See base class."""
        with self._call("targets", pool_id):
            enabled: dict[str, bool] = {}
            listed = self._balancers.settled(pool_id).targets
            for (address, _port), given in listed.items():
                enabled[address] = enabled.get(address, False) or given
            return tuple(
                base.Target(address, enabled[address])
                for address in sorted(enabled)
            )

    def admit(
        self, pool_id: str, address: str, port: int, network_id: str
    ) -> None:
        """See base class."""
        with self._call("admit", address):
            listed = self._balancers.pool(pool_id).targets
            known = (address, port) in listed or any(
                (one.ip, one.network) == (address, network_id)
                for one in self._world.neutron.ports.values()
            )
            if not known:
                raise errors.NotFound(f"no {address} in {network_id}")
            self._balancers.change(pool_id, {**listed, (address, port): True})

    def withdraw(self, pool_id: str, address: str) -> None:
        """See base class."""
        with self._call("withdraw", address):
            listed = self._balancers.pool(pool_id).targets
            self._balancers.change(
                pool_id,
                {
                    key: given and key[0] != address
                    for key, given in listed.items()
                },
            )

    def forget(self, pool_id: str, address: str) -> None:
        """See base class."""
        with self._call("forget", address):
            pool = self._balancers.pools.get(pool_id)
            if pool is not None:
                self._balancers.change(
                    pool_id,
                    {
                        key: given
                        for key, given in pool.targets.items()
                        if key[0] != address
                    },
                )
