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
from nham.adapters.vim import storage

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
NOT_NOW_NOVA = ("is still in use", "Unable to force up")
"""An evacuation before the host's service counts as down; a lift of
forced_down before nova-compute has removed the evacuated guests."""


class OpenStackVim(network.Neutron, storage.GlanceAndCinder, base.Vim):
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
        network.Neutron.__init__(self, neutron, cloud.session.get_project_id)
        storage.GlanceAndCinder.__init__(
            self,
            rest.Rest(lambda: cloud.image, timeout),
            rest.Rest(
                lambda: cloud.block_storage, timeout, not_now=storage.NOT_NOW
            ),
        )
        self._nova = rest.Rest(
            lambda: cloud.compute, timeout, not_now=NOT_NOW_NOVA
        )
        self._affinity = lookups.Affinity(self._nova)
        self._addresses = lookups.HostAddresses(
            self._nova, time or clock.SystemClock()
        )
        self._copies = copies.Copies(self._nova, neutron)

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

    def is_over(self, server_id: str, action: base.ServerAction) -> bool:
        """See base class."""
        body = self._nova.get(
            f"/servers/{server_id}/os-instance-actions/{action.request_id}",
            microversion=ACTIONS,
        )
        events = body["instanceAction"].get("events", ())
        return all(one["finish_time"] for one in events)

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
        host: str | None = None,
        forced: bool = False,
        start: bool = True,
    ) -> None:
        """See base class.

        :raises errors.Conflict: the service of its host is not down yet.
        """
        body: dict[str, Any] = {} if host is None else {"host": host}
        version = EVACUATE if start else EVACUATE_STOPPED
        if forced:
            body["force"], version = True, EVACUATE_FORCED
        self._act(server_id, "evacuate", body, version)

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

    def create_image(self, server_id: str, name: str) -> str:
        """See base class."""
        body = self._act(server_id, "createImage", {"name": name}, IMAGE)
        return str(body["image_id"])

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
