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

"""Probe ports at Neutron: how they are made and known again.

Neutron lets an admin have a port of his own on any tenant's network. It has
a security group without a rule that lets anybody in: what answers a question
gets through, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import ipaddress
from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import network_base

_NAME = "nham-probe"
_ENGINE = "nham-engine-"
"""What the device of a probe port begins with, before the engine's host."""


class ProbePorts:
    """Makes and finds them.

    :param own_project: returns the id of NHAM's own project.
    """

    def __init__(
        self, neutron: rest.Rest, own_project: Callable[[], str | None]
    ) -> None:
        self._neutron = neutron
        self._own_project = own_project
        self._mtus: dict[str, int] = {}
        self._prefixes: dict[str, int] = {}

    def find(self) -> Sequence[network_base.ProbePort]:
        """Return all there are."""
        body = self._neutron.get(
            "/ports", params={"device_owner": network_base.PROBE_OWNER}
        )
        found = sorted(body["ports"], key=lambda one: str(one["id"]))
        return [self._port(one) for one in found]

    def create(
        self, network_id: str, host: str, engine_host: str
    ) -> network_base.ProbePort:
        """Make one; see ``Network.create_probe_port``."""
        subnets = self._subnets(network_id)
        wish = {
            "network_id": network_id,
            "name": f"{_NAME}-{engine_host}",
            "description": network_base.DESCRIPTION,
            "device_owner": network_base.PROBE_OWNER,
            "device_id": f"{_ENGINE}{engine_host}",
            "binding:host_id": host,
            "fixed_ips": [{"subnet_id": one} for one in subnets],
            "port_security_enabled": True,
            "security_groups": [self._group()],
        }
        body = self._neutron.post("/ports", {"port": wish})
        return self._port(body["port"])

    def _group(self) -> str:
        """Return the security group that lets nobody in, made if need be.

        One of another project's is none of ours, whatever its name: its
        owner could open it.
        """
        own = self._own_project()
        body = self._neutron.get("/security-groups", params={"name": _NAME})
        for one in body["security_groups"]:
            rules = one["security_group_rules"]
            if one["project_id"] == own and not any(map(_lets_in, rules)):
                return str(one["id"])
        wish = {"name": _NAME, "description": network_base.DESCRIPTION}
        body = self._neutron.post("/security-groups", {"security_group": wish})
        return str(body["security_group"]["id"])

    def _subnets(self, network_id: str) -> list[str]:
        """Return the IPv4 subnets of a network.

        :raises errors.NotFound: there is no such network.
        :raises errors.Refused: it has none.
        """
        self._neutron.get(f"/networks/{network_id}")
        body = self._neutron.get(
            "/subnets", params={"network_id": network_id, "ip_version": 4}
        )
        found = sorted(str(one["id"]) for one in body["subnets"])
        if not found:
            raise errors.Refused(f"network {network_id} has no IPv4 subnet")
        return found

    def _port(self, body: dict[str, Any]) -> network_base.ProbePort:
        network_id = str(body["network_id"])
        return network_base.ProbePort(
            id=body["id"],
            network_id=network_id,
            mac=body["mac_address"],
            addresses=tuple(
                f"{one['ip_address']}/{self._prefix(one['subnet_id'])}"
                for one in body["fixed_ips"]
                if ":" not in one["ip_address"]
            ),
            mtu=self._mtu(network_id),
            host=body["binding:host_id"],
            engine_host=body["device_id"].removeprefix(_ENGINE),
            active=body["status"] == "ACTIVE",
        )

    def _mtu(self, network_id: str) -> int:
        if network_id not in self._mtus:
            body = self._neutron.get(f"/networks/{network_id}")
            self._mtus[network_id] = int(body["network"]["mtu"])
        return self._mtus[network_id]

    def _prefix(self, subnet_id: str) -> int:
        """Return the length of a subnet's prefix, which never changes."""
        if subnet_id not in self._prefixes:
            body = self._neutron.get(f"/subnets/{subnet_id}")
            block = ipaddress.ip_network(body["subnet"]["cidr"])
            self._prefixes[subnet_id] = block.prefixlen
        return self._prefixes[subnet_id]


def _lets_in(rule: dict[str, Any]) -> bool:
    return bool(rule["direction"] == "ingress")
