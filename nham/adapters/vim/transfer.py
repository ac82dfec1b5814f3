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

"""From a snapshot to an image, in steps that can be resumed by name.

Cinder cannot upload a snapshot, only a volume. So a volume is made in
between, uploaded, and removed. All three bear the same name: whoever asks
again, after a crash too, finds how far it is.
"""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import records
from nham.adapters.vim import storage_base


class SnapshotToImage:
    """Makes images of snapshots, one step at each call."""

    def __init__(
        self, cinder: rest.Rest, storage: storage_base.Storage
    ) -> None:
        self._cinder = cinder
        self._storage = storage

    def ask(self, snapshot_id: str, name: str) -> str:
        """Do the next step; return the image's id once there is one.

        :raises errors.Conflict: the volume in between is not ready, or
            not yet free to be removed; ask again.
        :raises errors.Refused: the volume could not be made.
        """
        volume = self._volume(name)
        images = self._storage.find_images(name)
        if images:
            if images[0].status == "active" and volume is not None:
                self._remove(volume)
            return images[0].id
        if volume is None:
            self._make_volume(snapshot_id, name)
            raise errors.Conflict("the volume in between is being made")
        if volume["status"].startswith("error"):
            self._remove(volume)
            raise errors.Refused(f"volume in between: {volume['status']}")
        if volume["status"] != "available":
            raise errors.Conflict(f"volume in between: {volume['status']}")
        return self._upload(volume["id"], name)

    def _volume(self, name: str) -> dict[str, Any] | None:
        body = self._cinder.get(
            "/volumes/detail", params={"name": name, "all_tenants": "1"}
        )
        volumes: list[dict[str, Any]] = body["volumes"]
        alive = [one for one in volumes if one["status"] != "deleting"]
        return alive[0] if alive else None

    def _make_volume(self, snapshot_id: str, name: str) -> None:
        size = self._storage.snapshot(snapshot_id).size // records.GIGABYTE
        wish = {"snapshot_id": snapshot_id, "name": name, "size": size}
        self._cinder.post("/volumes", {"volume": wish})

    def _upload(self, volume_id: str, name: str) -> str:
        wish = {
            "image_name": name,
            "disk_format": "qcow2",
            "container_format": "bare",
        }
        body = self._cinder.post(
            f"/volumes/{volume_id}/action", {"os-volume_upload_image": wish}
        )
        return str(body["os-volume_upload_image"]["image_id"])

    def _remove(self, volume: dict[str, Any]) -> None:
        if volume["status"] == "uploading":
            raise errors.Conflict("the volume in between is still read")
        self._cinder.delete(f"/volumes/{volume['id']}")
