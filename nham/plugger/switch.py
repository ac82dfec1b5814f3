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

"""The switch that joins a device of this host to a network of Neutron's."""

from __future__ import annotations

import abc
import socket

from nham.plugger import commands


class Switch(abc.ABC):
    """Makes devices that lead to ports.

    Every method may raise ``commands.Failed``.
    """

    @abc.abstractmethod
    def attach(self, device: str, port: str, mac: str) -> None:
        """Have a device that leads to a port, unless it is there.

        It lies in the plugger's own namespace when it is made.
        """

    @abc.abstractmethod
    def detach(self, device: str) -> None:
        """Remove a device; one that is not there is no error."""

    @abc.abstractmethod
    def host(self) -> str:
        """Return what Neutron knows this host by."""


class OpenVSwitch(Switch):
    """Open vSwitch, which ML2/OVN or its own agent looks after.

    :param database: where ``ovs-vsctl`` reaches it.
    :param bridge: the one of Neutron's ports.
    """

    def __init__(self, database: str, bridge: str) -> None:
        self._bridge = bridge
        self._vsctl = (
            "ovs-vsctl",
            f"--db={database}",
            f"--timeout={commands.PATIENCE - 2:.0f}",
        )

    def attach(self, device: str, port: str, mac: str) -> None:
        """See base class."""
        commands.run(
            *self._vsctl,
            *("--may-exist", "add-port", self._bridge, device),
            *("--", "set", "interface", device, "type=internal"),
            f"external_ids:iface-id={port}",
            f'external_ids:attached-mac="{mac}"',
            "external_ids:iface-status=active",
            "external_ids:nham=probe",
        )

    def detach(self, device: str) -> None:
        """See base class."""
        commands.run(
            *self._vsctl, "--if-exists", "del-port", self._bridge, device
        )

    def host(self) -> str:
        """See base class; the name that the switch goes by."""
        said = commands.run(
            *self._vsctl,
            *("--if-exists", "get", "Open_vSwitch", "."),
            "external_ids:hostname",
        )
        return said.strip().strip('"') or socket.gethostname()
