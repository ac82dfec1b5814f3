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

"""Checkpoints of volumes: one Cinder snapshot of each.

The snapshots are taken one after another, so what the guest writes to
several volumes at once is only as ordered as those moments.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import itertools

from nham.adapters import errors
from nham.adapters.checkpoints import base
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import storage_base
from nham.core import model

KIND = "snapshot"


class VolumeEngine(base.CheckpointEngine):
    """Keeps the volumes of a server; the first part is the root disk's.

    A restore brings the root volume back. The other volumes are not
    touched by it: they survive whatever makes a rebuild necessary.
    """

    name = "volume"
    of_disk = True

    def unfit(self, server: vim_base.Server) -> str:
        """See base class.

        Where a volume cannot be put back in place its snapshots are no
        use, and on NFS what is written after one is lost by an evacuation.
        """
        root = next(iter(server.volumes), None)
        return self.vim.reimage_trouble(root) if root else "it has no volume"

    def begin(
        self, server: vim_base.Server, name: str, hold: int = 0
    ) -> tuple[model.Artifact, ...]:
        """See base class.

        :raises errors.Refused: the server has no root volume.
        """
        if not server.volume_backed or not server.volumes:
            raise errors.Refused("the server is not volume-backed")
        volumes = server.volumes
        if len(volumes) > 1:
            # Only the server by itself is sure to name its root first.
            volumes = self.vim.server(server.id).volumes
        return tuple(
            model.Artifact(
                kind=KIND,
                id=self._snapshot(volume_id, _snapshot_name(name, place)),
                volume_id=volume_id,
            )
            for place, volume_id in enumerate(volumes)
        )

    def _snapshot(self, volume_id: str, name: str) -> str:
        for known in self.vim.find_snapshots(name):
            if known.volume_id == volume_id and _alive(known):
                return known.id
        return self.vim.create_snapshot(volume_id, name)

    def find(self, name: str) -> tuple[model.Artifact, ...]:
        """See base class."""
        found: list[model.Artifact] = []
        for place in itertools.count():
            known = self.vim.find_snapshots(_snapshot_name(name, place))
            if not known:
                break
            found += [
                model.Artifact(kind=KIND, id=one.id, volume_id=one.volume_id)
                for one in known
            ]
        return tuple(reversed(found))

    def look(
        self, artifacts: Sequence[model.Artifact]
    ) -> tuple[model.Artifact, ...] | None:
        """See base class."""
        parts = [self._look(artifact) for artifact in artifacts]
        whole = tuple(part for part in parts if part is not None)
        return whole if len(whole) == len(parts) else None

    def _look(self, artifact: model.Artifact) -> model.Artifact | None:
        try:
            snapshot = self.vim.snapshot(artifact.id)
        except errors.NotFound as failure:
            raise errors.Refused(
                f"snapshot {artifact.id} is gone"
            ) from failure
        if not _alive(snapshot):
            raise errors.Refused(
                f"snapshot {artifact.id} is {snapshot.status}"
            )
        if snapshot.status != "available":
            return None
        return dataclasses.replace(
            artifact, digest=_word(snapshot), size=snapshot.size
        )

    def usable(self, checkpoint: model.Checkpoint) -> str:
        """See base class."""
        for artifact in checkpoint.artifacts:
            try:
                snapshot = self.vim.snapshot(artifact.id)
            except errors.NotFound:
                return f"snapshot {artifact.id} is gone"
            if snapshot.status != "available":
                return f"snapshot {artifact.id} is {snapshot.status}"
            if artifact.digest != _word(snapshot):
                return f"snapshot {artifact.id} is not what was saved"
        if not checkpoint.artifacts:
            return "it has no parts"
        root = checkpoint.artifacts[0].volume_id
        return self.vim.reimage_trouble(root) if root else "it has no root"

    def restore_image(self, checkpoint: model.Checkpoint) -> str | None:
        """See base class.

        The image is named after the snapshot, so that asking again finds
        it, and asking once more when it is whole tidies up behind it.
        """
        root = checkpoint.artifacts[0]
        try:
            image_id = self._image(root)
            if self.vim.image(image_id).status != "active":
                return None
            return self._image(root)
        except errors.Conflict:
            return None

    def _image(self, root: model.Artifact) -> str:
        return self.vim.image_from_snapshot(root.id, _image_name(root))

    def underlies(
        self, checkpoint: model.Checkpoint, server: vim_base.Server
    ) -> bool:
        """See base class.

        A volume may have been made of the snapshot itself, or have been
        written from the image that a restore makes of it.
        """
        root = checkpoint.artifacts[0]
        volume = self.vim.volume(server.volumes[0])
        images = self.vim.find_images(_image_name(root))
        return volume.snapshot_id == root.id or volume.image_id in {
            image.id for image in images
        }

    def needed(self, checkpoint: model.Checkpoint) -> bool:
        """See base class."""
        parts = checkpoint.artifacts
        return any(self.vim.volumes_of(part.id) for part in parts)

    def delete(self, artifacts: Sequence[model.Artifact]) -> None:
        """See base class; what a restore has made of it goes first.

        :raises errors.Conflict: a volume was made of it. Some backends
            let nobody know that they did not delete it.
        """
        for artifact in artifacts:
            for volume in self.vim.find_volumes(_image_name(artifact)):
                self.vim.delete_volume(volume.id)
            for image in self.vim.find_images(_image_name(artifact)):
                self.vim.delete_image(image.id)
            if self.vim.volumes_of(artifact.id):
                raise errors.Conflict(
                    f"volumes were made of snapshot {artifact.id}"
                )
            self.vim.delete_snapshot(artifact.id)


def _snapshot_name(name: str, place: int) -> str:
    return f"{name}-{place}"


def _image_name(artifact: model.Artifact) -> str:
    return f"nham-restore-{artifact.id}"


def _alive(snapshot: storage_base.Snapshot) -> bool:
    return not snapshot.status.startswith(("error", "delet"))


def _word(snapshot: storage_base.Snapshot) -> str:
    """Return all that Cinder says to tell one snapshot from another.

    It keeps no hash of the data.
    """
    return f"cinder:{snapshot.id}:{snapshot.volume_id}:{snapshot.size}"
