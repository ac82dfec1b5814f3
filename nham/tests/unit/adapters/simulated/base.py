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

"""A small world for the tests of the simulated cloud."""

from __future__ import annotations

from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as simulated
from nham.tests import base


class WorldCase(base.TestCase):
    """Two hosts, and a VNF of one image-backed and one volume-backed."""

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=1)
        self.clock = self.world.clock
        self.world.add_host("one")
        self.world.add_host("two")
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["one"], "VDU2": ["one"]},
            vnfd=b"zip",
            volume_backed=["VDU2"],
        )
        self.image_backed = self.world.server_id(self.instance, "VDU1-0")
        self.volume_backed = self.world.server_id(self.instance, "VDU2-0")
        self.vim = vim.SimulatedVim(self.world)
        self.vnfm = vnfm.SimulatedVnfm(self.world)

    def status(self, server_id: str) -> str:
        """Return what Nova says of a server now."""
        return self.vim.server(server_id).status

    def rules_broken(self) -> list[str]:
        """Return the rules that were broken so far."""
        return [one.rule for one in self.world.invariants()]
