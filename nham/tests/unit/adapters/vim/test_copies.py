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

"""What is sent for a copy of a server."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import copies
from nham.tests.unit.adapters import rest_case

NOVA = rest_case.NOVA
NEUTRON = rest_case.NEUTRON
MACS = {"mgmt": "m1", "data": "m2", "sync": "m3"}


class CopiesTest(rest_case.RestCase):
    """Each test changes the server that is copied."""

    def setUp(self) -> None:
        super().setUp()
        nova = self.cloud.compute
        neutron = self.client("network", NEUTRON)
        self.copies = copies.Copies(
            rest.Rest(lambda: nova), rest.Rest(lambda: neutron)
        )
        self.like: dict[str, Any] = {
            "id": "s1",
            "user_id": "u1",
            "image": {"id": "i1"},
            "flavor": {"id": "42"},
            "key_name": None,
            "metadata": {"role": "vnf"},
            "config_drive": "",
            "OS-EXT-SRV-ATTR:user_data": None,
            "addresses": {
                network: [{"OS-EXT-IPS-MAC:mac_addr": mac}]
                for network, mac in MACS.items()
            },
        }
        self.read = self.web.get(
            f"{NOVA}/servers/s1", json=lambda *_: {"server": self.like}
        )
        self.web.post(
            f"{NOVA}/servers",
            status_code=202,
            json={"server": {"id": "s2"}},
        )

    def asked(self, *port_ids: str, image_id: str | None = None) -> Any:
        """Ask for a copy, and return what was sent."""
        self.assertEqual(
            "s2", self.copies.ask("s1", "mine", "cmp2", port_ids, image_id)
        )
        return self.last.json()["server"]

    def test_least(self) -> None:
        self.assertEqual(
            {
                "name": "mine",
                "host": "cmp2",
                "flavorRef": "42",
                "imageRef": "i1",
                "metadata": {"role": "vnf"},
                "tags": [],
                "config_drive": False,
                "networks": [{"port": "p1"}],
            },
            self.asked("p1"),
        )
        self.assertEqual("compute 2.74", self.version())
        (read,) = self.read.request_history
        self.assertEqual("compute 2.46", read.headers["OpenStack-API-Version"])

    def test_all(self) -> None:
        self.like["config_drive"] = "True"
        self.like["OS-EXT-SRV-ATTR:user_data"] = "Z28="
        sent = self.asked("p1", image_id="i9")
        self.assertIs(True, sent["config_drive"])
        self.assertEqual("Z28=", sent["user_data"])
        self.assertEqual("i9", sent["imageRef"])

    def test_volume_backed(self) -> None:
        self.like["image"] = ""
        self.copies.ask("s1", "mine", "cmp2", ["p1"], None, (), "v1")
        sent = self.last.json()["server"]
        self.assertEqual("", sent["imageRef"])
        self.assertEqual(
            [
                {
                    "boot_index": 0,
                    "uuid": "v1",
                    "source_type": "volume",
                    "destination_type": "volume",
                    "delete_on_termination": True,
                }
            ],
            sent["block_device_mapping_v2"],
        )

    def test_volume_backed_without_a_volume_is_refused(self) -> None:
        self.like["image"] = ""
        with self.assertRaisesRegex(errors.Refused, "s1 boots from a volume"):
            self.asked("p1")

    def test_key_of_our_own_user_only(self) -> None:
        self.like["key_name"] = "k1"
        url = f"{NOVA}/os-keypairs/k1"
        for user, there in (("u1", True), ("nham", False)):
            self.web.get(url, json={"keypair": {"user_id": user}})
            self.assertEqual(there, "key_name" in self.asked("p1"))
        self.web.get(url, status_code=404)
        self.assertNotIn("key_name", self.asked("p1"))

    def test_interfaces_come_in_the_order_of_the_server(self) -> None:
        names = {mac: network for network, mac in MACS.items()}
        theirs = [
            {"id": f"x{mac}", "mac_address": mac, "network_id": names[mac]}
            for mac in ("m3", "m1", "m2")
        ]
        ours = [
            {"id": "p1", "mac_address": "a", "network_id": "sync"},
            {"id": "p2", "mac_address": "b", "network_id": "elsewhere"},
            {"id": "p3", "mac_address": "c", "network_id": "mgmt"},
            {"id": "p4", "mac_address": "d", "network_id": "data"},
        ]
        self.web.get(f"{NEUTRON}/ports?device_id=s1", json={"ports": theirs})
        self.web.get(
            f"{NEUTRON}/ports?id=p1&id=p2&id=p3&id=p4", json={"ports": ours}
        )
        self.assertEqual(
            ["p3", "p4", "p1", "p2"],
            [
                one["port"]
                for one in self.asked("p1", "p2", "p3", "p4")["networks"]
            ],
        )
