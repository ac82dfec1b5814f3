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

"""A fault that is imposed on facts is one that the decision knows."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import decision
from nham.core import facts
from nham.core.decision import whatif
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

Fault = whatif.Fault
Health = facts.Health


def world(**fields: Any) -> facts.Facts:
    """Return three hosts that are well, and a member on the first."""
    member = test_rules.a_member(group_id="g", host="h1", **fields)
    other = test_rules.a_member(group_id="o", host="h2")
    hosts = [
        facts.HostFacts(name=name, probe=Health.OK)
        for name in ("h1", "h2", "h3")
    ]
    return facts.Facts(members=(member, other), hosts=tuple(hosts))


def rule_for(seen: facts.Facts, fault: Fault) -> str:
    """Return the rule that decides about the first member then."""
    decided = decision.decide(whatif.impose(seen, "g", fault))
    return next(v.rule for v in decided.verdicts if v.group_id == "g")


class ImposeTest(base.TestCase):
    def test_each_fault_is_the_one_that_is_decided_on(self) -> None:
        seen = world()
        self.assertEqual("healthy", rule_for(seen, Fault.NOW))
        self.assertEqual("app-dead", rule_for(seen, Fault.VNFC))
        self.assertEqual("vm-dead", rule_for(seen, Fault.VM))
        self.assertEqual("host-dead", rule_for(seen, Fault.HOST))

    def test_nobody_asks_the_guest(self) -> None:
        seen = world(icmp=Health.UNKNOWN)
        self.assertEqual("vm-dead", rule_for(seen, Fault.VM))
        member = whatif.impose(seen, "g", Fault.VM).members[0]
        self.assertIs(Health.UNKNOWN, member.icmp)

    def test_nobody_watches_it(self) -> None:
        seen = world(app=Health.UNKNOWN, icmp=Health.UNKNOWN)
        self.assertEqual("stopped-unasked", rule_for(seen, Fault.VM))
        self.assertEqual("healthy", rule_for(seen, Fault.VNFC))
        self.assertIn("no probe", whatif.unseen(seen, "g", Fault.VNFC))
        self.assertEqual("", whatif.unseen(seen, "g", Fault.VM))

    def test_who_is_off_stays_off(self) -> None:
        off = dataclasses.replace(
            world().members[0].server, status="SHUTOFF", stopped_by="user"
        )
        seen = world(app=Health.UNKNOWN, icmp=Health.UNKNOWN, server=off)
        self.assertEqual("operator-stopped", rule_for(seen, Fault.VM))

    def test_a_host_takes_all_that_is_on_it(self) -> None:
        seen = world()
        pair = test_rules.a_replica(group_id="p", host="h2")
        standby = dataclasses.replace(pair.standbys[0], host="h1")
        pair = dataclasses.replace(pair, standbys=(standby,))
        beside = test_rules.a_member(group_id="b", host="h1")
        seen = dataclasses.replace(seen, members=(*seen.members, pair, beside))
        after = whatif.impose(seen, "g", Fault.HOST)
        found = {one.group_id: one for one in after.members}
        self.assertIs(Health.DEAD, found["g"].app)
        self.assertIs(Health.DEAD, found["b"].app)
        self.assertIs(Health.DEAD, found["p"].standbys[0].app)
        self.assertIs(Health.OK, found["p"].app)
        self.assertIs(Health.OK, found["o"].app)
        self.assertFalse(after.host("h1").service)
        self.assertIs(Health.DEAD, after.host("h1").probe)
        self.assertTrue(after.host("h2").service)

    def test_a_host_that_nobody_knows(self) -> None:
        member = dataclasses.replace(world().members[0], host=None)
        seen = dataclasses.replace(world(), members=(member,))
        self.assertEqual(seen, whatif.impose(seen, "g", Fault.HOST))
        self.assertIn("which host", whatif.unseen(seen, "g", Fault.HOST))

    def test_a_group_that_is_not_there(self) -> None:
        for call in (whatif.impose, whatif.unseen):
            error = self.assertRaises(
                LookupError, call, world(), "x", Fault.VM
            )
            self.assertIn("no group x", str(error))

    def test_words(self) -> None:
        self.assertEqual(tuple(Fault), whatif.faults("all"))
        self.assertEqual((Fault.VM,), whatif.faults("vm"))
        error = self.assertRaises(ValueError, whatif.faults, "site")
        self.assertIn("fault: must be one of now, vnfc, vm", str(error))
        self.assertEqual(set(Fault), set(whatif.MEANINGS))

    @hypothesis.given(strategies.everything, st.sampled_from(Fault))
    def test_no_fault_makes_anybody_well(
        self, seen: facts.Facts, fault: Fault
    ) -> None:
        for member in seen.members:
            after = whatif.impose(seen, member.group_id, fault)
            self.assertEqual(
                [m.group_id for m in seen.members],
                [m.group_id for m in after.members],
            )
            for old, new in zip(seen.members, after.members, strict=True):
                if old.app is Health.DEAD:
                    self.assertIs(Health.DEAD, new.app)
                if old.app is Health.UNKNOWN:
                    self.assertIs(Health.UNKNOWN, new.app)
            decision.decide(after)
