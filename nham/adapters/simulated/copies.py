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

"""Servers like another one: what the simulated Nova makes of a request."""

from __future__ import annotations

from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.simulated import neutron
from nham.adapters.simulated import records
from nham.adapters.simulated import world as simulated

PROJECT = "admin"
"""NHAM's own, as it is that of the images that it makes."""


def copy(
    world: simulated.World,
    like: records.Server,
    name: str,
    host: str,
    source_id: str | None,
) -> records.Server:
    """Return the record of a server that is being built.

    :param source_id: the image or the volume that it boots from.
    :raises errors.Refused: the request names what is not there, or the
        server boots from a volume and none is named.
    """
    if host not in world.physics.hosts:
        raise errors.Refused(f"no host {host}")
    image_id, volumes = None, []
    if like.image_id is None:
        volumes = [_volume(world, like, source_id)]
    else:
        image_id = _image(world, like, source_id)
    new_id = world.new_id()
    return records.Server(
        id=new_id,
        name=name,
        host=host,
        identity=new_id,
        project_id=PROJECT,
        image_id=image_id,
        addresses=(),
        volumes=volumes,
        volume_goes=True,
        on_disk=like.on_disk,
        vm_state=records.VmState.BUILDING,
        task_state="spawning",
    )


def _image(
    world: simulated.World, like: records.Server, image_id: str | None
) -> str:
    source = world.storage.images.get(image_id or str(like.image_id))
    if source is None or source.status != "active":
        raise errors.Refused(f"image of server {like.id} is unusable")
    return source.id


def _volume(
    world: simulated.World, like: records.Server, volume_id: str | None
) -> str:
    source = world.storage.volumes.get(volume_id or "")
    if source is None or source.status != "available":
        raise errors.Refused(f"server {like.id} boots from a volume")
    return source.id


def ports(
    world: simulated.World, port_ids: Sequence[str]
) -> list[neutron.Port]:
    """Return the ports of a request.

    :raises errors.Refused: there is no such port.
    :raises errors.Conflict: one is bound already.
    """
    found = []
    for port_id in port_ids:
        port = world.neutron.ports.get(port_id)
        if port is None:
            raise errors.Refused(f"no port {port_id}")
        if port.server_id is not None:
            raise errors.Conflict(f"port {port_id} is in use")
        found.append(port)
    return found
