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

"""The VIM as NHAM needs it: servers and hosts, its storage and network.

Each call returns at once with what the cloud says now; nothing here
waits. Waiting is the recovery runner's work, because only it knows the
clock and the deadline.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses

from nham.adapters.vim import network_base
from nham.adapters.vim import storage_base


@dataclasses.dataclass(frozen=True, kw_only=True)
class Address:
    """One address of a server.

    :ivar kind: ``fixed`` or ``floating``.
    """

    network: str
    ip: str
    kind: str = "fixed"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Server:
    """One Nova server.

    :ivar status: Nova's status, e.g. ``ACTIVE``, ``SHUTOFF``, ``ERROR``.
    :ivar image_id: None for a volume-backed server.
    :ivar affinity: it is in a server group with an affinity policy.
    :ivar tags: Nova's words of the operator's, and of ours.
    :ivar metadata: what its makers wrote into its record, key by key.
    """

    id: str
    name: str
    status: str
    host: str | None
    project_id: str = ""
    task_state: str | None = None
    image_id: str | None = None
    addresses: tuple[Address, ...] = ()
    volumes: tuple[str, ...] = ()
    affinity: bool = False
    tags: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()

    @property
    def volume_backed(self) -> bool:
        """Its root disk is a Cinder volume."""
        return self.image_id is None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerAction:
    """One entry of a server's action log.

    :ivar user_id: who asked; None when Nova did it by itself.
    :ivar at: seconds since the epoch.
    """

    action: str
    at: float
    user_id: str | None = None
    request_id: str | None = None
    failed: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class ComputeService:
    """The nova-compute service of one host.

    :ivar up: Nova counts on it: it reported lately and is not forced down.
    :ivar seen_at: its last report, seconds since the epoch; it goes on
        moving while the service is forced down. A write of forced_down
        moves it once, too.
    :ivar address: the host's address in the management network.
    """

    host: str
    up: bool
    forced_down: bool = False
    enabled: bool = True
    address: str | None = None
    seen_at: float | None = None


class Vim(storage_base.Storage, network_base.Network):
    """What a recovery may ask of a cloud.

    Every method may raise the errors of ``nham.adapters.errors``.
    """

    @abc.abstractmethod
    def server(self, server_id: str) -> Server:
        """Return one server as it is now."""

    @abc.abstractmethod
    def changed_servers(self, since: float | None) -> Sequence[Server]:
        """Return the servers that changed since then (deleted ones too).

        A deleted server has the status ``DELETED``. None means all.
        """

    @abc.abstractmethod
    def actions(self, server_id: str) -> Sequence[ServerAction]:
        """Return the server's action log, newest first."""

    @abc.abstractmethod
    def is_over(self, server_id: str, action: ServerAction) -> bool:
        """Say whether Nova has done all that belongs to an action.

        A server that was off is ACTIVE, without a task, for a moment of its
        rebuild or evacuation; then Nova stops it.
        """

    @abc.abstractmethod
    def services(self) -> Sequence[ComputeService]:
        """Return the compute services of all hosts."""

    @abc.abstractmethod
    def force_down(self, host: str, forced: bool) -> None:
        """Force the host's compute service down, or lift that.

        :raises Conflict: servers were evacuated from the host, and its
            nova-compute has not started since to remove their guests.
        """

    @abc.abstractmethod
    def reboot(self, server_id: str, hard: bool) -> None:
        """Ask for a reboot."""

    @abc.abstractmethod
    def start(self, server_id: str) -> None:
        """Ask for a stopped server to be started."""

    @abc.abstractmethod
    def stop(self, server_id: str) -> None:
        """Ask for a server to be stopped."""

    @abc.abstractmethod
    def reset_state(self, server_id: str) -> None:
        """Set the server to ERROR, which clears a stuck task."""

    @abc.abstractmethod
    def rebuild(self, server_id: str, image_id: str) -> None:
        """Ask for the root disk to be made anew from an image."""

    @abc.abstractmethod
    def evacuate(
        self,
        server_id: str,
        host: str | None = None,
        forced: bool = False,
        start: bool = True,
    ) -> None:
        """Ask for the server to be made anew on another host, and started.

        :param host: where to; the server goes to ERROR if the scheduler does
            not let it go there. None: the scheduler chooses.
        :param forced: skip the scheduler (affinity groups need it).
        :param start: False leaves it SHUTOFF, so that a rebuild need not
            wait for a guest whose state is going to be replaced; with
            ``forced``, or out of ERROR, it starts all the same.
        """

    @abc.abstractmethod
    def delete_server(self, server_id: str, with_volume: bool = False) -> None:
        """Delete a server; its ports and volumes stay.

        :param with_volume: one that was made for it alone goes with it.
        """

    @abc.abstractmethod
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
        """Ask for a server like that one on exactly that host.

        It has that one's flavor, user data and metadata, and belongs to
        NHAM's own project. Volumes are not copied with it.

        :param port_ids: its ports; their networks are given to its
            interfaces in that one's order.
        :param image_id: what it boots from; None: as that one did.
        :param volume_id: what it boots from, and what goes with it when it
            is deleted, if that one boots from a volume.
        :returns: its id; it goes to ERROR if the host cannot take it.
        :raises Refused: that one boots from a volume and none is given,
            or what it was made of is gone.
        """

    @abc.abstractmethod
    def tag_server(self, server_id: str, tags: Sequence[str]) -> None:
        """Give a server these tags in place of all that it has.

        :raises Conflict: it is being made or removed, or is broken.
        """

    @abc.abstractmethod
    def find_servers(self, name: str) -> Sequence[Server]:
        """Return the servers of that name (to resume after a crash)."""

    @abc.abstractmethod
    def create_image(self, server_id: str, name: str) -> str:
        """Begin an image of the server's disk; return the image's id."""
