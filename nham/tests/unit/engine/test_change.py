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

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import states
from nham.engine import change
from nham.tests.unit.engine import replica_case

POLICY = replica_case.POLICY
UNFED = dataclasses.replace(
    POLICY, redundancy=descriptor.Mechanism.ONE_R_AS, name="unfed"
)
ALONE = dataclasses.replace(
    POLICY, redundancy=descriptor.Mechanism.ZERO_R, name="alone"
)
SPREAD = dataclasses.replace(
    POLICY, redundancy=descriptor.Mechanism.MR_AA, name="spread"
)
ELSEWHERE = dataclasses.replace(POLICY, targets=("VDU9",))


class TestChange(replica_case.ReplicaCase):
    """A VNF of 1R-AA that has its standby."""

    def prepare(self, *policies: descriptor.ResiliencyPolicy) -> None:
        """Let the VNF have these policies next."""
        change.prepare(self.context, self.store.vnf("v"), policies)

    def present(self) -> list[str]:
        """Return the roles of the members that have not retired."""
        return sorted(m.role.value for m in self.store.members())

    def test_the_vnfc_serves(self) -> None:
        for policy in (POLICY, UNFED, ALONE, SPREAD):
            self.prepare(policy)
            self.assertEqual(["primary", "standby"], self.present())

    def test_a_server_of_our_own_serves(self) -> None:
        standby = next(m for m in self.store.members() if m.kind == "server")
        self.store.promote("v/0", standby.id)
        for policy in (POLICY, UNFED):
            self.prepare(policy)
        for policies in ((ALONE,), (SPREAD,), (ELSEWHERE,), ()):
            refusal = self.assertRaises(ValueError, self.prepare, *policies)
            self.assertIn("redundancy: cannot change", str(refusal))
            self.assertIn(standby.name, str(refusal))
        self.assertEqual(["failed", "primary"], self.present())

    def test_no_policy_any_more(self) -> None:
        self.prepare(ELSEWHERE)
        [left] = self.store.members()
        self.assertEqual(("vnfc", states.Role.PRIMARY), (left.kind, left.role))
