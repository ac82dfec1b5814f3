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

"""Where the addresses of the simulated cloud lead."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.vim import network_base
from nham.tests.unit.adapters.simulated import base


class NeutronCase(base.WorldCase):
    """A floating IP that leads to the image-backed server."""

    def setUp(self) -> None:
        super().setUp()
        self.service = self.world.add_floating_ip(self.image_backed)
        self.ip = self.world.neutron.floating_ip(self.service).ip

    def answer(self, address: str) -> str | None:
        """Return what a ping of an address gets."""
        return self.world.physics.answer("icmp", address)

    def port(self, server_id: str) -> network_base.Port:
        """Return the one port of a server."""
        (port,) = self.vim.ports(server_id)
        return port

    def addresses(self, server_id: str) -> list[tuple[str, str]]:
        """Return the addresses of a server with their kinds."""
        found = self.vim.server(server_id).addresses
        return [(one.ip, one.kind) for one in found]


class FloatingIpTest(NeutronCase):
    """Floating IPs and the servers that they lead to."""

    def test_leads_to_its_server(self) -> None:
        self.assertEqual("good", self.answer(self.ip))
        self.world.hang_guest(self.image_backed)
        self.assertIsNone(self.answer(self.ip))

    def test_moves_with_its_port(self) -> None:
        fixed = [self.world.address(self.image_backed)]
        fixed.append(self.world.address(self.volume_backed))
        self.assertEqual(
            [(fixed[0], "fixed"), (self.ip, "floating")],
            self.addresses(self.image_backed),
        )
        target = self.port(self.volume_backed).id
        self.world.hang_guest(self.image_backed)
        self.vim.point_floating_ip(self.service, target)
        self.assertEqual("good", self.answer(self.ip))
        self.assertEqual(
            [(fixed[0], "fixed")], self.addresses(self.image_backed)
        )
        self.assertEqual(
            [(fixed[1], "fixed"), (self.ip, "floating")],
            self.addresses(self.volume_backed),
        )

    def test_leads_nowhere(self) -> None:
        self.vim.point_floating_ip(self.service, None)
        self.assertIsNone(self.answer(self.ip))

    def test_deleted_one_is_an_address_no_more(self) -> None:
        self.vim.delete_floating_ip(self.service)
        self.assertIsNone(self.answer(self.ip))
        self.assertEqual(1, len(self.addresses(self.image_backed)))
        again = self.vim.create_floating_ip(
            self.world.add_floating_ip(self.volume_backed), "mine"
        )
        self.assertNotEqual(self.ip, again.ip)

    def test_stays_with_a_server_that_moves(self) -> None:
        self.world.power_off_host("one")
        self.vim.force_down("one", True)
        self.vim.evacuate(self.image_backed)
        self.clock.advance(10)
        self.assertEqual("good", self.answer(self.ip))

    def test_stays_with_a_server_that_tacker_replaces(self) -> None:
        fixed = self.world.address(self.image_backed)
        for deleted_before in (False, True):
            old = self.world.server_id(self.instance, "VDU1-0")
            if deleted_before:
                self.world.delete_server_behind(old)
                self.clock.advance(5)
                self.assertEqual([], list(self.vim.ports(old)))
            self.world.user_heal(self.instance, "VDU1-0")
            self.clock.advance(60)
            new = self.world.server_id(self.instance, "VDU1-0")
            self.assertNotEqual(old, new)
            self.assertEqual("good", self.answer(self.ip))
            self.assertEqual(
                [(fixed, "fixed"), (self.ip, "floating")],
                self.addresses(new),
            )
            self.assertEqual(new, self.port(new).server_id)


class PortTest(NeutronCase):
    """Ports that are disabled, made and deleted."""

    def test_disabled_one_cuts_its_server_off(self) -> None:
        port = self.port(self.image_backed)
        fixed = self.world.address(self.image_backed)
        self.vim.enable_port(port.id, False)
        for address in (fixed, self.ip):
            self.assertIsNone(self.answer(address))
        self.assertFalse(self.world.serving(self.image_backed))
        self.assertFalse(self.world.write(self.image_backed, 1))
        self.assertTrue(self.world.serving(self.volume_backed))
        self.vim.enable_port(port.id, True)
        for address in (fixed, self.ip):
            self.assertEqual("good", self.answer(address))
        self.assertTrue(self.world.serving(self.image_backed))

    def test_deleted_one_takes_its_addresses_along(self) -> None:
        own = self.world.address(self.image_backed)
        self.assertEqual("good", self.answer(own))
        self.vim.delete_port(self.port(self.image_backed).id)
        self.assertIsNone(self.answer(self.ip))
        self.assertIsNone(self.answer(own))
        self.assertEqual([], self.addresses(self.image_backed))
        self.vim.point_floating_ip(
            self.service, self.port(self.volume_backed).id
        )
        self.assertEqual("good", self.answer(self.ip))

    def test_copies_have_addresses_of_their_own(self) -> None:
        like = self.port(self.image_backed)
        for _time in range(300):
            self.vim.copy_port(like.id, "mine")
        copied = self.vim.find_ports("mine")
        self.assertEqual(300, len({one.addresses for one in copied}))
        self.assertEqual({like.network_id}, {one.network_id for one in copied})

    def test_calls_go_through_the_door(self) -> None:
        self.world.api_down("neutron", 5)
        self.assertRaises(
            errors.Unavailable, self.vim.ports, self.image_backed
        )
        self.assertTrue(self.vim.services())
        self.clock.advance(5)
        self.world.api_error_once("neutron", "point_floating_ip", after=True)
        self.assertRaises(
            errors.Unavailable,
            self.vim.point_floating_ip,
            self.service,
            None,
        )
        self.assertIsNone(self.answer(self.ip))
