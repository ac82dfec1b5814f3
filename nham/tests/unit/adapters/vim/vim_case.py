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


"""What tests of ``OpenStackVim`` share: a driver, and a server."""

from __future__ import annotations

from typing import Any

from nham.adapters.simulated import clock
from nham.adapters.vim import openstack
from nham.tests.unit.adapters import rest_case

NOVA, NEUTRON = rest_case.NOVA, rest_case.NEUTRON


def server(server_id: str = "s1", **fields: Any) -> dict[str, Any]:
    """Return a server as Nova shows it."""
    return {
        "id": server_id,
        "name": "vm",
        "status": "ACTIVE",
        "tenant_id": "p1",
        "image": {"id": "i1"},
        "addresses": {
            "net0": [
                {"addr": "10.0.0.5", "OS-EXT-IPS:type": "fixed"},
                {"addr": "172.24.4.9", "OS-EXT-IPS:type": "floating"},
            ]
        },
        "OS-EXT-SRV-ATTR:host": "cmp1",
        "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
        "OS-EXT-STS:task_state": None,
        "os-extended-volumes:volumes_attached": [],
        **fields,
    }


class VimCase(rest_case.RestCase):
    """A driver, and no server groups."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = clock.VirtualClock()
        self.cloud.network = self.client("network", NEUTRON)
        self.vim = openstack.OpenStackVim(
            self.cloud, timeout=3.0, time=self.clock
        )
        self.groups([])

    def groups(self, groups: list[dict[str, Any]]) -> None:
        """Set the cloud's server groups."""
        self.group_calls = self.web.get(
            f"{NOVA}/os-server-groups", json={"server_groups": groups}
        )
