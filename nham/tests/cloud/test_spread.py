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

"""Two members of a VNF serve behind a balancer, on a real OpenStack.

The tests run in the order of their names, each leaves the group whole.
What they claim is seen by clients of the balancer, by Octavia and by Nova.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.bed import balancer
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
from nham.tests.cloud import base
from nham.tests.cloud import replica_case

#: As many requests, each from a port of its own, meet all members.
_ENOUGH = 20


class TestSpread(replica_case.ReplicaCase):
    """MR-AA with the members' state from the primary."""

    policy = "mr-aa.yaml"
    balancer: balancer.Balancer

    @classmethod
    def setUpClass(cls) -> None:
        cls.balancer = balancer.Balancer(base.connect())
        cls.balancer.__enter__()
        cls.addClassCleanup(cls.balancer.remove)
        super().setUpClass()

    def members(self) -> list[Any]:
        """Return the members of the group that serve."""
        members: list[Any] = self.reports.group(self.vnf_id)["members"]
        return [m for m in members if m["role"] in ("primary", "active")]

    def serving(self) -> set[str]:
        """Return the servers that clients of the balancer meet."""
        met = set()
        for _ in range(_ENOUGH):
            text = vnf_.http_get(self.balancer.address, "/cgi-bin/state", 2.0)
            met.add(vnf_.parse_state(text).get("uuid", "nobody"))
        return met

    def assert_both_serve(self) -> None:
        """Clients meet both members, and none in vain."""
        servers = {member["server_id"] for member in self.members()}
        self.assertEqual(2, len(servers))
        self.assertEqual(servers, self.serving())
        hosts = {member["host"] for member in self.members()}
        self.assertEqual(2, len(hosts))

    def leaves(self, role: str, fault: Callable[[str], object]) -> Any:
        """Bring a fault to a member about; return what it led to."""
        failed, known = self.member(role), self.known()
        (other,) = (
            m["server_id"]
            for m in self.members()
            if m["server_id"] != failed["server_id"]
        )
        fault(failed["server_id"])
        recovery = self._first_after(known)
        self.assertEqual("succeeded", recovery.state, recovery.reason)
        self.assertEqual({other}, self.serving())
        self.assertEqual(other, self.member("primary")["server_id"])
        self.reports.wait_whole(self.vnf_id)
        self.assert_both_serve()
        return recovery

    def test_10_all_members_serve(self) -> None:
        self.assert_both_serve()
        self.assertEqual([True, True], list(self.balancer.targets().values()))

    def test_11_member_dies(self) -> None:
        recovery = self.leaves("active", bed.kill_vm)
        self.assertEqual("take_out", recovery.rung)

    def test_12_primary_dies(self) -> None:
        recovery = self.leaves("primary", bed.kill_vm)
        self.assertEqual("fail_over", recovery.rung)

    def test_30_nothing_is_left(self) -> None:
        self.tacker.terminate(self.vnf)
        self.vnf.instance_id = ""
        bed.wait("all of NHAM's own is gone", lambda: not self.own(), 90)
        bed.wait("the pool is empty", lambda: not self.balancer.targets(), 90)
