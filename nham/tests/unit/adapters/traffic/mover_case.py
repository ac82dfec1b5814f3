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

"""The simulated cloud for a driver that moves a service address."""

from __future__ import annotations

from nham.adapters.simulated import vim
from nham.adapters.simulated import world as simulated
from nham.tests.conformance import movers


class MoverCase(movers.MoverSuite):
    """Two hosts, with a server on each, in virtual time.

    :ivar address: what clients ask.
    """

    address: str

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=7)
        image_id = self.world.add_image()
        self.servers = ("", "")
        for host in ("one", "two"):
            self.world.add_host(host)
            made = self.world.add_server(f"on-{host}", host, image_id)
            self.servers = (self.servers[1], made)
        self.vim = vim.SimulatedVim(self.world)

    def pass_time(self, seconds: float) -> None:
        """See base class."""
        self.world.clock.advance(seconds)

    def answering(self) -> str | None:
        """See base class."""
        guest = self.world.physics.at(self.address)
        return None if guest is None else guest.server_id
