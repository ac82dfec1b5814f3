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

"""``FixedIpMover`` on the simulated cloud."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.traffic import fixed_ip
from nham.tests.unit.adapters.traffic import mover_case


class FixedIpMoverTest(mover_case.MoverCase):
    """An address goes from one port to another."""

    wanted = address = "10.203.0.50"

    def setUp(self) -> None:
        super().setUp()
        self.mover = fixed_ip.FixedIpMover(self.vim)
        for server_id in self.servers:
            self.world.add_floating_ip(server_id)

    def refused(self) -> str:
        """Return why the first server may not have it."""
        failure = self.assertRaises(
            errors.Refused, self.mover.find, self.servers[0], self.wanted
        )
        return str(failure)

    def test_found_again(self) -> None:
        self.assertEqual(self.find(), self.find())

    def test_somebody_has_it(self) -> None:
        port = self.vim.ports(self.servers[1])[0]
        self.vim.give_address(port.id, self.wanted)
        said = self.refused()
        self.assertIn("service_address.address", said)
        self.assertIn(port.id, said)

    def test_nothing_leads_nham_to_the_server(self) -> None:
        port = self.vim.ports(self.servers[0])[0]
        for held in self.vim.floating_ips(port.id):
            self.vim.delete_floating_ip(held.id)
        self.assertIn("a floating IP", self.refused())

    def test_subnet_does_not_have_it(self) -> None:
        self.replace(
            "nham.adapters.simulated.vim.SimulatedVim.give_address",
            side_effect=errors.Refused("invalid"),
        )
        self.assertIn("of no network", self.refused())
