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
from unittest import mock

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.engine import discover
from nham.simulate import lab
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

Role = states.Role


class DiscoverCase(replica_case.ReplicaCase):
    """A VNFC with a standby."""

    def setUp(self) -> None:
        super().setUp()
        self.discoverer = discover.Discoverer(
            self.context, self.cloud, self.journal, lab.read_policy
        )

    def run_in(self, seconds: float = 0.0) -> None:
        """Let time pass, then compare once."""
        self.clock.advance(seconds)
        self.discoverer.run(base.SHARD)

    def ours_left(self) -> set[str]:
        """Return what of ours is in the cloud, by name or id."""
        self.clock.advance(10.0)
        neutron = self.world.neutron
        return {
            *(
                one.name
                for one in self.vim.changed_servers(None)
                if one.name.startswith("nham-")
            ),
            *(
                port.name
                for port in neutron.ports.values()
                if port.name.startswith("nham-")
            ),
            *(ip for ip in neutron.floating_ips if ip != self.service_id),
        }


class TestReplacedBehind(DiscoverCase):
    """Somebody else had the VNFM replace its server."""

    def replaced(self) -> model.Member:
        """Let it be replaced; return the member that took its place."""
        self.world.user_heal(self.instance, "VDU1-0")
        self.run_in(60.0)
        new = self.world.server_id(self.instance, "VDU1-0")
        self.assertNotEqual(self.theirs, new)
        [member] = self.store.members(server_id=new)
        return member

    def test_while_it_serves(self) -> None:
        before = self.member()
        found = self.replaced()
        self.assertEqual(
            {found.server_id: "primary", self.ours: "standby"}, self.roles()
        )
        self.assertEqual(
            (before.port_id, before.image_id), (found.port_id, found.image_id)
        )
        self.assertEqual(["v/0"], self.discoverer.replaced_behind)

    def test_while_ours_serves(self) -> None:
        """It is cut off from then on, and is repaired like any other."""
        self.fail_over()
        self.change("v/0/m", role=Role.STANDBY)
        before = self.member()
        found = self.replaced()
        self.assertEqual(
            {found.server_id: "failed", self.ours: "primary"}, self.roles()
        )
        self.assertEqual(before.port_id, found.port_id)
        self.assertEqual([], self.discoverer.replaced_behind)

    def test_recovery_knows_best(self) -> None:
        before = self.roles()
        self.claim(rung="fail_over")
        self.world.user_heal(self.instance, "VDU1-0")
        self.run_in(60.0)
        self.assertEqual(before, self.roles())

    def test_but_the_repair_of_what_was_replaced_ends(self) -> None:
        """Else the old one would run beside the new one."""
        self.fail_over()
        repair = self.claim(rung="repair_standby", owner="other")
        found = self.replaced()
        ended = self.store.recovery(repair.id)
        self.assertIs(states.RecoveryState.ABORTED, ended.state)
        self.assertEqual("failed", self.roles()[found.server_id])

    def test_all_is_written_at_once(self) -> None:
        """A crash leaves neither two that serve nor none."""
        seen = set()
        real = self.store.save_member

        def save(*members: model.Member) -> None:
            real(*members)
            seen.add(tuple(sorted(self.roles().values())))

        self.replace("nham.db.store.Store.save_member", side_effect=save)
        self.replaced()
        self.assertEqual({("primary", "standby")}, seen)

    def test_same_server_changes_nothing(self) -> None:
        for ours_serves in (False, True):
            if ours_serves:
                self.fail_over()
            before = self.store.members()
            self.run_in(30.0)
            self.assertEqual(before, self.store.members())

    def test_vnfc_without_a_member(self) -> None:
        """Whatever became of its record, the VNFM has a server."""
        self.change("v/0/m", role=Role.RETIRED)
        self.run_in()
        self.assertEqual(
            {self.theirs: "primary", self.ours: "standby"}, self.roles()
        )


class TestGone(DiscoverCase):
    """What is the VNFM's no more leaves nothing of ours behind."""

    def test_terminated(self) -> None:
        self.world.user_terminate(self.instance)
        self.run_in(30.0)
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.store.members())
        self.assertEqual(set(), self.ours_left())

    def test_terminated_and_another_engine_is_quicker(self) -> None:
        """It has removed the VNF while this one removes the standby."""
        self.world.user_terminate(self.instance)
        self.clock.advance(30.0)
        delete = self.vim.delete_server

        def slow(server_id: str, with_volume: bool = False) -> None:
            delete(server_id, with_volume=with_volume)
            self.store.delete_vnf("v")

        self.enterContext(mock.patch.object(self.vim, "delete_server", slow))
        self.run_in()
        self.assertEqual([], self.store.vnfs())
        self.assertEqual([], self.store.members())
        # Who was quicker has told it.
        self.assertEqual([], self.kinds())

    def test_terminated_while_ours_served(self) -> None:
        self.fail_over()
        self.world.user_terminate(self.instance)
        self.run_in(30.0)
        self.assertEqual(set(), self.ours_left())

    def test_network_service_is_away(self) -> None:
        """Nothing is forgotten that is still there."""
        self.world.user_terminate(self.instance)
        self.clock.advance(30.0)
        self.world.api_down("neutron", 10.0)
        self.run_in()
        self.assertEqual(1, len(self.store.vnfs()))
        self.assertNotIn("terminated", self.kinds())
        self.run_in(20.0)
        self.assertEqual([], self.store.vnfs())
        self.assertEqual(["terminated"], self.kinds())
        self.assertEqual(set(), self.ours_left())

    def test_scaled_in(self) -> None:
        self.world.user_scale(self.instance, "VDU1", out=True)
        self.run_in(30.0)
        group = next(g for g in self.store.groups() if g.vnfc == "VDU1-1")
        member = self.store.members(group_id=group.id)[0]
        ours = self.vim.copy_server(
            member.server_id, "nham-t", "three", [], member.image_id
        )
        self.store.save_member(
            dataclasses.replace(
                member,
                id="t",
                server_id=ours,
                role=Role.STANDBY,
                kind="server",
                name="nham-t",
            )
        )
        self.world.user_scale(self.instance, "VDU1", out=False)
        self.run_in(30.0)
        self.assertEqual(
            ["VDU1-0"], [group.vnfc for group in self.store.groups()]
        )
        self.assertEqual(
            {"nham-s", "nham-s-0"},
            {one for one in self.ours_left() if one.startswith("nham-")},
        )
        self.assertEqual(
            {self.theirs: "primary", self.ours: "standby"}, self.roles()
        )

    def test_unregistered(self) -> None:
        self.fail_over()
        self.save_state(7)
        self.discoverer.unregister("v")
        self.assertEqual([], self.store.vnfs())
        self.assertEqual(set(), self.ours_left())
        self.assertEqual(self.port_id, self.leads_to(self.service_id))
        self.assertEqual([True], self.enabled(self.theirs))
        [checkpoint] = self.store.checkpoints()
        self.assertIs(states.CheckpointState.DELETING, checkpoint.state)

    def test_unregistered_again_after_an_error(self) -> None:
        self.fail_over()
        self.world.api_error_once("nova", "delete_server")
        self.assertRaises(errors.Unavailable, self.discoverer.unregister, "v")
        self.assertEqual(1, len(self.store.vnfs()))
        self.discoverer.unregister("v")
        self.assertEqual(set(), self.ours_left())
        self.assertEqual([], self.store.vnfs())
