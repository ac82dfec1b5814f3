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

"""The VIM's storage is Glance's and Cinder's.

Sources: the API references of the services. The calls are made as NHAM's
own admin, who sees and may change what belongs to any project.
"""

from __future__ import annotations

from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import lookups
from nham.adapters.vim import network_base
from nham.adapters.vim import records
from nham.adapters.vim import storage_base
from nham.adapters.vim import transfer
from nham.adapters.vim import volumes

SNAPSHOT = "3.0"
"""``force`` allows a snapshot of a volume in use."""
NOT_NOW = ("Invalid volume: ", "Invalid snapshot: ")
"""A volume or snapshot that is busy with something else."""
_PATCH = "application/openstack-images-v2.1-json-patch"


class GlanceAndCinder(storage_base.Storage):
    """Glance and Cinder of one region."""

    def __init__(self, glance: rest.Rest, cinder: rest.Rest) -> None:
        self._glance = glance
        self._cinder = cinder
        self._backends = lookups.Backends(cinder)
        self._transfer = transfer.SnapshotToImage(cinder, self)
        self._volumes = volumes.VolumeCopies(cinder, self._backends, self)

    # -- images

    def image(self, image_id: str) -> storage_base.Image:
        """See base class."""
        return records.image(self._glance.get(f"/images/{image_id}"))

    def share_image(self, image_id: str, project_id: str) -> None:
        """See base class."""
        change = [{"op": "replace", "path": "/owner", "value": project_id}]
        self._glance.send(
            "PATCH",
            f"/images/{image_id}",
            json=change,
            headers={"Content-Type": _PATCH},
        )

    def delete_image(self, image_id: str) -> None:
        """See base class."""
        self._glance.delete(f"/images/{image_id}")

    def find_images(self, name: str) -> Sequence[storage_base.Image]:
        """See base class."""
        body = self._glance.get("/images", params={"name": name})
        return [records.image(one) for one in body["images"]]

    # -- volumes

    def create_snapshot(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
    ) -> str:
        """See base class."""
        wish = {
            "volume_id": volume_id,
            "name": name,
            "description": description,
            "force": True,
        }
        body = self._cinder.post(
            "/snapshots", {"snapshot": wish}, microversion=SNAPSHOT
        )
        return str(body["snapshot"]["id"])

    def snapshot(self, snapshot_id: str) -> storage_base.Snapshot:
        """See base class."""
        body = self._cinder.get(f"/snapshots/{snapshot_id}")
        return records.snapshot(body["snapshot"])

    def delete_snapshot(self, snapshot_id: str) -> None:
        """See base class; one that is being deleted is no error either.

        :raises errors.Conflict: it is still being made, or read.
        """
        url = f"/snapshots/{snapshot_id}"
        try:
            self._cinder.delete(url)
        except errors.Conflict:
            status = self._snapshot_status(snapshot_id)
            if status == "error_deleting":
                # It failed once, as when the server was busy just then.
                reset = {"os-reset_status": {"status": "error"}}
                self._cinder.post(f"{url}/action", reset)
                self._cinder.delete(url)
            elif status != "deleting":
                raise

    def _snapshot_status(self, snapshot_id: str) -> str:
        try:
            return self.snapshot(snapshot_id).status
        except errors.NotFound:
            return "deleting"

    def find_snapshots(self, name: str) -> Sequence[storage_base.Snapshot]:
        """See base class."""
        body = self._cinder.get(
            "/snapshots/detail", params={"name": name, "all_tenants": "1"}
        )
        return [records.snapshot(one) for one in body["snapshots"]]

    def image_from_snapshot(self, snapshot_id: str, name: str) -> str:
        """See base class.

        :raises errors.Conflict: a step is under way; ask again.
        """
        return self._transfer.ask(snapshot_id, name)

    def copy_volume(
        self,
        volume_id: str,
        name: str,
        description: str = network_base.DESCRIPTION,
        snapshot_id: str | None = None,
    ) -> str:
        """See base class."""
        return self._volumes.ask(volume_id, name, description, snapshot_id)

    def volume(self, volume_id: str) -> storage_base.Volume:
        """See base class."""
        body = self._cinder.get(f"/volumes/{volume_id}")
        return records.volume(body["volume"])

    def find_volumes(self, name: str) -> Sequence[storage_base.Volume]:
        """See base class."""
        return self._all_volumes(name=name)

    def volumes_of(self, snapshot_id: str) -> Sequence[storage_base.Volume]:
        """See base class; an admin may ask Cinder for any field."""
        return self._all_volumes(snapshot_id=snapshot_id)

    def _all_volumes(self, **filters: str) -> list[storage_base.Volume]:
        body = self._cinder.get(
            "/volumes/detail", params={**filters, "all_tenants": "1"}
        )
        return [records.volume(one) for one in body["volumes"]]

    def delete_volume(self, volume_id: str) -> None:
        """See base class."""
        self._cinder.delete(f"/volumes/{volume_id}")

    def reimage_trouble(self, volume_id: str) -> str:
        """See base class."""
        body = self._cinder.get(f"/volumes/{volume_id}")
        return self._backends.trouble(body["volume"])
