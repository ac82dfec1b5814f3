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


"""The service is spread by a load balancer of Octavia.

Sources: the API reference of the service, and for when a change holds
``octavia/api/drivers/driver_agent/driver_updater.py``. The calls are made
as NHAM's own admin, who may change the pools of any project. The words
``member`` and ``members`` of that API are targets here.
"""

from __future__ import annotations

from typing import Any

from openstack import connection

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.traffic import base

NAME = "nham"
"""What NHAM's own targets are called."""
_POOLS = "/lbaas/pools"
_BALANCERS = "/lbaas/loadbalancers"


class OctaviaSpreader(base.Spreader):
    """Octavia of one region, with any provider.

    :param cloud: whose user has the role ``load-balancer_admin``.
    :param timeout: seconds for a connection, and for each read.
    """

    name = "octavia"

    def __init__(
        self, cloud: connection.Connection, timeout: float = rest.TIMEOUT
    ) -> None:
        cloud.session.timeout = timeout
        self._octavia = rest.Rest(lambda: cloud.load_balancer, timeout)
        self._neutron = rest.Rest(lambda: cloud.network, timeout)

    def knows(self, pool_id: str) -> bool:
        """See base class; a router and an address have a slash."""
        return "/" not in pool_id

    def find(self, pool: str, project_id: str) -> str:
        """See base class.

        Octavia may be told to ignore filters, but not that of the project.
        """
        body = self._octavia.get(_POOLS, params={"project_id": project_id})
        found = [one for one in body["pools"] if one["id"] == pool]
        found = found or [one for one in body["pools"] if one["name"] == pool]
        if not found:
            raise errors.NotFound(f"project {project_id} has no pool {pool}")
        if len(found) > 1:
            raise errors.Refused(
                f"project {project_id} has {len(found)} pools {pool}: "
                "name the one that is meant by its id"
            )
        return str(found[0]["id"])

    def targets(self, pool_id: str) -> tuple[base.Target, ...]:
        """See base class.

        The pool is asked last, so that no change was under way when its
        targets were read. Their own status is no help: Octavia may leave
        it at PENDING_UPDATE when a provider is quick.
        """
        listed = self._listed(pool_id)
        status = self._pool(pool_id)["provisioning_status"]
        if status != "ACTIVE":
            raise _not_now(f"pool {pool_id} is {status}", [status])
        enabled: dict[str, bool] = {}
        for one in listed:
            address = one["address"]
            enabled[address] = enabled.get(address, False) or _serves(one)
        return tuple(
            base.Target(address, enabled[address])
            for address in sorted(enabled)
        )

    def admit(
        self, pool_id: str, address: str, port: int, network_id: str
    ) -> None:
        """See base class."""
        url = f"{_POOLS}/{pool_id}/members"
        for one in self._listed(pool_id, address):
            if one["protocol_port"] == port:
                if not _serves(one):
                    self._enable(pool_id, one, True)
                return
        wish = {
            "name": NAME,
            "address": address,
            "protocol_port": port,
            # A provider looks only in the subnet of its own address.
            "subnet_id": self._subnet(address, network_id),
        }
        self._ask(pool_id, "POST", url, {"member": wish})

    def withdraw(self, pool_id: str, address: str) -> None:
        """See base class."""
        for one in self._listed(pool_id, address):
            if one["admin_state_up"]:
                self._enable(pool_id, one, False)

    def forget(self, pool_id: str, address: str) -> None:
        """See base class."""
        try:
            for one in self._listed(pool_id, address):
                url = f"{_POOLS}/{pool_id}/members/{one['id']}"
                self._ask(pool_id, "DELETE", url)
        except errors.NotFound:
            return

    # -- calls

    def _pool(self, pool_id: str) -> dict[str, Any]:
        pool: dict[str, Any] = self._octavia.get(f"{_POOLS}/{pool_id}")["pool"]
        return pool

    def _listed(
        self, pool_id: str, address: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the targets of a pool, or those of an address only."""
        body = self._octavia.get(f"{_POOLS}/{pool_id}/members")
        return [
            one for one in body["members"] if address in (None, one["address"])
        ]

    def _enable(
        self, pool_id: str, target: dict[str, Any], enabled: bool
    ) -> None:
        url = f"{_POOLS}/{pool_id}/members/{target['id']}"
        wish = {"admin_state_up": enabled}
        self._ask(pool_id, "PUT", url, {"member": wish})

    def _ask(
        self, pool_id: str, method: str, url: str, body: Any = None
    ) -> None:
        """Ask for a change; the balancer refuses it in the middle of one."""
        try:
            self._octavia.send(method, url, json=body)
        except errors.Conflict as failure:
            raise _not_now(str(failure), self._statuses(pool_id)) from failure

    def _statuses(self, pool_id: str) -> list[str]:
        """Return those of a pool and of its balancer, either may forbid."""
        pool = self._pool(pool_id)
        found = [pool["provisioning_status"]]
        for one in pool["loadbalancers"]:
            body = self._octavia.get(f"{_BALANCERS}/{one['id']}")
            found.append(body["loadbalancer"]["provisioning_status"])
        return found

    def _subnet(self, address: str, network_id: str) -> str:
        """Return the subnet of an address that a port has."""
        filters = {
            "network_id": network_id,
            "fixed_ips": f"ip_address={address}",
        }
        body = self._neutron.get("/ports", params=filters)
        for port in body["ports"]:
            for one in port["fixed_ips"]:
                if one["ip_address"] == address:
                    return str(one["subnet_id"])
        raise errors.NotFound(
            f"network {network_id} has no port with address {address}"
        )


def _serves(target: dict[str, Any]) -> bool:
    broken = target["provisioning_status"] == "ERROR"
    return bool(target["admin_state_up"]) and not broken


def _not_now(text: str, statuses: list[str]) -> errors.AdapterError:
    """Return what to raise instead of a change or its result.

    In ERROR a balancer refuses every change, and time does not mend it.
    """
    kind = errors.Refused if "ERROR" in statuses else errors.Conflict
    return kind(text)
