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

"""A VNF's mechanism changes while it serves (simulated)."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import requests
from nham.simulate import lab as lab_
from nham.tests import base
from nham.tests.functional import test_crash_steps as steps
from nham.tests.functional import test_spread

Mechanism = descriptor.Mechanism
Role = states.Role

ALONE = dataclasses.replace(
    test_spread.POLICY,
    redundancy=Mechanism.ZERO_R,
    num_backups=0,
    service_address=descriptor.ServiceAddress(),
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=10.0
    ),
)
FED = dataclasses.replace(
    test_spread.POLICY,
    redundancy=Mechanism.ONE_R_AA,
    num_backups=1,
    service_address=descriptor.ServiceAddress(driver="floating_ip"),
)
UNFED = dataclasses.replace(FED, redundancy=Mechanism.ONE_R_AS)
SPREAD = test_spread.POLICY
#: As from a descriptor: its properties can be set one by one.
GIVEN = descriptor.build(
    descriptor.PolicyData(
        "policy",
        ["VDU1"],
        {
            "redundancy": "0R",
            "stateful": True,
            "accept_state_loss": False,
            "probes": [{"type": "http", "port": 80}],
            "detection": {"poll_interval": "250 ms", "boot_timeout": "30 s"},
            "state_protection": {
                "method": "image_snapshot",
                "interval": "10 s",
            },
        },
    ),
    descriptor.Context({"VDU1": descriptor.Target("VDU1", "vdu")}),
)


class ChangeCase(base.TestCase):
    """One VNFC with a floating IP, four hosts and a balancer's pool."""

    policy = ALONE

    def setUp(self) -> None:
        super().setUp()
        self.lab = lab_.Lab(seed=1, settings=steps.SETTINGS)
        self.world = self.lab.world
        for host in ("cmp1", "cmp2", "cmp3", "cmp4"):
            self.world.add_host(host)
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": self.policy.to_dict()}),
        )
        self.theirs = self.world.server_id(self.instance, "VDU1-0")
        service_id = self.world.add_floating_ip(self.theirs)
        self.address = self.world.neutron.floating_ip(service_id).ip
        self.pool = self.world.add_pool("calls", "project", 80)
        self.runner = self.lab.start_engine()
        self.lab.run(15.0)
        self.written = 0

    def change(self, policy: descriptor.ResiliencyPolicy) -> None:
        """Give the VNF another policy; a client writes meanwhile."""
        (vnf,) = self.lab.store.vnfs()
        data = lab_.policy_bytes({"VDU1": policy.to_dict()})
        self.runner.engine.discoverer.protect(vnf.id, data)
        self.write(30.0)

    def write(self, seconds: float) -> None:
        """Let a client write for a while; none of it may be in vain."""
        for _ in range(int(2 * seconds)):
            self.written += 1
            self.assertTrue(
                self.world.write_at(self.address, self.written),
                f"write {self.written}",
            )
            self.lab.run(0.5)

    def roles(self) -> list[str]:
        """Return the roles of the members that there are."""
        return sorted(m.role.value for m in self.lab.store.members())

    def names(self) -> list[str]:
        """Return what NHAM made in the cloud and has not removed."""
        servers = [
            s.name
            for s in self.world.nova.servers.values()
            if s.status != "DELETED" and s.name.startswith("nham-")
        ]
        floating = [f.name for f in self.world.neutron.floating_ips.values()]
        return servers + [name for name in floating if name]


class ChangeTest(ChangeCase):
    """The VNF is protected by another descriptor."""

    def test_through_all_mechanisms_and_back(self) -> None:
        self.assertEqual(["primary"], self.roles())
        for policy, roles in (
            (UNFED, ["primary", "standby"]),
            (FED, ["primary", "standby"]),
            (SPREAD, ["active", "active", "primary"]),
            (
                dataclasses.replace(SPREAD, num_backups=1),
                ["active", "primary"],
            ),
            (FED, ["primary", "standby"]),
            (ALONE, ["primary"]),
        ):
            self.change(policy)
            self.assertEqual(roles, self.roles(), policy.redundancy)
            state = str(self.written).encode()
            self.assertEqual(state, self.world.state(self.theirs))
        self.assertEqual([], self.names())
        (group,) = self.lab.store.groups()
        self.assertEqual((None, None), (group.service, group.access))
        for recovery in self.lab.store.recoveries():
            self.assertEqual("succeeded", recovery.state.value, recovery.rung)
        self.assertEqual((), self.world.invariants())

    def test_what_the_standby_is_for_holds_after_the_change(self) -> None:
        self.change(SPREAD)
        self.change(FED)
        self.world.crash_vm(self.theirs)
        self.lab.run(10.0)
        self.assertTrue(self.world.write_at(self.address, 1))
        self.assertFalse(self.world.serving(self.theirs))

    def test_not_around_a_server_that_is_to_go(self) -> None:
        self.change(FED)
        self.world.crash_vm(self.theirs)
        self.lab.run(60.0)
        (vnf,) = self.lab.store.vnfs()
        for policy in (ALONE, SPREAD):
            data = lab_.policy_bytes({"VDU1": policy.to_dict()})
            protect = self.runner.engine.discoverer.protect
            refusal = self.assertRaises(ValueError, protect, vnf.id, data)
            self.assertIn("switch over first", str(refusal))
        self.assertEqual(vnf, self.lab.store.vnf(vnf.id))
        self.change(UNFED)

    def test_a_group_without_a_policy_loses_what_was_made_for_it(
        self,
    ) -> None:
        self.change(FED)
        self.assertNotEqual([], self.names())
        (vnf,) = self.lab.store.vnfs()
        data = lab_.policy_bytes({"VDU2": ALONE.to_dict()})
        self.runner.engine.discoverer.protect(vnf.id, data)
        self.lab.run(30.0)
        self.assertEqual([], self.names())
        self.assertTrue(self.world.write_at(self.address, 1))


class SetTest(ChangeCase):
    """The same VNF, whose operator sets property by property."""

    policy = GIVEN

    def set(self, *unset: str, **values: Any) -> None:
        """Set properties; two low lines stand for a dot."""
        (vnf,) = self.lab.store.vnfs()
        answers = requests.Requests(self.runner.engine, lambda: None)
        properties = {
            path.replace("__", "."): value for path, value in values.items()
        }
        answers.set_vnf(vnf.id, None, properties, unset, "ann")

    @property
    def newest(self) -> model.Checkpoint:
        """The newest checkpoint."""
        return self.lab.store.checkpoints()[0]

    def test_from_one_mechanism_to_the_next(self) -> None:
        self.set(
            redundancy="1R-AS",
            service_address__driver="floating_ip",
            state_protection__method="hook",
            state_protection__hook__port=8081,
            state_protection__interval="5 s",
        )
        self.write(30.0)
        self.assertEqual(["primary", "standby"], self.roles())
        standby = self.standby()
        self.assertEqual(0, standby.sequence)
        # Another interval and another mechanism, and nobody is replaced.
        self.set(redundancy="1R-AA", state_protection__interval="1 s")
        self.write(10.0)
        self.assertEqual(standby.server_id, self.standby().server_id)
        self.assertLess(0, self.standby().sequence)
        before = self.newest.sequence
        self.write(10.0)
        self.assertLess(before + 8, self.newest.sequence)
        # The VNFM is asked again and again; what was set holds.
        (vnf,) = self.lab.store.vnfs()
        self.assertEqual("1R-AA", vnf.policies[0].redundancy)
        self.world.crash_vm(self.theirs)
        self.lab.run(3.0)
        self.assertTrue(self.world.serving(standby.server_id))
        self.assertEqual((), self.world.invariants())

    def test_back_to_what_the_descriptor_says(self) -> None:
        self.set(priority=7)
        self.lab.run(60.0)
        (vnf,) = self.lab.store.vnfs()
        self.assertEqual(7, vnf.policies[0].priority)
        self.runner.engine.discoverer.protect(vnf.id, None)
        self.assertEqual((GIVEN,), self.lab.store.vnfs()[0].policies)

    def test_a_finding_is_as_fast_as_it_was_set(self) -> None:
        self.set(detection__max_misses=100)
        self.lab.run(5.0)
        self.world.hang_app(self.theirs)
        self.lab.run(5.0)
        self.assertEqual([], self.lab.store.recoveries())
        self.set(detection__max_misses=2)
        self.lab.run(3.0)
        self.assertEqual(1, len(self.lab.store.recoveries()))

    def standby(self) -> model.Member:
        """Return the member that stands by."""
        (found,) = (
            member
            for member in self.lab.store.members()
            if member.role is Role.STANDBY
        )
        return found
