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

"""``FloatingIpMover`` on the simulated cloud."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.traffic import floating_ip
from nham.core import model
from nham.tests.unit.adapters.traffic import mover_case


class FloatingIpMoverTest(mover_case.MoverCase):
    """A floating IP is pointed at one port or another."""

    def setUp(self) -> None:
        super().setUp()
        self.mover = floating_ip.FloatingIpMover(self.vim)
        made = self.world.add_floating_ip(self.servers[0])
        self.address = self.world.neutron.floating_ip(made).ip

    def test_server_without_one(self) -> None:
        failure = self.assertRaises(
            errors.Refused, self.mover.find, self.servers[1], None
        )
        self.assertIn("service_address.driver", str(failure))

    def test_another_one_gives_way(self) -> None:
        """A port takes one."""
        service, _place = self.find()
        other = self.world.add_floating_ip(self.servers[1])
        self.mover.move(service, self.place(1))
        self.reaches(1)
        self.assertIsNone(self.world.neutron.floating_ip(other).port)

    def test_access_gives_way_without_a_look(self) -> None:
        service, _place = self.find()
        other = self.world.add_floating_ip(self.servers[1])
        access = model.MovableAddress(id=other, ip="203.0.113.9")
        place = self.place(1)
        before = len(self.world.gates.log)
        self.mover.move(service, place, access)
        self.assertEqual(
            ["point_floating_ip", "point_floating_ip"],
            [one.call for one in self.world.gates.log[before:]],
        )
        self.reaches(1)
        self.assertIsNone(self.world.neutron.floating_ip(other).port)

    def test_access_that_is_gone_hinders_nothing(self) -> None:
        service, _place = self.find()
        other = self.world.add_floating_ip(self.servers[1])
        gone = model.MovableAddress(id="gone", ip="203.0.113.9")
        self.mover.move(service, self.place(1), gone)
        self.reaches(1)
        self.assertIsNone(self.world.neutron.floating_ip(other).port)
