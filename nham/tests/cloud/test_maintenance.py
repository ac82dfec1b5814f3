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

"""The maintenance of a host under a client on a real OpenStack."""

from __future__ import annotations

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from nham.tests.cloud import replica_case


class TestMaintenance(replica_case.ReplicaCase):
    """1R-AA on two hosts: the standby takes over, and is then alone."""

    policy = "1r-aa.yaml"

    def tearDown(self) -> None:
        for host in self.reports.closed_hosts():
            self.reports.end_maintenance(host)
        super().tearDown()

    def test_10_the_primary_leaves_and_the_group_is_whole_again(self) -> None:
        servers, standby = self.servers(), self.member("standby")
        host = self.member("primary")["host"]
        with (
            client_.Client(self.address) as client,
            client_.Counter(self.address) as counter,
        ):
            bed.wait("the client knows who serves", client.last, 30)
            self.reports.begin_maintenance(host, "a test of the cloud")
            bed.wait(
                "the standby serves",
                lambda: (
                    self.member("primary")["server_id"] == standby["server_id"]
                ),
                120,
            )
            bed.wait(
                "nothing serves on the host any more",
                lambda: self.reports.stages(host) <= {"idle"},
                60,
            )
            self.reports.end_maintenance(host)
            self.reports.wait_whole(self.vnf_id)
        self.assertEqual(0, counter.fell)
        self.assert_kept()
        self.assert_one_active(client, servers, 1)

    def test_20_what_fails_there_is_left_alone(self) -> None:
        standby = self.member("standby")
        self.reports.begin_maintenance(standby["host"], "a test of the cloud")
        known = self.known()
        bed.kill_vm(standby["server_id"])
        bed.wait(
            "NHAM says what it waits for",
            lambda: (
                "maintenance" in self.reports.vnf(self.vnf.instance_id).reason
            ),
            60,
        )
        self.assertEqual(known, self.known())
        self.reports.end_maintenance(standby["host"])
        self.reports.wait_whole(self.vnf_id)
