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


"""The store keeps what it is given and gives it back."""

from __future__ import annotations

import dataclasses
from unittest import mock

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import errors
from nham.db import store
from nham.db import vnfs
from nham.tests import base as test_base
from nham.tests.unit.db import base

State = states.VnfState


class VnfTest(base.StoreCase):
    """VNFs, groups and members."""

    def test_round_trip(self) -> None:
        vnf = self.given_vnf(instance_id="i1", vnfd_id="d", reason="é😀")
        self.assertEqual(vnf, self.store.vnf("v1"))
        self.assertEqual(vnf, self.store.vnf_by_instance("i1"))
        self.assertEqual([vnf], list(self.store.vnfs()))

    def test_unknown(self) -> None:
        self.assertIsNone(self.store.vnf_by_instance("none"))
        for ask in (self.store.vnf, self.store.group, self.store.recovery):
            with self.assertRaises(errors.NotFound):
                ask("none")
        with self.assertRaises(errors.NotFound):
            self.store.set_paused("none", True)
        with self.assertRaises(errors.NotFound):
            self.store.set_vnf_state("none", State.PROTECTED)

    def test_a_project_sees_its_own(self) -> None:
        self.given_vnf("v1")
        self.given_vnf("v2", project_id="project-b")
        found = self.store.vnfs(project_id="project-b")
        self.assertEqual(["v2"], [vnf.id for vnf in found])

    def test_an_update_leaves_paused_alone(self) -> None:
        vnf = self.given_vnf()
        self.store.set_paused("v1", True)
        self.store.save_vnf(dataclasses.replace(vnf, name="new"))
        found = self.store.vnf("v1")
        self.assertEqual(("new", True), (found.name, found.paused))

    def test_state_tells_whether_it_changed(self) -> None:
        self.given_vnf()
        change = self.store.set_vnf_state
        self.assertTrue(change("v1", State.WAITING, "no host has room"))
        self.assertFalse(change("v1", State.WAITING, "no host has room"))
        self.assertTrue(change("v1", State.WAITING, "quota"))
        self.assertTrue(change("v1", State.PROTECTED))
        self.assertEqual("", self.store.vnf("v1").reason)

    def test_an_instance_is_known_once(self) -> None:
        self.given_vnf("v1", instance_id="i1")
        with self.assertRaises(errors.Duplicate):
            self.given_vnf("v2", instance_id="i1")

    def test_a_group_update_leaves_the_claim_alone(self) -> None:
        self.given_vnf()
        self.store.claim(base.make_recovery("r1"), 0)
        group = dataclasses.replace(base.make_group("v1"), vdu="VDU2")
        self.store.save_group(group)
        found = self.store.group(group.id)
        self.assertEqual(
            ("VDU2", 1, "r1"), (found.vdu, found.epoch, found.recovery_id)
        )

    def test_members_that_retired_are_left_out(self) -> None:
        self.given_vnf("v1")
        self.given_vnf("v2")
        (member,) = self.store.members(vnf_id="v1")
        self.assertEqual([member], list(self.store.members(group_id="v1-g")))
        self.assertEqual(2, len(self.store.members()))
        self.store.save_member(
            dataclasses.replace(member, role=states.Role.RETIRED)
        )
        self.assertEqual([], list(self.store.members(vnf_id="v1")))

    def test_a_member_of_a_group_that_was_removed(self) -> None:
        self.given_vnf("v1")
        (member,) = self.store.members(vnf_id="v1")
        self.store.delete_vnf("v1")
        with self.assertRaisesRegex(errors.NotFound, "no group v1-g"):
            self.store.save_member(member)
        self.assertEqual([], list(self.store.members()))

    def test_delete(self) -> None:
        self.given_vnf()
        self.store.claim(base.make_recovery("r1"), 0)
        self.store.add_checkpoint(base.make_checkpoint(1))
        self.store.delete_vnf("v1")
        self.store.delete_vnf("v1")
        self.assertEqual([], list(self.store.groups()))
        self.assertEqual([], list(self.store.members()))
        # Its past stays: checkpoints must still be removed from the cloud.
        self.assertEqual(1, len(self.store.checkpoints()))
        recovery = self.store.recovery("r1")
        self.assertEqual(states.RecoveryState.FAILED, recovery.state)
        self.assertIsNotNone(recovery.ended_at)


class ReplicaTest(base.StoreCase):
    """Groups with a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")
        self.given_vnf("v2")
        self.standby = model.Member(
            id="s",
            group_id="v1-g",
            server_id="ours",
            role=states.Role.STANDBY,
            host="two",
            image_id="i",
            volume_backed=True,
            answered=True,
            kind="server",
            name="nham-s",
            port_id="p",
            sequence=3,
            importing_until=1763700000.25,
        )
        self.store.save_member(self.standby)

    def member(self, member_id: str = "s") -> model.Member:
        """Return one member."""
        return next(m for m in self.store.members() if m.id == member_id)

    def roles(self) -> dict[str, str]:
        """Return the role of each member of the first group."""
        found = self.store.members(group_id="v1-g")
        return {member.id: member.role.value for member in found}

    def test_round_trip(self) -> None:
        self.assertEqual(self.standby, self.member())
        group = dataclasses.replace(
            base.make_group("v1"),
            service=model.MovableAddress(id="f1", ip="192.0.2.1"),
            access=model.MovableAddress(id="f2", ip="192.0.2.2"),
        )
        self.store.save_group(group)
        self.assertEqual(group, self.store.group("v1-g"))
        group = dataclasses.replace(group, access=None)
        self.store.save_group(group)
        self.assertEqual(group, self.store.group("v1-g"))

    def test_member_of_a_server(self) -> None:
        found = self.store.members(server_id="ours")
        self.assertEqual([self.standby], list(found))
        self.assertEqual([], list(self.store.members(server_id="none")))
        self.assertEqual(
            [], list(self.store.members(server_id="ours", vnf_id="v2"))
        )

    def test_an_update_leaves_its_state_alone(self) -> None:
        self.store.note_state("s", 4, None)
        self.store.save_member(dataclasses.replace(self.standby, host="one"))
        found = self.member()
        self.assertEqual(
            ("one", 4, None),
            (found.host, found.sequence, found.importing_until),
        )

    def test_note_state_changes_nothing_else(self) -> None:
        self.store.note_state("s", 4, 17.5)
        self.assertEqual(
            dataclasses.replace(
                self.standby, sequence=4, importing_until=17.5
            ),
            self.member(),
        )
        self.store.note_state("none", 5, None)
        self.assertEqual(4, self.member().sequence)

    def test_what_a_disk_was_made_of(self) -> None:
        self.assertEqual(0, self.member().disk_sequence)
        self.store.note_disk("s", 4, 17.5)
        self.assertEqual(
            dataclasses.replace(self.standby, sequence=4, disk_at=17.5),
            self.member(),
        )
        self.assertEqual(4, self.member().disk_sequence)
        self.store.save_member(dataclasses.replace(self.standby, host="one"))
        self.assertEqual(4, self.member().disk_sequence)
        # What it was given since is in its memory.
        self.store.note_state("s", 5, None)
        self.assertEqual(0, self.member().disk_sequence)

    def test_note_answer_changes_nothing_else(self) -> None:
        """Who writes it down may know the member as it was before."""
        self.store.promote("v1-g", "s")
        self.store.note_answer("v1-m")
        self.assertEqual({"s": "primary", "v1-m": "failed"}, self.roles())
        self.assertTrue(self.member("v1-m").answered)

    def test_promote(self) -> None:
        self.store.note_state("v1-m", 9, None)
        self.store.note_state("s", 8, 99.0)
        self.store.promote("v1-g", "s")
        self.assertEqual({"s": "primary", "v1-m": "failed"}, self.roles())
        found = self.member()
        self.assertEqual((8, None), (found.sequence, found.importing_until))
        self.assertEqual(0, self.member("v1-m").sequence)
        self.store.note_disk("s", 9, 99.0)
        back = dataclasses.replace(
            self.member("v1-m"), role=states.Role.STANDBY
        )
        self.store.save_member(back)
        self.store.promote("v1-g", "v1-m")
        found = self.member()
        self.assertEqual((0, None), (found.sequence, found.disk_at))
        self.assertIs(states.Role.PRIMARY, self.member("v2-m").role)

    def test_promote_twice(self) -> None:
        self.assertTrue(self.store.promote("v1-g", "s"))
        self.assertTrue(self.store.promote("v1-g", "s"))
        self.assertEqual({"s": "primary", "v1-m": "failed"}, self.roles())

    def test_promote_who_was_taken_out(self) -> None:
        for role in (states.Role.FAILED, states.Role.RETIRED):
            out = dataclasses.replace(self.standby, role=role)
            self.store.save_member(out)
            self.assertFalse(self.store.promote("v1-g", "s"))
            self.assertEqual("primary", self.roles()["v1-m"])

    def test_several_are_saved_or_none(self) -> None:
        old = self.member("v1-m")
        new = dataclasses.replace(old, id="new", server_id="other")
        retired = dataclasses.replace(old, role=states.Role.RETIRED)
        real = vnfs.save_member

        def save(connection: sa.Connection, member: model.Member) -> None:
            real(connection, member)
            if member is retired:
                raise KeyError("as injected")

        with mock.patch.object(vnfs, "save_member", save):
            self.assertRaises(KeyError, self.store.save_member, new, retired)
        self.assertEqual({"s": "standby", "v1-m": "primary"}, self.roles())
        self.store.save_member(new, retired)
        self.assertEqual({"s": "standby", "new": "primary"}, self.roles())


class DownTest(test_base.TestCase):
    """The database cannot be asked."""

    def test_no_folder(self) -> None:
        lost = store.Store("sqlite:////nonexistent/nham.sqlite")
        with self.assertRaises(errors.DatabaseDown):
            lost.vnfs()

    def test_no_tables(self) -> None:
        empty = store.Store("sqlite://")
        self.addCleanup(empty.close)
        with self.assertRaises(errors.DatabaseDown):
            empty.vnfs()

    def test_no_server(self) -> None:
        away = store.Store("mysql+pymysql://u:secret@127.0.0.1:1/nham")
        with self.assertRaises(errors.DatabaseDown) as caught:
            away.vnfs()
        self.assertNotIn("secret", str(caught.exception))
