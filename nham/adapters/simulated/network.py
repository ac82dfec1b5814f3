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

"""The simulated cloud behind the interface of a VIM's network."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib

from nham.adapters.simulated import neutron
from nham.adapters.simulated import world as simulated
from nham.adapters.vim import network_base


def _port(port: neutron.Port) -> network_base.Port:
    return network_base.Port(
        id=port.id,
        network_id=port.network,
        addresses=(port.ip, *port.more),
        enabled=port.enabled,
        server_id=port.server_id,
        description=port.description,
    )


def _floating_ip(floating: neutron.FloatingIp) -> network_base.FloatingIp:
    port_id = floating.port.id if floating.port is not None else None
    return network_base.FloatingIp(
        id=floating.id, ip=floating.ip, port_id=port_id
    )


class SimulatedNetwork(network_base.Network):
    """A network whose cloud is a ``World``.

    :param user_id: who it is in Nova's action log.
    """

    def __init__(self, world: simulated.World, user_id: str = "nham") -> None:
        self._world = world
        self._user = user_id

    def _call(
        self, call: str, subject: str = "", system: str = "nova"
    ) -> contextlib.AbstractContextManager[None]:
        return self._world.gates.call(system, call, subject, self._user)

    def ports(self, server_id: str) -> Sequence[network_base.Port]:
        """See base class."""
        with self._call("ports", server_id, "neutron"):
            found = self._world.neutron.of_server(server_id)
            return [_port(one) for one in found]

    def find_ports(self, name: str) -> Sequence[network_base.Port]:
        """See base class."""
        with self._call("find_ports", name, "neutron"):
            ports = self._world.neutron.ports.values()
            return [_port(one) for one in ports if one.name == name]

    def port(self, port_id: str) -> network_base.Port:
        """See base class."""
        with self._call("port", port_id, "neutron"):
            return _port(self._world.neutron.port(port_id))

    def ports_with(
        self, network_id: str, address: str
    ) -> Sequence[network_base.Port]:
        """See base class."""
        with self._call("ports_with", address, "neutron"):
            found = self._world.neutron.ports_with(network_id, address)
            return [_port(one) for one in found]

    def give_address(self, port_id: str, address: str) -> None:
        """See base class."""
        with self._call("give_address", port_id, "neutron"):
            self._world.neutron.give_address(port_id, address)

    def take_address(self, port_id: str, address: str) -> None:
        """See base class."""
        with self._call("take_address", port_id, "neutron"):
            self._world.neutron.take_address(port_id, address)

    def allow_address(self, port_id: str, address: str) -> None:
        """See base class."""
        with self._call("allow_address", port_id, "neutron"):
            pairs = self._world.neutron.port(port_id).pairs
            if address not in pairs:
                pairs.append(address)

    def copy_port(
        self,
        port_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
    ) -> str:
        """See base class."""
        with self._call("copy_port", port_id, "neutron"):
            made = self._world.neutron.copy_port(port_id, name)
            made.description = description
            return made.id

    def enable_port(self, port_id: str, enabled: bool) -> None:
        """See base class."""
        with self._call("enable_port", port_id, "neutron"):
            self._world.neutron.port(port_id).enabled = enabled

    def delete_port(self, port_id: str) -> None:
        """See base class."""
        with self._call("delete_port", port_id, "neutron"):
            self._world.neutron.delete_port(port_id)

    def probe_ports(self) -> Sequence[network_base.ProbePort]:
        """See base class."""
        with self._call("probe_ports", "", "neutron"):
            ports = self._world.neutron.ports.values()
            return [one.probe for one in ports if one.probe is not None]

    def create_probe_port(
        self, network_id: str, host: str, engine_host: str
    ) -> network_base.ProbePort:
        """See base class."""
        with self._call("create_probe_port", network_id, "neutron"):
            return self._world.neutron.add_probe_port(
                network_id, host, engine_host
            )

    def floating_ips(self, port_id: str) -> Sequence[network_base.FloatingIp]:
        """See base class."""
        with self._call("floating_ips", port_id, "neutron"):
            port = self._world.neutron.ports.get(port_id)
            found = port.floating if port is not None else None
            return [_floating_ip(found)] if found is not None else []

    def find_floating_ips(
        self, name: str
    ) -> Sequence[network_base.FloatingIp]:
        """See base class."""
        with self._call("find_floating_ips", name, "neutron"):
            found = self._world.neutron.floating_ips.values()
            return [_floating_ip(one) for one in found if one.name == name]

    def create_floating_ip(
        self, like_id: str, name: str
    ) -> network_base.FloatingIp:
        """See base class."""
        with self._call("create_floating_ip", like_id, "neutron"):
            self._world.neutron.floating_ip(like_id)
            return _floating_ip(self._world.neutron.add_floating_ip(name))

    def point_floating_ip(
        self, floating_ip_id: str, port_id: str | None
    ) -> None:
        """See base class."""
        with self._call("point_floating_ip", floating_ip_id, "neutron"):
            self._world.neutron.point(floating_ip_id, port_id)

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """See base class."""
        with self._call("delete_floating_ip", floating_ip_id, "neutron"):
            self._world.neutron.delete_floating_ip(floating_ip_id)
