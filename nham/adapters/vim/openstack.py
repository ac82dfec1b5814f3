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

"""The VIM is an OpenStack cloud: Nova, Glance, Cinder and Neutron.

Calls are made through openstacksdk's proxies, which know the catalogue
and renew the token, and each with the microversion whose meaning NHAM
needs. Sources: the API references of the services.
"""

from __future__ import annotations

from collections.abc import Sequence
import re
from typing import Any

from openstack import connection

from nham.adapters import clock
from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import base
from nham.adapters.vim import copies
from nham.adapters.vim import lookups
from nham.adapters.vim import network
from nham.adapters.vim import records
from nham.adapters.vim import transfer
from nham.adapters.vim import volumes

READ = "2.53"
"""Reads: ids of services; older fields are all there."""
ACTIONS = "2.58"
IMAGE = "2.45"
"""createImage answers with the image's id."""
REBUILD = "2.93"
"""A rebuild makes the root volume of a volume-backed server anew."""
EVACUATE = "2.94"
"""The last one after which an evacuated server starts by itself."""
EVACUATE_STOPPED = "2.95"
EVACUATE_FORCED = "2.67"
"""The last one with ``force``: it skips the scheduler and its groups."""
KEEP_VOLUME = "2.85"
SNAPSHOT = "3.0"
"""``force`` allows a snapshot of a volume in use."""
NOT_NOW_NOVA = ("is still in use", "Unable to force up")
"""An evacuation before the host's service counts as down; a lift of
forced_down before nova-compute has removed the evacuated guests."""
NOT_NOW_CINDER = ("Invalid volume: ", "Invalid snapshot: ")
"""A volume or snapshot that is busy with something else."""
_PATCH = "application/openstack-images-v2.1-json-patch"


class OpenStackVim(network.Neutron, base.Vim):
    """Nova, Glance, Cinder and Neutron of one region.

    :param cloud: whose user may act for all projects (admin).
    :param timeout: seconds for a connection, and for each read.
    """

    def __init__(
        self,
        cloud: connection.Connection,
        timeout: float = rest.TIMEOUT,
        time: clock.Clock | None = None,
    ) -> None:
        # The session's own time-out is that of the calls to Keystone.
        cloud.session.timeout = timeout
        neutron = rest.Rest(lambda: cloud.network, timeout)
        super().__init__(neutron)
        self._nova = rest.Rest(
            lambda: cloud.compute, timeout, not_now=NOT_NOW_NOVA
        )
        self._glance = rest.Rest(lambda: cloud.image, timeout)
        self._cinder = rest.Rest(
            lambda: cloud.block_storage, timeout, not_now=NOT_NOW_CINDER
        )
        self._affinity = lookups.Affinity(self._nova)
        self._addresses = lookups.HostAddresses(
            self._nova, time or clock.SystemClock()
        )
        self._backends = lookups.Backends(self._cinder)
        self._transfer = transfer.SnapshotToImage(self._cinder, self)
        self._copies = copies.Copies(self._nova, neutron)
        self._volumes = volumes.VolumeCopies(
            self._cinder, self._backends, self
        )

    # -- servers

    def server(self, server_id: str) -> base.Server:
        """See base class."""
        body = self._nova.get(f"/servers/{server_id}", microversion=READ)
        self._affinity.learn([server_id])
        found = body["server"]
        _root_first(found, self._attachments)
        return records.server(found, self._affinity.tied(server_id))

    def _attachments(self, server_id: str) -> list[dict[str, Any]]:
        body = self._nova.get(f"/servers/{server_id}/os-volume_attachments")
        attachments: list[dict[str, Any]] = body["volumeAttachments"]
        return attachments

    def changed_servers(self, since: float | None) -> Sequence[base.Server]:
        """See base class."""
        if since is None:
            return self._servers({})
        return self._servers({"changes-since": records.iso(since)})

    def find_servers(self, name: str) -> Sequence[base.Server]:
        """See base class; Nova itself takes the name for a pattern."""
        found = self._servers({"name": f"^{re.escape(name)}$"})
        return [one for one in found if one.name == name]

    def _servers(self, filters: dict[str, str]) -> list[base.Server]:
        params = {"all_tenants": "1", **filters}
        found: list[dict[str, Any]] = []
        while True:
            body = self._nova.get(
                "/servers/detail", params=params, microversion=READ
            )
            found += body["servers"]
            if not body.get("servers_links"):
                break
            params["marker"] = body["servers"][-1]["id"]
        gone = {one["id"] for one in found if one["status"] == "DELETED"}
        self._affinity.forget(gone)
        self._affinity.learn({one["id"] for one in found} - gone)
        return [
            records.server(one, self._affinity.tied(one["id"]))
            for one in found
        ]

    def actions(self, server_id: str) -> Sequence[base.ServerAction]:
        """See base class."""
        body = self._nova.get(
            f"/servers/{server_id}/os-instance-actions", microversion=ACTIONS
        )
        found = [records.action(one) for one in body["instanceActions"]]
        return sorted(found, key=lambda one: one.at, reverse=True)

    def _act(
        self, server_id: str, action: str, body: Any, version: str = READ
    ) -> Any:
        return self._nova.post(
            f"/servers/{server_id}/action",
            {action: body},
            microversion=version,
        )

    def reboot(self, server_id: str, hard: bool) -> None:
        """See base class."""
        kind = "HARD" if hard else "SOFT"
        self._act(server_id, "reboot", {"type": kind})

    def start(self, server_id: str) -> None:
        """See base class."""
        self._act(server_id, "os-start", None)

    def stop(self, server_id: str) -> None:
        """See base class."""
        self._act(server_id, "os-stop", None)

    def reset_state(self, server_id: str) -> None:
        """See base class."""
        self._act(server_id, "os-resetState", {"state": "error"})

    def rebuild(self, server_id: str, image_id: str) -> None:
        """See base class."""
        self._act(server_id, "rebuild", {"imageRef": image_id}, REBUILD)

    def evacuate(
        self,
        server_id: str,
        force_host: str | None = None,
        start: bool = True,
    ) -> None:
        """See base class.

        :raises errors.Conflict: the service of its host is not down yet.
        """
        if force_host is None:
            version = EVACUATE if start else EVACUATE_STOPPED
            self._act(server_id, "evacuate", {}, version)
        else:
            body = {"host": force_host, "force": True}
            self._act(server_id, "evacuate", body, EVACUATE_FORCED)

    def delete_server(self, server_id: str, with_volume: bool = False) -> None:
        """See base class.

        A volume that Nova would delete with the server is kept first; a
        port that Nova made itself goes with it and cannot be kept.
        """
        attached = [] if with_volume else self._attachments(server_id)
        for volume in attached:
            if volume.get("delete_on_termination"):
                self._keep(server_id, volume["volumeId"])
        self._nova.send("DELETE", f"/servers/{server_id}")

    def _keep(self, server_id: str, volume_id: str) -> None:
        body = {"volumeId": volume_id, "delete_on_termination": False}
        self._nova.send(
            "PUT",
            f"/servers/{server_id}/os-volume_attachments/{volume_id}",
            json={"volumeAttachment": body},
            microversion=KEEP_VOLUME,
        )

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
        """See base class.

        It has the server's key only if that is a key of NHAM's own user.
        """
        return self._copies.ask(
            server_id, name, host, port_ids, image_id, tags, volume_id
        )

    def tag_server(self, server_id: str, tags: Sequence[str]) -> None:
        """See base class."""
        self._nova.send(
            "PUT",
            f"/servers/{server_id}/tags",
            json={"tags": list(tags)},
            microversion=READ,
        )

    # -- hosts

    def _services(self, **filters: str) -> list[dict[str, Any]]:
        body = self._nova.get(
            "/os-services",
            params={"binary": "nova-compute", **filters},
            microversion=READ,
        )
        services: list[dict[str, Any]] = body["services"]
        return services

    def services(self) -> Sequence[base.ComputeService]:
        """See base class."""
        found = self._services()
        addresses = self._addresses.of([one["host"] for one in found])
        return [
            records.service(one, addresses.get(one["host"])) for one in found
        ]

    def force_down(self, host: str, forced: bool) -> None:
        """See base class."""
        found = self._services(host=host)
        if not found:
            raise errors.NotFound(f"no nova-compute on host {host}")
        self._nova.send(
            "PUT",
            f"/os-services/{found[0]['id']}",
            json={"forced_down": forced},
            microversion=READ,
        )

    # -- images

    def create_image(self, server_id: str, name: str) -> str:
        """See base class."""
        body = self._act(server_id, "createImage", {"name": name}, IMAGE)
        return str(body["image_id"])

    def image(self, image_id: str) -> base.Image:
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

    def find_images(self, name: str) -> Sequence[base.Image]:
        """See base class."""
        body = self._glance.get("/images", params={"name": name})
        return [records.image(one) for one in body["images"]]

    # -- volumes

    def create_snapshot(
        self, volume_id: str, name: str, description: str = base.DESCRIPTION
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

    def snapshot(self, snapshot_id: str) -> base.Snapshot:
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

    def find_snapshots(self, name: str) -> Sequence[base.Snapshot]:
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
        self, volume_id: str, name: str, description: str = base.DESCRIPTION
    ) -> str:
        """See base class."""
        return self._volumes.ask(volume_id, name, description)

    def find_volumes(self, name: str) -> Sequence[base.Volume]:
        """See base class."""
        body = self._cinder.get(
            "/volumes/detail", params={"name": name, "all_tenants": "1"}
        )
        return [records.volume(one) for one in body["volumes"]]

    def delete_volume(self, volume_id: str) -> None:
        """See base class."""
        self._cinder.delete(f"/volumes/{volume_id}")

    def reimage_trouble(self, volume_id: str) -> str:
        """See base class."""
        body = self._cinder.get(f"/volumes/{volume_id}")
        return self._backends.trouble(body["volume"])


def _root_first(body: dict[str, Any], attachments: Any) -> None:
    """Put the root volume first, where there are several."""
    key = "os-extended-volumes:volumes_attached"
    volumes = body.get(key, [])
    if len(volumes) < 2:
        return
    root = body.get("OS-EXT-SRV-ATTR:root_device_name")
    devices = {
        one["volumeId"]: one.get("device") for one in attachments(body["id"])
    }
    volumes.sort(key=lambda one: devices.get(one["id"]) != root)
