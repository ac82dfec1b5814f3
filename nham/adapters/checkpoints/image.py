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

"""Checkpoints of a local disk: Nova's image of a server."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from nham.adapters import errors
from nham.adapters.checkpoints import base
from nham.adapters.vim import base as vim_base
from nham.core import model

KIND = "image"
_GONE = frozenset({"killed", "deleted", "pending_delete", "deactivated"})
"""Glance states from which an image never becomes active."""


class ImageEngine(base.CheckpointEngine):
    """Keeps the root disk of an image-backed server in Glance."""

    name = "image"
    occupies = True
    of_disk = True

    def begin(
        self, server: vim_base.Server, name: str, hold: int = 0
    ) -> tuple[model.Artifact, ...]:
        """See base class.

        :raises errors.Refused: the server's disk is a volume: Nova's
            image would hold nothing.
        """
        if server.volume_backed:
            raise errors.Refused("a volume-backed server has no local disk")
        known = self.vim.find_images(name)
        alive = [one for one in known if one.status not in _GONE]
        if alive:
            image_id = alive[0].id
        else:
            image_id = self.vim.create_image(server.id, name)
        return (model.Artifact(kind=KIND, id=image_id),)

    def find(self, name: str) -> tuple[model.Artifact, ...]:
        """See base class."""
        return tuple(
            model.Artifact(kind=KIND, id=image.id)
            for image in self.vim.find_images(name)
        )

    def look(
        self, artifacts: Sequence[model.Artifact]
    ) -> tuple[model.Artifact, ...] | None:
        """See base class."""
        parts = [self._look(artifact) for artifact in artifacts]
        whole = tuple(part for part in parts if part is not None)
        return whole if len(whole) == len(parts) else None

    def _look(self, artifact: model.Artifact) -> model.Artifact | None:
        try:
            image = self.vim.image(artifact.id)
        except errors.NotFound as failure:
            raise errors.Refused(f"image {artifact.id} is gone") from failure
        if image.status in _GONE:
            raise errors.Refused(f"image {artifact.id} is {image.status}")
        if image.status != "active" or image.digest is None:
            return None
        return dataclasses.replace(
            artifact, digest=image.digest, size=image.size
        )

    def usable(self, checkpoint: model.Checkpoint) -> str:
        """See base class."""
        for artifact in checkpoint.artifacts:
            try:
                image = self.vim.image(artifact.id)
            except errors.NotFound:
                return f"image {artifact.id} is gone"
            if image.status != "active":
                return f"image {artifact.id} is {image.status}"
            if not artifact.digest or image.digest != artifact.digest:
                return f"image {artifact.id} is not what was saved"
        return "" if checkpoint.artifacts else "it has no parts"

    def restore_image(self, checkpoint: model.Checkpoint) -> str | None:
        """See base class."""
        return checkpoint.artifacts[0].id

    def underlies(
        self, checkpoint: model.Checkpoint, server: vim_base.Server
    ) -> bool:
        """See base class."""
        return server.image_id in {part.id for part in checkpoint.artifacts}

    def delete(self, artifacts: Sequence[model.Artifact]) -> None:
        """See base class."""
        for artifact in artifacts:
            self.vim.delete_image(artifact.id)
