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


"""Routes of the simulated cloud, and who gets what comes over them."""

from __future__ import annotations

from nham.adapters.simulated import ecmp
from nham.tests.unit.adapters.simulated import base

SERVICE = "203.0.113.9"


class RoutersTest(base.WorldCase):
    """A router, and two servers that answer each with its own number."""

    def setUp(self) -> None:
        super().setUp()
        self.spreader = ecmp.SimulatedEcmp(self.world)
        self.router = self.world.add_router("edge", "project")
        self.pool = f"{self.router}/{SERVICE}"
        self.ports = []
        servers = (self.image_backed, self.volume_backed)
        for number, server_id in enumerate(servers):
            self.world.set_state(server_id, str(number).encode())
            (port,) = self.world.neutron.of_server(server_id)
            self.ports.append(port)
            self.spreader.admit(self.pool, port.ip, 0, port.network)

    def answers(self) -> list[int | None]:
        """Return what four new clients read."""
        return [self.world.read_at(SERVICE) for _client in range(4)]

    def test_in_turn(self) -> None:
        self.assertEqual({0, 1}, set(self.answers()))

    def test_dead_ones_too_until_their_route_goes(self) -> None:
        self.world.crash_vm(self.volume_backed)
        self.assertEqual({0, None}, set(self.answers()))
        self.spreader.withdraw(self.pool, self.ports[1].ip)
        self.assertEqual({0}, set(self.answers()))

    def test_none_to_a_port_that_does_not_let_the_address_through(
        self,
    ) -> None:
        self.ports[1].pairs.clear()
        self.assertEqual({0, None}, set(self.answers()))

    def test_none_to_a_port_that_is_cut_off(self) -> None:
        self.ports[1].enabled = False
        self.assertEqual({0, None}, set(self.answers()))

    def test_without_a_route_it_leads_nowhere(self) -> None:
        for port in self.ports:
            self.spreader.forget(self.pool, port.ip)
            self.assertEqual([], port.pairs)
        self.assertEqual({None}, set(self.answers()))
