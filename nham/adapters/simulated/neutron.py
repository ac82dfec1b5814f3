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

"""The simulated Neutron: ports, floating IPs, and where they lead."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import dataclasses
import itertools

from nham.adapters import errors
from nham.adapters.simulated import records
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import network_base


@dataclasses.dataclass(eq=False, kw_only=True)
class FloatingIp:
    """A floating IP; its name is its description."""

    id: str
    name: str
    ip: str
    port: Port | None = None


@dataclasses.dataclass(eq=False, kw_only=True)
class Port:
    """A port with one fixed address, to which one floating IP may lead.

    :ivar more: further fixed addresses that it was given.
    :ivar pairs: addresses that its guest may use beside its own.
    :ivar probe: what it is as a probe port; None: it is none.
    """

    id: str
    name: str
    network: str
    ip: str
    enabled: bool = True
    server_id: str | None = None
    description: str = ""
    floating: FloatingIp | None = None
    more: list[str] = dataclasses.field(default_factory=list)
    pairs: list[str] = dataclasses.field(default_factory=list)
    probe: network_base.ProbePort | None = None


class Neutron:
    """One network for each name, and one external network.

    It keeps the addresses in Nova's records true.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._numbers = itertools.count(1)
        self._servers: dict[str, records.Server] = {}
        self._bound: dict[str, list[Port]] = {}
        self._by_ip: dict[str, Port | FloatingIp] = {}
        self._gone: set[str] = set()
        self.ports: dict[str, Port] = {}
        self.floating_ips: dict[str, FloatingIp] = {}

    def port(self, port_id: str) -> Port:
        """Return a port; :raises errors.NotFound: there is none."""
        try:
            return self.ports[port_id]
        except KeyError:
            raise errors.NotFound(f"no port {port_id}") from None

    def floating_ip(self, floating_ip_id: str) -> FloatingIp:
        """Return one; :raises errors.NotFound: there is none."""
        try:
            return self.floating_ips[floating_ip_id]
        except KeyError:
            raise errors.NotFound(f"no floating IP {floating_ip_id}") from None

    def route(self, address: str) -> str | None:
        """Return the fixed address of the port that an address leads to.

        None if it leads to no port, or to a disabled one, or if its port is
        deleted. What was never known here is its own.
        """
        found = self._by_ip.get(address)
        if found is None:
            return None if address in self._gone else address
        port = found.port if isinstance(found, FloatingIp) else found
        return port.ip if port is not None and port.enabled else None

    def lets_through(self, own: str, address: str) -> bool:
        """Say whether the guest with an own address may use another one."""
        port = self._by_ip.get(own)
        return (
            isinstance(port, Port) and port.enabled and address in port.pairs
        )

    def _new_ip(self, block: str) -> str:
        high, low = divmod(next(self._numbers), 250)
        return f"{block}.{high}.{low + 1}"

    # -- servers

    def adopt(self, server: records.Server) -> None:
        """Give a server the ports of its addresses, made if need be."""
        ports = []
        for address in server.addresses:
            if address.kind == "fixed":
                port = self._by_ip.get(address.ip)
                if not isinstance(port, Port):
                    name = f"{server.name}-{address.network}"
                    port = self._add(name, address.network, address.ip)
                ports.append(port)
        self.plug(server, ports)

    def plug(self, server: records.Server, ports: Iterable[Port]) -> None:
        """Bind ports to a server, which gets their addresses."""
        self._servers[server.id] = server
        for port in ports:
            self._free(port)
            port.server_id = server.id
            self._bound.setdefault(server.id, []).append(port)
        self._refresh(server.id)

    def unplug(self, server_id: str) -> None:
        """Free the ports of a server; they stay, as those of Heat do."""
        for port in self.of_server(server_id):
            self._free(port)

    def of_server(self, server_id: str) -> list[Port]:
        """Return the ports of a server, in the order of its interfaces."""
        return list(self._bound.get(server_id, ()))

    def _free(self, port: Port) -> None:
        if port.server_id is not None:
            self._bound[port.server_id].remove(port)
            port.server_id = None

    def _refresh(self, server_id: str | None) -> None:
        """Write a server's addresses into Nova's record."""
        server = self._servers.get(server_id or "")
        if server is None:
            return
        found = []
        for port in self.of_server(server.id):
            found.append(_address(port, port.ip, "fixed"))
            if port.floating is not None:
                found.append(_address(port, port.floating.ip, "floating"))
        server.addresses = tuple(found)

    # -- ports

    def _add(self, name: str, network: str, ip: str) -> Port:
        port = Port(id=self._new_id(), name=name, network=network, ip=ip)
        self.ports[port.id] = self._by_ip[ip] = port
        return port

    def copy_port(self, port_id: str, name: str) -> Port:
        """Make a port in the network of another one."""
        network = self.port(port_id).network
        return self._add(name, network, self._new_ip("10.200"))

    def add_probe_port(
        self, network: str, host: str, engine_host: str
    ) -> network_base.ProbePort:
        """Make a port from which an engine asks; any address is near it.

        :raises errors.NotFound: there is no such network.
        """
        if not any(one.network == network for one in self.ports.values()):
            raise errors.NotFound(f"no network {network}")
        port = self._add("nham-probe", network, self._new_ip("10.203"))
        port.probe = network_base.ProbePort(
            id=port.id,
            network_id=network,
            mac="fa:16:3e:00:00:01",
            addresses=(f"{port.ip}/1",),
            mtu=1442,
            host=host,
            engine_host=engine_host,
            active=True,
        )
        return port.probe

    def reserve(self, network: str, address: str | None) -> Port:
        """Make a port that belongs to no server and reserves an address."""
        ip = address or self._new_ip("10.202")
        return self._add("reserved", network, ip)

    def ports_with(self, network: str, address: str) -> list[Port]:
        """Return the ports of a network that have a fixed address."""
        return [
            port
            for port in self.ports.values()
            if port.network == network and address in (port.ip, *port.more)
        ]

    def give_address(self, port_id: str, address: str) -> None:
        """Give a port one more address.

        :raises errors.Conflict: another one has it.
        """
        port = self.port(port_id)
        holder = self._by_ip.setdefault(address, port)
        if holder is not port:
            raise errors.Conflict(f"{address} is taken")
        if address not in (port.ip, *port.more):
            port.more.append(address)

    def take_address(self, port_id: str, address: str) -> None:
        """Take an address that a port was given."""
        port = self.port(port_id)
        if address in port.more:
            port.more.remove(address)
            del self._by_ip[address]

    def delete_port(self, port_id: str) -> None:
        """Delete a port; its server and its floating IP lose it."""
        port = self.ports.pop(port_id, None)
        if port is None:
            return
        for address in (port.ip, *port.more):
            del self._by_ip[address]
            self._gone.add(address)
        if port.floating is not None:
            port.floating.port = None
        server_id = port.server_id
        self._free(port)
        self._refresh(server_id)

    # -- floating IPs

    def add_floating_ip(self, name: str) -> FloatingIp:
        """Make a floating IP that leads nowhere."""
        ip = self._new_ip("172.24")
        floating = FloatingIp(id=self._new_id(), name=name, ip=ip)
        self.floating_ips[floating.id] = self._by_ip[ip] = floating
        return floating

    def point(self, floating_ip_id: str, port_id: str | None) -> None:
        """Let a floating IP lead to a port, or nowhere.

        :raises errors.Conflict: another one leads there.
        """
        floating = self.floating_ip(floating_ip_id)
        port = None if port_id is None else self.port(port_id)
        if port is not None and port.floating not in (None, floating):
            raise errors.Conflict(f"port {port_id} has a floating IP")
        before, floating.port = floating.port, port
        if before is not None:
            before.floating = None
            self._refresh(before.server_id)
        if port is not None:
            port.floating = floating
            self._refresh(port.server_id)

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """Delete a floating IP, wherever it leads."""
        if floating_ip_id in self.floating_ips:
            self.point(floating_ip_id, None)
            del self._by_ip[self.floating_ips.pop(floating_ip_id).ip]


def _address(port: Port, ip: str, kind: str) -> vim_base.Address:
    return vim_base.Address(network=port.network, ip=ip, kind=kind)
