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

"""The VIM's network is Neutron's.

Source: the API reference of the service. The calls are made as NHAM's own
admin, who sees and may change what belongs to any project.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from nham.adapters import rest
from nham.adapters.vim import network_base
from nham.adapters.vim import probe_ports
from nham.adapters.vim import records

_ALIKE = ("network_id", "security_groups", "port_security_enabled")
_ALIKE_IF_SET = (
    "allowed_address_pairs",
    "binding:vnic_type",
    "qos_policy_id",
)
"""Neutron refuses some of these where they are given as empty."""


class Neutron(network_base.Network):
    """Neutron of one region.

    :param own_project: returns the id of NHAM's own project.
    """

    def __init__(
        self, neutron: rest.Rest, own_project: Callable[[], str | None]
    ) -> None:
        self._neutron = neutron
        self._probe_ports = probe_ports.ProbePorts(neutron, own_project)

    # -- ports

    def _ports(self, **filters: Any) -> list[dict[str, Any]]:
        body = self._neutron.get("/ports", params=filters)
        return sorted(body["ports"], key=lambda one: str(one["id"]))

    def ports(self, server_id: str) -> Sequence[network_base.Port]:
        """See base class."""
        found = self._ports(device_id=server_id)
        return [records.port(one) for one in found]

    def find_ports(self, name: str) -> Sequence[network_base.Port]:
        """See base class."""
        return [records.port(one) for one in self._ports(name=name)]

    def port(self, port_id: str) -> network_base.Port:
        """See base class."""
        return records.port(self._port(port_id))

    def _port(self, port_id: str) -> dict[str, Any]:
        port: dict[str, Any] = self._neutron.get(f"/ports/{port_id}")["port"]
        return port

    def _change(self, port_id: str, wish: dict[str, Any]) -> None:
        self._neutron.send("PUT", f"/ports/{port_id}", json={"port": wish})

    def ports_with(
        self, network_id: str, address: str
    ) -> Sequence[network_base.Port]:
        """See base class."""
        found = self._ports(
            network_id=network_id, fixed_ips=f"ip_address={address}"
        )
        # An older Neutron may take the filter for a prefix.
        ports = [records.port(one) for one in found]
        return [one for one in ports if address in one.addresses]

    def give_address(self, port_id: str, address: str) -> None:
        """See base class; Neutron takes the whole list of them."""
        held = self._port(port_id)["fixed_ips"]
        if address not in {one["ip_address"] for one in held}:
            wish = [*held, {"ip_address": address}]
            self._change(port_id, {"fixed_ips": wish})

    def take_address(self, port_id: str, address: str) -> None:
        """See base class; Neutron takes the whole list of them."""
        held = self._port(port_id)["fixed_ips"]
        left = [one for one in held if one["ip_address"] != address]
        if left != held:
            self._change(port_id, {"fixed_ips": left})

    def allow_address(self, port_id: str, address: str) -> None:
        """See base class."""
        port = self._port(port_id)
        pairs = port["allowed_address_pairs"]
        wish = {"ip_address": address, "mac_address": port["mac_address"]}
        if wish not in pairs:
            self._change(port_id, {"allowed_address_pairs": [*pairs, wish]})

    def copy_port(
        self,
        port_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
    ) -> str:
        """See base class.

        Nova joins a server only to ports of the server's own project, and
        it makes servers only in the project of whoever asks.
        """
        like = self._port(port_id)
        wish = {key: like[key] for key in _ALIKE if key in like}
        wish |= {key: like[key] for key in _ALIKE_IF_SET if like.get(key)}
        if "allowed_address_pairs" in wish:
            wish["allowed_address_pairs"] = [
                _unbound(pair, like["mac_address"])
                for pair in like["allowed_address_pairs"]
            ]
        # One that has a service address, too, has two of the same subnet.
        subnets = dict.fromkeys(one["subnet_id"] for one in like["fixed_ips"])
        wish["fixed_ips"] = [{"subnet_id": one} for one in subnets]
        wish |= {"name": name, "description": description}
        body = self._neutron.post("/ports", {"port": wish})
        return str(body["port"]["id"])

    def enable_port(self, port_id: str, enabled: bool) -> None:
        """See base class."""
        self._change(port_id, {"admin_state_up": enabled})

    def delete_port(self, port_id: str) -> None:
        """See base class."""
        self._neutron.delete(f"/ports/{port_id}")

    def probe_ports(self) -> Sequence[network_base.ProbePort]:
        """See base class."""
        return self._probe_ports.find()

    def create_probe_port(
        self, network_id: str, host: str, engine_host: str
    ) -> network_base.ProbePort:
        """See base class."""
        return self._probe_ports.create(network_id, host, engine_host)

    # -- floating IPs

    def _floating_ips(
        self, **filters: str
    ) -> Sequence[network_base.FloatingIp]:
        body = self._neutron.get("/floatingips", params=filters)
        return [records.floating_ip(one) for one in body["floatingips"]]

    def floating_ips(self, port_id: str) -> Sequence[network_base.FloatingIp]:
        """See base class."""
        return self._floating_ips(port_id=port_id)

    def find_floating_ips(
        self, name: str
    ) -> Sequence[network_base.FloatingIp]:
        """See base class."""
        return self._floating_ips(description=name)

    def create_floating_ip(
        self, like_id: str, name: str
    ) -> network_base.FloatingIp:
        """See base class."""
        like = self._neutron.get(f"/floatingips/{like_id}")["floatingip"]
        wish = {
            "floating_network_id": like["floating_network_id"],
            "project_id": like["project_id"],
            "description": name,
        }
        body = self._neutron.post("/floatingips", {"floatingip": wish})
        return records.floating_ip(body["floatingip"])

    def point_floating_ip(
        self, floating_ip_id: str, port_id: str | None
    ) -> None:
        """See base class."""
        self._neutron.send(
            "PUT",
            f"/floatingips/{floating_ip_id}",
            json={"floatingip": {"port_id": port_id}},
        )

    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """See base class."""
        self._neutron.delete(f"/floatingips/{floating_ip_id}")


def _unbound(pair: dict[str, Any], mac: str) -> dict[str, Any]:
    """Return an address pair for a port that has another MAC address."""
    return {
        key: value
        for key, value in pair.items()
        if (key, value) != ("mac_address", mac)
    }
