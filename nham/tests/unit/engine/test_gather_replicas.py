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

"""Tests of what the facts say of standbys."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.engine import gather
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

Health = facts.Health
Role = states.Role


class GatherCase(replica_case.ReplicaCase):
    """A VNFC with a standby; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.gatherer = gather.Gatherer(
            self.context,
            self.watch,
            self.cloud,
            self.settings,
            self.hosts,
        )

    def signs(self) -> gather.Signs | None:
        """Return the signs of trouble."""
        return self.gatherer.troubled(self.fleet).get("v/0")

    def seen(self, close: bool = False) -> member_facts.MemberFacts:
        """Return what is seen of the member."""
        wanted = {"v/0"} if close else set()
        [member] = self.gatherer.gather(self.fleet, wanted).members
        return member

    def standby_seen(self, close: bool = False) -> member_facts.StandbyFacts:
        """Return what is seen of the standby."""
        found = self.seen(close).standby
        assert found is not None
        return found


class TestStandby(GatherCase):
    """What is known of the member that does not serve."""

    def test_at_a_glance(self) -> None:
        self.store.note_state("s", 3, None)
        before = len(self.world.gates.log)
        wanted = member_facts.StandbyFacts(
            member_id="s",
            server_id=self.ours,
            host="two",
            role=Role.STANDBY,
            kind="server",
            app=Health.OK,
            icmp=Health.OK,
            server=member_facts.ServerFacts(status="ACTIVE"),
            sequence=3,
        )
        self.assertEqual(wanted, self.standby_seen())
        self.assertEqual(before, len(self.world.gates.log))
        self.assertEqual("v/0/m", self.seen().member_id)

    def test_it_is_asked_under_its_own_address(self) -> None:
        """Each of the two may be dead while the other answers."""
        self.world.hang_guest(self.ours)
        self.look(base.SILENCE)
        found = self.seen()
        self.assertIs(Health.OK, found.app)
        self.assertIs(Health.DEAD, self.standby_seen().app)
        self.world.hang_guest(self.theirs)
        self.vim.reboot(self.ours, hard=True)
        self.look(base.SILENCE)
        found = self.seen()
        self.assertIs(Health.DEAD, found.app)
        self.assertIs(Health.OK, self.standby_seen().app)

    def test_who_stopped_it(self) -> None:
        """Only who looks closely asks for it."""
        self.world.user_stop(self.ours)
        self.look(5.0)
        self.poll()
        self.assertEqual("SHUTOFF", self.standby_seen().server.status)
        self.assertIsNone(self.standby_seen().server.stopped_by)
        self.assertEqual("user", self.standby_seen(True).server.stopped_by)

    def test_nova_fails_meanwhile(self) -> None:
        self.world.user_stop(self.ours)
        self.look(5.0)
        self.poll()
        self.world.api_error_once("nova", "actions")
        found = self.gatherer.gather(self.fleet, {"v/0"})
        self.assertFalse(found.system.nova)
        [member] = found.members
        assert member.standby is not None
        self.assertIsNone(member.standby.server.stopped_by)

    def test_one_that_was_only_begun(self) -> None:
        """Its server is not known to anybody yet."""
        self.change("s", role=Role.JOINING, server_id="", host="three")
        found = self.standby_seen(True)
        self.assertEqual(
            ("", "three", Role.JOINING),
            (found.server_id, found.host, found.role),
        )
        self.assertTrue(found.lost)

    def test_host_that_nova_moved_it_to(self) -> None:
        self.change("s", host="three")
        self.assertEqual("two", self.standby_seen().host)

    def test_the_vnfm_knows_its_own(self) -> None:
        self.assertTrue(self.seen().vnfm)
        self.fail_over()
        self.assertFalse(self.seen().vnfm)
        self.assertEqual("vnfc", self.standby_seen().kind)


class TestUnguarded(GatherCase):
    """A group that lacks a standby is looked at."""

    def test_all_is_well(self) -> None:
        self.assertIsNone(self.signs())

    def test_no_standby(self) -> None:
        self.change("s", role=Role.RETIRED)
        self.assertEqual(
            (Health.OK, Health.OK, "ACTIVE", Health.OK, (), False),
            self.signs(),
        )

    def test_standby_that_cannot_take_over(self) -> None:
        for role in (Role.JOINING, Role.FAILED):
            self.change("s", role=role)
            signs = self.signs()
            assert signs is not None
            self.assertIs(role, signs[4][0].role)

    def test_silent_standby(self) -> None:
        self.world.hang_guest(self.ours)
        self.look(base.SILENCE)
        signs = self.signs()
        assert signs is not None
        self.assertIs(Health.OK, signs[0])
        self.assertIs(Health.DEAD, signs[4][0].app)

    def test_standby_that_is_off(self) -> None:
        self.world.user_stop(self.ours)
        self.look(5.0)
        self.poll()
        self.assertIsNotNone(self.signs())

    def test_parked_standby_whose_host_is_lost(self) -> None:
        """It is off, so only its host can tell."""
        cold = dataclasses.replace(
            self.policy,
            redundancy=descriptor.Mechanism.ONE_R_AS,
            standby="cold",
        )
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(cold,)))
        self.change("s", parked=True)
        self.vim.stop(self.ours)
        self.look(5.0)
        self.poll()
        self.assertIsNone(self.signs())
        self.world.power_off_host("two")
        self.clock.advance(30.0)
        self.poll()
        self.assertIsNotNone(self.signs())

    def test_mechanism_that_wants_none(self) -> None:
        vnf = self.store.vnf("v")
        self.store.save_vnf(
            dataclasses.replace(vnf, policies=(base.STATEFUL,))
        )
        self.change("s", role=Role.RETIRED)
        self.assertIsNone(self.signs())


class TestEpoch(GatherCase):
    """A claim is void if the roles may not be what was seen."""

    def test_fleet_is_up_to_date(self) -> None:
        self.end(self.claim())
        self.assertEqual(1, self.seen(close=True).epoch)

    def test_fleet_from_before_a_fail_over(self) -> None:
        """Its primary is not the primary any more."""
        stale = self.fleet
        self.end(self.claim(rung="fail_over"))
        self.fail_over()
        [member] = self.gatherer.gather(stale, {"v/0"}).members
        self.assertFalse(member.busy)
        recovery = self.recovery(rung="fail_over")
        self.assertIsNone(self.store.claim(recovery, member.epoch))

    def test_fleet_from_amidst_a_fail_over(self) -> None:
        recovery = self.claim(rung="fail_over")
        stale = self.fleet
        self.fail_over()
        self.end(recovery)
        [member] = self.gatherer.gather(stale, {"v/0"}).members
        self.assertTrue(member.busy)

    def test_claimed_since_the_fleet_was_read(self) -> None:
        stale = self.fleet
        self.claim(rung="fail_over")
        [member] = self.gatherer.gather(stale, {"v/0"}).members
        self.assertTrue(member.busy)


class TestOutdated(GatherCase):
    """What NHAM made as the VNFC was before is known by its image."""

    def outdated(self) -> tuple[bool, bool]:
        """Say it of the one that serves, and of the other one."""
        member = self.seen(close=False)
        return member.outdated, member.standbys[0].outdated

    def test_standby(self) -> None:
        self.assertEqual((False, False), self.outdated())
        self.change("s", image_id="before")
        self.assertEqual((False, True), self.outdated())

    def test_primary(self) -> None:
        self.change("s", image_id="before")
        self.fail_over()
        self.assertEqual((True, False), self.outdated())


class TestCheckpoints(GatherCase):
    """States are named for each fault, as they cost no proof."""

    def test_for_a_vm_that_just_died(self) -> None:
        self.save_state(7)
        self.save_state(8)
        found = self.seen(close=True).checkpoints
        self.assertEqual([2, 1], [one.sequence for one in found])
