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

"""A balancer for VNFs whose members all serve, as their operator makes it."""

from __future__ import annotations

import types
from typing import Any

from openstack import connection

from benchmarks.bed import cloud as bed

#: The pool that the sample policy of MR-AA names.
POOL = "sample-vnf"
#: The project in which Tacker makes VNFs.
_PROJECT = "demo"
#: Seconds for one change of a balancer.
_PATIENCE = 60.0


class Balancer:
    """A balancer on the network of the sample VNF, with an empty pool.

    :ivar address: the floating IP that clients use.
    :ivar project_id: the project that the pool is of.
    """

    def __init__(self, cloud: connection.Connection) -> None:
        self._cloud = cloud
        self._id = ""
        self._floating = ""
        self.pool_id = ""
        self.address = ""
        self.project_id = ""

    def __enter__(self) -> Balancer:
        api = self._cloud.load_balancer
        network = next(self._cloud.network.networks(name="net0"))
        project: Any = self._cloud.get_project(_PROJECT)
        self.project_id = project.id
        made = api.create_load_balancer(
            name=POOL,
            vip_subnet_id=network.subnet_ids[0],
            provider="ovn",
            project_id=self.project_id,
        )
        self._id = made.id
        try:
            self._finish(made.vip_port_id)
        except BaseException:
            self.remove()
            raise
        return self

    def _finish(self, port_id: str) -> None:
        api = self._cloud.load_balancer
        self._settle()
        listener = api.create_listener(
            name=POOL,
            load_balancer_id=self._id,
            protocol="TCP",
            protocol_port=80,
        )
        self._settle()
        pool = api.create_pool(
            name=POOL,
            listener_id=listener.id,
            protocol="TCP",
            lb_algorithm="SOURCE_IP_PORT",
        )
        self._settle()
        self.pool_id = pool.id
        outside = next(self._cloud.network.networks(is_router_external=True))
        floating = self._cloud.network.create_ip(
            floating_network_id=outside.id, port_id=port_id
        )
        self._floating, self.address = (
            floating.id,
            floating.floating_ip_address,
        )

    def _settle(self) -> None:
        bed.wait(
            "the balancer has taken the change",
            lambda: self._find().provisioning_status == "ACTIVE",
            _PATIENCE,
        )

    def _find(self) -> Any:
        return self._cloud.load_balancer.get_load_balancer(self._id)

    def targets(self) -> dict[str, bool]:
        """Return the pool's addresses, and whether each gets clients."""
        members = self._cloud.load_balancer.members(self.pool_id)
        return {one.address: one.is_admin_state_up for one in members}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the balancer with all its parts."""
        if self._floating:
            self._cloud.network.delete_ip(self._floating)
        self._settle()
        self._cloud.load_balancer.delete_load_balancer(self._id, cascade=True)
        bed.wait(
            "the balancer is gone",
            lambda: all(
                one.id != self._id
                for one in self._cloud.load_balancer.load_balancers()
            ),
            _PATIENCE,
        )
