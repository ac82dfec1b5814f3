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

"""The drivers that cut single members off, on the simulated cloud."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import nova
from nham.adapters.fencing import port
from nham.adapters.simulated import vim
from nham.adapters.simulated import world as simulated
from nham.tests import base
from nham.tests.conformance import member_fencing as suite


class MemberCase(base.TestCase):
    """A VNF with a server on each of two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=7)
        for name in ("one", "two"):
            self.world.add_host(name)
        made = self.world.add_vnf("v", {"VDU1": ["one"], "VDU2": ["two"]})
        self.server_id = self.world.server_id(made, "VDU1-0")
        self.other_id = self.world.server_id(made, "VDU2-0")
        self.guest = fencing_base.Guest(server_id=self.server_id, host="one")
        self.other = fencing_base.Guest(server_id=self.other_id, host="two")
        self.world.clock.advance(60.0)
        self.vim = vim.SimulatedVim(self.world)

    def pass_time(self, seconds: float) -> None:
        """See the suite."""
        self.world.clock.advance(seconds)


class PortConformanceTest(MemberCase, suite.MemberFencingSuite):
    """``PortFencing``."""

    def setUp(self) -> None:
        super().setUp()
        self.driver: fencing_base.MemberFencing = port.PortFencing(self.vim)


class NovaConformanceTest(MemberCase, suite.MemberFencingSuite):
    """``NovaFencing``."""

    def setUp(self) -> None:
        super().setUp()
        self.driver: fencing_base.MemberFencing = nova.NovaFencing(self.vim)


class NovaTest(MemberCase):
    def setUp(self) -> None:
        super().setUp()
        self.driver = nova.NovaFencing(self.vim)

    def stop(self) -> None:
        """Stop the server."""
        self.driver.fence(self.guest)
        self.world.clock.advance(120.0)
        self.assertEqual("SHUTOFF", self.vim.server(self.server_id).status)

    def test_proof_names_who_says_so(self) -> None:
        self.stop()
        self.assertEqual(
            "SHUTOFF on one, whose nova-compute is up",
            self.driver.proof(self.guest),
        )

    def test_host_that_nobody_hears_of(self) -> None:
        """What Nova says of its servers is what was seen last."""
        self.stop()
        self.world.power_off_host("one")
        self.world.clock.advance(60.0)
        self.assertEqual("SHUTOFF", self.vim.server(self.server_id).status)
        self.assertIsNone(self.driver.proof(self.guest))
        error = self.assertRaises(
            errors.Conflict, self.driver.fence, self.guest
        )
        self.assertIn("nova-compute on one is not up", str(error))

    def test_host_that_is_forced_down(self) -> None:
        self.stop()
        self.vim.force_down("one", True)
        self.assertIsNone(self.driver.proof(self.guest))

    def test_server_that_is_gone(self) -> None:
        """It may have been deleted while its host was cut off."""
        self.vim.delete_server(self.server_id)
        self.world.clock.advance(60.0)
        self.assertRaises(errors.NotFound, self.driver.fence, self.guest)

    def test_image_that_never_ends_is_given_up(self) -> None:
        server = self.world.nova.servers[self.server_id]
        server.task_state = "image_uploading"
        self.driver.fence(self.guest)
        self.world.clock.advance(120.0)
        self.assertTrue(self.driver.proof(self.guest))
