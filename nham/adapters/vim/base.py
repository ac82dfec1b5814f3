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

"""The VIM as NHAM needs it: compute, images, volumes, network.

Each call returns at once with what the cloud says now; nothing here
waits. Waiting is the recovery runner's work, because only it knows the
clock and the deadline.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses

DESCRIPTION = "nham"
"""What NHAM's own ports are described as, if nothing else is known."""


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Image:
    """One Glance image.

    :ivar digest: algorithm and hash of its data, None until it is active.
    """

    id: str
    status: str
    size: int = 0
    digest: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One Cinder snapshot; ``size`` in bytes."""

    id: str
    status: str
    volume_id: str
    size: int = 0
    description: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Volume:
    """One Cinder volume.

    :ivar status: Cinder's, e.g. ``creating``, ``available``, ``in-use``.
    """

    id: str
    status: str
    description: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Port:
    """One Neutron port.

    :ivar addresses: its fixed IP addresses.
    :ivar enabled: it is not administratively down.
    :ivar server_id: the server that it is bound to.
    :ivar description: what whoever made it wrote there.
    """

    id: str
    network_id: str
    addresses: tuple[str, ...] = ()
    enabled: bool = True
    server_id: str | None = None
    description: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FloatingIp:
    """One floating IP; ``port_id`` is None while it leads nowhere."""

    id: str
    ip: str
    port_id: str | None = None


class Network(abc.ABC):
    """The ports and the floating IPs of a cloud.

    Every method may raise the errors of ``nham.adapters.errors``.
    """

    @abc.abstractmethod
    def ports(self, server_id: str) -> Sequence[Port]:
        """Return the ports of a server, always in the same order."""

    @abc.abstractmethod
    def find_ports(self, name: str) -> Sequence[Port]:
        """Return the ports of that name (to resume after a crash)."""

    @abc.abstractmethod
    def port(self, port_id: str) -> Port:
        """Return one port as it is now."""

    @abc.abstractmethod
    def ports_with(self, network_id: str, address: str) -> Sequence[Port]:
        """Return the ports of a network that have a fixed address."""

    @abc.abstractmethod
    def give_address(self, port_id: str, address: str) -> None:
        """Give a port one more fixed address; one that it has is no error.

        :raises Conflict: another port has it.
        :raises Refused: no subnet of the port's network has it.
        """

    @abc.abstractmethod
    def take_address(self, port_id: str, address: str) -> None:
        """Take a fixed address from a port; no error if it has it not."""

    @abc.abstractmethod
    def allow_address(self, port_id: str, address: str) -> None:
        """Let the guest behind a port use an address that is not its own.

        One that it may use already is no error.

        :raises Refused: the port lets everything through, and so it cannot
            be told what else to let through.
        """

    @abc.abstractmethod
    def copy_port(
        self, port_id: str, name: str, description: str = DESCRIPTION
    ) -> str:
        """Make a port like that one, bound to nothing; return its id.

        It has the network, the subnets, the security groups and the port
        security of that one, one address of its own in each of those
        subnets, and is enabled. It
        belongs to NHAM's own project, as a server copied for it does.
        """

    @abc.abstractmethod
    def enable_port(self, port_id: str, enabled: bool) -> None:
        """Enable or disable a port; a disabled one cuts its server off."""

    @abc.abstractmethod
    def delete_port(self, port_id: str) -> None:
        """Delete a port; one that is gone already is no error."""

    @abc.abstractmethod
    def floating_ips(self, port_id: str) -> Sequence[FloatingIp]:
        """Return the floating IPs that lead to a port."""

    @abc.abstractmethod
    def find_floating_ips(self, name: str) -> Sequence[FloatingIp]:
        """Return those of that description (to resume after a crash)."""

    @abc.abstractmethod
    def create_floating_ip(self, like_id: str, name: str) -> FloatingIp:
        """Make a floating IP like that one, which leads nowhere yet.

        It is of the same external network and project.

        :param name: its description.
        """

    @abc.abstractmethod
    def point_floating_ip(
        self, floating_ip_id: str, port_id: str | None
    ) -> None:
        """Let a floating IP lead to a port, or nowhere.

        :raises Conflict: another floating IP leads to that port.
        """

    @abc.abstractmethod
    def delete_floating_ip(self, floating_ip_id: str) -> None:
        """Delete a floating IP; one that is gone already is no error."""


class Vim(Network):
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
        force_host: str | None = None,
        start: bool = True,
    ) -> None:
        """Ask for the server to be made anew on another host, and started.

        :param force_host: skip the scheduler (affinity groups need it).
        :param start: False leaves it SHUTOFF, so that a rebuild need not
            wait for a guest whose state is going to be replaced; with
            ``force_host`` it starts all the same.
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

    @abc.abstractmethod
    def image(self, image_id: str) -> Image:
        """Return one image as it is now."""

    @abc.abstractmethod
    def share_image(self, image_id: str, project_id: str) -> None:
        """Give the image to the project that owns the VNF."""

    @abc.abstractmethod
    def delete_image(self, image_id: str) -> None:
        """Delete an image; one that is gone already is no error."""

    @abc.abstractmethod
    def find_images(self, name: str) -> Sequence[Image]:
        """Return the images of that name (to resume after a crash)."""

    @abc.abstractmethod
    def create_snapshot(
        self, volume_id: str, name: str, description: str = DESCRIPTION
    ) -> str:
        """Begin a snapshot of a volume in use; return its id."""

    @abc.abstractmethod
    def snapshot(self, snapshot_id: str) -> Snapshot:
        """Return one snapshot as it is now."""

    @abc.abstractmethod
    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot; one that is gone already is no error."""

    @abc.abstractmethod
    def find_snapshots(self, name: str) -> Sequence[Snapshot]:
        """Return the snapshots of that name (to resume after a crash)."""

    @abc.abstractmethod
    def image_from_snapshot(self, snapshot_id: str, name: str) -> str:
        """Begin an image of a snapshot's content; return the image's id.

        A volume-backed server takes a checkpoint back by a rebuild, and
        Nova's rebuild wants an image.
        """

    @abc.abstractmethod
    def copy_volume(
        self, volume_id: str, name: str, description: str = DESCRIPTION
    ) -> str:
        """Make a volume like that one, to boot from; return its id.

        It has that one's size and type, and what that one had when it was
        made of an image; without such an image, what is on it now. It
        belongs to NHAM's own project.

        :raises Conflict: it is being made; ask again.
        :raises Refused: it cannot be made.
        """

    @abc.abstractmethod
    def find_volumes(self, name: str) -> Sequence[Volume]:
        """Return the volumes of that name (to resume after a crash)."""

    @abc.abstractmethod
    def delete_volume(self, volume_id: str) -> None:
        """Delete a volume; one that is gone already is no error.

        :raises Conflict: a server has it, or it is being made.
        """

    def reimage_trouble(self, volume_id: str) -> str:
        """Return why a rebuild cannot bring a root volume back.

        Empty if it can, which is what most backends do.
        """
        return ""
