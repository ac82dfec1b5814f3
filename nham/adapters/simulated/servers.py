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

"""The records of the simulated Nova, and the disks of its servers."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import neutron
from nham.adapters.simulated import physics as truth
from nham.adapters.simulated import records
from nham.adapters.simulated import storage
from nham.adapters.simulated.records import VmState
from nham.adapters.vim import base as vim_base


class Servers:
    """Servers, as Nova believes them to be."""

    def __init__(
        self,
        clock: virtual.VirtualClock,
        physics: truth.Physics,
        store: storage.Storage,
        network: neutron.Neutron,
        new_id: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._physics = physics
        self._store = store
        self._network = network
        self._new_id = new_id
        self._local: dict[tuple[str, str], records.Disk] = {}
        self.servers: dict[str, records.Server] = {}

    def get(self, server_id: str) -> records.Server:
        """Return a server that is not deleted; otherwise NotFound."""
        server = self.servers.get(server_id)
        if server is None or server.vm_state is VmState.DELETED:
            raise errors.NotFound(f"no server {server_id}")
        return server

    def add(
        self,
        server: records.Server,
        disk: records.Disk | None,
        user: str = "user",
    ) -> None:
        """Put a new server on its host and start its guest.

        :param disk: its local disk; None for a volume-backed one.
        """
        self.servers[server.id] = server
        for volume_id in server.volumes:
            self._store.volume(volume_id).status = "in-use"
        if disk is not None:
            self._local[server.id, server.host] = disk
        self.note(server, "create", user)
        self._network.adopt(server)
        self._physics.start(server, server.host, self.disk(server))

    def disk(self, server: records.Server) -> records.Disk:
        """Return the disk that the server would boot from on its host."""
        if server.image_id is None:
            return self._store.volume(server.volumes[0]).disk
        place = (server.id, server.host)
        return self._local.setdefault(place, records.Disk(lost=True))

    def set_disk(self, server: records.Server, image_id: str) -> None:
        """Make the server's root disk anew from an image.

        :raises errors.AdapterError: the image cannot be used.
        """
        fresh = self._store.boot_disk(image_id)
        if fresh.lost:
            self._physics.violate("torn image used", server.identity, image_id)
        if server.image_id is None:
            disk = self.disk(server)
            disk.value, disk.lost = fresh.value, fresh.lost
            self._store.volume(server.volumes[0]).image_id = image_id
        else:
            server.image_id = image_id
            self._local[server.id, server.host] = fresh

    def tag(self, server_id: str, tags: Sequence[str]) -> None:
        """Replace a server's tags, which ``changes-since`` does not show.

        :raises errors.Conflict: it is broken, or not there yet.
        """
        server = self.get(server_id)
        if server.vm_state in (VmState.BUILDING, VmState.ERROR):
            raise errors.Conflict(f"tag: server is {server.vm_state}")
        server.tags = tuple(tags)

    def note(
        self, server: records.Server, action: str, user_id: str | None
    ) -> None:
        """Write an entry into the server's action log."""
        self.touch(server)
        server.actions.insert(
            0,
            vim_base.ServerAction(
                action=action,
                at=self._clock.now(),
                user_id=user_id,
                request_id=f"req-{self._new_id()}",
            ),
        )

    def touch(self, server: records.Server) -> None:
        """Let the change show in ``changes-since``."""
        server.changed_at = self._clock.now()

    def _ended(self, server: records.Server, state: VmState) -> None:
        server.vm_state = state
        server.task_state = None
        self.touch(server)

    def _run(self, server: records.Server) -> None:
        self._ended(server, VmState.ACTIVE)
        self._physics.start(server, server.host, self.disk(server))
