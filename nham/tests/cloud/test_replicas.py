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

"""A VNF with a standby survives failures on a real OpenStack.

One NHAM and one VNF for each class; the tests run in the order of their
names, each leaves the group whole. What they claim is seen by a client at
the service address, by Nova and by Neutron.
"""

from __future__ import annotations

from typing import Any

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from nham.tests.cloud import replica_case


class TestFed(replica_case.ReplicaCase):
    """1R-AA: the standby has each saved state at once."""

    policy = "1r-aa.yaml"

    def test_10_primary_dies_and_becomes_the_standby(self) -> None:
        vnfc = self.member("primary")
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual(
            ("vm-dead", "fail_over"), (recovery.rule, recovery.rung)
        )
        self.assertEqual(
            vnfc["server_id"], self.member("standby")["server_id"]
        )
        self.assertEqual(vnfc["server_id"], self.vnf.server_id())

    def test_11_own_server_dies_and_is_made_anew(self) -> None:
        dead = self.member("primary")
        self.assertEqual("server", dead["kind"])
        self.fails_over(self.kill_primary)
        self.assertNotEqual(
            dead["server_id"], self.member("standby")["server_id"]
        )
        self.assertNotIn(dead["name"], self.own())

    def test_12_application_hangs(self) -> None:
        recovery = self.fails_over(
            lambda: self.ask("/cgi-bin/crash?hang-httpd")
        )
        self.assertEqual("app-dead", recovery.rule)

    def test_13_standby_dies_and_the_primary_serves_on(self) -> None:
        known, primary = self.known(), self.member("primary")
        with client_.Client(self.address) as client:
            bed.kill_vm(self.member("standby")["server_id"])
            recovery = self._first_after(known)
            self.assertEqual("standby-missing", recovery.rule)
            self.reports.wait_whole(self.vnf_id)
            bed.wait("the client knows who serves", client.last, 30)
        # How long it waited at most depends on who else has the processor.
        self.assertEqual([primary["server_id"]], client.members())
        self.assert_one_active(client, [primary["server_id"]], 0)
        self.assertEqual(known + 1, self.known())
        self.assert_kept()

    def test_14_switchover_loses_nothing(self) -> None:
        with client_.Counter(self.address) as counter:
            recovery = self.fails_over(
                lambda: self.reports.switchover(self.vnf_id)
            )
        self.assertEqual("switchover", recovery.rule)
        self.assertEqual(0, counter.fell)

    def test_15_engine_dies_at_steps_of_a_fail_over(self) -> None:
        for words in ("isolate_member: ", "move_address: ", "promote: "):
            with self.subTest(step=words):
                self._die_at(words)

    def test_16_engine_dies_at_steps_of_a_repair(self) -> None:
        repairs = {"vnfc": "admit_member: ", "server": "create_member: "}
        for _round in repairs:
            # Each fail-over makes the other one the primary.
            words = repairs[self.member("primary")["kind"]]
            with self.subTest(step=words):
                self._die_at(words)

    def _die_at(self, words: str) -> None:
        standby, servers = self.member("standby"), self.servers()
        with client_.Client(self.address) as client:
            bed.wait("the client knows who serves", client.last, 30)
            self.kill_engine_at(words, self.kill_primary)
            self.reports.wait_whole(self.vnf_id)
        self.assert_kept()
        self.assertEqual(
            standby["server_id"], self.member("primary")["server_id"]
        )
        self.assert_one_active(client, servers, 1)

    def test_20_host_dies(self) -> None:
        host = self.member("primary")["host"]
        recovery = self.fails_over(
            lambda: bed.power_off(host),
            lambda: bed.power_on(host, self.cloud),
        )
        self.assertEqual("host", recovery.zone)

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()


class TestUnfed(replica_case.ReplicaCase):
    """1R-AS: the standby gets the newest saved state when it takes over."""

    policy = "1r-as.yaml"

    def test_10_primary_dies(self) -> None:
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual("fail_over", recovery.rung)

    def test_20_host_dies(self) -> None:
        host = self.member("primary")["host"]
        # On two hosts a server of NHAM's own has no place meanwhile.
        self.fails_over(
            lambda: bed.power_off(host),
            lambda: bed.power_on(host, self.cloud),
        )


class TestCold(replica_case.ReplicaCase):
    """1R-AS: the standby is off until it is needed."""

    policy = "1r-as-cold.yaml"

    def parked(self) -> bool:
        """Say whether the standby is off."""
        server: Any = self.cloud.compute.get_server(
            self.member("standby")["server_id"]
        )
        return bool(server.status == "SHUTOFF")

    def test_10_primary_dies(self) -> None:
        bed.wait("the standby is parked", self.parked, 120, 1.0)
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual("fail_over", recovery.rung)
        bed.wait("the next standby is parked", self.parked, 120, 1.0)

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()
