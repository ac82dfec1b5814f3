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

"""What Tacker's operations come to where members of NHAM's own serve.

What Tacker knows must be true after each, and the state be there.
"""

from __future__ import annotations

import dataclasses

from nham.core import states
from nham.simulate import lab as lab_
from nham.tests.functional import replica_case as case_

Role = states.Role


class OperationsCase(case_.ReplicaCase):
    """A VNF of 1R-AA that is whole, and has the state 7."""

    def setUp(self) -> None:
        super().setUp()
        self.bring_up(case_.ONE_R_AA)

    def fail_over(self) -> None:
        """Let NHAM's own server serve, and the VNFC be the standby."""
        self.hurt(case_.crash_primary)
        self.settle()
        self.assertEqual(["server primary", "vnfc standby"], self.roles())

    def roles(self, vnfc: str = "VDU1-0") -> list[str]:
        """Return the roles of a VNFC's members, by whose they are."""
        groups = {g.id: g.vnfc for g in self.lab.store.groups()}
        return sorted(
            f"{one.kind} {one.role}"
            for one in self.lab.store.members()
            if groups[one.group_id] == vnfc
        )

    def assert_record_true(self) -> None:
        """The VNFC of our record is the one of Tacker's, and it runs."""
        theirs = {
            vnfc.server_id
            for vnfc in self.world.tacker.get(self.instance).vnfcs
        }
        ours = {
            one.server_id
            for one in self.lab.store.members()
            if one.kind == "vnfc"
        }
        self.assertEqual(theirs, ours)
        running = {self.world.nova.servers[one].status for one in theirs}
        self.assertEqual({"ACTIVE"}, running)

    def events(self, kind: str) -> list[str]:
        """Return what was told of one kind."""
        return [e.message for e in self.lab.store.events() if e.kind == kind]


class HealTest(OperationsCase):
    """Somebody has Tacker heal the VNFC; its server is another one then."""

    def heal(self) -> None:
        """Let Tacker heal the VNFC; wait until all is well."""
        before = self.world.server_id(self.instance, "VDU1-0")
        self.hurt(lambda case: case.world.user_heal(case.instance, "VDU1-0"))
        self.lab.run(60.0)
        self.settle()
        after = self.world.server_id(self.instance, "VDU1-0")
        self.assertNotEqual(before, after)

    def test_the_standby_that_tacker_knows(self) -> None:
        self.fail_over()
        self.heal()
        self.assert_whole(7)
        self.assertEqual(["server primary", "vnfc standby"], self.roles())
        self.assert_record_true()

    def test_the_vnfc_that_serves(self) -> None:
        """Clients do not wait for Tacker."""
        self.heal()
        self.assert_whole(7)
        self.assertEqual(["server primary", "vnfc standby"], self.roles())
        self.assert_record_true()


class ScaleTest(OperationsCase):
    """Tacker adds a VNFC, or takes the last one away."""

    def scale_out(self) -> None:
        """Let Tacker add a VNFC, which has an address of its own."""
        self.world.user_scale(self.instance, "VDU1", out=True)
        self.lab.run(20.0)
        server_id = self.world.server_id(self.instance, "VDU1-1")
        self.world.add_floating_ip(server_id)
        self.lab.run(30.0)
        self.settle()

    def test_out_after_a_fail_over(self) -> None:
        self.fail_over()
        self.scale_out()
        self.assert_whole(7)
        self.assertEqual(["server primary", "vnfc standby"], self.roles())
        self.assertEqual(
            ["server standby", "vnfc primary"], self.roles("VDU1-1")
        )
        self.assert_record_true()

    def test_in_while_an_own_server_serves(self) -> None:
        """All that NHAM made for the VNFC goes with it."""
        self.scale_out()
        gone = self.world.server_id(self.instance, "VDU1-1")
        self.world.crash_vm(gone)
        self.lab.run(60.0)
        self.settle()
        self.assertEqual(
            ["server primary", "vnfc standby"], self.roles("VDU1-1")
        )
        self.world.user_scale(self.instance, "VDU1", out=False)
        self.lab.run(60.0)
        self.settle()
        self.assert_whole(7)
        self.assertEqual([], self.roles("VDU1-1"))
        self.assertEqual(["server standby", "vnfc primary"], self.roles())
        self.assert_record_true()


class PackageTest(OperationsCase):
    """Tacker changes the package: other images, other policies."""

    def change(self, interval: float = 5.0) -> str:
        """Change the package; return the new image when all is well."""
        policy = dataclasses.replace(
            case_.ONE_R_AA,
            state_protection=dataclasses.replace(
                case_.ONE_R_AA.state_protection, interval=interval
            ),
        )
        image_id = self.world.add_image(0, "newer")
        vnfd_id = "newer"
        self.world.tacker.vnfds[vnfd_id] = lab_.policy_bytes(
            {"VDU1": policy.to_dict()}
        )
        self.hurt(
            lambda case: case.world.tacker.change_package(
                case.instance, vnfd_id, image_id
            )
        )
        self.lab.run(60.0)
        self.settle()
        self.lab.run(30.0)
        self.settle()
        return image_id

    def assert_changed(self, image_id: str) -> None:
        """All run the new image, and the VNFC serves."""
        self.assert_whole(7)
        self.assertEqual(["server standby", "vnfc primary"], self.roles())
        self.assert_record_true()
        running = {
            self.world.nova.servers[one.server_id].image_id
            for one in self.lab.store.members()
        }
        self.assertEqual({image_id}, running)
        self.assertEqual(1, len(self.events("package-changed")))

    def test_while_the_vnfc_serves(self) -> None:
        """The standby takes over meanwhile, and gives it back."""
        self.assert_changed(self.change())
        rungs = [one.rung for one in self.lab.store.recoveries()]
        self.assertIn("fail_over", rungs)

    def test_while_an_own_server_serves(self) -> None:
        self.fail_over()
        self.assert_changed(self.change())

    def test_the_policies_are_the_new_ones(self) -> None:
        self.change(interval=2.5)
        (vnf,) = self.lab.store.vnfs()
        self.assertEqual("newer", vnf.vnfd_id)
        self.assertEqual(2.5, vnf.policies[0].state_protection.interval)
