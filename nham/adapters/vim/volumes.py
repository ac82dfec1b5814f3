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

"""Volumes like another one, in steps that can be resumed by name.

The volume, and the snapshot that it may need in between, bear the same
name: whoever asks again, after a crash too, finds how far it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import lookups
from nham.adapters.vim import storage_base

#: Cinder makes a volume, and then fills it.
_MAKING = ("creating", "downloading")


class VolumeCopies:
    """Makes volumes of what Cinder tells of others, one step at each call."""

    def __init__(
        self,
        cinder: rest.Rest,
        backends: lookups.Backends,
        storage: storage_base.Storage,
    ) -> None:
        self._cinder = cinder
        self._backends = backends
        self._storage = storage

    def ask(
        self,
        volume_id: str,
        name: str,
        description: str,
        snapshot_id: str | None = None,
    ) -> str:
        """Do the next step; return the volume's id once it is whole.

        :param snapshot_id: what it is made of, None: what that one was.
        :raises errors.Conflict: it is being made; ask again.
        :raises errors.Refused: it cannot be made.
        """
        for known in self._storage.find_volumes(name):
            if known.status.startswith("error"):
                self._storage.delete_volume(known.id)
                raise errors.Refused(f"volume {known.id}: {known.status}")
            if known.status in _MAKING:
                raise errors.Conflict(f"volume {known.id}: {known.status}")
            if known.status != "deleting":
                for snapshot in self._storage.find_snapshots(name):
                    self._storage.delete_snapshot(snapshot.id)
                return known.id
        like = self._cinder.get(f"/volumes/{volume_id}")["volume"]
        source = {"snapshot_id": snapshot_id}
        if snapshot_id is None:
            source = self._source(like, name, description)
        wish = {
            "name": name,
            "description": description,
            "size": like["size"],
            "volume_type": like.get("volume_type"),
            **source,
        }
        self._cinder.post("/volumes", {"volume": wish})
        raise errors.Conflict("the volume is being made")

    def _source(
        self, like: Mapping[str, Any], name: str, description: str
    ) -> dict[str, str | None]:
        """Return what the copy is made of.

        One that was made of another volume keeps the name of an image that
        it need not be like any more.
        """
        metadata = like.get("volume_image_metadata") or {}
        image_id = metadata.get("image_id")
        changed = like.get("snapshot_id") or like.get("source_volid")
        if image_id and not changed and self._usable(image_id):
            return {"imageRef": image_id}
        return {"snapshot_id": self._snapshot(like, name, description)}

    def _usable(self, image_id: str) -> bool:
        try:
            return self._storage.image(image_id).status == "active"
        except errors.NotFound:
            return False

    def _snapshot(
        self, like: Mapping[str, Any], name: str, description: str
    ) -> str:
        """Return a snapshot of the volume in use."""
        for known in self._storage.find_snapshots(name):
            if known.status == "available":
                return known.id
            if known.status.startswith("error"):
                self._storage.delete_snapshot(known.id)
                raise errors.Refused(f"snapshot {known.id}: {known.status}")
            raise errors.Conflict(f"snapshot {known.id}: {known.status}")
        trouble = self._backends.trouble(like)
        if trouble:
            # Its server would lose what it writes from now on.
            raise errors.Refused(
                f"volume {like['id']} was not made of an image that is "
                f"there, and is not to have a snapshot: {trouble}"
            )
        self._storage.create_snapshot(like["id"], name, description)
        raise errors.Conflict("a snapshot of the volume is being made")
