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

"""What holds a VNF's disks, as NHAM needs it: images, volumes, snapshots.

As for the rest of a VIM, each call returns at once with what the cloud
says now.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses

from nham.adapters.vim import network_base


@dataclasses.dataclass(frozen=True, kw_only=True)
class Image:
    """One Glance image.

    :ivar digest: algorithm and hash of its data, None until it is active.
    """

    id: str
    status: str
    size: int = 0
    digest: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One Cinder snapshot; ``size`` in bytes."""

    id: str
    status: str
    volume_id: str
    size: int = 0
    description: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Volume:
    """One Cinder volume.

    :ivar status: Cinder's, e.g. ``creating``, ``available``, ``in-use``.
    :ivar image_id: the image that was written to it last, as a whole.
    :ivar snapshot_id: the snapshot that it was made of.
    """

    id: str
    status: str
    description: str = ""
    image_id: str | None = None
    snapshot_id: str | None = None


class Storage(abc.ABC):
    """The images, the volumes and the snapshots of a cloud.

    Every method may raise the errors of ``nham.adapters.errors``.
    """

    @abc.abstractmethod
    def image(self, image_id: str) -> Image:
        """Return one image as it is now."""

    @abc.abstractmethod
    def share_image(self, image_id: str, project_id: str) -> None:
        """Give the image to the project that owns the VNF."""

    @abc.abstractmethod
    def delete_image(self, image_id: str) -> None:
        """Delete an image; one that is gone already is no error."""

    @abc.abstractmethod
    def find_images(self, name: str) -> Sequence[Image]:
        """Return the images of that name (to resume after a crash)."""

    @abc.abstractmethod
    def create_snapshot(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
    ) -> str:
        """Begin a snapshot of a volume in use; return its id."""

    @abc.abstractmethod
    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Return one snapshot as it is now."""

    @abc.abstractmethod
    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot; one that is gone already is no error."""

    @abc.abstractmethod
    def find_snapshots(self, name: str) -> Sequence[Snapshot]:
        """Return the snapshots of that name (to resume after a crash)."""

    @abc.abstractmethod
    def image_from_snapshot(self, snapshot_id: str, name: str) -> str:
        """Begin an image of a snapshot's content; return the image's id.

        A volume-backed server takes a checkpoint back by a rebuild, and
        Nova's rebuild wants an image.
        """

    @abc.abstractmethod
    def copy_volume(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
        snapshot_id: str | None = None,
    ) -> str:
        """Make a volume like that one, to boot from; return its id.

        It has that one's size and type, and what that one had when it was
        made of an image; without such an image, what is on it now. It
        belongs to NHAM's own project.

        :param snapshot_id: the snapshot that it is to be made of instead.

        :raises Conflict: it is being made; ask again.
        :raises Refused: it cannot be made.
        """

    @abc.abstractmethod
    def volume(self, volume_id: str) -> Volume:
        """Return one volume as it is now."""

    @abc.abstractmethod
    def find_volumes(self, name: str) -> Sequence[Volume]:
        """Return the volumes of that name (to resume after a crash)."""

    @abc.abstractmethod
    def volumes_of(self, snapshot_id: str) -> Sequence[Volume]:
        """Return the volumes that were made of a snapshot.

        Many backends cannot delete it before them, and some say so to
        nobody.
        """

    @abc.abstractmethod
    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume; one that is gone already is no error.

        :raises Conflict: a server has it, it is being made, or snapshots
            of it are left.
        """

    def reimage_trouble(self, volume_id: str) -> str:
        """Return why a rebuild cannot bring a root volume back.

        Empty if it can, which is what most backends do.
        """
        return ""
