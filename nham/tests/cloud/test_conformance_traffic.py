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


"""``OctaviaSpreader`` does on a real cloud what every spreader must do."""

from __future__ import annotations

from typing import Any

from benchmarks.bed import balancer
from benchmarks.bed import vnf
from nham.adapters.traffic import base as traffic_base
from nham.adapters.traffic import octavia
from nham.adapters.vim import openstack
from nham.tests.cloud import base
from nham.tests.conformance import traffic as suite


class OctaviaSpreaderTest(base.CloudSuite, suite.TrafficSuite):
    """Two guests behind a balancer with a floating IP."""

    pool = balancer.POOL
    port = 80
    strange = f"{suite.NOWHERE}/203.0.113.9"
    balancer: balancer.Balancer

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        vim = openstack.OpenStackVim(cls.cloud)
        ports = [vim.ports(cls.boot())[0] for _server in range(2)]
        cls.network_id = ports[0].network_id
        first, second = sorted(one.addresses[0] for one in ports)
        cls.addresses = (first, second)
        cls.balancer = balancer.Balancer(cls.cloud)
        cls.balancer.__enter__()
        cls.project_id = cls.balancer.project_id
        cls.addClassCleanup(cls.balancer.remove)

    def setUp(self) -> None:
        super().setUp()
        self.spreader: traffic_base.Spreader = octavia.OctaviaSpreader(
            self.cloud
        )

    def answers(self) -> bool:
        """See base class."""
        address = self.balancer.address
        return vnf.http_get(address, "/health", 2.0) is not None

    def add_pool(self, name: str) -> None:
        """See base class."""
        api: Any = self.cloud.load_balancer
        (like,) = api.get_pool(self.balancer.pool_id).loadbalancers

        def wait() -> None:
            api.wait_for_load_balancer(
                like["id"], interval=1, wait=base.PATIENCE
            )

        pool = api.create_pool(
            name=name,
            loadbalancer_id=like["id"],
            protocol="TCP",
            lb_algorithm="SOURCE_IP_PORT",
        )
        # What is removed last must hold before the next test begins.
        self.addCleanup(wait)
        self.addCleanup(api.delete_pool, pool)
        wait()
