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

"""What the facts of a VNFC say of themselves."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.tests import base
from nham.tests.unit.core.decision import test_rules

Mechanism = descriptor.Mechanism
UNKNOWN, OK, SLOW, DEAD = facts.Health


class MemberFactsTest(base.TestCase):
    def test_silence(self) -> None:
        silent = {(DEAD, DEAD), (DEAD, UNKNOWN), (UNKNOWN, DEAD)}
        for app in facts.Health:
            for icmp in facts.Health:
                member = test_rules.a_member(app=app, icmp=icmp)
                self.assertEqual((app, icmp) in silent, member.silent)
                self.assertEqual(
                    (app, icmp) != (UNKNOWN, UNKNOWN), member.watched
                )
                standby = test_rules.a_standby(app=app, icmp=icmp)
                self.assertEqual(member.silent, standby.silent)
                self.assertEqual(member.watched, standby.watched)


class StandbyFactsTest(base.TestCase):
    def test_what_may_take_over_and_what_is_lost(self) -> None:
        for role in states.Role:
            for status in ("ACTIVE", "SHUTOFF", "ERROR"):
                for app in facts.Health:
                    standby = test_rules.a_standby(
                        role=role,
                        app=app,
                        server=member_facts.ServerFacts(status=status),
                    )
                    fit = role in (states.Role.STANDBY, states.Role.ACTIVE)
                    runs = fit and status == "ACTIVE"
                    self.assertEqual(runs and app in (OK, SLOW), standby.ready)
                    self.assertEqual(not runs or app is DEAD, standby.lost)

    def test_one_that_is_parked(self) -> None:
        """It answers nobody; its server and its host tell."""
        for status, ground, ready, lost in (
            ("SHUTOFF", OK, True, False),
            ("ACTIVE", OK, True, False),
            ("SHUTOFF", SLOW, False, False),
            ("SHUTOFF", DEAD, False, True),
            ("ERROR", OK, False, True),
            ("DELETED", OK, False, True),
        ):
            standby = test_rules.a_standby(
                parked=True,
                ground=ground,
                app=UNKNOWN,
                server=member_facts.ServerFacts(
                    status=status, stopped_by="user"
                ),
            )
            self.assertEqual((ready, lost), (standby.ready, standby.lost))

    def test_who_should_be_parked(self) -> None:
        off = member_facts.ServerFacts(status="SHUTOFF")
        cases: tuple[
            tuple[descriptor.Standby, bool, member_facts.ServerFacts, bool],
            ...,
        ] = (
            ("cold", False, member_facts.ServerFacts(), True),
            ("cold", True, member_facts.ServerFacts(), True),
            ("cold", True, off, False),
            ("warm", False, member_facts.ServerFacts(), False),
            ("warm", True, member_facts.ServerFacts(), True),
            ("warm", True, off, True),
        )
        for kind, parked, server, wrong in cases:
            policy = dataclasses.replace(test_rules.REPLICATED, standby=kind)
            member = test_rules.a_replica(
                policy=policy,
                standby=test_rules.a_standby(parked=parked, server=server),
            )
            self.assertIs(wrong, member.misparked)
            self.assertIs(wrong, not member.as_asked)

    def test_only_replicas_are_unguarded(self) -> None:
        for standby in (None, test_rules.a_standby(app=DEAD)):
            alone = test_rules.a_member(standby=standby)
            self.assertFalse(alone.unguarded)
            self.assertTrue(test_rules.a_replica(standby=standby).unguarded)
        self.assertFalse(test_rules.a_replica().unguarded)


class SurplusTest(base.TestCase):
    """Who has no place under the policy as it is now."""

    def surplus(
        self,
        mechanism: descriptor.Mechanism,
        *standbys: member_facts.StandbyFacts,
    ) -> str | None:
        """Return the member, with one beside the primary asked for."""
        policy = dataclasses.replace(
            test_rules.POLICY, redundancy=mechanism, num_backups=1
        )
        member = test_rules.a_member(policy=policy, standbys=standbys)
        return member.surplus.member_id if member.surplus else None

    def test_by_the_role(self) -> None:
        role, one_r, spread = states.Role, Mechanism.ONE_R_AA, Mechanism.MR_AA
        for mechanism, placed in (
            (one_r, {role.STANDBY, role.JOINING, role.FAILED}),
            (Mechanism.ONE_R_AS, {role.STANDBY, role.JOINING, role.FAILED}),
            (spread, {role.ACTIVE, role.JOINING, role.FAILED}),
            (Mechanism.ZERO_R, set()),
        ):
            for has in (role.STANDBY, role.ACTIVE, role.JOINING, role.FAILED):
                other = test_rules.a_standby(role=has)
                found = self.surplus(mechanism, other)
                self.assertEqual(None if has in placed else "m2", found)
            self.assertIsNone(self.surplus(mechanism))

    def test_one_too_many(self) -> None:
        well = test_rules.a_standby(member_id="well")
        dead = test_rules.a_standby(member_id="dead", app=DEAD)
        theirs = test_rules.a_standby(member_id="theirs", kind="vnfc")
        for both, wanted in (
            ((well, dead), "dead"),
            ((dead, well), "dead"),
            ((theirs, well), "well"),
            ((well, theirs), "well"),
        ):
            found = self.surplus(Mechanism.ONE_R_AA, *both)
            self.assertEqual(wanted, found)

    def test_who_is_aside_goes_once_it_is_broken(self) -> None:
        """Its operator would not find it as it was set aside."""
        active = states.Role.ACTIVE
        well = test_rules.a_standby(member_id="well", role=active)
        for status, goes in (
            ("ACTIVE", False),
            ("SHUTOFF", False),
            ("PAUSED", False),
            ("ERROR", True),
            ("DELETED", True),
        ):
            aside = test_rules.a_standby(
                member_id="aside",
                role=states.Role.ASIDE,
                server=member_facts.ServerFacts(status=status),
            )
            found = self.surplus(Mechanism.MR_AA, well, aside)
            self.assertEqual("aside" if goes else None, found, status)

    def test_who_is_beside_the_primary_goes_first(self) -> None:
        apart = test_rules.a_standby(member_id="apart")
        beside = test_rules.a_standby(member_id="beside", host="h1")
        for both in ((apart, beside), (beside, apart)):
            found = self.surplus(Mechanism.ONE_R_AA, *both)
            self.assertEqual("beside", found)

    def test_who_is_well_goes_only_if_enough_others_are(self) -> None:
        well = test_rules.a_standby(member_id="well")
        theirs = test_rules.a_standby(
            member_id="theirs", kind="vnfc", role=states.Role.FAILED
        )
        for both in ((well, theirs), (theirs, well)):
            self.assertIsNone(self.surplus(Mechanism.ONE_R_AA, *both))
            member = test_rules.a_replica(standbys=both)
            self.assertFalse(member.unguarded)
            self.assertFalse(member.as_asked)
            found = test_rules.standby_of(member)
            self.assertEqual("theirs", found.member_id)


class BesideTest(base.TestCase):
    """Who would be lost with the primary's host."""

    def test_only_who_is_well_and_on_its_host(self) -> None:
        for fields, found in (
            ({}, False),
            ({"host": "h1"}, True),
            ({"host": None}, False),
            ({"host": "h1", "app": DEAD}, False),
            ({"host": "h1", "away": True}, False),
            ({"host": "h1", "role": states.Role.JOINING}, False),
        ):
            standby = test_rules.a_standby(**fields)
            member = test_rules.a_replica(standby=standby)
            self.assertIs(found, member.beside is not None, str(fields))
            if found:
                self.assertFalse(member.as_asked)

    def test_nobody_is_beside_one_whose_host_is_not_known(self) -> None:
        standby = test_rules.a_standby(host=None)
        member = test_rules.a_replica(host=None, standby=standby)
        self.assertIsNone(member.beside)

    def test_it_is_the_one_that_matters(self) -> None:
        policy = dataclasses.replace(
            test_rules.POLICY, redundancy=Mechanism.MR_AA, num_backups=2
        )
        active = states.Role.ACTIVE
        apart = test_rules.a_standby(member_id="apart", role=active)
        beside = test_rules.a_standby(
            member_id="beside", role=active, host="h1"
        )
        member = test_rules.a_member(policy=policy, standbys=(apart, beside))
        self.assertEqual("beside", test_rules.standby_of(member).member_id)


class LimitsTest(base.TestCase):
    """How many members a group whose members all serve may have."""

    def test_the_most_is_what_is_asked_for_if_no_more_may_be(self) -> None:
        policy = dataclasses.replace(
            test_rules.POLICY, redundancy=Mechanism.MR_AA, num_backups=2
        )
        for most, found in ((None, 2), (2, 2), (5, 5)):
            given = dataclasses.replace(policy, max_replicas=most)
            self.assertEqual(found, test_rules.a_member(policy=given).most)
