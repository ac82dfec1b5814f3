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
from typing import Any

from nham.core import descriptor
from nham.core import states
from nham.engine import change
from nham.tests.unit.engine import base
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
FIXED = dataclasses.replace(
    POLICY,
    service_address=descriptor.ServiceAddress(
        driver="fixed_ip", address="10.203.0.50"
    ),
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

    def test_another_way_to_move_the_address(self) -> None:
        """The standby is made anew, with addresses of the new kind."""
        self.prepare(FIXED)
        self.assertEqual(["primary"], self.present())
        self.assertIsNone(self.group.service)
        self.assertIsNone(self.group.access)
        self.assertEqual(self.port_id, self.leads_to(self.service_id))

    def test_another_way_while_a_server_of_our_own_serves(self) -> None:
        standby = next(m for m in self.store.members() if m.kind == "server")
        self.store.promote("v/0", standby.id)
        refusal = self.assertRaises(ValueError, self.prepare, FIXED)
        self.assertIn("service_address: cannot change", str(refusal))

    def test_no_policy_any_more(self) -> None:
        self.prepare(ELSEWHERE)
        [left] = self.store.members()
        self.assertEqual(("vnfc", states.Role.PRIMARY), (left.kind, left.role))


def made(
    name: str, targets: tuple[str, ...], **properties: Any
) -> descriptor.ResiliencyPolicy:
    """Return the policy of a descriptor of two VDUs."""
    known = {
        "fw": descriptor.Target("fw", "vnf"),
        "VDU1": descriptor.Target("VDU1", "vdu"),
        "VDU2": descriptor.Target("VDU2", "vdu"),
    }
    properties = {"redundancy": "0R", **properties}
    data = descriptor.PolicyData(name, list(targets), properties)
    return descriptor.build(data, descriptor.Context(known))


class TestSetProperties(base.EngineCase):
    """A VNF of one VNFC, whose VDU is one of two in its descriptor."""

    def protect(self, *policies: descriptor.ResiliencyPolicy) -> None:
        """Let the VNF have these policies."""
        if not self.store.vnfs():
            self.add_vnf()
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=policies))

    def set(
        self, values: dict[str, Any], *unset: str, vdu: str | None = None
    ) -> dict[str, tuple[tuple[str, ...], int]]:
        """Set properties; return targets and priority of each policy."""
        change.set_properties(
            self.context, self.journal, "v", vdu, values, unset, "ann"
        )
        return {
            policy.name: (policy.targets, policy.priority)
            for policy in self.store.vnf("v").policies
        }

    def refused(
        self, told: str, values: dict[str, Any], vdu: str | None = None
    ) -> None:
        """See that nothing is changed by what is refused."""
        before = self.store.vnf("v"), self.store.events()
        refusal = self.assertRaises(ValueError, self.set, values, vdu=vdu)
        self.assertIn(told, str(refusal))
        self.assertEqual(before, (self.store.vnf("v"), self.store.events()))

    def test_is_kept_and_told(self) -> None:
        self.protect(made("p", ("VDU1",), sal=3))
        self.set({"priority": 7, "probation": "1 m"}, "sal")
        found = made("p", ("VDU1",), priority=7, probation="1 m")
        self.assertEqual((found,), self.store.vnf("v").policies)
        event = self.store.events()[-1]
        self.assertEqual(("policy-changed", "v"), (event.kind, event.vnf_id))
        self.assertEqual(
            "v: user ann set priority to 7, probation to 1 m, "
            "sal to its default",
            event.message,
        )

    def test_of_all_policies(self) -> None:
        self.protect(made("p", ("VDU1",)), made("q", ("VDU2",)))
        self.assertEqual(
            {"p": (("VDU1",), 7), "q": (("VDU2",), 7)},
            self.set({"priority": 7}),
        )
        self.assertEqual(
            {"p": (("VDU1",), 7), "q": (("VDU2",), 9)},
            self.set({"priority": 9}, vdu="VDU2"),
        )

    def test_of_one_vdu_that_shares_its_policy(self) -> None:
        self.protect(made("p", ("VDU1", "VDU2")))
        self.assertEqual(
            {"p": (("VDU2",), 50), "p-VDU1": (("VDU1",), 7)},
            self.set({"priority": 7}, vdu="VDU1"),
        )
        self.assertEqual(
            {"p": (("VDU2",), 8), "p-VDU1": (("VDU1",), 8)},
            self.set({"priority": 8}),
        )

    def test_of_one_vdu_in_a_policy_for_all(self) -> None:
        whole = made("p", ("fw",))
        self.protect(whole)
        self.assertEqual(
            {"p": (("fw",), 50), "p-VDU1": (("VDU1",), 7)},
            self.set({"priority": 7}, vdu="VDU1"),
        )
        policies = self.store.vnf("v").policies
        for vdu, name in (("VDU1", "p-VDU1"), ("VDU2", "p")):
            found = descriptor.policy_for(vdu, policies)
            self.assertEqual(name, found.name if found else None)
        self.assertEqual(
            {"p": (("fw",), 8), "p-VDU1": (("VDU1",), 8)},
            self.set({"priority": 8}),
        )
        self.assertTrue(self.store.vnf("v").policies[0].whole_vnf)

    def test_what_is_wrong_changes_nothing(self) -> None:
        self.protect(made("p", ("VDU1",)), made("q", ("VDU2",), sal=3))
        self.refused("sal: must be an integer", {"sal": "high"})
        self.refused("at least one must be set", {})
        self.refused("vdu: no policy of the VNF", {"sal": 1}, vdu="VDU3")
        self.refused("num_backups: 0R has no", {"num_backups": 1})
        self.protect()
        self.refused("policies: the VNF has none", {"sal": 1})

    def test_the_servers_count_where_a_rule_asks_for_their_disk(self) -> None:
        image = {
            "stateful": True,
            "state_protection.method": "image_snapshot",
        }
        volume = {**image, "state_protection.method": "volume_snapshot"}
        self.add_vnf(volume_backed=("VDU1",))
        self.protect(made("p", ("VDU1",)))
        self.refused("VDU1 boots from a volume", image)
        self.set(volume)


class TestSetMechanism(replica_case.ReplicaCase):
    """A group whose own server serves: the VNFC has failed."""

    policy = descriptor.build(
        descriptor.PolicyData(
            "p",
            ["VDU1"],
            {
                "redundancy": "1R-AA",
                "probes": [{"type": "http", "port": 80}],
                "service_address": {"driver": "floating_ip"},
            },
        ),
        descriptor.Context({"VDU1": descriptor.Target("VDU1", "vdu")}),
    )

    def test_no_mechanism_without_a_place_for_who_serves(self) -> None:
        standby = next(m for m in self.store.members() if m.kind == "server")
        self.store.promote("v/0", standby.id)
        before = self.store.vnf("v")
        refusal = self.assertRaises(
            ValueError,
            change.set_properties,
            self.context,
            self.journal,
            "v",
            None,
            {"redundancy": "0R"},
            ["service_address"],
            "ann",
        )
        self.assertIn("switch over first", str(refusal))
        self.assertEqual(before, self.store.vnf("v"))
