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

"""Tests of the fleet."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.core import states
from nham.engine import fleet
from nham.tests.unit.engine import base


class TestFleet(base.EngineCase):
    """A VNF with two VNFCs."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(hosts=("one", "two"))

    def groups(self) -> list[str]:
        """Return the groups in the fleet."""
        return [entry.group.id for entry in self.fleet]

    def test_entry(self) -> None:
        first, second = self.fleet
        self.assertEqual(
            ("VDU1-0", "VDU1-1"), (first.group.vnfc, second.group.vnfc)
        )
        self.assertEqual("v", first.vnf.id)
        self.assertEqual("v/0/m", first.member.id)
        self.assertEqual(base.POLICY, first.policy)

    def test_it_is_the_same_one_until_something_changes(self) -> None:
        reader = fleet.Reader(self.store)
        before = reader.read()
        self.assertEqual(self.fleet, before)
        self.assertIs(before, reader.read())
        self.store.set_paused("v", True)
        after = reader.read()
        self.assertTrue(all(entry.vnf.paused for entry in after))
        self.assertEqual(self.fleet, after)
        self.store.note_state("v/1/m", 7, None)
        self.assertEqual(7, reader.read()[1].member.sequence)
        self.store.delete_group("v/0")
        self.assertEqual(["v/1"], [one.group.id for one in reader.read()])

    def test_unprotected(self) -> None:
        for state in states.VnfState:
            with self.subTest(state=state):
                self.store.set_vnf_state("v", state)
                here = state is not states.VnfState.UNPROTECTED
                self.assertEqual(here, bool(self.fleet))

    def test_retired_member_does_not_serve(self) -> None:
        old = self.entry("v/0").member
        self.store.save_member(
            dataclasses.replace(old, role=states.Role.RETIRED)
        )
        self.assertEqual(["v/1"], self.groups())
        new = model.Member(id="new", group_id="v/0", server_id="s")
        self.store.save_member(new)
        self.assertEqual(new, self.entry("v/0").member)

    def test_vdu_without_a_policy(self) -> None:
        self.store.save_group(
            model.Group(id="x", vnf_id="v", vnfc="VDU2-0", vdu="VDU2")
        )
        self.store.save_member(
            model.Member(id="xm", group_id="x", server_id="s")
        )
        self.assertEqual(["v/0", "v/1"], self.groups())

    def test_policy_of_the_vdu_comes_before_that_of_the_vnf(self) -> None:
        whole = dataclasses.replace(
            base.POLICY, name="whole", targets=("VNF",), whole_vnf=True
        )
        vnf = self.store.vnf("v")
        for policies, name in (
            ((whole,), "whole"),
            ((whole, base.POLICY), "p"),
        ):
            with self.subTest(name=name):
                self.store.save_vnf(
                    dataclasses.replace(vnf, policies=policies)
                )
                self.assertEqual(name, self.entry("v/0").policy.name)


class TestGoodCheckpoints(base.EngineCase):
    """A VNFC whose state was saved more than once."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(policy=base.STATEFUL)

    def good(self) -> list[str]:
        """Return the ids of those that are good."""
        found = fleet.good_checkpoints(self.store, self.entry())
        return [checkpoint.id for checkpoint in found]

    def test_newest_first(self) -> None:
        older, newer = self.add_checkpoint(7), self.add_checkpoint(8)
        self.assertEqual([newer.id, older.id], self.good())

    def test_not_what_is_not_whole(self) -> None:
        for value, state in enumerate(states.CheckpointState):
            self.add_checkpoint(value, state=state)
        self.assertEqual(["checkpoint 1"], self.good())

    def test_not_what_another_engine_took(self) -> None:
        self.add_checkpoint(7, engine="hook")
        self.assertEqual([], self.good())

    def test_not_another_vnfcs(self) -> None:
        self.add_vnf("w", policy=base.STATEFUL)
        self.add_checkpoint(7, "w/0")
        self.assertEqual([], self.good())


class TestReplicas(base.EngineCase):
    """A group with more than one member."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf()

    def add(self, member_id: str, role: states.Role) -> model.Member:
        """Write another member down."""
        member = model.Member(
            id=member_id, group_id="v/0", server_id=member_id, role=role
        )
        self.store.save_member(member)
        return member

    def test_no_standby(self) -> None:
        self.assertEqual((), self.entry().standbys)

    def test_who_serves_and_who_does_not(self) -> None:
        # By their ids it comes first.
        standby = self.add("a", states.Role.STANDBY)
        self.assertEqual("v/0/m", self.entry().member.id)
        self.assertEqual((standby,), self.entry().standbys)
        self.store.promote("v/0", "a")
        self.assertEqual("a", self.entry().member.id)
        (failed,) = self.entry().standbys
        self.assertEqual(
            ("v/0/m", states.Role.FAILED), (failed.id, failed.role)
        )

    def test_those_that_are_most_able_come_first(self) -> None:
        wanted: tuple[model.Member, ...] = ()
        for member_id, role in (
            ("c", states.Role.FAILED),
            ("b", states.Role.JOINING),
            ("d", states.Role.STANDBY),
            ("e", states.Role.ACTIVE),
        ):
            wanted = (self.add(member_id, role), *wanted)
            self.assertEqual(wanted, self.entry().standbys)
        self.add("a", states.Role.RETIRED)
        self.assertEqual(wanted, self.entry().standbys)

    def test_nobody_serves(self) -> None:
        member = self.entry().member
        self.store.save_member(
            dataclasses.replace(member, role=states.Role.FAILED)
        )
        self.assertEqual((), self.fleet)

    def test_members_are_read_after_their_groups(self) -> None:
        """So roles are never older than the epoch that they go with."""
        self.add("a", states.Role.STANDBY)
        real = self.store.groups
        recovery = self.recovery(rung="fail_over")

        def groups() -> object:
            found = real()
            claimed = self.store.claim(recovery, 0)
            assert claimed is not None
            self.store.promote("v/0", "a")
            self.end(claimed)
            return found

        self.replace("nham.db.store.Store.groups", side_effect=groups)
        [entry] = self.fleet
        self.assertEqual(("a", 0), (entry.member.id, entry.group.epoch))
