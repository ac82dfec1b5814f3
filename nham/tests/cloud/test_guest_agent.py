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

"""A VNF whose state goes by the guest agent, on a real OpenStack.

Its policy names no port: whatever state there is, was carried by QEMU's
guest agents and the agents of the hosts.
"""

from __future__ import annotations

from typing import Any

from benchmarks.bed import cloud as bed
from nham.tests.cloud import replica_case


class TestInGuest(replica_case.ReplicaCase):
    """1R-AS: the commands of the sample guest export and import."""

    policy = "1r-as-guest.yaml"
    with_agents = True

    def test_01_an_export(self) -> None:
        taken = self.reports.checkpoint(self.vnf_id)
        self.assertEqual("hook", taken.engine)
        self.assertIsNotNone(taken.digest)

    def test_02_a_killed_primary(self) -> None:
        self.fails_over(self.kill_primary)

    def test_03_an_agent_that_is_not_heard(self) -> None:
        compute: Any = self.cloud.compute
        server = compute.get_server(self.member("primary")["server_id"])
        logged = len(self.nham.log)
        self.addCleanup(self.agents.start, server.compute_host)
        self.agents.kill(server.compute_host)
        bed.wait(
            "an export fails",
            lambda: "no agents that are heard" in self.nham.log[logged:],
            60,
        )
        self.agents.start(server.compute_host)
        bed.wait("exports go on", self._exports, 60)
        self.assert_kept()

    def _exports(self) -> Any:
        try:
            return self.reports.checkpoint(self.vnf_id)
        except bed.Bad:
            # The agent is not believed yet.
            return None

    def test_99_all_goes(self) -> None:
        self.assert_nothing_left()
