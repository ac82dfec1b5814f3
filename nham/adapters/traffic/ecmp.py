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


"""The service is spread by a router of Neutron: equal-cost routes.

The router has one route to the service address over each member, which
forwards or answers what comes to that address. Sources: Neutron's API
reference, extension ``extraroute-atomic``, whose calls add and remove
single routes, so that several members of a group, and others' routes, do
not meet. The calls are made as NHAM's own admin.
"""

from __future__ import annotations

from typing import Any

from openstack import connection

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.traffic import base

_PAIRS = "allowed_address_pairs"


class EcmpSpreader(base.Spreader):
    """Routers of one region; a pool is a router and an address.

    It is written ``ROUTER/ADDRESS``. The port of a target lets the address
    through: its allowed address pair is made, and removed with the target.

    :param cloud: whose user is an admin of Neutron.
    :param timeout: seconds for a connection, and for each read.
    """

    name = "ecmp"

    def __init__(
        self, cloud: connection.Connection, timeout: float = rest.TIMEOUT
    ) -> None:
        cloud.session.timeout = timeout
        self._neutron = rest.Rest(lambda: cloud.network, timeout)

    def knows(self, pool_id: str) -> bool:
        """See base class."""
        return "/" in pool_id

    def find(self, pool: str, project_id: str) -> str:
        """See base class."""
        router, _, address = pool.rpartition("/")
        body = self._neutron.get("/routers", params={"project_id": project_id})
        found = [one for one in body["routers"] if one["id"] == router]
        found = found or [
            one for one in body["routers"] if one["name"] == router
        ]
        if not found:
            raise errors.NotFound(
                f"project {project_id} has no router {router}"
            )
        if len(found) > 1:
            raise errors.Refused(
                f"project {project_id} has {len(found)} routers {router}: "
                "name the one that is meant by its id"
            )
        return f"{found[0]['id']}/{address}"

    def targets(self, pool_id: str) -> tuple[base.Target, ...]:
        """See base class; what has no route is no target."""
        return tuple(
            base.Target(address, True)
            for address in sorted(self._hops(*_split(pool_id)))
        )

    def admit(
        self, pool_id: str, address: str, port: int, network_id: str
    ) -> None:
        """See base class; a route has no port."""
        router, service = _split(pool_id)
        hops = self._hops(router, service)
        found = self._ports(address, network_id=network_id)
        if not found:
            raise errors.NotFound(
                f"network {network_id} has no port with address {address}"
            )
        for one in found:
            # A port without security lets all through, and has no pairs.
            pairs = one[_PAIRS]
            secured = one.get("port_security_enabled", True)
            if secured and service not in _addresses(pairs):
                self._set_pairs(one, [*pairs, {"ip_address": service}])
        if address not in hops:
            self._ask("add_extraroutes", router, service, address)

    def withdraw(self, pool_id: str, address: str) -> None:
        """See base class."""
        router, service = _split(pool_id)
        if address in self._hops(router, service):
            self._ask("remove_extraroutes", router, service, address)

    def forget(self, pool_id: str, address: str) -> None:
        """See base class."""
        try:
            router, service = _split(pool_id)
            self.withdraw(pool_id, address)
            networks = self._networks(router)
            for one in self._ports(address):
                if one["network_id"] in networks:
                    self._close(one, service)
        except errors.NotFound:
            return

    # -- calls

    def _hops(self, router: str, service: str) -> set[str]:
        """Return the addresses over which the router leads to another."""
        body = self._neutron.get(f"/routers/{router}")
        return {
            one["nexthop"]
            for one in body["router"]["routes"]
            if one["destination"] == _route(service)
        }

    def _ask(
        self, action: str, router: str, service: str, address: str
    ) -> None:
        route = {"destination": _route(service), "nexthop": address}
        self._neutron.send(
            "PUT",
            f"/routers/{router}/{action}",
            json={"router": {"routes": [route]}},
        )

    def _networks(self, router: str) -> set[str]:
        """Return the networks that the router is in."""
        body = self._neutron.get("/ports", params={"device_id": router})
        return {one["network_id"] for one in body["ports"]}

    def _ports(self, address: str, **filters: str) -> list[dict[str, Any]]:
        """Return the ports that have an address."""
        filters["fixed_ips"] = f"ip_address={address}"
        body = self._neutron.get("/ports", params=filters)
        # An older Neutron may take the filter for a prefix.
        return [
            one
            for one in body["ports"]
            if address in _addresses(one["fixed_ips"])
        ]

    def _close(self, port: dict[str, Any], service: str) -> None:
        """Let a port let the service address through no more."""
        left = [one for one in port[_PAIRS] if one["ip_address"] != service]
        if left != port[_PAIRS]:
            self._set_pairs(port, left)

    def _set_pairs(
        self, port: dict[str, Any], pairs: list[dict[str, Any]]
    ) -> None:
        self._neutron.send(
            "PUT", f"/ports/{port['id']}", json={"port": {_PAIRS: pairs}}
        )


def _split(pool_id: str) -> tuple[str, str]:
    """Return the router and the service address.

    :raises NotFound: it is no pool of this driver's.
    """
    router, _, service = pool_id.rpartition("/")
    if not router:
        raise errors.NotFound(f"{pool_id} is no router and address")
    return router, service


def _route(service: str) -> str:
    return f"{service}/32"


def _addresses(found: list[dict[str, Any]]) -> set[str]:
    return {one["ip_address"] for one in found}
