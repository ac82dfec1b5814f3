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

"""Cuts a member off by Nova: its server is stopped, and seen to be off."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base
from nham.adapters.vim import base as vim_base


class NovaFencing(base.MemberFencing):
    """Has Nova stop the member's server.

    What Nova says of a server counts only while the nova-compute that
    tells it lives: a dead host's servers stay as they were last seen.
    """

    name = "nova"
    lasting = True

    def __init__(self, vim: vim_base.Vim) -> None:
        self._vim = vim

    def fence(self, guest: base.Guest) -> None:
        """See base class.

        :raises errors.Conflict: nobody on its host could tell.
        """
        server = self._vim.server(guest.server_id)
        if not self._tells(server):
            raise errors.Conflict(
                f"nova-compute on {server.host} is not up, so nobody tells "
                "whether the server is off"
            )
        if server.status == "SHUTOFF" or server.task_state == "powering-off":
            return
        if (server.task_state or "").startswith("image_"):
            # Nova refuses all else till then, and if the guest died under
            # the image, that is for ever.
            self._vim.reset_state(guest.server_id)
        self._vim.stop(guest.server_id)

    def proof(self, guest: base.Guest) -> str | None:
        """See base class."""
        server = self._vim.server(guest.server_id)
        off = server.status == "SHUTOFF" and server.task_state is None
        # The service is looked at after the server: if it died in between,
        # what was seen last may not be true any more.
        if not off or not self._tells(server):
            return None
        return f"SHUTOFF on {server.host}, whose nova-compute is up"

    def _tells(self, server: vim_base.Server) -> bool:
        """Say whether the nova-compute of its host is up."""
        return any(
            service.up and not service.forced_down
            for service in self._vim.services()
            if service.host == server.host
        )
