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


"""What a user of a service address sees."""

from __future__ import annotations

from nham.simulate import clients
from nham.simulate import lab as lab_
from nham.tests import base


class ClientTest(base.TestCase):
    """Outages and states, without any engine."""

    def setUp(self) -> None:
        super().setUp()
        self.lab = lab_.Lab()
        self.world = self.lab.world
        self.world.add_host("cmp1")
        instance = self.world.add_vnf("fw", {"VDU1": ["cmp1"]})
        self.server_id = self.world.server_id(instance, "VDU1-0")
        service = self.world.add_floating_ip(self.server_id)
        address = self.world.neutron.floating_ip(service).ip
        self.user = clients.Client(self.lab, instance, "fw", "VDU1-0", address)
        self.lab.run(3.5)

    def restart(self) -> None:
        """Let the application be away for a second, and start anew."""
        self.world.crash_app(self.server_id)
        self.lab.run(1.0)
        self.world.mend_app(self.server_id)

    def test_a_state_that_does_not_come_back(self) -> None:
        self.restart()
        self.lab.run(2.0)
        (outage,) = self.user.outages
        self.assertIsNone(outage.lost)

    def test_a_state_that_is_kept(self) -> None:
        self.world.hang_app(self.server_id)
        self.lab.run(1.0)
        self.world.mend_app(self.server_id)
        self.lab.run(2.0)
        (outage,) = self.user.outages
        self.assertEqual((0.0, 0.0), (outage.lost, outage.bare))

    def test_a_state_that_comes_back_later_and_older(self) -> None:
        before = self.world.state(self.server_id)
        self.lab.run(2.0)
        self.restart()
        self.lab.run(1.5)
        self.world.set_state(self.server_id, before or b"")
        self.lab.run(1.0)
        (outage,) = self.user.outages
        self.assertAlmostEqual(2.0, outage.lost or 0.0, delta=0.2)
        self.assertAlmostEqual(1.5, outage.bare, delta=0.2)
