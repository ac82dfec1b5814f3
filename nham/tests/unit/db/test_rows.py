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


"""What was read of a table is good until one of its rows has changed."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.core import model
from nham.core import states
from nham.db import store as store_
from nham.tests.unit.db import base

#: The ways in which somebody changes what the fleet is made of, in turn.
CHANGES: dict[str, Callable[[store_.Store], object]] = {
    "save_vnf": lambda s: s.save_vnf(base.make_vnf("v1", source="tacker")),
    "another VNF": lambda s: s.save_vnf(base.make_vnf("v2")),
    "set_vnf_state": lambda s: s.set_vnf_state(
        "v1", states.VnfState.UNPROTECTED, "why"
    ),
    "set_paused": lambda s: s.set_paused("v1", True),
    "save_group": lambda s: s.save_group(
        dataclasses.replace(base.make_group("v1"), vdu="VDU2")
    ),
    "claim": lambda s: s.claim(base.make_recovery("r1"), 0),
    "save_member": lambda s: s.save_member(
        dataclasses.replace(s.members()[0], host="cmp1")
    ),
    "another member": lambda s: s.save_member(
        model.Member(id="new", group_id="v1-g", server_id="s2")
    ),
    "note_state": lambda s: s.note_state("v1-m", 7, 1.5),
    "note_disk": lambda s: s.note_disk("v1-m", 8, 1.5),
    "note_answer": lambda s: s.note_answer("v1-m"),
    "promote": lambda s: s.promote("v1-g", "v1-m"),
    "a member retires": lambda s: s.save_member(
        dataclasses.replace(s.members()[0], role=states.Role.RETIRED)
    ),
    "delete_group": lambda s: s.delete_group("v1-g"),
    "delete_vnf": lambda s: s.delete_vnf("v1"),
}


class HeldTest(base.StoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.given_vnf()
        self.store.save_member(
            dataclasses.replace(
                self.store.members()[0], role=states.Role.STANDBY
            )
        )

    @staticmethod
    def read(store: store_.Store) -> tuple[object, ...]:
        return (
            tuple(store.vnfs()),
            tuple(store.groups()),
            tuple(store.members()),
        )

    def test_the_very_same_until_something_changes(self) -> None:
        for read in (self.store.vnfs, self.store.groups, self.store.members):
            self.assertIs(read(), read())

    def test_each_change_by_somebody_else_is_seen(self) -> None:
        held = self.read(self.store)
        for name, change in CHANGES.items():
            with self.subTest(name):
                change(self.another_store())
                found = self.read(self.store)
                self.assertNotEqual(held, found)
                self.assertEqual(self.read(self.another_store()), found)
                held = found
