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

"""The simulated Glance and Cinder.

An image or snapshot holds the number that was on the disk at its moment.
A volume is a disk that several guests can be given.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import hashlib

from nham.adapters import errors
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import records

SIZE = 20_000_000
"""Bytes of every image; the number that it holds is all that counts."""


@dataclasses.dataclass(eq=False, kw_only=True)
class Image:
    """A Glance image.

    :ivar corrupt: what its store holds is not what was put there.
    """

    id: str
    name: str
    value: int
    status: str = "queued"
    project_id: str = "admin"
    corrupt: bool = False

    @property
    def size(self) -> int:
        """Bytes, 0 until it is active."""
        return SIZE if self.status == "active" else 0

    @property
    def digest(self) -> str | None:
        """The hash of what the store holds, None until it is active."""
        if self.status != "active":
            return None
        text = f"{self.id} {self.value}{' torn' if self.corrupt else ''}"
        return f"sha512:{hashlib.sha512(text.encode()).hexdigest()}"


@dataclasses.dataclass(eq=False, kw_only=True)
class Volume:
    """A Cinder volume.

    :ivar image_id: what it was made of, if that was an image.
    :ivar snapshot_id: what it was made of, if that was a snapshot; it
        keeps that from being deleted.
    """

    id: str
    disk: records.Disk
    name: str = ""
    description: str = ""
    image_id: str | None = None
    snapshot_id: str | None = None
    status: str = "available"


@dataclasses.dataclass(eq=False, kw_only=True)
class Snapshot:
    """A Cinder snapshot."""

    id: str
    name: str
    volume_id: str
    value: int
    status: str = "creating"
    description: str = ""


class Storage:
    """Images, volumes and snapshots.

    :ivar reimage_trouble: why a rebuild cannot bring a volume back.
    """

    def __init__(
        self,
        clock: virtual.VirtualClock,
        latencies: records.Latencies,
        new_id: Callable[[], str],
    ) -> None:
        self._clock = clock
        self._latencies = latencies
        self._new_id = new_id
        self.images: dict[str, Image] = {}
        self.volumes: dict[str, Volume] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.reimage_trouble = ""
        self._uploads: dict[str, float] = {}

    def image(self, image_id: str) -> Image:
        """Return an image; :raises errors.NotFound: there is none."""
        try:
            return self.images[image_id]
        except KeyError:
            raise errors.NotFound(f"no image {image_id}") from None

    def volume(self, volume_id: str) -> Volume:
        """Return a volume; :raises errors.NotFound: there is none."""
        try:
            return self.volumes[volume_id]
        except KeyError:
            raise errors.NotFound(f"no volume {volume_id}") from None

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot; :raises errors.NotFound: there is none."""
        try:
            return self.snapshots[snapshot_id]
        except KeyError:
            raise errors.NotFound(f"no snapshot {snapshot_id}") from None

    def add_image(
        self, value: int, name: str = "image", status: str = "active"
    ) -> Image:
        """Make an image at once."""
        image = Image(id=self._new_id(), name=name, value=value, status=status)
        self.images[image.id] = image
        return image

    def add_volume(self, value: int, image_id: str | None = None) -> Volume:
        """Make a volume at once."""
        volume = Volume(
            id=self._new_id(), disk=records.Disk(value), image_id=image_id
        )
        self.volumes[volume.id] = volume
        return volume

    def copy_volume(
        self,
        volume_id: str,
        name: str,
        description: str,
        snapshot_id: str | None = None,
    ) -> Volume:
        """Begin a volume of a volume's image, or of what is on it now.

        :param snapshot_id: what it is made of instead.
        :raises errors.Conflict: it is not made yet; ask again.
        """
        known = [one for one in self.volumes.values() if one.name == name]
        if known:
            if known[0].status == "creating":
                raise errors.Conflict("the volume is being made")
            for snapshot in self._named(name):
                del self.snapshots[snapshot.id]
            return known[0]
        like = self.volume(volume_id)
        image = self.images.get(like.image_id or "")
        if snapshot_id is not None:
            value = self._readable(snapshot_id).value
        elif image is None:
            value = self._snapped(volume_id, name, description)
        else:
            value = image.value
        made = self.add_volume(value, like.image_id)
        made.name, made.status = name, "creating"
        made.snapshot_id = snapshot_id
        made.description = description
        self._clock.call_in(
            self._latencies.copy_volume, lambda: _finish(made, "available")
        )
        raise errors.Conflict("the volume is being made")

    def _readable(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot that is whole.

        :raises errors.Conflict: it is not.
        """
        snapshot = self.snapshot(snapshot_id)
        if snapshot.status != "available":
            raise errors.Conflict(f"snapshot is {snapshot.status}")
        return snapshot

    def _named(self, name: str) -> list[Snapshot]:
        return [one for one in self.snapshots.values() if one.name == name]

    def _snapped(self, volume_id: str, name: str, description: str) -> int:
        """Return what a snapshot in between holds, once there is one."""
        for snapshot in self._named(name):
            if snapshot.status == "available":
                return snapshot.value
        if not self._named(name):
            made = self.take_snapshot(volume_id, name)
            made.description = description
        raise errors.Conflict("a snapshot of the volume is being made")

    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume; one that is gone already is no error.

        :raises errors.Conflict: it is not free.
        """
        known = self.volumes.get(volume_id)
        if known is None:
            return
        if known.status != "available":
            raise errors.Conflict(f"volume {volume_id} is {known.status}")
        if any(one.volume_id == volume_id for one in self.snapshots.values()):
            raise errors.Conflict(f"volume {volume_id} has snapshots")
        del self.volumes[volume_id]

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot; one that is gone already is no error.

        One that a volume was made of stays, and nobody is told, as on
        backends whose copies share what they have not written.
        """
        if not self.volumes_of(snapshot_id):
            self.snapshots.pop(snapshot_id, None)

    def volumes_of(self, snapshot_id: str) -> list[Volume]:
        """Return the volumes that were made of a snapshot."""
        known = self.volumes.values()
        return [one for one in known if one.snapshot_id == snapshot_id]

    def boot_disk(self, image_id: str) -> records.Disk:
        """Return a new disk as the image says; a torn one cannot boot.

        :raises errors.NotFound: there is no such image.
        :raises errors.Refused: it is not active.
        """
        image = self.image(image_id)
        if image.status != "active":
            raise errors.Refused(f"image {image_id} is {image.status}")
        return records.Disk(image.value, lost=image.corrupt)

    def take_snapshot(self, volume_id: str, name: str) -> Snapshot:
        """Begin a snapshot of what the volume holds now.

        :raises errors.Refused: the volume cannot be read.
        """
        volume = self.volume(volume_id)
        if volume.disk.lost:
            raise errors.Refused(f"volume {volume_id} cannot be read")
        snapshot = Snapshot(
            id=self._new_id(),
            name=name,
            volume_id=volume_id,
            value=volume.disk.value,
        )
        self.snapshots[snapshot.id] = snapshot
        self._clock.call_in(
            self._latencies.snapshot, lambda: _finish(snapshot, "available")
        )
        return snapshot

    def upload_snapshot(self, snapshot_id: str, name: str) -> Image:
        """Begin an image of a snapshot, through a volume in between.

        :raises errors.Conflict: the volume is not made yet; ask again.
        """
        known = [one for one in self.images.values() if one.name == name]
        if known:
            return known[0]
        snapshot = self._readable(snapshot_id)
        now = self._clock.monotonic()
        made = now + self._latencies.volume_from_snapshot
        if now < self._uploads.setdefault(name, made):
            raise errors.Conflict("the volume in between is being made")
        image = self.add_image(snapshot.value, name, "saving")
        self._clock.call_in(
            self._latencies.upload_volume, lambda: _finish(image, "active")
        )
        return image


def _finish(part: Image | Snapshot | Volume, status: str) -> None:
    if part.status in ("creating", "saving", "queued"):
        part.status = status
