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


"""What ``EcmpSpreader`` sends, and what it makes of the answers."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.traffic import base as traffic_base
from nham.adapters.traffic import ecmp
from nham.tests.conformance import traffic as suite
from nham.tests.unit.adapters import rest_case
from nham.tests.unit.adapters.traffic import neutron_cloud

SERVICE = "203.0.113.9"


class SpreaderCase(rest_case.RestCase):
    """A driver, and a router of a Neutron that remembers."""

    suffix = f"/{SERVICE}"
    pool = f"edge{suffix}"
    project_id = "theirs"
    network_id = "n1"
    port = 0
    addresses = ("10.0.0.5", "10.0.0.6")
    strange = suite.NOWHERE

    def setUp(self) -> None:
        super().setUp()
        self.fake = neutron_cloud.FakeNeutron(self.web)
        self.made = self.fake.add_router("edge", self.project_id, "n1")
        self.ports = [
            self.fake.add_port("n1", address) for address in self.addresses
        ]
        self.cloud.network = self.client("network", neutron_cloud.NEUTRON)
        self.spreader: traffic_base.Spreader = ecmp.EcmpSpreader(
            self.cloud, 3.0
        )

    def pairs(self, number: int = 0) -> list[dict[str, str]]:
        """Return the allowed address pairs of a port."""
        found: list[dict[str, str]] = self.fake.ports[self.ports[number]][
            "allowed_address_pairs"
        ]
        return found

    def enable(self, address: str = "10.0.0.5") -> None:
        """Let an address take part."""
        pool_id = f"{self.made}{self.suffix}"
        self.spreader.admit(pool_id, address, 0, "n1")

    def remove(self, address: str = "10.0.0.5") -> None:
        """Let an address be a target no more."""
        self.spreader.forget(f"{self.made}{self.suffix}", address)


class ConformanceTest(SpreaderCase, suite.TrafficSuite):
    """Over HTTP, to the fake."""

    def pass_time(self, seconds: float) -> None:
        """See base class."""

    def answers(self) -> bool:
        """See base class."""
        return self.fake.serving(SERVICE)

    def add_pool(self, name: str) -> None:
        """See base class."""
        self.fake.add_router(name, self.project_id)


class ChangeTest(SpreaderCase):
    """Changes."""

    def test_the_port_is_opened_before_there_is_a_route(self) -> None:
        self.enable()
        self.assertEqual(
            [("PUT", self.ports[0]), ("PUT", "add_extraroutes")],
            self.fake.asked,
        )
        self.assertEqual([{"ip_address": SERVICE}], self.pairs())
        route = {"destination": f"{SERVICE}/32", "nexthop": "10.0.0.5"}
        self.assertEqual([route], self.fake.routers[self.made]["routes"])

    def test_what_others_made_is_left_alone(self) -> None:
        theirs = {"destination": "192.0.2.0/24", "nexthop": "10.0.0.5"}
        self.fake.routers[self.made]["routes"] = [theirs]
        other = {"ip_address": "198.51.100.1", "mac_address": "fa:16:3e::1"}
        self.pairs().append(other)
        self.enable()
        self.assertEqual(2, len(self.pairs()))
        self.remove()
        self.assertEqual([other], self.pairs())
        self.assertEqual([theirs], self.fake.routers[self.made]["routes"])

    def test_a_port_without_security_has_no_pairs(self) -> None:
        self.fake.ports[self.ports[0]]["port_security_enabled"] = False
        self.enable()
        self.remove()
        self.assertEqual(
            [("PUT", "add_extraroutes"), ("PUT", "remove_extraroutes")],
            self.fake.asked,
        )

    def test_only_the_port_of_that_very_address_is_opened(self) -> None:
        longer = self.fake.add_port("n1", "10.0.0.55")
        elsewhere = self.fake.add_port("n2", "10.0.0.5")
        for port_id in (longer, elsewhere):
            pairs = self.fake.ports[port_id]["allowed_address_pairs"]
            pairs.append({"ip_address": SERVICE})
        self.enable()
        self.remove()
        self.assertEqual([], self.pairs())
        for port_id in (longer, elsewhere):
            pairs = self.fake.ports[port_id]["allowed_address_pairs"]
            self.assertEqual([{"ip_address": SERVICE}], pairs)

    def test_a_member_that_is_gone_leaves_no_route(self) -> None:
        self.enable()
        del self.fake.ports[self.ports[0]]
        self.remove()
        self.assertEqual([], self.fake.routers[self.made]["routes"])

    def test_neutron_refuses(self) -> None:
        url = f"{neutron_cloud.NEUTRON}/routers/{self.made}/add_extraroutes"
        self.web.put(url, status_code=400, text="InvalidRoutes")
        failure = self.assertRaises(errors.Refused, self.enable)
        self.assertIn("InvalidRoutes", str(failure))
