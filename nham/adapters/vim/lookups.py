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

"""What a cloud says seldom: affinity groups, addresses, backends.

All are read when something unknown shows up, and not at each poll.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
import threading
from typing import Any

from nham.adapters import clock
from nham.adapters import errors
from nham.adapters import rest

GROUPS_VERSION = "2.64"
"""First microversion whose server groups have one ``policy``."""
HYPERVISORS_VERSION = "2.53"
PAGE = 1000


class Affinity:
    """Which servers are in a group whose policy is ``affinity``.

    A server is put into its group when it is made, and stays there, so a
    server that was looked up once need not be looked up again.
    """

    def __init__(self, nova: rest.Rest) -> None:
        self._nova = nova
        self._lock = threading.Lock()
        self._known: dict[str, bool] = {}

    def learn(self, server_ids: Collection[str]) -> None:
        """Make sure that these servers are known; forget no other."""
        with self._lock:
            unknown = [one for one in server_ids if one not in self._known]
            if unknown:
                members = self._members()
                for server_id in unknown:
                    self._known[server_id] = server_id in members

    def forget(self, server_ids: Collection[str]) -> None:
        """Drop deleted servers."""
        with self._lock:
            for server_id in server_ids:
                self._known.pop(server_id, None)

    def tied(self, server_id: str) -> bool:
        """Say whether a learned server must stay with its group."""
        return self._known.get(server_id, False)

    def _members(self) -> set[str]:
        members: set[str] = set()
        offset = 0
        while True:
            groups = self._nova.get(
                "/os-server-groups",
                params={
                    "all_projects": "True",
                    "limit": PAGE,
                    "offset": offset,
                },
                microversion=GROUPS_VERSION,
            )["server_groups"]
            for group in groups:
                if group.get("policy") == "affinity":
                    members.update(group["members"])
            if len(groups) < PAGE:
                return members
            offset += PAGE


class HostAddresses:
    """The address of each compute host, as its hypervisor tells it.

    :param retry: seconds until a failed or fruitless look is repeated.
    """

    def __init__(
        self, nova: rest.Rest, time: clock.Clock, retry: float = 60.0
    ) -> None:
        self._nova = nova
        self._clock = time
        self._retry = retry
        self._next = 0.0
        self._known: dict[str, str] = {}

    def of(self, hosts: Collection[str]) -> dict[str, str]:
        """Return what is known of these hosts; never raises."""
        missing = any(host not in self._known for host in hosts)
        if missing and self._clock.monotonic() >= self._next:
            self._next = self._clock.monotonic() + self._retry
            try:
                self._refresh()
            except errors.AdapterError:
                # An address is only a help to the probes: the services
                # themselves are worth telling without it.
                return dict(self._known)
        return dict(self._known)

    def _refresh(self) -> None:
        found = self._nova.get(
            "/os-hypervisors/detail", microversion=HYPERVISORS_VERSION
        )
        for one in found["hypervisors"]:
            address = one.get("host_ip")
            if address:
                self._known[one["service"]["host"]] = address


class Backends:
    """What kind of backend a volume lies in.

    Cinder's drivers on file systems keep a snapshot as an overlay: what
    the guest uses is another file afterwards, for good. A rebuild writes
    the image into the first file all the same, and nobody is told that
    nothing was restored (``cinder/volume/drivers/remotefs.py``,
    ``copy_image_to_volume``; seen on the test cloud).
    """

    OVERLAYS = frozenset({"nfs", "nfs_4_1", "quobyte", "smbfs", "vzstorage"})

    def __init__(self, cinder: rest.Rest) -> None:
        self._cinder = cinder
        self._protocols: dict[str, str] = {}

    def trouble(self, volume: Mapping[str, Any]) -> str:
        """Return why a rebuild cannot bring the volume back, or nothing."""
        pool = volume.get("os-vol-host-attr:host") or ""
        if pool not in self._protocols:
            self._refresh()
        protocol = self._protocols.get(pool, "")
        if protocol.lower() in self.OVERLAYS:
            return f"a {protocol} backend cannot put an image back in place"
        return ""

    def _refresh(self) -> None:
        found = self._cinder.get(
            "/scheduler-stats/get_pools", params={"detail": "true"}
        )
        for pool in found["pools"]:
            protocol = pool["capabilities"].get("storage_protocol")
            if isinstance(protocol, list):
                # Drivers may name variants of one protocol.
                protocol = protocol[0] if protocol else ""
            self._protocols[pool["name"]] = str(protocol or "")
