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

"""From the JSON of Nova, Glance, Cinder and Neutron to NHAM's records."""

from __future__ import annotations

from collections.abc import Mapping
import datetime
from typing import Any

from nham.adapters.vim import base
from nham.adapters.vim import network_base
from nham.adapters.vim import storage_base

GIGABYTE = 1024**3

Json = Mapping[str, Any]


def epoch(text: str) -> float:
    """Return the seconds since the epoch of a time in UTC."""
    moment = datetime.datetime.fromisoformat(text.removesuffix("Z"))
    return moment.replace(tzinfo=datetime.UTC).timestamp()


def iso(seconds: float) -> str:
    """Return a time as Nova reads it, rounded down to whole seconds.

    Nova's own times have no fractions: a later fraction would hide a
    change of the same second.
    """
    moment = datetime.datetime.fromtimestamp(int(seconds), datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def addresses(networks: Json) -> tuple[base.Address, ...]:
    """Return the addresses of a server, network by network."""
    return tuple(
        base.Address(
            network=network,
            ip=one["addr"],
            kind=one.get("OS-EXT-IPS:type", "fixed"),
        )
        for network, found in networks.items()
        for one in found
    )


def server(body: Json, affinity: bool) -> base.Server:
    """Return a server; Nova gives ``''`` for the image of a volume."""
    volumes = body.get("os-extended-volumes:volumes_attached", ())
    return base.Server(
        id=body["id"],
        name=body.get("name", ""),
        status=body["status"],
        host=body.get("OS-EXT-SRV-ATTR:host"),
        project_id=body.get("tenant_id", ""),
        task_state=body.get("OS-EXT-STS:task_state"),
        image_id=body["image"]["id"] if body.get("image") else None,
        addresses=addresses(body.get("addresses", {})),
        volumes=tuple(volume["id"] for volume in volumes),
        affinity=affinity,
        tags=tuple(body.get("tags", ())),
        metadata=tuple(sorted(body.get("metadata", {}).items())),
    )


def action(body: Json) -> base.ServerAction:
    """Return an entry of the action log."""
    return base.ServerAction(
        action=body["action"],
        at=epoch(body["start_time"]),
        user_id=body.get("user_id"),
        request_id=body.get("request_id"),
        failed=body.get("message") == "Error",
    )


def service(body: Json, address: str | None) -> base.ComputeService:
    """Return the compute service of a host.

    ``updated_at`` is its last report, forced down or not; the write of
    forced_down itself moves it too, once (source:
    ``nova/servicegroup/drivers/db.py``, ``updated_time``).
    """
    seen = body.get("updated_at")
    return base.ComputeService(
        host=body["host"],
        up=body["state"] == "up",
        forced_down=bool(body.get("forced_down")),
        enabled=body["status"] == "enabled",
        address=address,
        seen_at=epoch(seen) if seen else None,
    )


def image(body: Json) -> storage_base.Image:
    """Return an image; its digest names the algorithm, too."""
    value = body.get("os_hash_value")
    digest = f"{body.get('os_hash_algo')}:{value}" if value else None
    return storage_base.Image(
        id=body["id"],
        status=body["status"],
        size=body.get("size") or 0,
        digest=digest,
    )


def snapshot(body: Json) -> storage_base.Snapshot:
    """Return a snapshot; Cinder counts in gigabytes."""
    return storage_base.Snapshot(
        id=body["id"],
        status=body["status"],
        volume_id=body["volume_id"],
        size=int(body.get("size") or 0) * GIGABYTE,
        description=body.get("description") or "",
    )


def volume(body: Json) -> storage_base.Volume:
    """Return a volume; Cinder notes its image when it writes it."""
    metadata = body.get("volume_image_metadata") or {}
    return storage_base.Volume(
        id=body["id"],
        status=body["status"],
        description=body.get("description") or "",
        image_id=metadata.get("image_id"),
        snapshot_id=body.get("snapshot_id"),
    )


def port(body: Json) -> network_base.Port:
    """Return a port; routers and DHCP are bound to what is no server."""
    bound = body.get("device_owner", "").startswith("compute:")
    return network_base.Port(
        id=body["id"],
        network_id=body["network_id"],
        addresses=tuple(one["ip_address"] for one in body["fixed_ips"]),
        enabled=bool(body["admin_state_up"]),
        server_id=body["device_id"] if bound else None,
        description=body.get("description") or "",
    )


def floating_ip(body: Json) -> network_base.FloatingIp:
    """Return a floating IP."""
    return network_base.FloatingIp(
        id=body["id"],
        ip=body["floating_ip_address"],
        port_id=body.get("port_id"),
    )
