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

"""A cloud's network as NHAM needs it: ports and floating IPs.

As for the rest of a VIM, each call returns at once with what the cloud
says now.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses

DESCRIPTION = "nham"
"""What NHAM's own things are described as, if nothing else is known."""


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


PROBE_OWNER = "nham:probe"
"""The device owner of probe ports: who uses them, in Neutron's words."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ProbePort:
    """A port from which an engine asks the members on a network.

    :ivar addresses: its IPv4 addresses with the lengths of their prefixes.
    :ivar mtu: the network's, bytes.
    :ivar host: which Neutron has bound it to, by its own name for it.
    :ivar engine_host: the host of the engines that it was made for, by
        NHAM's name for it.
    :ivar active: what is sent by it gets through.
    """

    id: str
    network_id: str
    mac: str
    addresses: tuple[str, ...]
    mtu: int
    host: str
    engine_host: str
    active: bool = False


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
    def probe_ports(self) -> Sequence[ProbePort]:
        """Return all probe ports, those of other engines too."""

    @abc.abstractmethod
    def create_probe_port(
        self, network_id: str, host: str, engine_host: str
    ) -> ProbePort:
        """Make a probe port on a network, bound to a host.

        It has an address in each IPv4 subnet of the network, belongs to
        NHAM's own project, and lets nobody in who was not asked.

        :raises Refused: the network has no IPv4 subnet.
        """

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
