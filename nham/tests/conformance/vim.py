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

"""What every VIM driver must do."""

from __future__ import annotations

from nham.adapters import errors
from nham.tests.conformance import vim_case
from nham.tests.conformance import vim_network
from nham.tests.conformance import vim_storage


class VimSuite(vim_network.NetworkSuite, vim_storage.StorageSuite):
    """Servers and hosts, and with them storage and network."""

    # -- reading

    def test_server(self) -> None:
        local = self.server(self.image_backed)
        volume = self.server(self.volume_backed)
        for server in (local, volume):
            self.assertEqual("ACTIVE", server.status)
            self.assertTrue(server.name)
            self.assertTrue(server.host)
            self.assertTrue(server.project_id)
            self.assertTrue(server.addresses[0].ip)
            self.assertIsNone(server.task_state)
            self.assertFalse(server.affinity)
        self.assertTrue(local.image_id)
        self.assertFalse(local.volume_backed)
        self.assertTrue(volume.volume_backed)
        self.assertEqual(1, len(volume.volumes))

    def test_unknown_things_are_not_found(self) -> None:
        for ask in (
            self.vim.server,
            self.vim.image,
            self.vim.snapshot,
            self.vim.delete_server,
        ):
            self.assertRaises(errors.NotFound, ask, vim_case.NOWHERE)
        self.assertRaises(
            errors.NotFound, self.vim.force_down, "no-such-host", True
        )
        self.assertEqual([], list(self.vim.find_images(self.name)))
        self.assertEqual([], list(self.vim.find_snapshots(self.name)))
        self.assertEqual([], list(self.vim.find_servers(self.name)))

    def test_services_name_the_servers_host(self) -> None:
        host = self.server(self.image_backed).host
        found = {one.host: one for one in self.vim.services()}
        service = found[str(host)]
        self.assertTrue(service.up)
        self.assertTrue(service.enabled)
        self.assertFalse(service.forced_down)
        self.assertTrue(service.address)
        self.assertAlmostEqual(self.now(), service.seen_at or 0.0, delta=30)

    def test_changed_servers(self) -> None:
        everything = {one.id for one in self.vim.changed_servers(None)}
        self.assertLessEqual(
            {self.image_backed, self.volume_backed}, everything
        )
        self.pass_time(2)
        since = self.now()
        before = {one.id for one in self.vim.changed_servers(since)}
        self.assertNotIn(self.image_backed, before)
        self.vim.reboot(self.image_backed, hard=True)
        after = {one.id: one for one in self.vim.changed_servers(since)}
        self.assertEqual(
            self.server(self.image_backed).image_id,
            after[self.image_backed].image_id,
        )
        self.reach(self.image_backed, "ACTIVE")

    # -- acting

    def test_stop_and_start(self) -> None:
        self.vim.stop(self.image_backed)
        self.reach(self.image_backed, "SHUTOFF")
        self.assertRaises(errors.Conflict, self.vim.stop, self.image_backed)
        action = self.vim.actions(self.image_backed)[0]
        self.assertEqual("stop", action.action)
        self.assertEqual(self.user_id, action.user_id)
        self.assertAlmostEqual(self.now(), action.at, delta=90)
        self.vim.start(self.image_backed)
        self.reach(self.image_backed, "ACTIVE")
        self.assertEqual(
            ["start", "stop"],
            [one.action for one in self.vim.actions(self.image_backed)][:2],
        )
        self.assertRaises(errors.Conflict, self.vim.start, self.image_backed)

    def test_hard_reboot_shows_its_task(self) -> None:
        self.vim.reboot(self.image_backed, hard=True)
        self.assertTrue(self.server(self.image_backed).task_state)
        self.assertRaises(errors.Conflict, self.vim.stop, self.image_backed)
        self.reach(self.image_backed, "ACTIVE")

    def test_soft_reboot(self) -> None:
        self.vim.reboot(self.image_backed, hard=False)
        self.reach(self.image_backed, "ACTIVE")

    def test_reset_state_and_back(self) -> None:
        self.vim.reset_state(self.image_backed)
        server = self.server(self.image_backed)
        self.assertEqual(("ERROR", None), (server.status, server.task_state))
        self.vim.reboot(self.image_backed, hard=True)
        self.reach(self.image_backed, "ACTIVE")

    def test_refusals(self) -> None:
        self.assertRaises(
            errors.Conflict, self.vim.evacuate, self.image_backed
        )
        self.assertRaises(
            errors.Refused,
            self.vim.rebuild,
            self.image_backed,
            vim_case.NOWHERE,
        )

    def test_delete_server(self) -> None:
        server_id = self.new_server()
        since = self.now() - 1
        self.vim.delete_server(server_id)
        self.until("server is gone", lambda: self.gone(server_id))
        changed = {one.id: one for one in self.vim.changed_servers(since)}
        self.assertEqual("DELETED", changed[server_id].status)
        self.assertEqual("delete", self.vim.actions(server_id)[0].action)

    # -- state

    # -- copies

    def test_copied_server(self) -> None:
        port, host = self.copied_port(), self.other_host()
        server_id = self.vim.copy_server(
            self.image_backed,
            self.name,
            host,
            [port.id],
            tags=["nham", "nham-role-x"],
        )
        self.addCleanup(self.discard, server_id)
        server = self.reach(server_id, "ACTIVE")
        self.assertEqual((self.name, host), (server.name, server.host))
        self.assertEqual(
            self.server(self.image_backed).image_id, server.image_id
        )
        self.assertEqual(
            list(port.addresses), [one.ip for one in server.addresses]
        )
        self.assertEqual(
            [server_id],
            [one.id for one in self.vim.find_servers(self.name)],
        )
        self.assertEqual(port.id, self.port(server_id).id)
        self.assertEqual({"nham", "nham-role-x"}, set(server.tags))
        self.vim.tag_server(server_id, ["nham", "nham-role-y"])
        (server,) = self.vim.find_servers(self.name)
        self.assertEqual({"nham", "nham-role-y"}, set(server.tags))
        self.assertRaises(
            errors.Conflict,
            self.vim.copy_server,
            self.image_backed,
            self.name,
            host,
            [port.id],
        )
        self.discard(server_id)
        self.assertEqual([], list(self.vim.find_servers(self.name)))
        (left,) = self.vim.find_ports(self.name)
        self.assertEqual(port, left)

    def test_what_is_not_copied(self) -> None:
        host, port = self.other_host(), self.copied_port()
        for server_id, place, image_id in (
            (self.volume_backed, host, None),
            (self.image_backed, "no-such-host", None),
            (self.image_backed, host, vim_case.NOWHERE),
        ):
            self.assertRaises(
                errors.Refused,
                self.vim.copy_server,
                server_id,
                self.name,
                place,
                [port.id],
                image_id,
            )
        self.assertRaises(
            errors.NotFound,
            self.vim.copy_server,
            vim_case.NOWHERE,
            "n",
            host,
            [],
        )
        self.assertRaises(
            errors.NotFound, self.vim.tag_server, vim_case.NOWHERE, []
        )
        self.assertEqual([], list(self.vim.find_servers(self.name)))
