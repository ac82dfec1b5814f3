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


"""A Neutron with routers and ports that remembers, for the tests."""

from __future__ import annotations

from typing import Any

import requests_mock

NEUTRON = "http://neutron.example/v2.0"


class FakeNeutron:
    """Answers what is asked of routers and ports over HTTP.

    :ivar routers: by id, as the API shows them.
    :ivar ports: by id, as the API shows them.
    :ivar asked: method and last word of the path of each change.
    """

    def __init__(self, web: requests_mock.Mocker) -> None:
        self.routers: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, dict[str, Any]] = {}
        self.asked: list[tuple[str, str]] = []
        self._web = web
        # What is asked for by an id that nobody has.
        web.get(requests_mock.ANY, status_code=404)
        web.put(requests_mock.ANY, status_code=404)
        web.get(f"{NEUTRON}/routers", json=self._list_routers)
        web.get(f"{NEUTRON}/ports", json=self._list_ports)

    def add_router(self, name: str, project_id: str, *networks: str) -> str:
        """Make a router that is in some networks; return its id."""
        router_id = f"r{len(self.routers)}"
        self.routers[router_id] = {
            "id": router_id,
            "name": name,
            "project_id": project_id,
            "routes": [],
        }
        for network_id in networks:
            self.add_port(network_id, "10.0.0.1", device_id=router_id)
        url = f"{NEUTRON}/routers/{router_id}"
        self._web.get(url, json={"router": self.routers[router_id]})
        for action in ("add_extraroutes", "remove_extraroutes"):
            self._web.put(f"{url}/{action}", json=self._change_routes)
        return router_id

    def add_port(self, network_id: str, address: str, **fields: Any) -> str:
        """Make a port; return its id."""
        port_id = f"p{len(self.ports)}"
        self.ports[port_id] = {
            "id": port_id,
            "network_id": network_id,
            "device_id": "",
            "fixed_ips": [{"subnet_id": "sub", "ip_address": address}],
            "allowed_address_pairs": [],
            "port_security_enabled": True,
            **fields,
        }
        url = f"{NEUTRON}/ports/{port_id}"
        self._web.put(url, json=self._change_port)
        return port_id

    def serving(self, service: str) -> bool:
        """Say whether a route to an address ends at a port that takes it."""
        hops = {
            route["nexthop"]
            for router in self.routers.values()
            for route in router["routes"]
            if route["destination"] == f"{service}/32"
        }
        return any(
            service in {p["ip_address"] for p in one["allowed_address_pairs"]}
            for one in self.ports.values()
            if one["fixed_ips"][0]["ip_address"] in hops
        )

    def _list_routers(self, request: Any, _context: Any) -> Any:
        (project_id,) = request.qs["project_id"]
        return {
            "routers": [
                one
                for one in self.routers.values()
                if one["project_id"] == project_id
            ]
        }

    def _list_ports(self, request: Any, _context: Any) -> Any:
        asked = {key: values[0] for key, values in request.qs.items()}
        address = asked.pop("fixed_ips", "").partition("=")[2]
        return {
            "ports": [
                one
                for one in self.ports.values()
                if all(one[key] == value for key, value in asked.items())
                and one["fixed_ips"][0]["ip_address"].startswith(address)
            ]
        }

    def _change_routes(self, request: Any, _context: Any) -> Any:
        *_way, router_id, action = request.path.split("/")
        self.asked.append(("PUT", action))
        router, given = self.routers[router_id], request.json()["router"]
        left = [one for one in router["routes"] if one not in given["routes"]]
        if action == "add_extraroutes":
            left += given["routes"]
        router["routes"] = left
        return {"router": router}

    def _change_port(self, request: Any, _context: Any) -> Any:
        port = self.ports[request.path.rpartition("/")[2]]
        self.asked.append(("PUT", port["id"]))
        port.update(request.json()["port"])
        return {"port": port}
