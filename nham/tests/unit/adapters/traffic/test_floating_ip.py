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
