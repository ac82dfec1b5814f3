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


"""``EcmpSpreader`` does on a real cloud what every spreader must do.

The clients are on this machine, which is in the external network, and the
router translates no address: so it needs a route, and the right to make it.
"""

from __future__ import annotations

import contextlib
import functools
import subprocess
from typing import Any

from benchmarks.bed import vnf
from nham.adapters.traffic import base as traffic_base
from nham.adapters.traffic import ecmp
from nham.adapters.vim import openstack
from nham.tests.cloud import base
from nham.tests.conformance import traffic as suite

NAME = "nham-conformance-ecmp"
SERVICE = "203.0.113.9"
SUBNET = "10.77.0.0/24"


class EcmpSpreaderTest(base.CloudSuite, suite.TrafficSuite):
    """Two guests behind a router without address translation."""

    suffix = f"/{SERVICE}"
    pool = f"{NAME}{suffix}"
    strange = suite.NOWHERE
    port = 80

    @classmethod
    def prepare(cls) -> None:
        """See base class; guests and clients know the address, too."""
        gateway = cls.make_router()
        for route in (SUBNET, f"{SERVICE}/32"):
            _ip("replace", route, "via", gateway)
            cls.addClassCleanup(_ip, "del", route)
        vim = openstack.OpenStackVim(cls.cloud)
        ports = [vim.ports(cls.boot(network=NAME))[0] for _server in range(2)]
        cls.network_id = ports[0].network_id
        first, second = sorted(one.addresses[0] for one in ports)
        cls.addresses = (first, second)

    @classmethod
    def make_router(cls) -> str:
        """Make a network behind a router; return the router's address."""
        api: Any = cls.cloud.network
        cls.project_id = str(cls.cloud.current_project_id)
        network = api.create_network(name=NAME)
        cls.later(api.delete_network, network)
        subnet = api.create_subnet(
            network_id=network.id, cidr=SUBNET, ip_version=4
        )
        outside = next(iter(api.networks(is_router_external=True)))
        router = api.create_router(
            name=NAME,
            external_gateway_info={
                "network_id": outside.id,
                "enable_snat": False,
            },
        )
        cls.later(api.delete_router, router)
        api.add_interface_to_router(router, subnet_id=subnet.id)
        cls.later(
            api.remove_interface_from_router, router, subnet_id=subnet.id
        )
        (fixed,) = router.external_gateway_info["external_fixed_ips"]
        return str(fixed["ip_address"])

    @classmethod
    def later(cls, call: Any, *args: Any, **options: Any) -> None:
        """Have something removed once the servers are gone."""
        undo.callback(call, *args, **options)

    @classmethod
    def remove(cls) -> None:
        """See base class."""
        super().remove()
        undo.close()

    def setUp(self) -> None:
        super().setUp()
        self.spreader: traffic_base.Spreader = ecmp.EcmpSpreader(self.cloud)
        for address in self.addresses:
            self.until(
                f"{address} has the service address",
                functools.partial(_claims, address),
            )

    def answers(self) -> bool:
        """See base class."""
        return vnf.http_get(SERVICE, "/health", 2.0) is not None

    def add_pool(self, name: str) -> None:
        """See base class."""
        api: Any = self.cloud.network
        router = api.create_router(name=name)
        self.addCleanup(api.delete_router, router)


undo = contextlib.ExitStack()
"""What is undone when the servers of the class are gone."""


def _claims(address: str) -> bool:
    """Have a guest take the service address; say whether it answered."""
    return vnf.http_get(address, f"/cgi-bin/addip?{SERVICE}", 5.0) is not None


def _ip(action: str, *words: str) -> None:
    """Change the routes of this machine."""
    subprocess.run(["ip", "route", action, *words], check=True)
