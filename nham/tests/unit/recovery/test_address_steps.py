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
import itertools

from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import replica_case

Role = states.Role
State = states.RecoveryState
StepState = states.StepState


class FindAddressesTest(replica_case.ReplicaCase):
    """The service address, and one to reach the standby."""

    def floating_ips(self) -> int:
        """Return how many floating IPs there are."""
        return len(self.world.neutron.floating_ips)

    def access(self) -> model.MovableAddress:
        """Return the group's access address."""
        found = self.store.group("g").access
        assert found is not None
        return found

    def test_found_and_made(self) -> None:
        said = self.done("find_addresses")
        group = self.store.group("g")
        assert group.service is not None
        self.assertEqual(self.service_id, group.service.id)
        self.assertEqual(self.port_id, self.member(Role.PRIMARY).port_id)
        self.assertIsNone(self.leads_to(self.access().id))
        self.assertEqual(
            f"service {group.service.ip}, access {self.access().ip}", said
        )

    def test_port_that_has_it(self) -> None:
        first = self.context.vim.copy_port(self.port_id, "first")
        neutron = self.world.neutron
        neutron.plug(
            self.world.nova.servers[self.server_id],
            [neutron.port(first), neutron.port(self.port_id)],
        )
        self.done("find_addresses")
        self.assertEqual(self.port_id, self.member(Role.PRIMARY).port_id)

    def test_no_service_address(self) -> None:
        self.context.vim.point_floating_ip(self.service_id, None)
        record = self.run_step("find_addresses")
        self.assertIs(StepState.REFUSED, record.state)
        self.assertIn("needs a floating IP at a port", record.detail)
        self.assertEqual(1, self.floating_ips())

    def test_asked_twice(self) -> None:
        self.done("find_addresses")
        first = self.store.group("g")
        self.done("find_addresses")
        again = self.store.group("g")
        self.assertEqual(
            (first.service, first.access), (again.service, again.access)
        )
        self.assertEqual(2, self.floating_ips())

    def test_answer_is_lost(self) -> None:
        self.world.api_error_once("neutron", "create_floating_ip", after=True)
        self.done("find_addresses")
        self.assertEqual(2, self.floating_ips())

    def test_access_address_was_deleted(self) -> None:
        """Somebody tidied up; another one is made."""
        self.done("find_addresses")
        self.context.vim.delete_floating_ip(self.access().id)
        self.done("find_addresses")
        self.assertIn(self.access().id, self.world.neutron.floating_ips)

    def test_killed_at_any_point(self) -> None:
        for number in itertools.count(1):
            self.build()
            ended = self.crashed(number, self.step("find_addresses"))
            if ended is None:
                break
            self.assertIs(State.SUCCEEDED, ended.state, ended.reason)
            self.assertEqual(2, self.floating_ips())
            self.access()
        self.assertGreater(number, 4)


class ReachTest(replica_case.MakeCase):
    """The access address leads to the member that is joining."""

    def setUp(self) -> None:
        super().setUp()
        self.done("create_member", host="two")
        self.joining = self.member(Role.JOINING)

    def test_reached(self) -> None:
        access = self.store.group("g").access
        assert access is not None
        said = self.done("reach_member")
        self.assertEqual(f"{access.ip} leads to it", said)
        self.assertEqual(self.joining.port_id, self.leads_to(access.id))
        self.assertEqual([self.joining.id], self.watch.refreshed)

    def test_port_has_another_address(self) -> None:
        """Whose it is, is not known, so it is left there."""
        other = self.world.add_floating_ip(self.joining.server_id)
        said = self.failed("reach_member")
        self.assertIn("not true after", said)
        self.assertEqual(self.joining.port_id, self.leads_to(other))

    def test_port_is_not_known(self) -> None:
        self.store.save_member(dataclasses.replace(self.joining, port_id=None))
        self.assertIn("port is not known", self.failed("reach_member"))

    def test_group_has_no_access_address(self) -> None:
        group = self.store.group("g")
        self.store.save_group(dataclasses.replace(group, access=None))
        self.assertIn("no access address", self.failed("reach_member"))

    def test_nobody_is_joining(self) -> None:
        self.done("reach_member")
        self.done("join_standby")
        self.assertIn("no member is being", self.failed("reach_member"))


class MoveTest(replica_case.ReplicaCase):
    """The service address leads to another member."""

    def setUp(self) -> None:
        super().setUp()
        self.standby = self.make_standby()

    def move(self) -> str:
        """Move it to the standby; return what is said."""
        return self.done("move_address", member_id=self.standby.id)

    def test_moved(self) -> None:
        service = self.store.group("g").service
        assert service is not None
        self.assertEqual(f"{service.ip} leads to it", self.move())
        self.assertEqual(self.standby.port_id, self.leads_to(self.service_id))

    def test_access_address_gives_way(self) -> None:
        access = self.store.group("g").access
        assert access is not None
        self.assertEqual(self.standby.port_id, self.leads_to(access.id))
        self.move()
        self.assertIsNone(self.leads_to(access.id))

    def test_somebody_else_had_it(self) -> None:
        other = self.context.vim.copy_port(self.port_id, "other")
        self.context.vim.point_floating_ip(self.service_id, other)
        self.move()
        self.assertEqual(self.standby.port_id, self.leads_to(self.service_id))

    def test_asked_twice(self) -> None:
        self.move()
        self.move()
        self.assertEqual(self.standby.port_id, self.leads_to(self.service_id))

    def test_in_time(self) -> None:
        before = self.clock.now() + 1.0
        self.done("move_address", member_id=self.standby.id, before=before)
        self.assertEqual(self.standby.port_id, self.leads_to(self.service_id))

    def test_too_late(self) -> None:
        before = self.clock.now() - 1.0
        wanted = {"member_id": self.standby.id, "before": before}
        said = self.failed("move_address", **wanted)
        self.assertIn("may have gone on", said)
        self.assertEqual(self.port_id, self.leads_to(self.service_id))

    def test_answer_is_lost(self) -> None:
        self.world.api_error_once("neutron", "point_floating_ip", after=True)
        self.move()
        self.assertEqual(self.standby.port_id, self.leads_to(self.service_id))

    def test_port_is_not_known(self) -> None:
        self.store.save_member(dataclasses.replace(self.standby, port_id=None))
        said = self.failed("move_address", member_id=self.standby.id)
        self.assertIn("port is not known", said)

    def test_port_is_gone(self) -> None:
        self.context.vim.delete_port(str(self.standby.port_id))
        self.failed("move_address", member_id=self.standby.id)
        self.assertEqual(self.port_id, self.leads_to(self.service_id))

    def test_no_service_address(self) -> None:
        group = self.store.group("g")
        self.store.save_group(dataclasses.replace(group, service=None))
        said = self.failed("move_address", member_id=self.standby.id)
        self.assertIn("no service address", said)

    def test_engine_without_the_driver(self) -> None:
        self.replace_context(movers={})
        record = self.run_step("move_address", member_id=self.standby.id)
        self.assertIs(StepState.REFUSED, record.state)
        self.assertIn("has no floating_ip", record.detail)
