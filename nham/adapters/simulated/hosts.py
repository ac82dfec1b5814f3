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

"""What Nova knows of its hosts, and the orders that it sends to them.

An order to a dead host is not refused: it waits in a queue, and the
server's task state with it. It may still run when the host comes back.
"""

from __future__ import annotations

from collections.abc import Callable
import random

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import physics as truth
from nham.adapters.simulated import records


class ComputeHosts:
    """The nova-compute services."""

    def __init__(
        self,
        clock: virtual.VirtualClock,
        latencies: records.Latencies,
        physics: truth.Physics,
        rng: random.Random,
    ) -> None:
        self.clock = clock
        self.latencies = latencies
        self.physics = physics
        self._rng = rng

    def up(self, name: str) -> bool:
        """Say what the service list says: late, but not forced down."""
        host = self.physics.host(name)
        if host.forced_down:
            return False
        silent = host.silent_since
        if silent is None:
            return True
        age = self.clock.monotonic() - silent
        return age <= self.latencies.service_down_time

    def seen_at(self, name: str) -> float:
        """Return the wall clock time of the record's last change.

        That is the last report, or the last word on forced_down.
        """
        host = self.physics.host(name)
        now = self.clock.monotonic()
        seen = host.silent_since
        if seen is None:
            seen = now - now % self.latencies.report_interval
        return self.clock.now() - (now - max(seen, host.forced_at))

    def force_down(self, name: str, forced: bool) -> None:
        """Write down that the service counts as down, or lift that.

        :raises errors.Conflict: guests of evacuated servers may still
            be there, as nova-compute has not started since.
        """
        host = self.physics.host(name)
        if not forced and host.evacuated:
            raise errors.Conflict(f"evacuated guests may still be on {name}")
        host.forced_down = forced
        host.forced_at = self.clock.monotonic()

    def choose(self, not_on: str) -> str | None:
        """Pick a host as the scheduler would; None: no valid host."""
        fit = [
            host
            for host in self.physics.hosts.values()
            if host.name != not_on and self.fits(host.name)
        ]
        if not fit:
            return None
        return min(fit, key=lambda host: (len(host.guests), host.name)).name

    def fits(self, name: str) -> bool:
        """Say whether the scheduler would put one more server there."""
        host = self.physics.host(name)
        room = len(host.guests) < host.capacity
        return host.enabled and self.up(name) and room

    def silence(self, name: str) -> None:
        """The service reports no more; its last report is a bit older."""
        host = self.physics.host(name)
        if host.silent_since is None:
            age = self._rng.uniform(0.0, self.latencies.report_interval)
            host.silent_since = self.clock.monotonic() - age

    def order(
        self,
        name: str,
        server: records.Server,
        begin: Callable[[], float],
        finish: Callable[[], None],
    ) -> None:
        """Send an order about a server to a host's nova-compute.

        :param begin: done when the order is taken; returns how many
            seconds the rest takes.
        :param finish: done then, unless nova-compute has died meanwhile
            or something newer has the server.
        """
        host = self.physics.host(name)
        turn = server.turn

        def take() -> None:
            if server.turn == turn:
                life = host.life
                self.clock.call_in(begin(), lambda: done(life))

        def done(life: int) -> None:
            alive = host.power and host.compute and host.life == life
            if not alive or server.turn != turn:
                return
            if host.partitioned:
                host.unfinished.append(lambda: done(life))
            else:
                finish()

        if host.takes_orders:
            take()
        else:
            host.waiting.append((server.id, take))

    def back(self, name: str) -> None:
        """The service reports again and takes the orders that waited."""
        host = self.physics.host(name)
        host.silent_since = None
        unfinished, host.unfinished = host.unfinished, []
        for work in unfinished:
            work()
        waiting, host.waiting = host.waiting, []
        for _server_id, work in waiting:
            work()
