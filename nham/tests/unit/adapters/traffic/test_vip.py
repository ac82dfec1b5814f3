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

"""``VipMover`` on the simulated cloud."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.adapters.simulated import hook
from nham.adapters.traffic import vip
from nham.tests.unit.adapters.traffic import mover_case


class VipMoverTest(mover_case.MoverCase):
    """A guest claims the address, or gives it up."""

    def setUp(self) -> None:
        super().setUp()
        self.mover = vip.VipMover(
            self.vim, hook.SimulatedHook(self.world), self.locate
        )
        for server_id in self.servers:
            self.world.add_floating_ip(server_id)
        self.wanted = self.address = self.world.add_vip(self.servers[0])

    def locate(self, server_id: str) -> tuple[hooks.Endpoint, int]:
        """Return where a server's hook is."""
        address = self.vim.server(server_id).addresses[0].ip
        return hooks.Endpoint(address=address, port=8081), 0

    def refused(self) -> str:
        """Return why the first server may not have it."""
        failure = self.assertRaises(
            errors.Refused, self.mover.find, self.servers[0], self.wanted
        )
        return str(failure)

    def reserving(self) -> str:
        """Return the port that reserves the address."""
        (port,) = self.vim.ports_with("net0", self.address)
        return port.id

    def test_clients_outside(self) -> None:
        service, _place = self.find()
        (held,) = self.vim.floating_ips(self.reserving())
        self.assertEqual(held.ip, service.ip)
        self.address = held.ip
        self.reaches(0)

    def test_members_without_floating_ips(self) -> None:
        """NHAM is in their network then."""
        ids = list(self.world.neutron.floating_ips)
        for floating_id in ids:
            self.vim.delete_floating_ip(floating_id)
        service, _place = self.find()
        self.assertEqual(self.address, service.ip)

    def test_nobody_reserves_it(self) -> None:
        self.vim.delete_port(self.reserving())
        self.assertIn("no port reserves", self.refused())

    def test_a_server_has_it(self) -> None:
        (own,) = self.vim.ports(self.servers[1])
        self.wanted = own.addresses[0]
        said = self.refused()
        self.assertIn("belongs to a server", said)
        self.assertIn(own.id, said)

    def test_nham_could_not_ask_there(self) -> None:
        (held,) = self.vim.floating_ips(self.reserving())
        self.vim.delete_floating_ip(held.id)
        self.assertIn("needs one, too", self.refused())

    def test_silent_guest_is_asked_again(self) -> None:
        service, _place = self.find()
        self.world.crash_vm(self.servers[1])
        for call in (self.mover.move, self.mover.let_go, self.mover.leads_to):
            self.assertRaises(errors.Conflict, call, service, self.place(1))

    def test_port_that_does_not_let_it_through(self) -> None:
        """Only who was admitted is heard."""
        service, _place = self.mover.find(self.servers[0], self.wanted)
        self.mover.move(service, self.place(0))
        self.assertIsNone(self.answering())
        self.mover.admit(service, self.place(0))
        self.reaches(0)
