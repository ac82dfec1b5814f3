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

"""Servers like another one, on a host of choice."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from nham.adapters import errors
from nham.adapters import rest

READ = "2.46"
"""The last one whose servers name their flavor by its id."""
CREATE = "2.74"
"""A server may be asked for on one host."""
KEYS = "2.2"

Json = Mapping[str, Any]


class Copies:
    """Makes servers of what Nova tells of others."""

    def __init__(self, nova: rest.Rest, neutron: rest.Rest) -> None:
        self._nova = nova
        self._neutron = neutron

    def ask(
        self,
        server_id: str,
        name: str,
        host: str,
        port_ids: Sequence[str],
        image_id: str | None,
        tags: Sequence[str] = (),
        volume_id: str | None = None,
    ) -> str:
        """Ask for a copy; return its id.

        :raises errors.Refused: the server boots from a volume, and there
            is none to boot from.
        """
        body = self._nova.get(f"/servers/{server_id}", microversion=READ)
        like: Json = body["server"]
        wish = {
            "name": name,
            "host": host,
            "flavorRef": like["flavor"]["id"],
            **_root(like, image_id, volume_id),
            "metadata": like["metadata"],
            "tags": list(tags),
            "config_drive": bool(like.get("config_drive")),
            "networks": [
                {"port": one} for one in self._in_order(like, port_ids)
            ],
        }
        user_data = like.get("OS-EXT-SRV-ATTR:user_data")
        if user_data:
            wish["user_data"] = user_data
        if self._key_is_ours(like):
            wish["key_name"] = like["key_name"]
        made = self._nova.post(
            "/servers", {"server": wish}, microversion=CREATE
        )
        return str(made["server"]["id"])

    def _key_is_ours(self, like: Json) -> bool:
        """Say whether the copy can have the server's key.

        Nova takes a key of whoever asks only. One of the same name that
        is not the key of the server's user would let a stranger in.
        """
        name = like.get("key_name")
        if not name:
            return False
        try:
            body = self._nova.get(f"/os-keypairs/{name}", microversion=KEYS)
        except errors.NotFound:
            return False
        return bool(body["keypair"]["user_id"] == like["user_id"])

    def _in_order(self, like: Json, port_ids: Sequence[str]) -> list[str]:
        """Return ports so that their networks come as the server's do.

        A guest knows its interfaces by their order, and Neutron has none.
        """
        if len(port_ids) < 2:
            return list(port_ids)
        networks = {
            one["mac_address"]: one["network_id"]
            for one in self._ports(device_id=like["id"])
        }
        wanted = [
            networks.get(one["OS-EXT-IPS-MAC:mac_addr"])
            for found in like["addresses"].values()
            for one in found
        ]
        network_of = {
            one["id"]: one["network_id"]
            for one in self._ports(id=list(port_ids))
        }

        def place(port_id: str) -> int:
            network = network_of.get(port_id)
            return wanted.index(network) if network in wanted else len(wanted)

        return sorted(port_ids, key=place)

    def _ports(self, **filters: Any) -> list[dict[str, Any]]:
        body = self._neutron.get("/ports", params=filters)
        ports: list[dict[str, Any]] = body["ports"]
        return ports


def _root(
    like: Json, image_id: str | None, volume_id: str | None
) -> dict[str, Any]:
    """Return what a copy boots from, as Nova asks for it."""
    if like["image"]:
        return {"imageRef": image_id or like["image"]["id"]}
    if volume_id is None:
        raise errors.Refused(f"server {like['id']} boots from a volume")
    disk = {
        "boot_index": 0,
        "uuid": volume_id,
        "source_type": "volume",
        "destination_type": "volume",
        "delete_on_termination": True,
    }
    return {"imageRef": "", "block_device_mapping_v2": [disk]}
