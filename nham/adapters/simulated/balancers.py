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


"""The simulated Octavia: pools, and whom they hand what they get to.

Each pool has a balancer of its own, which takes one change at a time: the
change holds, and the next one is taken, ``Latencies.balancer`` later.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import neutron
from nham.adapters.simulated import records


@dataclasses.dataclass(eq=False, kw_only=True)
class Pool:
    """A pool and the address that clients use.

    :ivar port: where the application listens; a target with another port
        gives no answer.
    :ivar targets: Octavia's record: by address and port, whether each gets
        new flows.
    :ivar getting: those that really get them now.
    :ivar changing: a change is under way.
    :ivar turn: how many flows it has handed out.
    """

    id: str
    name: str
    project_id: str
    port: int
    address: str
    targets: dict[tuple[str, int], bool] = dataclasses.field(
        default_factory=dict
    )
    getting: tuple[tuple[str, int], ...] = ()
    changing: bool = False
    turn: int = 0


class Balancers:
    """All pools of the cloud."""

    def __init__(
        self,
        clock: virtual.VirtualClock,
        latencies: records.Latencies,
        network: neutron.Neutron,
        new_id: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._latencies = latencies
        self._neutron = network
        self._new_id = new_id
        self._by_address: dict[str, Pool] = {}
        self.pools: dict[str, Pool] = {}

    def add_pool(self, name: str, project_id: str, port: int) -> Pool:
        """Make an empty pool with an address of its own."""
        high, low = divmod(len(self.pools), 250)
        pool = Pool(
            id=self._new_id(),
            name=name,
            project_id=project_id,
            port=port,
            address=f"10.201.{high}.{low + 1}",
        )
        self.pools[pool.id] = self._by_address[pool.address] = pool
        return pool

    def pool(self, pool_id: str) -> Pool:
        """Return a pool; :raises errors.NotFound: there is none."""
        try:
            return self.pools[pool_id]
        except KeyError:
            raise errors.NotFound(f"no pool {pool_id}") from None

    def settled(self, pool_id: str) -> Pool:
        """Return a pool whose last change holds.

        :raises errors.Conflict: it does not yet.
        """
        pool = self.pool(pool_id)
        if pool.changing:
            raise errors.Conflict(f"pool {pool_id} is PENDING_UPDATE")
        return pool

    def change(
        self, pool_id: str, targets: dict[tuple[str, int], bool]
    ) -> None:
        """Begin to give a pool these targets, unless its record has them.

        :raises errors.Conflict: another change is under way.
        """
        if targets == self.pool(pool_id).targets:
            return
        pool = self.settled(pool_id)
        pool.targets, pool.changing = targets, True

        def hold() -> None:
            pool.getting = tuple(
                sorted(key for key, given in targets.items() if given)
            )
            pool.changing = False

        self._clock.call_in(self._latencies.balancer, hold)

    def route(self, address: str) -> str | None:
        """Return the fixed address that a new flow to an address gets to.

        The flows to a pool's address go to its enabled targets in turn,
        dead ones too. None if there is nobody to get it.
        """
        pool = self._by_address.get(address)
        if pool is None:
            return self._neutron.route(address)
        if not pool.getting:
            return None
        target, port = pool.getting[pool.turn % len(pool.getting)]
        pool.turn += 1
        return self._neutron.route(target) if port == pool.port else None
