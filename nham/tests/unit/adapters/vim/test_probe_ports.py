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

"""How probe ports are made at Neutron."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import network_base
from nham.adapters.vim import probe_ports
from nham.tests.unit.adapters import rest_case

NEUTRON = rest_case.NEUTRON
PORT: dict[str, Any] = {
    "id": "p1",
    "network_id": "n1",
    "device_owner": "nham:probe",
    "device_id": "nham-engine-ctl1",
    "mac_address": "fa:16:3e:00:00:07",
    "fixed_ips": [
        {"subnet_id": "s1", "ip_address": "10.0.0.9"},
        {"subnet_id": "s6", "ip_address": "fd00::9"},
    ],
    "binding:host_id": "cmp1",
    "status": "DOWN",
}
MADE = network_base.ProbePort(
    id="p1",
    network_id="n1",
    mac="fa:16:3e:00:00:07",
    addresses=("10.0.0.9/26",),
    mtu=1442,
    host="cmp1",
    engine_host="ctl1",
)


def group(name: str, project: str, *directions: str) -> dict[str, Any]:
    """Return a security group as Neutron shows it."""
    rules = [{"direction": one} for one in directions]
    return {"id": name, "project_id": project, "security_group_rules": rules}


class ProbePortsTest(rest_case.RestCase):
    """A network with one IPv4 subnet."""

    def setUp(self) -> None:
        super().setUp()
        client = self.client("network", NEUTRON)
        self.ports = probe_ports.ProbePorts(
            rest.Rest(lambda: client), lambda: "own"
        )
        self.network = self.web.get(
            f"{NEUTRON}/networks/n1", json={"network": {"mtu": 1442}}
        )
        self.subnets("s1")
        self.subnet = self.web.get(
            f"{NEUTRON}/subnets/s1", json={"subnet": {"cidr": "10.0.0.0/26"}}
        )
        self.made = self.web.post(f"{NEUTRON}/ports", json={"port": PORT})
        self.groups(group("g1", "own", "egress", "egress"))
        self.new_group = self.web.post(
            f"{NEUTRON}/security-groups", json={"security_group": {"id": "g2"}}
        )

    def subnets(self, *ids: str) -> None:
        """Set the IPv4 subnets of the network."""
        self.web.get(
            f"{NEUTRON}/subnets", json={"subnets": [{"id": o} for o in ids]}
        )

    def groups(self, *found: dict[str, Any]) -> None:
        """Set the security groups of that name."""
        self.web.get(
            f"{NEUTRON}/security-groups", json={"security_groups": found}
        )

    def create(self) -> Any:
        """Make a port; return what Neutron was asked for."""
        self.assertEqual(MADE, self.ports.create("n1", "cmp1", "ctl1"))
        return self.sent("/ports")[-1]["port"]

    def sent(self, path: str) -> list[Any]:
        """Return what was posted there, oldest first."""
        return [
            one.json()
            for one in self.web.request_history
            if one.method == "POST" and one.path.endswith(path)
        ]

    def test_what_is_asked_for(self) -> None:
        self.assertEqual(
            {
                "network_id": "n1",
                "name": "nham-probe-ctl1",
                "description": "nham",
                "device_owner": "nham:probe",
                "device_id": "nham-engine-ctl1",
                "binding:host_id": "cmp1",
                "fixed_ips": [{"subnet_id": "s1"}],
                "port_security_enabled": True,
                "security_groups": ["g1"],
            },
            self.create(),
        )
        self.assertEqual(0, self.new_group.call_count)

    def test_an_address_in_each_subnet(self) -> None:
        self.subnets("s2", "s1")
        self.assertEqual(
            [{"subnet_id": "s1"}, {"subnet_id": "s2"}],
            self.create()["fixed_ips"],
        )

    def test_a_group_that_lets_anybody_in_is_not_used(self) -> None:
        for found in (
            [],
            [group("g1", "own", "egress", "ingress")],
            [group("g1", "theirs", "egress")],
        ):
            self.groups(*found)
            self.assertEqual(["g2"], self.create()["security_groups"])
        self.assertEqual(3, self.new_group.call_count)
        self.assertEqual(
            {"name": "nham-probe", "description": "nham"},
            self.sent("/security-groups")[-1]["security_group"],
        )

    def test_a_network_without_ipv4(self) -> None:
        self.subnets()
        self.assertRaises(
            errors.Refused, self.ports.create, "n1", "cmp1", "ctl1"
        )

    def test_no_such_network(self) -> None:
        self.web.get(f"{NEUTRON}/networks/n1", status_code=404)
        self.assertRaises(
            errors.NotFound, self.ports.create, "n1", "cmp1", "ctl1"
        )

    def test_find(self) -> None:
        active = {**PORT, "id": "p0", "status": "ACTIVE"}
        self.web.get(f"{NEUTRON}/ports", json={"ports": [PORT, active]})
        for _twice in range(2):
            first, second = self.ports.find()
        self.assertTrue(first.active)
        self.assertEqual(MADE, second)
        # What never changes is asked for once.
        self.assertEqual(1, self.network.call_count)
        self.assertEqual(1, self.subnet.call_count)

    def test_only_probe_ports_are_looked_for(self) -> None:
        self.web.get(f"{NEUTRON}/ports", json={"ports": []})
        self.assertEqual([], list(self.ports.find()))
        self.assertEqual(
            {"device_owner": ["nham:probe"]}, self.web.request_history[-1].qs
        )
