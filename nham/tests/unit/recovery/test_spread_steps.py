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

from nham.adapters.simulated import spreader
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.recovery import replica_steps
from nham.tests.unit.recovery import replica_case

Role = states.Role


class SpreadCase(replica_case.ReplicaCase):
    """A VNFC with a floating IP of its own, and a balancer's empty pool."""

    policy = dataclasses.replace(
        replica_case.ReplicaCase.policy,
        redundancy=descriptor.Mechanism.MR_AA,
        num_backups=1,
        service_address=descriptor.ServiceAddress(
            driver="octavia", pool="calls", port=80
        ),
    )

    def build(self) -> None:
        """Make everything anew."""
        super().build()
        project_id = self.store.vnf("v").project_id
        self.pool_id = self.world.add_pool("calls", project_id, 80)
        self.replace_context(
            spreaders={"octavia": spreader.SimulatedSpreader(self.world)}
        )

    def getting(self) -> list[str]:
        """Return the addresses that get clients."""
        pool = self.world.balancers.pool(self.pool_id)
        return [address for address, _port in pool.getting]

    def make_member(self) -> model.Member:
        """Let the group have another member that serves on ``two``."""
        self.done("find_pool")
        self.done("create_member", host="two")
        self.done("open_access")
        self.done("join_distribution", joining=True)
        self.done("join_group")
        return self.member(Role.ACTIVE)


class FindPoolTest(SpreadCase):
    def test_the_primary_is_in_it(self) -> None:
        said = self.done("find_pool")
        self.assertEqual(f"pool {self.pool_id}", said)
        primary = self.member(Role.PRIMARY)
        self.assertEqual([primary.address], self.getting())
        self.assertEqual(self.port_id, primary.port_id)
        access = self.world.neutron.floating_ip(self.service_id)
        self.assertEqual(
            model.MovableAddress(id=access.id, ip=access.ip), primary.access
        )

    def test_there_is_none(self) -> None:
        vnf = self.store.vnf("v")
        policy = dataclasses.replace(
            self.policy,
            service_address=descriptor.ServiceAddress(
                driver="octavia", pool="other", port=80
            ),
        )
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))
        self.assertIn("has no pool other", self.failed("find_pool"))

    def test_an_engine_without_the_driver(self) -> None:
        self.replace_context(spreaders={})
        record = self.run_step("find_pool")
        self.assertIs(states.StepState.REFUSED, record.state)
        self.assertIn("this engine has no octavia", record.detail)


class JoinTest(SpreadCase):
    def test_both_serve(self) -> None:
        member = self.make_member()
        primary = self.member(Role.PRIMARY)
        self.assertEqual(
            sorted([str(primary.address), str(member.address)]),
            sorted(self.getting()),
        )
        self.assertEqual("two", member.host)
        assert member.access is not None
        (found,) = self.context.vim.find_floating_ips(
            replica_steps.access_name(member.id)
        )
        self.assertEqual(found.id, member.access.id)
        self.assertEqual(member.port_id, found.port_id)

    def test_an_address_is_made_once(self) -> None:
        self.done("find_pool")
        self.done("create_member", host="two")
        for _ in range(2):
            self.done("open_access")
        self.assertEqual(1, self.calls("create_floating_ip"))

    def test_without_addresses_members_are_reached_directly(self) -> None:
        self.context.vim.delete_floating_ip(self.service_id)
        self.done("find_pool")
        self.done("create_member", host="two")
        self.assertEqual(
            "it is asked by its fixed address", self.done("open_access")
        )
        self.assertEqual(0, self.calls("create_floating_ip"))

    def test_it_waits_for_an_answer(self) -> None:
        self.done("find_pool")
        self.done("create_member", host="two")
        self.done("open_access")
        self.assertEqual("it answers", self.done("await_member"))

    def test_nobody_joins(self) -> None:
        for action in ("open_access", "await_member"):
            self.assertIn("no member is being made", self.failed(action))


class LeaveTest(SpreadCase):
    def setUp(self) -> None:
        super().setUp()
        self.other = self.make_member()

    def test_it_gets_no_clients(self) -> None:
        said = self.done("leave_distribution", member_id=self.other.id)
        self.assertEqual(f"{self.other.address} is no target", said)
        primary = self.member(Role.PRIMARY)
        self.assertEqual([primary.address], self.getting())

    def test_it_leaves_once(self) -> None:
        for _ in range(2):
            self.done("leave_distribution", member_id=self.other.id)
        self.assertNotIn(self.other.address, self.getting())

    def test_the_balancer_is_busy(self) -> None:
        self.context.spreaders["octavia"].withdraw(
            self.pool_id, str(self.member(Role.PRIMARY).address)
        )
        self.done("leave_distribution", member_id=self.other.id)
        self.assertEqual([], self.getting())

    def test_one_that_never_joined(self) -> None:
        self.store.save_member(dataclasses.replace(self.other, address=None))
        self.done("leave_distribution", member_id=self.other.id)

    def test_it_has_failed(self) -> None:
        self.done("fail_member", member_id=self.other.id)
        self.assertEqual(self.other.id, self.member(Role.FAILED).id)

    def test_who_is_aside_joins_again(self) -> None:
        which = {"member_id": self.other.id}
        self.done("leave_distribution", **which)
        self.done("set_aside", **which)
        self.assertEqual(self.other.id, self.member(Role.ASIDE).id)
        self.done("admit_member", **which)
        self.assertEqual(self.other.id, self.member(Role.JOINING).id)
        self.done("join_distribution", joining=True)
        self.done("join_group")
        self.assertEqual(self.other.id, self.member(Role.ACTIVE).id)

    def test_what_is_removed_leaves_nothing(self) -> None:
        self.done("remove_member", member_id=self.other.id)
        self.clock.advance(5.0)
        self.assertNotIn(self.other.address, self.getting())
        name = replica_steps.access_name(self.other.id)
        self.assertEqual([], list(self.context.vim.find_floating_ips(name)))
