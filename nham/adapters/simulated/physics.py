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

"""What really runs where: hosts, guests, and the rule of one active.

Nothing here knows Nova. A guest on a partitioned host runs on, and so it
shows when somebody starts its twin without a fence.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import math

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import records

CLOSED = {
    "tcp": "connection refused",
    "http": "connection refused",
    "udp": "port unreachable",
}
"""What a living guest says at once for a port that nobody listens on."""


class Physics:
    """Hosts and the guests on them.

    :ivar on_exit: told when a guest ends without an order.
    :ivar route: says which interface an address leads to, by its own
        address; None: to none that is connected.
    :ivar lets_through: says whether who has an own address may use another
        one that it claimed.
    :ivar violations: what was broken so far, oldest first.
    """

    def __init__(
        self, clock: virtual.VirtualClock, latencies: records.Latencies
    ) -> None:
        self.clock = clock
        self.latencies = latencies
        self.hosts: dict[str, records.Host] = {}
        self.hosts_by_address: dict[str, records.Host] = {}
        self.violations: list[records.Violation] = []
        self.on_exit: Callable[[records.Guest], None] = _ignore
        self.route: Callable[[str], str | None] = str
        self.lets_through: Callable[[str, str], bool] = _lets_nothing
        self._claimed: dict[str, list[records.Guest]] = {}
        self._index: dict[tuple[str, object], list[records.Guest]] = {}

    def add_host(self, host: records.Host) -> None:
        """Put a host into the cloud."""
        self.hosts[host.name] = host
        self.hosts_by_address[host.address] = host

    def host(self, name: str) -> records.Host:
        """Return a host; :raises errors.NotFound: there is none."""
        try:
            return self.hosts[name]
        except KeyError:
            raise errors.NotFound(f"no host {name}") from None

    def guests(self) -> Iterator[records.Guest]:
        """Go through all that runs anywhere."""
        for host in self.hosts.values():
            yield from host.guests

    def guests_of(self, server_id: str) -> list[records.Guest]:
        """Return all running guests of a server; more than one is bad."""
        return list(self._index.get(("server", server_id), ()))

    def guest_on(self, server_id: str, host: str) -> records.Guest | None:
        """Return the server's guest on that host, None if none runs."""
        for guest in self.guests_of(server_id):
            if guest.host == host:
                return guest
        return None

    def start(
        self, server: records.Server, host: str, disk: records.Disk
    ) -> records.Guest:
        """Start a guest: it answers when it has booted."""
        self.stop(server.id, host)
        guest = records.Guest(
            server_id=server.id,
            identity=server.identity,
            host=host,
            disk=disk,
            addresses=server.ips,
            boot_at=self.boot_at(disk),
            on_disk=server.on_disk,
        )
        self.host(host).guests.append(guest)
        for key in _keys(guest):
            self._index.setdefault(key, []).append(guest)
        self._check(guest)
        return guest

    def boot_at(self, disk: records.Disk, delay: float = 0.0) -> float:
        """Return when a boot from the disk that begins now is done."""
        if disk.lost:
            return math.inf
        return self.clock.monotonic() + delay + self.latencies.boot

    def stop(self, server_id: str, host: str) -> None:
        """End the server's guest on that host, if there is one."""
        guest = self.guest_on(server_id, host)
        if guest is not None:
            self._forget(guest)

    def end(self, guest: records.Guest) -> None:
        """Let a guest end without an order (killed, or by itself)."""
        if guest in self.host(guest.host).guests:
            self._forget(guest)
            self.on_exit(guest)

    def cut_power(self, name: str) -> None:
        """Switch a host off: all guests are gone, and nobody is told."""
        host = self.host(name)
        host.power = False
        for guest in list(host.guests):
            self._forget(guest)

    def _forget(self, guest: records.Guest) -> None:
        self.host(guest.host).guests.remove(guest)
        for key in _keys(guest):
            self._index[key].remove(guest)

    def booted(self, guest: records.Guest) -> bool:
        """Say whether the guest's kernel answers."""
        return self.clock.monotonic() >= guest.boot_at

    def serving(self, guest: records.Guest) -> bool:
        """Say whether clients get answers from the guest."""
        return (
            self._reachable(guest)
            and guest.app is records.App.SERVING
            and any(self.route(one) == one for one in guest.addresses)
        )

    def _reachable(self, guest: records.Guest) -> bool:
        return (
            self.booted(guest)
            and guest.plugged
            and self.host(guest.host).reachable
        )

    def at(self, address: str) -> records.Guest | None:
        """Return the guest that gets what is sent to an address.

        With two guests at one address it is the newest, as the switch
        that learned the address last would have it.
        """
        routed = self.route(address)
        there = [
            guest
            for guest in self._index.get(("address", routed), ())
            if self._reachable(guest)
        ]
        if there or routed is None:
            return max(there, key=lambda one: one.boot_at, default=None)
        return next(reversed(self._claimers(routed)), None)

    def claim(self, guest: records.Guest, address: str) -> None:
        """Let a guest have an address and announce it to the network."""
        guest.claims.add(address)
        known = self._claimed.setdefault(address, [])
        known[:] = [one for one in known if one is not guest]
        known.append(guest)
        there = self._claimers(address)
        if len(there) > 1:
            self.violate("two actives", address, _places(there))

    def _claimers(self, address: str) -> list[records.Guest]:
        """Return who claimed an address and can use it, the newest last."""
        return [
            guest
            for guest in self._claimed.get(address, ())
            if address in guest.claims
            and guest in self.host(guest.host).guests
            and self._reachable(guest)
            and any(self.lets_through(o, address) for o in guest.addresses)
        ]

    def answer(self, kind: str, address: str) -> str | None:
        """Return what a question gets: ``good``, a refusal, or silence."""
        host = self.hosts_by_address.get(address)
        if host is not None and kind == "icmp":
            return "good" if host.reachable else None
        guest = self.at(address)
        if guest is None:
            return None
        if kind == "icmp" or guest.app is records.App.SERVING:
            return "good"
        return CLOSED[kind] if guest.app is records.App.CRASHED else None

    def violate(self, rule: str, subject: str, detail: str) -> None:
        """Write down that a rule was broken."""
        self.violations.append(
            records.Violation(
                at=self.clock.now(), rule=rule, subject=subject, detail=detail
            )
        )

    def _check(self, guest: records.Guest) -> None:
        """Look whether a guest that was started is one too many."""
        for rule, key in _EXCLUSIVE.items():
            value = getattr(guest, key)
            same = [g for g in self._index[key, value] if g.plugged]
            if len(same) > 1:
                self.violate(rule, guest.identity, _places(same))


_EXCLUSIVE = {"two actives": "identity", "two writers": "disk"}
"""Each rule, and the attribute that two plugged guests may not share."""


def _keys(guest: records.Guest) -> list[tuple[str, object]]:
    return [
        ("server", guest.server_id),
        ("identity", guest.identity),
        ("disk", guest.disk),
        *(("address", address) for address in guest.addresses),
    ]


def _places(guests: list[records.Guest]) -> str:
    return ", ".join(f"{one.server_id} on {one.host}" for one in guests)


def _lets_nothing(_own: str, _address: str) -> bool:
    """Stand in until there is a network."""
    return False


def _ignore(_guest: records.Guest) -> None:
    """Stand in until Nova listens."""
