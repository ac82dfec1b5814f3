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

"""The simulated power switch of a host."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base
from nham.adapters.simulated import world as simulated


class SimulatedFencing(base.HostFencing):
    """Switches hosts of a ``World`` off.

    It has its own way to them, so it reaches a partitioned host too.

    :param seconds: how long a host takes to be off.
    """

    name = "simulated"

    def __init__(self, world: simulated.World, seconds: float = 3.0) -> None:
        self._world = world
        self._seconds = seconds

    def can_fence(self, host: str) -> bool:
        """See base class."""
        known = host in self._world.physics.hosts
        return known and host not in self._world.no_fence

    def fence(self, host: str) -> None:
        """See base class."""
        if not self.can_fence(host):
            raise errors.Refused(f"no means to fence {host}")
        self._world.clock.call_in(self._seconds, lambda: self._off(host))

    def _off(self, host: str) -> None:
        if host not in self._world.broken_fence:
            self._world.power_off_host(host)

    def trouble(self, host: str) -> str:
        """See base class."""
        return "" if self.can_fence(host) else f"no means to look at {host}"

    def proof(self, host: str) -> str | None:
        """See base class."""
        if not self.can_fence(host) or host in self._world.broken_fence:
            return None
        power = self._world.physics.host(host).power
        return None if power else f"power of {host} is off"
