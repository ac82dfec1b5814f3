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

import abc
import dataclasses
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.tests.conformance import base

NOWHERE = "00000000-0000-4000-8000-000000000000"


class VimSuite(base.Suite):
    """A cloud with one image-backed and one volume-backed server.

    Both are ACTIVE before each test, each with one port in one network
    that floating IPs can lead into. There are two compute hosts, and room
    for one more server on each.
    """

    vim: vim_base.Vim
    image_backed: str
    volume_backed: str
    user_id: str
    """Who the driver is in the servers' action log."""

    @abc.abstractmethod
    def new_server(self) -> str:
        """Return another image-backed server, ACTIVE, to be deleted."""

    @abc.abstractmethod
    def new_floating_ip(self) -> str:
        """Return the id of a floating IP that leads nowhere.

        The test deletes it.
        """

    def setUp(self) -> None:
        super().setUp()
        self.name = f"nham-conformance-{uuid.uuid4()}"

    def server(self, server_id: str) -> vim_base.Server:
        """Return the server now."""
        return self.vim.server(server_id)

    def reach(self, server_id: str, status: str) -> vim_base.Server:
        """Wait until a server has a status and no task."""

        def look() -> vim_base.Server | None:
            server = self.server(server_id)
            idle = server.task_state is None
            return server if idle and server.status == status else None

        return self.until(f"{server_id} is {status}", look)

    def gone(self, server_id: str) -> bool:
        """Say whether there is no such server."""
        try:
            self.server(server_id)
        except errors.NotFound:
            return True
        return False

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
            self.assertRaises(errors.NotFound, ask, NOWHERE)
        self.assertRaises(
            errors.NotFound, self.vim.force_down, "no-such-host", True
        )
        self.assertEqual([], list(self.vim.find_images(self.name)))
        self.assertEqual([], list(self.vim.find_snapshots(self.name)))
        self.assertEqual([], list(self.vim.find_servers(self.name)))

    def test_unknown_parts_of_the_network(self) -> None:
        vim = self.vim
        for find in (vim.find_ports, vim.find_floating_ips):
            self.assertEqual([], list(find(self.name)))
        for ask in (vim.ports, vim.floating_ips):
            self.assertEqual([], list(ask(NOWHERE)))
        for copy in (self.vim.copy_port, self.vim.create_floating_ip):
            self.assertRaises(errors.NotFound, copy, NOWHERE, self.name)
        self.assertRaises(errors.NotFound, self.vim.enable_port, NOWHERE, True)
        self.assertRaises(
            errors.NotFound, self.vim.point_floating_ip, NOWHERE, None
        )
        self.vim.delete_port(NOWHERE)
        self.vim.delete_floating_ip(NOWHERE)

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
            errors.Refused, self.vim.rebuild, self.image_backed, NOWHERE
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

    def whole_image(self, image_id: str) -> vim_base.Image:
        """Wait until an image is active."""

        def look() -> vim_base.Image | None:
            image = self.vim.image(image_id)
            return image if image.status == "active" else None

        return self.until("image is active", look)

    def test_image_and_rebuild(self) -> None:
        image_id = self.vim.create_image(self.image_backed, self.name)
        self.addCleanup(self.vim.delete_image, image_id)
        self.assertIsNone(self.vim.image(image_id).digest)
        image = self.whole_image(image_id)
        self.assertTrue(image.digest)
        self.assertGreater(image.size, 0)
        self.assertEqual([image], list(self.vim.find_images(self.name)))
        server = self.reach(self.image_backed, "ACTIVE")
        self.vim.share_image(image_id, server.project_id)
        self.vim.rebuild(self.image_backed, image_id)
        server = self.reach(self.image_backed, "ACTIVE")
        self.assertEqual(image_id, server.image_id)
        self.vim.delete_image(image_id)
        self.vim.delete_image(image_id)
        self.assertEqual([], list(self.vim.find_images(self.name)))

    def test_snapshot_to_image_and_rebuild(self) -> None:
        server = self.server(self.volume_backed)
        volume_id = server.volumes[0]
        snapshot_id = self.vim.create_snapshot(volume_id, self.name)
        self.addCleanup(self.vim.delete_snapshot, snapshot_id)

        def look() -> vim_base.Snapshot | None:
            snapshot = self.vim.snapshot(snapshot_id)
            return snapshot if snapshot.status == "available" else None

        snapshot = self.until("snapshot is available", look)
        self.assertEqual(volume_id, snapshot.volume_id)
        self.assertGreater(snapshot.size, 0)
        self.assertEqual([snapshot], list(self.vim.find_snapshots(self.name)))

        def ask() -> str:
            return self.vim.image_from_snapshot(snapshot_id, self.name)

        image_id = self.settled(ask)
        self.addCleanup(self.vim.delete_image, image_id)
        self.whole_image(image_id)
        # Once more, to tidy up; it stays the same image.
        self.assertEqual(image_id, self.settled(ask))
        self.vim.rebuild(self.volume_backed, image_id)
        server = self.reach(self.volume_backed, "ACTIVE")
        self.assertEqual((volume_id,), server.volumes)
        self.assertTrue(server.volume_backed)
        self.vim.delete_snapshot(snapshot_id)
        self.until("snapshot is gone", self.without_snapshot)
        self.vim.delete_snapshot(snapshot_id)

    def without_snapshot(self) -> bool:
        """Say whether no snapshot of this test is left."""
        return not self.vim.find_snapshots(self.name)

    # -- network

    def port(self, server_id: str) -> vim_base.Port:
        """Return the one port of a server."""
        (port,) = self.vim.ports(server_id)
        return port

    def copied_port(self) -> vim_base.Port:
        """Return a copy of the port of the image-backed server."""
        like = self.port(self.image_backed)
        port_id = self.vim.copy_port(like.id, self.name, "nham of a test")
        self.addCleanup(self.vim.delete_port, port_id)
        (port,) = self.vim.find_ports(self.name)
        self.assertEqual(port_id, port.id)
        return port

    def test_ports(self) -> None:
        for server_id in (self.image_backed, self.volume_backed):
            port = self.port(server_id)
            self.assertEqual(server_id, port.server_id)
            self.assertTrue(port.enabled)
            addresses = self.server(server_id).addresses
            # Nova is late to forget a floating address.
            self.assertEqual(
                [one.ip for one in addresses if one.kind == "fixed"],
                list(port.addresses),
            )

    def test_copied_port(self) -> None:
        like = self.port(self.image_backed)
        port = self.copied_port()
        self.assertEqual(like.network_id, port.network_id)
        self.assertEqual(len(like.addresses), len(port.addresses))
        self.assertFalse(set(like.addresses) & set(port.addresses))
        self.assertTrue(port.enabled)
        self.assertIsNone(port.server_id)
        self.assertEqual("nham of a test", port.description)
        self.vim.delete_port(port.id)
        self.vim.delete_port(port.id)
        self.assertEqual([], list(self.vim.find_ports(self.name)))

    def test_disabled_port(self) -> None:
        port = self.port(self.image_backed)
        self.addCleanup(self.vim.enable_port, port.id, True)
        for enabled in (False, False, True):
            self.vim.enable_port(port.id, enabled)
            found = self.port(self.image_backed)
            self.assertEqual(enabled, found.enabled)
            self.assertEqual(port.addresses, found.addresses)

    def floating_ip(self) -> vim_base.FloatingIp:
        """Return a new floating IP."""
        like_id = self.new_floating_ip()
        self.addCleanup(self.vim.delete_floating_ip, like_id)
        made = self.vim.create_floating_ip(like_id, self.name)
        self.addCleanup(self.vim.delete_floating_ip, made.id)
        return made

    def leads_to(self, server_id: str, ip: str) -> None:
        """Wait until Nova tells that a floating IP is the server's."""
        wanted = ("floating", ip)

        def look() -> bool:
            found = self.server(server_id).addresses
            return wanted in [(one.kind, one.ip) for one in found]

        self.until(f"{ip} leads to {server_id}", look)

    def test_floating_ip_moves(self) -> None:
        made = self.floating_ip()
        self.assertTrue(made.ip)
        self.assertIsNone(made.port_id)
        for server_id in (self.image_backed, self.volume_backed):
            port = self.port(server_id)
            for _twice in range(2):
                self.vim.point_floating_ip(made.id, port.id)
            pointed = dataclasses.replace(made, port_id=port.id)
            self.assertEqual([pointed], list(self.vim.floating_ips(port.id)))
            self.leads_to(server_id, made.ip)
        before = self.port(self.image_backed)
        self.assertEqual([], list(self.vim.floating_ips(before.id)))
        self.vim.point_floating_ip(made.id, None)
        self.assertEqual([made], list(self.vim.find_floating_ips(self.name)))
        self.vim.delete_floating_ip(made.id)
        self.vim.delete_floating_ip(made.id)
        self.assertEqual([], list(self.vim.find_floating_ips(self.name)))

    def test_one_floating_ip_for_a_port(self) -> None:
        first = self.floating_ip()
        second = self.vim.create_floating_ip(first.id, self.name)
        self.addCleanup(self.vim.delete_floating_ip, second.id)
        port = self.port(self.image_backed)
        self.vim.point_floating_ip(first.id, port.id)
        self.assertRaises(
            errors.Conflict, self.vim.point_floating_ip, second.id, port.id
        )
        self.assertRaises(
            errors.NotFound, self.vim.point_floating_ip, second.id, NOWHERE
        )

    # -- copies

    def discard(self, server_id: str) -> None:
        """Delete a server, and wait until it is gone."""
        if not self.gone(server_id):
            self.vim.delete_server(server_id)
            self.until("server is gone", lambda: self.gone(server_id))

    def other_host(self) -> str:
        """Return a host that the image-backed server is not on."""
        here = self.server(self.image_backed).host
        return next(
            one.host
            for one in self.vim.services()
            if one.up and one.enabled and one.host != here
        )

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

    def copied_volume(self) -> str:
        """Return a copy of the volume of the volume-backed server."""
        (like,) = self.server(self.volume_backed).volumes

        def ask() -> str:
            return self.vim.copy_volume(like, self.name, "nham of a test")

        volume_id = self.settled(ask)
        self.addCleanup(self.vim.delete_volume, volume_id)
        (volume,) = self.vim.find_volumes(self.name)
        self.assertEqual(
            (volume_id, "available", "nham of a test"),
            (volume.id, volume.status, volume.description),
        )
        # Once more: it stays the same, and nothing in between is left.
        self.assertEqual(volume_id, ask())
        self.until("snapshot is gone", self.without_snapshot)
        return volume_id

    def without_volume(self) -> bool:
        """Say whether no volume of this test is left."""
        return not self.vim.find_volumes(self.name)

    def test_copied_volume_is_deleted(self) -> None:
        volume_id = self.copied_volume()
        for _twice in range(2):
            self.vim.delete_volume(volume_id)
            self.until("volume is gone", self.without_volume)

    def test_copied_volume_goes_with_its_server(self) -> None:
        volume_id = self.copied_volume()
        port, host = self.copied_port(), self.other_host()
        server_id = self.vim.copy_server(
            self.volume_backed,
            self.name,
            host,
            [port.id],
            volume_id=volume_id,
        )
        self.addCleanup(self.discard, server_id)
        server = self.reach(server_id, "ACTIVE")
        self.assertEqual((host, (volume_id,)), (server.host, server.volumes))
        self.assertTrue(server.volume_backed)
        (volume,) = self.vim.find_volumes(self.name)
        self.assertEqual("in-use", volume.status)
        self.assertRaises(errors.Conflict, self.vim.delete_volume, volume_id)
        self.vim.delete_server(server_id, with_volume=True)
        self.until("server is gone", lambda: self.gone(server_id))
        self.until("volume is gone", self.without_volume)
        self.assertRaises(
            errors.NotFound, self.vim.copy_volume, NOWHERE, self.name
        )

    def test_what_is_not_copied(self) -> None:
        host, port = self.other_host(), self.copied_port()
        for server_id, place, image_id in (
            (self.volume_backed, host, None),
            (self.image_backed, "no-such-host", None),
            (self.image_backed, host, NOWHERE),
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
            errors.NotFound, self.vim.copy_server, NOWHERE, "n", host, []
        )
        self.assertRaises(errors.NotFound, self.vim.tag_server, NOWHERE, [])
        self.assertEqual([], list(self.vim.find_servers(self.name)))
