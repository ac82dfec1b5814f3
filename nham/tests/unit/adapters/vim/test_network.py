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

"""What ``Neutron`` sends, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import network
from nham.adapters.vim import network_base
from nham.tests.unit.adapters import rest_case

NEUTRON = rest_case.NEUTRON


def port(port_id: str = "p1", **fields: Any) -> dict[str, Any]:
    """Return a port as Neutron shows it."""
    return {
        "id": port_id,
        "name": "vm",
        "network_id": "n1",
        "project_id": "theirs",
        "admin_state_up": True,
        "device_id": "s1",
        "device_owner": "compute:nova",
        "mac_address": "fa:16:3e:00:00:01",
        "fixed_ips": [
            {"subnet_id": "sub4", "ip_address": "10.0.0.5"},
            {"subnet_id": "sub6", "ip_address": "fd00::5"},
        ],
        "security_groups": ["g1"],
        "port_security_enabled": True,
        "allowed_address_pairs": [],
        "binding:vnic_type": "normal",
        "qos_policy_id": None,
        **fields,
    }


def floating_ip(**fields: Any) -> dict[str, Any]:
    """Return a floating IP as Neutron shows it."""
    return {
        "id": "f1",
        "floating_network_id": "public",
        "floating_ip_address": "172.24.4.9",
        "project_id": "theirs",
        "description": "",
        "port_id": None,
        **fields,
    }


class NeutronCase(rest_case.RestCase):
    """A driver."""

    def setUp(self) -> None:
        super().setUp()
        client = self.client("network", NEUTRON)
        self.network = network.Neutron(
            rest.Rest(lambda: client), lambda: "own"
        )


class PortTest(NeutronCase):
    """Ports."""

    def found(self, *ports: dict[str, Any]) -> None:
        """Set what a search for ports finds."""
        self.web.get(f"{NEUTRON}/ports", json={"ports": ports})

    def test_ports_of_a_server(self) -> None:
        self.found(port("p2", admin_state_up=False), port("p1"))
        first, second = self.network.ports("s1")
        self.assertEqual({"device_id": ["s1"]}, self.last.qs)
        self.assertEqual(
            network_base.Port(
                id="p1",
                network_id="n1",
                addresses=("10.0.0.5", "fd00::5"),
                server_id="s1",
            ),
            first,
        )
        self.assertEqual(("p2", False), (second.id, second.enabled))

    def test_only_a_server_is_a_server(self) -> None:
        self.found(
            port("p1", device_id="", device_owner=""),
            port("p2", device_id="r1", device_owner="network:router_gateway"),
        )
        self.assertEqual(
            [None, None],
            [one.server_id for one in self.network.find_ports("mine")],
        )
        self.assertEqual({"name": ["mine"]}, self.last.qs)

    def changed(self, **fields: Any) -> None:
        """Let there be such a port, which may be changed."""
        self.web.get(f"{NEUTRON}/ports/p1", json={"port": port(**fields)})
        self.web.put(f"{NEUTRON}/ports/p1", json={})

    def sent(self) -> Any:
        """Return the change that was asked for last, None if none was."""
        last = self.last
        return last.json()["port"] if last.method == "PUT" else None

    def test_one_port(self) -> None:
        self.changed()
        self.assertEqual(
            ("10.0.0.5", "fd00::5"), self.network.port("p1").addresses
        )

    def test_ports_with_an_address(self) -> None:
        self.found(
            port("p1"),
            port("p2", fixed_ips=[{"ip_address": "10.0.0.50"}]),
        )
        (found,) = self.network.ports_with("n1", "10.0.0.5")
        self.assertEqual("p1", found.id)
        self.assertEqual(
            {"network_id": ["n1"], "fixed_ips": ["ip_address=10.0.0.5"]},
            self.last.qs,
        )

    def test_give_an_address(self) -> None:
        self.changed()
        self.network.give_address("p1", "10.0.0.50")
        self.assertEqual(
            {"fixed_ips": [*port()["fixed_ips"], {"ip_address": "10.0.0.50"}]},
            self.sent(),
        )

    def test_give_one_that_it_has(self) -> None:
        self.changed()
        self.network.give_address("p1", "10.0.0.5")
        self.assertIsNone(self.sent())

    def test_take_an_address(self) -> None:
        self.changed()
        self.network.take_address("p1", "10.0.0.5")
        self.assertEqual({"fixed_ips": port()["fixed_ips"][1:]}, self.sent())
        self.changed()
        self.network.take_address("p1", "10.0.0.50")
        self.assertIsNone(self.sent())

    def test_allow_an_address(self) -> None:
        other = {"ip_address": "10.0.0.9", "mac_address": "fa:16:3e:00:00:09"}
        own = {"ip_address": "10.0.0.50", "mac_address": port()["mac_address"]}
        self.changed(allowed_address_pairs=[other])
        self.network.allow_address("p1", "10.0.0.50")
        self.assertEqual({"allowed_address_pairs": [other, own]}, self.sent())
        self.changed(allowed_address_pairs=[own])
        self.network.allow_address("p1", "10.0.0.50")
        self.assertIsNone(self.sent())

    def test_copy_of_one_with_a_service_address(self) -> None:
        """A copy has one address of its own, and may use its pairs."""
        fixed = [*port()["fixed_ips"]]
        fixed.append({"subnet_id": "sub4", "ip_address": "10.0.0.50"})
        pairs = [
            {"ip_address": "10.0.0.51", "mac_address": port()["mac_address"]},
            {"ip_address": "10.0.0.52", "mac_address": "fa:16:3e:00:00:09"},
        ]
        sent = self.copied(fixed_ips=fixed, allowed_address_pairs=pairs)
        self.assertEqual(
            [{"subnet_id": "sub4"}, {"subnet_id": "sub6"}], sent["fixed_ips"]
        )
        self.assertEqual(
            [{"ip_address": "10.0.0.51"}, pairs[1]],
            sent["allowed_address_pairs"],
        )

    def copied(self, **fields: Any) -> dict[str, Any]:
        """Return what is sent to copy such a port."""
        self.web.get(f"{NEUTRON}/ports/p1", json={"port": port(**fields)})
        self.web.post(f"{NEUTRON}/ports", json={"port": port("p9")})
        self.assertEqual("p9", self.network.copy_port("p1", "mine"))
        sent: dict[str, Any] = self.last.json()["port"]
        return sent

    def test_copy(self) -> None:
        self.assertEqual(
            {
                "name": "mine",
                "description": "nham",
                "network_id": "n1",
                "fixed_ips": [{"subnet_id": "sub4"}, {"subnet_id": "sub6"}],
                "security_groups": ["g1"],
                "port_security_enabled": True,
                "binding:vnic_type": "normal",
            },
            self.copied(),
        )

    def test_description(self) -> None:
        self.copied()
        self.network.copy_port("p1", "mine", "nham-member-m")
        sent = self.last.json()["port"]
        self.assertEqual("nham-member-m", sent["description"])

    def test_copy_of_an_open_port(self) -> None:
        sent = self.copied(
            port_security_enabled=False,
            security_groups=[],
            qos_policy_id="q1",
        )
        self.assertIs(False, sent["port_security_enabled"])
        self.assertEqual([], sent["security_groups"])
        self.assertEqual("q1", sent["qos_policy_id"])

    def test_copy_without_the_extension(self) -> None:
        like = port()
        del like["port_security_enabled"]
        self.web.get(f"{NEUTRON}/ports/p1", json={"port": like})
        self.web.post(f"{NEUTRON}/ports", json={"port": port("p9")})
        self.network.copy_port("p1", "mine")
        self.assertNotIn("port_security_enabled", self.last.json()["port"])

    def test_enable(self) -> None:
        self.web.put(f"{NEUTRON}/ports/p1", json={})
        for enabled in (False, True):
            self.network.enable_port("p1", enabled)
            self.assertEqual(
                {"port": {"admin_state_up": enabled}}, self.last.json()
            )

    def test_delete(self) -> None:
        self.web.delete(f"{NEUTRON}/ports/p1", status_code=404)
        self.network.delete_port("p1")
        self.web.delete(f"{NEUTRON}/ports/p1", status_code=503)
        self.assertRaises(errors.Unavailable, self.network.delete_port, "p1")


class FloatingIpTest(NeutronCase):
    """Floating IPs."""

    def test_find(self) -> None:
        body = {"floatingips": [floating_ip(port_id="p1")]}
        self.web.get(f"{NEUTRON}/floatingips", json=body)
        known = network_base.FloatingIp(id="f1", ip="172.24.4.9", port_id="p1")
        self.assertEqual([known], list(self.network.floating_ips("p1")))
        self.assertEqual({"port_id": ["p1"]}, self.last.qs)
        self.assertEqual([known], list(self.network.find_floating_ips("mine")))
        self.assertEqual({"description": ["mine"]}, self.last.qs)

    def test_create(self) -> None:
        self.web.get(
            f"{NEUTRON}/floatingips/f1", json={"floatingip": floating_ip()}
        )
        made = floating_ip(id="f2", floating_ip_address="172.24.4.10")
        self.web.post(f"{NEUTRON}/floatingips", json={"floatingip": made})
        self.assertEqual(
            network_base.FloatingIp(id="f2", ip="172.24.4.10"),
            self.network.create_floating_ip("f1", "mine"),
        )
        self.assertEqual(
            {
                "floating_network_id": "public",
                "project_id": "theirs",
                "description": "mine",
            },
            self.last.json()["floatingip"],
        )

    def test_point(self) -> None:
        url = f"{NEUTRON}/floatingips/f1"
        self.web.put(url, json={})
        for port_id in ("p1", None):
            self.network.point_floating_ip("f1", port_id)
            self.assertEqual(
                {"floatingip": {"port_id": port_id}}, self.last.json()
            )
        self.web.put(url, status_code=409)
        self.assertRaises(
            errors.Conflict, self.network.point_floating_ip, "f1", "p1"
        )

    def test_delete(self) -> None:
        url = f"{NEUTRON}/floatingips/f1"
        self.web.delete(url, status_code=404)
        self.network.delete_floating_ip("f1")
        self.web.delete(url, status_code=409)
        self.assertRaises(
            errors.Conflict, self.network.delete_floating_ip, "f1"
        )
