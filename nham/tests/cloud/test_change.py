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

"""The mechanism of a VNF changes under its clients on a real OpenStack.

Tacker's server serves all the time; what is made and removed beside it is
seen by NHAM's record, by Octavia and by what is left at the end.
"""

from __future__ import annotations

from typing import Any

import yaml

from benchmarks.bed import balancer
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from nham.tests.cloud import base
from nham.tests.cloud import vnf_case

_HEAD = {
    "tosca_definitions_version": "tosca_simple_yaml_1_2",
    "imports": ["nham_resiliency_types.yaml"],
}


class TestChange(vnf_case.RecoveryCase):
    """From 0R through each mechanism and back."""

    policy = "image.yaml"
    balancer: balancer.Balancer

    @classmethod
    def setUpClass(cls) -> None:
        cls.balancer = balancer.Balancer(base.connect())
        cls.balancer.__enter__()
        cls.addClassCleanup(cls.balancer.remove)
        super().setUpClass()

    def change(self, policy: str) -> None:
        """Give the VNF another policy, as an operator does."""
        path = bed.ROOT / "samples" / "vnf" / "policies" / policy
        policies = yaml.safe_load(path.read_text())
        descriptor = _HEAD | {
            "topology_template": {
                "node_templates": {"VDU1": {"type": "tosca.nodes.Compute"}},
                "policies": policies,
            }
        }
        self.reports.protect(self.vnf_id, yaml.safe_dump(descriptor))

    def roles(self) -> list[str]:
        """Return the roles of the group's members."""
        members: list[Any] = self.reports.group(self.vnf_id)["members"]
        return sorted(member["role"] for member in members)

    def wait_roles(self, *roles: str) -> None:
        """Wait until the group has these members, and nothing to do."""

        def there() -> bool:
            group = self.reports.group(self.vnf_id)
            return self.roles() == [*roles] and not group["recovery_id"]

        bed.wait(f"the members are {', '.join(roles)}", there, 180, 0.5)

    def test_10_each_mechanism(self) -> None:
        theirs = self.vnf.server_id()
        address = self.vnf.address()
        with (
            client_.Client(address) as client,
            client_.Counter(address) as counter,
        ):
            for policy, roles in (
                ("1r-as.yaml", ("primary", "standby")),
                ("1r-aa.yaml", ("primary", "standby")),
                ("mr-aa.yaml", ("active", "primary")),
                ("image.yaml", ("primary",)),
            ):
                self.change(policy)
                self.wait_roles(*roles)
        self.assertEqual([theirs], client.members())
        self.assert_one_active(client, [theirs], 0)
        self.assertEqual(0, counter.fell)
        recoveries = self.reports.recoveries(self.vnf_id)
        self.assertEqual(
            ["make_standby", "dismiss", "make_standby", "dismiss"],
            [recovery.rung for recovery in reversed(recoveries)],
        )
        states = {recovery.state for recovery in recoveries}
        self.assertEqual({"succeeded"}, states)
        self.assertEqual([], self.own())
