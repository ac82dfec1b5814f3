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


"""Where the flows to a simulated pool go, and when."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import spreader
from nham.tests.unit.adapters.simulated import base


class PoolCase(base.WorldCase):
    """A pool, and two servers that remember different numbers."""

    def setUp(self) -> None:
        super().setUp()
        self.spreader = spreader.SimulatedSpreader(self.world)
        self.pool_id = self.world.add_pool("web", "project", 80)
        self.service = self.world.balancers.pool(self.pool_id).address
        self.latency = self.world.latencies.balancer
        self.servers = (self.image_backed, self.volume_backed)
        for number, server_id in enumerate(self.servers, 1):
            self.world.set_state(server_id, str(number).encode())

    def address(self, server_id: str) -> str:
        """Return where a server is."""
        return self.world.address(server_id)

    def admit(self, server_id: str, port: int = 80) -> None:
        """Ask for a server to get flows."""
        self.spreader.admit(
            self.pool_id, self.address(server_id), port, "net0"
        )

    def withdraw(self, server_id: str) -> None:
        """Ask for a server to get no flows."""
        self.spreader.withdraw(self.pool_id, self.address(server_id))

    def admit_both(self) -> None:
        """Let both servers get flows."""
        for server_id in self.servers:
            self.admit(server_id)
            self.clock.advance(self.latency)

    def read(self, times: int = 4) -> list[int | None]:
        """Return what so many clients read at the pool's address."""
        return [self.world.read_at(self.service) for _time in range(times)]


class FlowTest(PoolCase):
    """Who gets the flows to a pool."""

    def test_nobody_at_first(self) -> None:
        self.assertEqual([None], self.read(1))
        self.assertIsNone(self.world.physics.answer("icmp", self.service))

    def test_enabled_ones_in_turn(self) -> None:
        self.admit_both()
        self.assertEqual([1, 2, 1, 2], self.read())
        self.assertEqual(
            "good", self.world.physics.answer("tcp", self.service)
        )

    def test_withdrawn_one_gets_none(self) -> None:
        self.admit_both()
        self.withdraw(self.image_backed)
        self.clock.advance(self.latency)
        self.assertEqual([2, 2, 2], self.read(3))

    def test_dead_one_gets_its_share(self) -> None:
        self.admit_both()
        self.world.crash_vm(self.image_backed)
        self.assertEqual({None, 2}, set(self.read()))

    def test_disabled_port_gets_its_share(self) -> None:
        self.admit_both()
        (port,) = self.vim.ports(self.image_backed)
        self.vim.enable_port(port.id, False)
        self.assertEqual({None, 2}, set(self.read()))

    def test_nobody_listens_at_another_port(self) -> None:
        self.admit(self.image_backed, port=81)
        self.clock.advance(self.latency)
        self.assertEqual([None, None], self.read(2))

    def test_address_at_two_ports_is_one_target(self) -> None:
        for port in (81, 80):
            self.admit(self.image_backed, port)
            self.clock.advance(self.latency)
        self.withdraw(self.image_backed)
        self.clock.advance(self.latency)
        (target,) = self.spreader.targets(self.pool_id)
        self.assertFalse(target.enabled)
        # Enabled at the port that was admitted first, and is listed first.
        self.admit(self.image_backed, 81)
        self.clock.advance(self.latency)
        (target,) = self.spreader.targets(self.pool_id)
        self.assertTrue(target.enabled)
        self.assertEqual([None], self.read(1))

    def test_known_target_comes_back_without_its_port(self) -> None:
        self.admit_both()
        self.withdraw(self.image_backed)
        self.clock.advance(self.latency)
        fixed = self.address(self.image_backed)
        (port,) = self.vim.ports(self.image_backed)
        self.vim.delete_port(port.id)
        self.spreader.admit(self.pool_id, fixed, 80, "net0")
        self.clock.advance(self.latency)
        self.assertEqual(
            [True, True],
            [one.enabled for one in self.spreader.targets(self.pool_id)],
        )

    def test_pools_are_apart(self) -> None:
        other = self.world.add_pool("other", "project", 80)
        address = self.world.balancers.pool(other).address
        self.assertNotEqual(self.service, address)
        self.admit_both()
        self.assertIsNone(self.world.read_at(address))
        self.assertEqual((), self.spreader.targets(other))


class ChangeTest(PoolCase):
    """How a balancer takes its changes."""

    def test_holds_only_after_its_time(self) -> None:
        self.admit(self.image_backed)
        self.clock.advance(self.latency / 2)
        self.assertEqual([None], self.read(1))
        self.clock.advance(self.latency / 2)
        self.assertEqual([1], self.read(1))
        self.withdraw(self.image_backed)
        self.clock.advance(self.latency / 2)
        self.assertEqual([1], self.read(1))
        self.clock.advance(self.latency / 2)
        self.assertEqual([None], self.read(1))

    def test_one_at_a_time(self) -> None:
        self.admit(self.image_backed)
        # It is in the record already, so there is nothing to ask for.
        self.admit(self.image_backed)
        address = self.address(self.image_backed)
        for call in (
            lambda: self.admit(self.volume_backed),
            lambda: self.withdraw(self.image_backed),
            lambda: self.spreader.forget(self.pool_id, address),
            lambda: self.spreader.targets(self.pool_id),
        ):
            self.assertRaises(errors.Conflict, call)
        self.clock.advance(self.latency)
        self.assertEqual([1], self.read(1))
        self.withdraw(self.image_backed)

    def test_calls_go_through_the_door(self) -> None:
        self.world.api_down("octavia", 5)
        self.assertRaises(
            errors.Unavailable, self.spreader.find, "web", "project"
        )
        self.assertTrue(self.vim.ports(self.image_backed))
        self.clock.advance(5)
        self.assertEqual(self.pool_id, self.spreader.find("web", "project"))
        self.world.api_error_once("octavia", "admit")
        self.assertRaises(errors.Unavailable, self.admit, self.image_backed)
        self.clock.advance(self.latency)
        self.assertEqual((), self.spreader.targets(self.pool_id))

    def test_answer_that_gets_lost(self) -> None:
        self.world.api_error_once("octavia", "admit", after=True)
        self.assertRaises(errors.Unavailable, self.admit, self.image_backed)
        self.clock.advance(self.latency)
        self.assertEqual([1], self.read(1))
        last = self.world.gates.log[-1]
        self.assertEqual(
            ("octavia", "admit", self.address(self.image_backed)),
            (last.system, last.call, last.subject),
        )
