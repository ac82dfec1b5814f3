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

from nham.core import facts
from nham.core import states
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

Health = facts.Health
Role = states.Role


class TestWatched(replica_case.ReplicaCase):
    """Each member of a replica group is watched for itself."""

    def asked(self) -> dict[str, set[str]]:
        """Return the addresses that are asked for each subject."""
        found: dict[str, set[str]] = {}
        for key, target in self.prober._targets.items():
            subject = key.rsplit("/", 1)[0]
            if not key.startswith("host/"):
                found.setdefault(subject, set()).add(target.address)
        return found

    def test_by_its_own_address(self) -> None:
        group = self.group
        assert group.service is not None
        assert group.access is not None
        self.assertEqual(
            {"v/0": {group.service.ip}, "s": {group.access.ip}}, self.asked()
        )

    def test_nova_is_late_after_a_move(self) -> None:
        """It would still name the address for the member that failed."""
        self.fail_over()
        server = self.vim.server(self.theirs)
        floating = [a for a in server.addresses if a.kind == "floating"]
        late = self.vim.server(self.ours)
        self.cloud.note(
            dataclasses.replace(late, addresses=(*late.addresses, *floating))
        )
        self.keeper.watch_members(self.fleet)
        group = self.group
        assert group.service is not None
        self.assertEqual({"v/0": {group.service.ip}}, self.asked())

    def test_one_that_is_cut_off_is_not_asked(self) -> None:
        """The access address may lead to the one that takes its place."""
        for role, watched in (
            (Role.FAILED, False),
            (Role.JOINING, True),
            (Role.STANDBY, True),
        ):
            self.change("s", role=role)
            self.keeper.watch_members(self.fleet)
            self.assertEqual(watched, "s" in self.asked())
            self.assertIn("v/0", self.asked())

    def test_one_that_is_parked_is_not_asked(self) -> None:
        """Nor does what it answered before count when it is started."""
        self.change("s", parked=True, answered=False)
        self.keeper.watch_members(self.fleet)
        self.assertIn("s", self.asked())
        self.vim.stop(self.ours)
        self.clock.advance(10.0)
        self.poll()
        self.keeper.watch_members(self.fleet)
        self.assertEqual({"v/0"}, set(self.asked()))
        self.assertFalse(self.member("s").answered)

    def test_server_that_nova_has_not_named_yet(self) -> None:
        self.change("s", role=Role.JOINING, server_id="")
        self.cloud._servers.clear()
        self.keeper.watch_members(self.fleet)
        self.assertEqual({"v/0", "s"}, set(self.asked()))

    def test_neither_a_server_nor_an_address(self) -> None:
        """Its record is written before all else."""
        group = dataclasses.replace(self.group, access=None)
        self.store.save_group(group)
        self.change("s", role=Role.JOINING, server_id="")
        self.keeper.watch_members(self.fleet)
        self.assertEqual({"v/0"}, set(self.asked()))

    def test_network_that_the_probe_names(self) -> None:
        probe = dataclasses.replace(base.POLICY.probes[0], network="net0")
        policy = dataclasses.replace(self.policy, probes=(probe,))
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))
        self.keeper.watch_members(self.fleet)
        self.assertEqual(
            {
                "v/0": {self.world.address(self.theirs)},
                "s": {self.world.address(self.ours)},
            },
            self.asked(),
        )

    def test_first_answers_are_written_down(self) -> None:
        self.change("s", answered=False)
        self.change("v/0/m", answered=False)
        self.keeper.watch_members(self.fleet)
        self.assertTrue(self.member("s").answered)
        self.assertTrue(self.member().answered)

    def test_answer_of_who_was_promoted_meanwhile(self) -> None:
        """Who writes it down knows the roles of a second ago."""
        for member_id in ("s", "v/0/m"):
            self.change(member_id, answered=False)
        stale = self.fleet
        self.store.promote("v/0", "s")
        self.keeper.watch_members(stale)
        self.assertEqual(
            {self.ours: "primary", self.theirs: "failed"}, self.roles()
        )
        self.assertTrue(self.member("s").answered)

    def test_who_serves_next_keeps_its_watch(self) -> None:
        """The service is watched, whoever serves; its silence ends."""
        self.world.hang_guest(self.theirs)
        self.look(base.SILENCE)
        self.assertIs(Health.DEAD, self.watch.view("v/0").app)
        self.fail_over()
        self.poll()
        self.look(3.0)
        self.assertIs(Health.OK, self.watch.view("v/0").app)
        self.assertFalse(self.watch.view("s").probed)

    def test_standby_that_answered_another_engine(self) -> None:
        self.change("s", answered=True)
        self.watch.set_members([])
        self.world.hang_guest(self.ours)
        self.poll()
        self.look(base.SILENCE)
        self.assertIs(Health.DEAD, self.watch.view("s").app)


class TestTags(replica_case.ReplicaCase):
    """A server of NHAM's own says what it is for."""

    def tags(self) -> set[str]:
        """Return those of NHAM's own server."""
        return set(self.vim.server(self.ours).tags)

    def tag(self) -> int:
        """Let them be renewed; return how often Nova was asked."""
        before = len(self.asked())
        self.keeper.tag_servers(self.fleet)
        return len(self.asked()) - before

    def asked(self) -> list[str]:
        """Return the servers that were tagged."""
        log = self.world.gates.log
        return [one.subject for one in log if one.call == "tag_server"]

    def test_vnf_group_member_and_role(self) -> None:
        self.vim.tag_server(self.ours, ("theirs", "nham-role-joining"))
        self.cloud.note(self.vim.server(self.ours))
        self.assertEqual(1, self.tag())
        ours = {"nham", "nham-vnf-v", "nham-group-v/0", "nham-member-s"}
        self.assertEqual({"theirs", "nham-role-standby", *ours}, self.tags())
        self.fail_over()
        self.assertEqual(1, self.tag())
        self.assertIn("nham-role-primary", self.tags())
        self.assertNotIn("nham-role-standby", self.tags())

    def test_nothing_is_asked_twice(self) -> None:
        self.tag()
        self.assertEqual(0, self.tag())

    def test_servers_of_the_vnfm_are_left_alone(self) -> None:
        self.tag()
        self.assertEqual({self.ours}, set(self.asked()))

    def test_one_that_takes_none(self) -> None:
        server = self.cloud.server(self.ours)
        assert server is not None
        self.cloud.note(dataclasses.replace(server, status="ERROR"))
        self.assertEqual(0, self.tag())

    def test_error_of_nova(self) -> None:
        self.world.api_error_once("nova", "tag_server")
        self.tag()
        self.assertEqual(set(), self.tags())
        self.tag()
        self.assertIn("nham-member-s", self.tags())
