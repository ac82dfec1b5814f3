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

"""What every VIM driver must do with ports and floating IPs."""

from __future__ import annotations

import dataclasses
import ipaddress

from nham.adapters import errors
from nham.adapters.vim import network_base
from nham.tests.conformance import vim_case


class NetworkSuite(vim_case.VimCase):
    """The network of a cloud."""

    def test_unknown_parts_of_the_network(self) -> None:
        vim = self.vim
        for find in (vim.find_ports, vim.find_floating_ips):
            self.assertEqual([], list(find(self.name)))
        for ask in (vim.ports, vim.floating_ips):
            self.assertEqual([], list(ask(vim_case.NOWHERE)))
        for copy in (self.vim.copy_port, self.vim.create_floating_ip):
            self.assertRaises(
                errors.NotFound, copy, vim_case.NOWHERE, self.name
            )
        self.assertRaises(
            errors.NotFound, self.vim.enable_port, vim_case.NOWHERE, True
        )
        self.assertRaises(
            errors.NotFound, self.vim.point_floating_ip, vim_case.NOWHERE, None
        )
        self.vim.delete_port(vim_case.NOWHERE)
        self.vim.delete_floating_ip(vim_case.NOWHERE)

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

    def test_probe_port(self) -> None:
        network_id = self.port(self.image_backed).network_id
        host = self.vim.services()[0].host
        made = self.vim.create_probe_port(network_id, host, self.name)
        self.addCleanup(self.vim.delete_port, made.id)
        self.assertEqual(
            (network_id, host, self.name),
            (made.network_id, made.host, made.engine_host),
        )
        self.assertGreaterEqual(made.mtu, 576)
        members = self.port(self.image_backed).addresses
        networks = [
            ipaddress.ip_interface(one).network for one in made.addresses
        ]
        for member in map(ipaddress.ip_address, members):
            if member.version == 4:
                self.assertTrue(any(member in one for one in networks))
        found = {one.id: one for one in self.vim.probe_ports()}
        self.assertEqual(
            dataclasses.replace(made, active=False),
            dataclasses.replace(found[made.id], active=False),
        )
        self.assertIsNone(self.vim.port(made.id).server_id)
        self.vim.delete_port(made.id)
        self.assertNotIn(made.id, [one.id for one in self.vim.probe_ports()])
        self.assertRaises(
            errors.NotFound,
            self.vim.create_probe_port,
            vim_case.NOWHERE,
            host,
            self.name,
        )

    def floating_ip(self) -> network_base.FloatingIp:
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
            errors.NotFound,
            self.vim.point_floating_ip,
            second.id,
            vim_case.NOWHERE,
        )
