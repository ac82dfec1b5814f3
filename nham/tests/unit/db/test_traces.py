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


"""Traces outlive the members and the groups that they are of."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from nham.core import model
from nham.core import states
from nham.db import database
from nham.db import models
from nham.tests.unit.db import base

OURS = model.Member(
    id="s",
    group_id="v1-g",
    server_id="",
    role=states.Role.JOINING,
    kind="server",
    name="nham-s",
)


class TraceTest(base.StoreCase):
    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1")
        self.store.save_member(OURS)

    def test_nothing_is_ownerless_while_its_owner_is_there(self) -> None:
        for role in states.Role:
            self.store.save_member(dataclasses.replace(OURS, role=role))
            wanted = ["s"] if role is states.Role.RETIRED else []
            found = [trace.id for trace in self.store.ownerless()]
            self.assertEqual(wanted, found, role)

    def test_group_and_member_are_gone(self) -> None:
        self.store.delete_group("v1-g")
        self.assertEqual(
            [
                model.Trace(id="s", name="nham-s"),
                model.Trace(id="v1-g", name=""),
            ],
            list(self.store.ownerless()),
        )

    def test_since_when(self) -> None:
        self.store.delete_vnf("v1")
        self.store.note_left("s", 17.5)
        self.store.note_left("s", 18.5)
        left = {one.id: one.left_at for one in self.store.ownerless()}
        self.assertEqual({"s": 17.5, "v1-g": None}, left)

    def test_end(self) -> None:
        self.store.delete_vnf("v1")
        for _ in range(2):
            self.store.end_trace("s")
        self.assertEqual(["v1-g"], [t.id for t in self.store.ownerless()])

    def test_update_of_a_member_begins_no_second_trace(self) -> None:
        self.store.save_member(OURS)
        self.store.delete_vnf("v1")
        self.assertEqual(2, len(self.store.ownerless()))

    def test_servers_of_the_vnfm_have_none(self) -> None:
        known = [trace.id for trace in self._all()]
        self.assertEqual(["s", "v1-g"], sorted(known))

    def test_who_was_there_before_there_were_traces(self) -> None:
        self.store.sync("0004")
        self.store.sync()
        self.test_group_and_member_are_gone()

    def _all(self) -> list[sa.Row[tuple[str]]]:
        own = database.Database(self.url)
        self.addCleanup(own.close)
        with own.connection() as connection:
            return list(connection.execute(sa.select(models.trace.c.id)))
