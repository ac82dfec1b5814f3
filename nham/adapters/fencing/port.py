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

"""Cuts a member off in the network: its ports are disabled.

From then on nothing reaches it through a port that is known to Neutron,
whatever its host does.
"""

from __future__ import annotations

from nham.adapters.fencing import base
from nham.adapters.vim import base as vim_base


class PortFencing(base.MemberFencing):
    """Disables all ports of the member's server."""

    name = "port"
    lasting = True

    def __init__(self, vim: vim_base.Vim) -> None:
        self._vim = vim

    def fence(self, guest: base.Guest) -> None:
        """See base class."""
        for port in self._vim.ports(guest.server_id):
            if port.enabled:
                self._vim.enable_port(port.id, False)

    def proof(self, guest: base.Guest) -> str | None:
        """See base class."""
        ports = self._vim.ports(guest.server_id)
        if any(port.enabled for port in ports):
            return None
        return f"{len(ports)} ports are disabled"
