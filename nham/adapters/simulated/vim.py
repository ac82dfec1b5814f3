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

"""The simulated cloud behind the interface of a VIM."""

from __future__ import annotations

from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.simulated import copies
from nham.adapters.simulated import network
from nham.adapters.simulated import records
from nham.adapters.simulated import storage
from nham.adapters.vim import base
from nham.adapters.vim import network_base
from nham.adapters.vim import storage_base


def _server(server: records.Server) -> base.Server:
    return base.Server(
        id=server.id,
        name=server.name,
        status=server.status,
        host=server.host,
        project_id=server.project_id,
        task_state=server.task_state,
        image_id=server.image_id,
        addresses=server.addresses,
        volumes=tuple(server.volumes),
        affinity=server.affinity,
        tags=server.tags,
        metadata=server.metadata,
    )


def _image(image: storage.Image) -> storage_base.Image:
    return storage_base.Image(
        id=image.id, status=image.status, size=image.size, digest=image.digest
    )


def _snapshot(snapshot: storage.Snapshot) -> storage_base.Snapshot:
    return storage_base.Snapshot(
        id=snapshot.id,
        status=snapshot.status,
        volume_id=snapshot.volume_id,
        size=storage.SIZE,
        description=snapshot.description,
    )


def _volume(volume: storage.Volume) -> storage_base.Volume:
    return storage_base.Volume(
        id=volume.id,
        status=volume.status,
        description=volume.description,
        image_id=volume.image_id,
        snapshot_id=volume.snapshot_id,
    )


class SimulatedVim(network.SimulatedNetwork, base.Vim):
    """A VIM whose cloud is a ``World``."""

    def server(self, server_id: str) -> base.Server:
        """See base class."""
        with self._call("server", server_id):
            return _server(self._world.nova.get(server_id))

    def changed_servers(self, since: float | None) -> Sequence[base.Server]:
        """See base class."""
        with self._call("changed_servers"):
            return [
                _server(server)
                for server in self._world.nova.servers.values()
                if (
                    server.vm_state is not records.VmState.DELETED
                    if since is None
                    else server.changed_at >= since
                )
            ]

    def actions(self, server_id: str) -> Sequence[base.ServerAction]:
        """See base class."""
        with self._call("actions", server_id):
            try:
                return tuple(self._world.nova.servers[server_id].actions)
            except KeyError:
                raise errors.NotFound(f"no server {server_id}") from None

    def is_over(self, server_id: str, action: base.ServerAction) -> bool:
        """See base class."""
        with self._call("is_over", server_id):
            server = self._world.nova.get(server_id)
            return server.task_state is None and not server.to_stop

    def services(self) -> Sequence[base.ComputeService]:
        """See base class."""
        with self._call("services"):
            return [
                base.ComputeService(
                    host=host.name,
                    up=self._world.nova.services.up(host.name),
                    forced_down=host.forced_down,
                    enabled=host.enabled,
                    address=host.address,
                    seen_at=self._world.nova.services.seen_at(host.name),
                )
                for host in self._world.physics.hosts.values()
            ]

    def force_down(self, host: str, forced: bool) -> None:
        """See base class."""
        with self._call("force_down", host):
            self._world.nova.services.force_down(host, forced)

    def reboot(self, server_id: str, hard: bool) -> None:
        """See base class."""
        with self._call("reboot", server_id):
            self._world.nova.reboot(server_id, hard, self._user)

    def start(self, server_id: str) -> None:
        """See base class."""
        with self._call("start", server_id):
            self._world.nova.start(server_id, self._user)

    def stop(self, server_id: str) -> None:
        """See base class."""
        with self._call("stop", server_id):
            self._world.nova.stop(server_id, self._user)

    def reset_state(self, server_id: str) -> None:
        """See base class."""
        with self._call("reset_state", server_id):
            self._world.nova.reset_state(server_id)

    def rebuild(self, server_id: str, image_id: str) -> None:
        """See base class."""
        with self._call("rebuild", server_id):
            self._world.nova.rebuild(server_id, image_id, self._user)

    def evacuate(
        self,
        server_id: str,
        host: str | None = None,
        forced: bool = False,
        start: bool = True,
    ) -> None:
        """See base class."""
        with self._call("evacuate", server_id):
            self._world.nova.evacuate(
                server_id, host, self._user, forced, start
            )

    def delete_server(self, server_id: str, with_volume: bool = False) -> None:
        """See base class."""
        with self._call("delete_server", server_id):
            if not with_volume:
                self._world.nova.get(server_id).volume_goes = False
            self._world.nova.delete(server_id, self._user)

    def copy_server(
        self,
        server_id: str,
        name: str,
        host: str,
        port_ids: Sequence[str],
        image_id: str | None = None,
        tags: Sequence[str] = (),
        volume_id: str | None = None,
    ) -> str:
        """See base class."""
        with self._call("copy_server", server_id):
            world = self._world
            like = world.nova.get(server_id)
            source = volume_id if like.image_id is None else image_id
            new = copies.copy(world, like, name, host, source)
            new.tags = tuple(tags)
            ports = copies.ports(world, port_ids)
            world.nova.create(new, ports, self._user)
            return new.id

    def tag_server(self, server_id: str, tags: Sequence[str]) -> None:
        """See base class."""
        with self._call("tag_server", server_id):
            self._world.nova.tag(server_id, tags)

    def find_servers(self, name: str) -> Sequence[base.Server]:
        """See base class."""
        with self._call("find_servers", name):
            return [
                _server(server)
                for server in self._world.nova.servers.values()
                if server.name == name
                and server.vm_state is not records.VmState.DELETED
            ]

    def create_image(self, server_id: str, name: str) -> str:
        """See base class."""
        with self._call("create_image", server_id):
            return self._world.nova.create_image(server_id, name, self._user)

    def image(self, image_id: str) -> storage_base.Image:
        """See base class."""
        with self._call("image", image_id, "glance"):
            return _image(self._world.storage.image(image_id))

    def share_image(self, image_id: str, project_id: str) -> None:
        """See base class."""
        with self._call("share_image", image_id, "glance"):
            self._world.storage.image(image_id).project_id = project_id

    def delete_image(self, image_id: str) -> None:
        """See base class."""
        with self._call("delete_image", image_id, "glance"):
            self._world.storage.images.pop(image_id, None)

    def find_images(self, name: str) -> Sequence[storage_base.Image]:
        """See base class."""
        with self._call("find_images", name, "glance"):
            images = self._world.storage.images.values()
            return [_image(one) for one in images if one.name == name]

    def create_snapshot(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
    ) -> str:
        """See base class."""
        with self._call("create_snapshot", volume_id, "cinder"):
            made = self._world.storage.take_snapshot(volume_id, name)
            made.description = description
            return made.id

    def snapshot(self, snapshot_id: str) -> storage_base.Snapshot:
        """See base class."""
        with self._call("snapshot", snapshot_id, "cinder"):
            return _snapshot(self._world.storage.snapshot(snapshot_id))

    def delete_snapshot(self, snapshot_id: str) -> None:
        """See base class."""
        with self._call("delete_snapshot", snapshot_id, "cinder"):
            self._world.storage.delete_snapshot(snapshot_id)

    def find_snapshots(self, name: str) -> Sequence[storage_base.Snapshot]:
        """See base class."""
        with self._call("find_snapshots", name, "cinder"):
            snapshots = self._world.storage.snapshots.values()
            return [_snapshot(one) for one in snapshots if one.name == name]

    def image_from_snapshot(self, snapshot_id: str, name: str) -> str:
        """See base class."""
        with self._call("image_from_snapshot", snapshot_id, "cinder"):
            return self._world.storage.upload_snapshot(snapshot_id, name).id

    def copy_volume(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
        snapshot_id: str | None = None,
    ) -> str:
        """See base class."""
        with self._call("copy_volume", volume_id, "cinder"):
            made = self._world.storage.copy_volume(
                volume_id, name, description, snapshot_id
            )
            return made.id

    def volume(self, volume_id: str) -> storage_base.Volume:
        """See base class."""
        with self._call("volume", volume_id, "cinder"):
            return _volume(self._world.storage.volume(volume_id))

    def find_volumes(self, name: str) -> Sequence[storage_base.Volume]:
        """See base class."""
        with self._call("find_volumes", name, "cinder"):
            volumes = self._world.storage.volumes.values()
            return [_volume(one) for one in volumes if one.name == name]

    def volumes_of(self, snapshot_id: str) -> Sequence[storage_base.Volume]:
        """See base class."""
        with self._call("volumes_of", snapshot_id, "cinder"):
            found = self._world.storage.volumes_of(snapshot_id)
            return [_volume(one) for one in found]

    def delete_volume(self, volume_id: str) -> None:
        """See base class."""
        with self._call("delete_volume", volume_id, "cinder"):
            self._world.storage.delete_volume(volume_id)

    def reimage_trouble(self, volume_id: str) -> str:
        """See base class."""
        with self._call("reimage_trouble", volume_id, "cinder"):
            self._world.storage.volume(volume_id)
            return self._world.storage.reimage_trouble
