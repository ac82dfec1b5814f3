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

"""Servers that are copied in the simulated cloud."""

from __future__ import annotations

from nham.tests.unit.adapters.simulated import base


class CopyTest(base.WorldCase):
    """A copy of the image-backed server, asked for on the other host."""

    def setUp(self) -> None:
        super().setUp()
        (like,) = self.vim.ports(self.image_backed)
        self.port_id = self.vim.copy_port(like.id, "mine")

    def copy(self, image_id: str | None = None) -> str:
        """Ask for the copy."""
        return self.vim.copy_server(
            self.image_backed, "mine", "two", [self.port_id], image_id
        )

    def ports(self, server_id: str) -> list[str]:
        """Return the ids of the ports of a server."""
        return [one.id for one in self.vim.ports(server_id)]

    def test_is_built_and_boots(self) -> None:
        server_id = self.copy()
        server = self.vim.server(server_id)
        self.assertEqual(
            ("BUILD", "spawning"), (server.status, server.task_state)
        )
        self.clock.advance(3.6)
        server = self.vim.server(server_id)
        self.assertEqual(("ACTIVE", "two"), (server.status, server.host))
        self.assertFalse(self.world.serving(server_id))
        self.clock.advance(3)
        self.assertTrue(self.world.serving(server_id))
        address = server.addresses[0].ip
        self.assertEqual("good", self.world.physics.answer("http", address))
        self.assertEqual([], self.rules_broken())

    def test_disk_is_that_of_the_image(self) -> None:
        self.world.write(self.image_backed, 4)
        server_id = self.copy(self.world.add_image(9))
        self.clock.advance(7)
        self.assertEqual(9, self.world.read(server_id))
        self.world.write(server_id, 10)
        self.assertEqual(4, self.world.read(self.image_backed))

    def test_host_that_nova_gave_up_is_an_error(self) -> None:
        self.vim.force_down("two", True)
        server_id = self.copy()
        self.clock.advance(2)
        self.assertEqual("ERROR", self.status(server_id))
        self.assertEqual([], self.ports(server_id))

    def test_host_without_room_is_an_error(self) -> None:
        self.world.physics.host("two").capacity = 0
        server_id = self.copy()
        self.clock.advance(2)
        self.assertEqual("ERROR", self.status(server_id))

    def test_deleted_before_nova_gave_up_stays_deleted(self) -> None:
        self.vim.force_down("two", True)
        server_id = self.copy()
        self.vim.delete_server(server_id)
        self.clock.advance(5)
        self.assertEqual([], list(self.vim.find_servers("mine")))

    def test_dead_host_builds_it_when_it_is_back(self) -> None:
        self.world.power_off_host("two")
        server_id = self.copy()
        self.clock.advance(60)
        self.assertEqual("BUILD", self.status(server_id))
        self.world.power_on_host("two")
        self.clock.advance(30)
        self.assertTrue(self.world.serving(server_id))

    def test_host_that_dies_meanwhile_leaves_an_error(self) -> None:
        server_id = self.copy()
        self.clock.advance(1)
        self.world.power_off_host("two")
        self.world.power_on_host("two")
        self.clock.advance(30)
        self.assertEqual("ERROR", self.status(server_id))

    def test_deleted_copy_frees_its_port(self) -> None:
        server_id = self.copy()
        self.clock.advance(10)
        self.assertEqual([self.port_id], self.ports(server_id))
        self.vim.delete_server(server_id)
        self.clock.advance(1)
        self.assertEqual([], self.world.physics.guests_of(server_id))
        (port,) = self.vim.find_ports("mine")
        self.assertIsNone(port.server_id)
