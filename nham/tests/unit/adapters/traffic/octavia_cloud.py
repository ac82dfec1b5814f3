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


"""An Octavia that remembers, behind canned URLs."""

from __future__ import annotations

import itertools
import re
from typing import Any

import requests_mock

OCTAVIA = "http://octavia.example/v2"
BALANCER = "b1"


class FakeOctavia:
    """One balancer with pools, and no time of its own.

    :ivar status: the balancer's, and that of the pools.
    :ivar asked: the changes that were taken, by method and path.
    """

    def __init__(self, web: requests_mock.Mocker) -> None:
        self.status = "ACTIVE"
        self.pools: dict[str, dict[str, Any]] = {}
        self.members: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []
        self._numbers = itertools.count(1)
        web.register_uri(
            requests_mock.ANY,
            re.compile(f"^{OCTAVIA}/lbaas/"),
            json=self._serve,
        )

    def add_pool(self, name: str, project_id: str) -> str:
        """Add an empty pool; return its id."""
        pool_id = f"pool{next(self._numbers)}"
        self.pools[pool_id] = {"name": name, "project_id": project_id}
        self.members[pool_id] = []
        return pool_id

    def settle(self) -> None:
        """Let the change that is under way hold."""
        if self.status == "PENDING_UPDATE":
            self.status = "ACTIVE"
        for members in self.members.values():
            members[:] = [
                {**one, "provisioning_status": "ACTIVE"}
                for one in members
                if one["provisioning_status"] != "PENDING_DELETE"
            ]

    def serving(self, pool_id: str) -> bool:
        """Say whether anybody gets new flows."""
        return any(one["admin_state_up"] for one in self.members[pool_id])

    def _serve(self, request: Any, context: Any) -> Any:
        path = request.url.partition("?")[0].removeprefix(f"{OCTAVIA}/lbaas/")
        kind, *parts = path.split("/")
        if kind == "loadbalancers":
            return {"loadbalancer": {"provisioning_status": self.status}}
        if not parts:
            (project_id,) = request.qs["project_id"]
            shown = [self._pool(one) for one in self.pools]
            return {
                "pools": [p for p in shown if p["project_id"] == project_id]
            }
        if parts[0] not in self.pools:
            return self._refuse(context, 404)
        if len(parts) == 1:
            return {"pool": self._pool(parts[0])}
        members = self.members[parts[0]]
        if request.method == "GET":
            return {"members": members}
        if self.status != "ACTIVE":
            return self._refuse(context, 409)
        self.asked.append((request.method, path))
        self.status = "PENDING_UPDATE"
        return self._change(members, parts[2:], request)

    def _pool(self, pool_id: str) -> dict[str, Any]:
        return {
            "id": pool_id,
            "provisioning_status": self.status,
            "loadbalancers": [{"id": BALANCER}],
            **self.pools[pool_id],
        }

    def _change(
        self, members: list[dict[str, Any]], member_id: list[str], request: Any
    ) -> Any:
        if request.method == "POST":
            number = next(self._numbers)
            members.append(
                {
                    "id": f"m{number}",
                    "admin_state_up": True,
                    "provisioning_status": "PENDING_CREATE",
                    **request.json()["member"],
                }
            )
            return {"member": members[-1]}
        (member,) = [one for one in members if [one["id"]] == member_id]
        if request.method == "DELETE":
            member["provisioning_status"] = "PENDING_DELETE"
            return None
        member.update(request.json()["member"])
        member["provisioning_status"] = "PENDING_UPDATE"
        return {"member": member}

    @staticmethod
    def _refuse(context: Any, status: int) -> Any:
        context.status_code = status
        return {"faultcode": "Client", "faultstring": f"refused: {status}"}
