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

"""A standby takes over on a real OpenStack, by each way to move the service.

One NHAM and one 1R-AA VNF for each way. How long the move itself took is
printed.
"""

from __future__ import annotations

from typing import Any

from benchmarks.bed import cloud as bed
from benchmarks.bed import vip
from benchmarks.bed import vnf as vnf_
from nham.tests.cloud import base
from nham.tests.cloud import replica_case

FIXED_IP = "10.10.0.251"
"""The address of ``1r-aa-fixed.yaml``, which every guest holds."""


class MoverCase(replica_case.ReplicaCase):
    """Both members serve in turn, with the state."""

    def _moved(self, recovery: Any, standby: Any) -> None:
        """See that the standby serves clients, and the group is whole."""
        self.assertEqual("succeeded", recovery.state, recovery.reason)
        bed.wait(
            "clients are led to the standby",
            lambda: self.state().get("uuid") == standby["server_id"],
            30,
            0.1,
        )
        self.reports.wait_whole(self.vnf_id)
        self.assert_kept()
        self.assertEqual(
            standby["server_id"], self.member("primary")["server_id"]
        )
        for step in self.reports.recovery(recovery.id).steps:
            took = step["ended_at"] - step["started_at"]
            print(f"{self.policy}: {step['action']}: {took:.3f} s")

    def _dies(self) -> None:
        known, standby = self.known(), self.member("standby")
        self.kill_primary()
        self._moved(self._first_after(known), standby)


class MoverTests:
    """The tests of each way, for a class that is a ``MoverCase``."""

    def test_10_primary_dies_and_becomes_the_standby(self: Any) -> None:
        self._dies()

    def test_11_own_server_dies_and_is_made_anew(self: Any) -> None:
        self._dies()

    def test_12_switchover(self: Any) -> None:
        known, standby = self.known(), self.member("standby")
        self.reports.switchover(self.vnf_id)
        self._moved(self._first_after(known), standby)

    def test_30_nothing_is_left(self: Any) -> None:
        self.tacker.terminate(self.vnf)
        self.vnf.instance_id = ""
        bed.wait("all of NHAM's own is gone", lambda: not self.own(), 60)


class TestFloatingIp(MoverTests, MoverCase):
    """``floating_ip``."""

    policy = "1r-aa.yaml"


class TestVip(MoverTests, MoverCase):
    """``vip``; clients use a floating IP that leads to the address."""

    policy = "1r-aa-vip.yaml"

    @classmethod
    def setUpClass(cls) -> None:
        reserved = vip.reserved(base.connect().network)
        address = cls.enterClassContext(reserved)
        super().setUpClass()
        cls.address = address


class TestFixedIp(MoverTests, MoverCase):
    """``fixed_ip``; the client is a guest behind the router."""

    policy = "1r-aa-fixed.yaml"
    client: str

    @classmethod
    def setUpClass(cls) -> None:
        cls._add_client()
        super().setUpClass()

    @classmethod
    def _add_client(cls) -> None:
        """Make a guest in another network, which asks for us."""
        cloud: Any = base.connect()
        network = cloud.network.find_network("net1")
        server = cloud.compute.create_server(
            name="nham-test-client",
            flavor_id=cloud.compute.find_flavor(base.FLAVOR).id,
            image_id=cloud.image.find_image(base.IMAGE).id,
            networks=[{"uuid": network.id}],
        )
        cls.addClassCleanup(
            cloud.compute.wait_for_delete, server, wait=base.PATIENCE
        )
        cls.addClassCleanup(cloud.compute.delete_server, server)
        cloud.compute.wait_for_server(server, wait=base.PATIENCE)
        (port,) = cloud.network.ports(device_id=server.id)
        made = cloud.network.create_ip(
            floating_network_id=cloud.network.find_network("public").id,
            port_id=port.id,
        )
        cls.addClassCleanup(cloud.network.delete_ip, made)
        cls.client = made.floating_ip_address
        bed.wait(
            "the client's guest answers",
            lambda: vnf_.http_get(cls.client, "/health", 2.0),
            base.PATIENCE,
        )
        # It holds the address as all guests do, and would ask itself.
        vnf_.http_get(cls.client, f"/cgi-bin/delip?{FIXED_IP}", 5.0)

    def ask(self, path: str) -> str | None:
        """Ask whoever serves, by the client's guest."""
        asked = f"/cgi-bin/ask?{FIXED_IP}{path}"
        return vnf_.http_get(self.client, asked, 5.0)
