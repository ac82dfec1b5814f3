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

"""What the suites of VIM drivers have in common."""

from __future__ import annotations

import abc
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import network_base
from nham.tests.conformance import base

NOWHERE = "00000000-0000-4000-8000-000000000000"


class VimCase(base.Suite):
    """A cloud with one image-backed and one volume-backed server.

    Both are ACTIVE before each test, each with one port in one network
    that floating IPs can lead into. There are two compute hosts, and room
    for one more server on each.
    """

    vim: vim_base.Vim
    image_backed: str
    volume_backed: str
    user_id: str
    """Who the driver is in the servers' action log."""

    @abc.abstractmethod
    def new_server(self) -> str:
        """Return another image-backed server, ACTIVE, to be deleted."""

    @abc.abstractmethod
    def new_floating_ip(self) -> str:
        """Return the id of a floating IP that leads nowhere.

        The test deletes it.
        """

    def setUp(self) -> None:
        super().setUp()
        self.name = f"nham-conformance-{uuid.uuid4()}"

    def server(self, server_id: str) -> vim_base.Server:
        """Return the server now."""
        return self.vim.server(server_id)

    def reach(self, server_id: str, status: str) -> vim_base.Server:
        """Wait until a server has a status and no task."""

        def look() -> vim_base.Server | None:
            server = self.server(server_id)
            idle = server.task_state is None
            return server if idle and server.status == status else None

        return self.until(f"{server_id} is {status}", look)

    def gone(self, server_id: str) -> bool:
        """Say whether there is no such server."""
        try:
            self.server(server_id)
        except errors.NotFound:
            return True
        return False

    def port(self, server_id: str) -> network_base.Port:
        """Return the one port of a server."""
        (port,) = self.vim.ports(server_id)
        return port

    def copied_port(self) -> network_base.Port:
        """Return a copy of the port of the image-backed server."""
        like = self.port(self.image_backed)
        port_id = self.vim.copy_port(like.id, self.name, "nham of a test")
        self.addCleanup(self.vim.delete_port, port_id)
        (port,) = self.vim.find_ports(self.name)
        self.assertEqual(port_id, port.id)
        return port

    def discard(self, server_id: str) -> None:
        """Delete a server, and wait until it is gone."""
        if not self.gone(server_id):
            self.vim.delete_server(server_id)
            self.until("server is gone", lambda: self.gone(server_id))

    def other_host(self) -> str:
        """Return a host that the image-backed server is not on."""
        here = self.server(self.image_backed).host
        return next(
            one.host
            for one in self.vim.services()
            if one.up and one.enabled and one.host != here
        )
