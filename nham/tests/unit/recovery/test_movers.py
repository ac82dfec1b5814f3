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

"""Whole plans with each way of moving the service address."""

from __future__ import annotations

import itertools
import unittest

from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import mover_case

Role = states.Role
State = states.RecoveryState


class MoverPlans(mover_case.MoverCase):
    """What must hold whatever moves the address."""

    def check(self, recovery: model.Recovery, server_id: str) -> None:
        """See that this server serves, and that the other is no rival."""
        self.assertIs(State.SUCCEEDED, recovery.state, recovery.reason)
        self.assertEqual(server_id, self.serving())
        self.assertEqual("primary", self.roles()[server_id])
        self.assertEqual((), self.world.invariants())

    def run_plan(self, rung: str, server_id: str) -> None:
        """Run a whole plan after which this server serves."""
        ended = self.run_to_end(self.claim(*self.replica_plan(rung)))
        self.check(ended, server_id)

    def begin(self) -> model.Member:
        """Let the VNFC fail when it has a standby; return that."""
        standby = self.make_standby()
        self.save_state(7)
        self.world.crash_vm(self.server_id)
        return standby

    def test_addresses_are_found(self) -> None:
        self.done("find_addresses")
        group, primary = self.store.group("g"), self.member(Role.PRIMARY)
        assert group.service is not None
        assert primary.access is not None
        self.assertEqual(self.address, group.service.id)
        self.assertIsNone(group.access)
        self.assertEqual(self.service_id, primary.access.id)
        self.assertEqual(self.port_id, primary.port_id)
        self.assertEqual(self.server_id, self.serving())

    def test_each_member_is_reached_by_itself(self) -> None:
        standby = self.make_standby()
        assert standby.access is not None
        self.assertEqual(standby.port_id, self.leads_to(standby.access.id))
        self.assertEqual(self.port_id, self.leads_to(self.service_id))
        self.assertEqual(self.server_id, self.serving())

    def test_standby_takes_over(self) -> None:
        standby = self.begin()
        self.run_plan("fail_over", standby.server_id)
        assert standby.access is not None
        self.assertEqual(standby.port_id, self.leads_to(standby.access.id))

    def test_host_is_gone(self) -> None:
        standby = self.begin()
        self.world.power_off_host("one")
        self.run_plan("fail_over", standby.server_id)

    def test_planned_there_and_back(self) -> None:
        standby = self.make_standby()
        self.save_state(7)
        self.run_plan("switchover", standby.server_id)
        self.run_plan("repair_standby", standby.server_id)
        self.save_state(8)
        self.run_plan("switchover", self.server_id)

    def test_fail_over_is_killed_at_any_point(self) -> None:
        self._killed("fail_over", crash=True)

    def test_switchover_is_killed_at_any_point(self) -> None:
        self._killed("switchover", crash=False)

    def _killed(self, rung: str, crash: bool) -> None:
        for number in itertools.count(1):
            self.build()
            standby = self.make_standby()
            self.save_state(7)
            if crash:
                self.world.crash_vm(self.server_id)
            ended = self.crashed(number, *self.replica_plan(rung))
            if ended is None:
                break
            with self.subTest(number=number):
                self.check(ended, standby.server_id)
        self.assertGreater(number, 10)

    def test_another_vnfc_has_it(self) -> None:
        """The VNFCs of a VDU have one policy."""
        self.done("find_addresses")
        service = self.store.group("g").service
        self.store.save_group(
            model.Group(
                id="h", vnf_id="v", vnfc="VDU1-1", vdu="VDU1", service=service
            )
        )
        group = self.store.group("g")
        self.store.save_group(
            model.Group(
                id=group.id, vnf_id="v", vnfc=group.vnfc, vdu=group.vdu
            )
        )
        record = self.run_step("find_addresses")
        self.assertIs(states.StepState.REFUSED, record.state)
        self.assertIn("leads to VDU1-1", record.detail)


class FixedIpTest(MoverPlans, mover_case.FixedIpCase):
    """``fixed_ip``."""


class VipTest(MoverPlans, mover_case.VipCase):
    """``vip``."""

    def test_standby_has_let_go_before_it_joins(self) -> None:
        """One that served once, and whose guest never went away."""
        self.done("find_addresses")
        self.done("create_member", host="two")
        self.done("reach_member")
        joining = self.member(Role.JOINING)
        (guest,) = self.world.physics.guests_of(joining.server_id)
        guest.claims.add(self.address)
        self.done("join_standby")
        self.assertEqual(set(), guest.claims)

    def test_primary_that_started_anew_is_led_to_again(self) -> None:
        self.make_standby()
        self.world.panic_guest(self.server_id)
        self.clock.advance(30.0)
        self.assertIsNone(self.serving())
        self.done("verify_service")
        self.assertEqual(self.server_id, self.serving())

    def test_too_late_for_a_switchover(self) -> None:
        """The one that served may have let go, and serves on."""
        standby = self.make_standby()
        (guest,) = self.world.physics.guests_of(self.server_id)
        guest.claims.discard(self.address)
        said = self.failed(
            "move_address",
            member_id=standby.id,
            releases=True,
            before=self.clock.now() - 1.0,
        )
        self.assertIn("may have gone on", said)
        self.assertEqual(self.server_id, self.serving())

    def test_guest_that_does_not_answer(self) -> None:
        """It costs the step its time, and no other is led to."""
        standby = self.make_standby()
        self.world.hang_guest(standby.server_id)
        said = self.failed("move_address", member_id=standby.id)
        self.assertIn("not true after", said)
        self.assertEqual(self.server_id, self.serving())


def load_tests(
    loader: unittest.TestLoader,
    _tests: unittest.TestSuite,
    _pattern: str | None,
) -> unittest.TestSuite:
    """Return the tests of the drivers, not those of their base."""
    return unittest.TestSuite(
        loader.loadTestsFromTestCase(case) for case in (FixedIpTest, VipTest)
    )
