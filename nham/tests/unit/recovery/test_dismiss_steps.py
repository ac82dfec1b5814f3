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

from nham.core import states
from nham.recovery import replica_steps
from nham.tests.unit.recovery import replica_case
from nham.tests.unit.recovery import test_spread_steps

Role = states.Role


class WithdrawTest(test_spread_steps.SpreadCase):
    """A member beside the primary, behind a balancer."""

    def setUp(self) -> None:
        super().setUp()
        self.other = self.make_member()

    def withdraw(self) -> str:
        """Let it have no clients any more."""
        return self.done("withdraw_member", member_id=self.other.id)

    def test_it_gets_no_clients_and_cannot_take_over(self) -> None:
        self.assertEqual(f"{self.other.name} has no clients", self.withdraw())
        primary = self.member(Role.PRIMARY)
        self.assertEqual([primary.address], self.getting())
        self.assertEqual(self.other.id, self.member(Role.FAILED).id)

    def test_asked_twice(self) -> None:
        self.withdraw()
        self.withdraw()

    def test_whatever_the_policy_says_by_now(self) -> None:
        vnf = self.store.vnf("v")
        policy = replica_case.ReplicaCase.policy
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))
        self.withdraw()
        self.assertNotIn(self.other.address, self.getting())


class ForgetTest(replica_case.ReplicaCase):
    """A group of 1R with its standby."""

    def setUp(self) -> None:
        super().setUp()
        self.standby = self.make_standby()

    def names(self) -> int:
        """Return how many addresses there are that NHAM made."""
        name = replica_steps.access_name("g")
        return len(self.context.vim.find_floating_ips(name))

    def test_while_another_needs_them(self) -> None:
        self.assertEqual("1 others need them", self.done("forget_addresses"))
        self.assertEqual(1, self.names())
        self.assertIsNotNone(self.store.group("g").service)

    def test_the_last_one_has_gone(self) -> None:
        self.store.save_member(
            dataclasses.replace(self.standby, role=Role.RETIRED)
        )
        for _ in range(2):
            said = self.done("forget_addresses")
            self.assertEqual("the primary is alone", said)
        self.assertEqual(0, self.names())
        group = self.store.group("g")
        self.assertEqual((None, None), (group.service, group.access))
        # The service stays where it is.
        self.assertEqual(self.port_id, self.leads_to(self.service_id))
