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


"""What ``OctaviaSpreader`` sends, and what it makes of the answers."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters.traffic import base as traffic_base
from nham.adapters.traffic import octavia
from nham.tests.conformance import traffic as suite
from nham.tests.unit.adapters import rest_case
from nham.tests.unit.adapters.traffic import octavia_cloud

NEUTRON = rest_case.NEUTRON
PORTS = {"n1": ("10.0.0.5", "10.0.0.6")}


class SpreaderCase(rest_case.RestCase):
    """A driver, and a pool of an Octavia that remembers."""

    pool = "web"
    project_id = "theirs"
    network_id = "n1"
    port = 80
    addresses = ("10.0.0.5", "10.0.0.6")
    strange = "router/203.0.113.9"

    def setUp(self) -> None:
        super().setUp()
        self.fake = octavia_cloud.FakeOctavia(self.web)
        self.made = self.fake.add_pool(self.pool, self.project_id)
        self.web.get(f"{NEUTRON}/ports", json=self.ports)
        self.cloud.network = self.client("network", NEUTRON)
        self.cloud.load_balancer = self.client(
            "load-balancer", octavia_cloud.OCTAVIA
        )
        self.spreader: traffic_base.Spreader = octavia.OctaviaSpreader(
            self.cloud, 3.0
        )

    @staticmethod
    def ports(request: Any, _context: Any) -> Any:
        """Return the ports that a search in Neutron finds."""
        (network_id,) = request.qs["network_id"]
        (wanted,) = request.qs["fixed_ips"]
        return {
            "ports": [
                {
                    "fixed_ips": [
                        {"subnet_id": "sub6", "ip_address": "fd00::5"},
                        {"subnet_id": "sub4", "ip_address": address},
                    ]
                }
                for address in PORTS.get(network_id, ())
                if wanted == f"ip_address={address}"
            ]
        }

    def enable(self) -> None:
        """Let the first address take part."""
        self.spreader.admit(self.made, "10.0.0.5", 80, "n1")
        self.fake.settle()

    def member(self, **fields: Any) -> dict[str, Any]:
        """Let the pool have a target that is not NHAM's; return it."""
        found = {
            "id": f"theirs{len(self.fake.members[self.made])}",
            "address": "10.0.0.5",
            "protocol_port": 80,
            "admin_state_up": True,
            "provisioning_status": "ACTIVE",
            **fields,
        }
        self.fake.members[self.made].append(found)
        return found


class ConformanceTest(SpreaderCase, suite.TrafficSuite):
    """Over HTTP, to the fake."""

    def pass_time(self, seconds: float) -> None:
        """See base class."""
        self.fake.settle()

    def answers(self) -> bool:
        """See base class."""
        return self.fake.serving(self.made)

    def add_pool(self, name: str) -> None:
        """See base class."""
        self.fake.add_pool(name, self.project_id)


class ChangeTest(SpreaderCase):
    """Changes."""

    def test_new_target(self) -> None:
        self.spreader.admit(self.made, "10.0.0.6", 8080, "n1")
        self.assertEqual("POST", self.last.method)
        self.assertEqual(
            {
                "name": "nham",
                "address": "10.0.0.6",
                "protocol_port": 8080,
                "subnet_id": "sub4",
            },
            self.last.json()["member"],
        )

    def test_only_its_state_is_changed(self) -> None:
        theirs = self.member()
        self.spreader.withdraw(self.made, "10.0.0.5")
        self.assert_only(theirs["id"], False)
        self.fake.settle()
        self.enable()
        self.assert_only(theirs["id"], True)

    def assert_only(self, member_id: str, enabled: bool) -> None:
        """Check that the last call changed a target's state only."""
        self.assertEqual("PUT", self.last.method)
        self.assertTrue(self.last.path.endswith(f"/{member_id}"))
        self.assertEqual(
            {"member": {"admin_state_up": enabled}}, self.last.json()
        )

    def test_another_port_is_another_target(self) -> None:
        self.member(protocol_port=81)
        self.enable()
        self.assertEqual("POST", self.last.method)
        self.assertEqual(
            [81, 80],
            [one["protocol_port"] for one in self.fake.members[self.made]],
        )

    def test_every_port_of_an_address(self) -> None:
        self.member()
        self.member(protocol_port=81)
        self.member(address="10.0.0.6")
        # The second one meets a balancer that is changing the first.
        for call in (self.spreader.withdraw, self.spreader.forget):
            self.assertRaises(errors.Conflict, call, self.made, "10.0.0.5")
            self.fake.settle()
            call(self.made, "10.0.0.5")
            self.fake.settle()
        self.assertEqual(
            ["PUT", "PUT", "DELETE", "DELETE"],
            [method for method, _path in self.fake.asked],
        )
        self.assertEqual(
            (traffic_base.Target("10.0.0.6", True),),
            self.spreader.targets(self.made),
        )

    def test_enabled_at_any_port(self) -> None:
        members = [
            self.member(admin_state_up=False),
            self.member(protocol_port=81),
        ]
        for order in (members, members[::-1]):
            self.fake.members[self.made] = order
            self.assertEqual(
                (traffic_base.Target("10.0.0.5", True),),
                self.spreader.targets(self.made),
            )

    def test_broken_target_is_none_and_is_asked_for_again(self) -> None:
        self.member(provisioning_status="ERROR")
        (target,) = self.spreader.targets(self.made)
        self.assertEqual(traffic_base.Target("10.0.0.5", False), target)
        self.enable()
        (target,) = self.spreader.targets(self.made)
        self.assertEqual(traffic_base.Target("10.0.0.5", True), target)

    def test_its_own_status_does_not_count(self) -> None:
        self.member(provisioning_status="PENDING_UPDATE")
        self.assertEqual(
            (traffic_base.Target("10.0.0.5", True),),
            self.spreader.targets(self.made),
        )

    def test_forgotten_twice_at_once(self) -> None:
        theirs = self.member()
        url = f"{octavia_cloud.OCTAVIA}/lbaas/pools/{self.made}/members"
        self.web.delete(f"{url}/{theirs['id']}", status_code=404)
        self.spreader.forget(self.made, "10.0.0.5")
        self.assertEqual("DELETE", self.last.method)


class NotNowTest(SpreaderCase):
    """A balancer that takes no change."""

    def calls(self) -> dict[str, Any]:
        """Return the calls that a balancer may refuse."""
        self.member()
        return {
            "admit": lambda: self.spreader.admit(
                self.made, "10.0.0.6", 80, "n1"
            ),
            "withdraw": lambda: self.spreader.withdraw(self.made, "10.0.0.5"),
            "forget": lambda: self.spreader.forget(self.made, "10.0.0.5"),
            "targets": lambda: self.spreader.targets(self.made),
        }

    def test_in_the_middle_of_a_change(self) -> None:
        for call in self.calls().values():
            self.fake.status = "PENDING_UPDATE"
            self.assertRaises(errors.Conflict, call)

    def test_broken(self) -> None:
        for call in self.calls().values():
            self.fake.status = "ERROR"
            self.assertRaises(errors.Refused, call)

    def test_broken_balancer_of_a_sound_pool(self) -> None:
        calls = self.calls()
        self.fake.pools[self.made]["provisioning_status"] = "ACTIVE"
        self.fake.status = "ERROR"
        self.assertRaises(errors.Refused, calls["withdraw"])
        self.assertEqual(1, len(self.spreader.targets(self.made)))

    def test_refused_although_all_is_well(self) -> None:
        # As when another change was just done, or two asked for the same.
        url = f"{octavia_cloud.OCTAVIA}/lbaas/pools/{self.made}/members"
        self.web.post(url, status_code=409)
        self.assertRaises(errors.Conflict, self.enable)

    def test_other_refusals_are_what_they_are(self) -> None:
        url = f"{octavia_cloud.OCTAVIA}/lbaas/pools/{self.made}/members"
        self.web.post(url, status_code=403, text="quota")
        failure = self.assertRaises(errors.Refused, self.enable)
        self.assertIn("quota", str(failure))

    def test_time_out_of_every_call(self) -> None:
        self.enable()
        self.spreader.targets(self.made)
        self.assertEqual(
            {3.0}, {one.timeout for one in self.web.request_history}
        )
        self.assertEqual(3.0, self.session.timeout)
