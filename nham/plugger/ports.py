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

"""The ports that this host is joined to, each in a namespace of its own.

What is remembered lies in the namespaces' names and in the switch alone, so
a plugger that was started again finds all as it was.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import os
import pathlib
import socket
import struct
import threading

from nham.adapters.probes import echo
from nham.core import plugs
from nham.plugger import commands
from nham.plugger import namespaces as namespaces_
from nham.plugger import switch as switch_

_SYSCTL = pathlib.Path("/proc/sys/net")
_DEVICE = "nhp{}"
_SNDBUFFORCE = 32
"""SO_SNDBUFFORCE: beyond what the host allows to everybody."""
_BUFFER = 8 * 1024 * 1024
"""Bytes: the kernel counts about one KiB for each question."""
_LONGEST = 14
"""Letters of the name of a device; the kernel takes one more."""
_SIOCETHTOOL = 0x8946
_ETHTOOL_GLINK = 0x0A
"""Has the device a carrier (linux/ethtool.h)?"""


class Ports:
    """Plugs ports, and opens sockets behind them; from several threads."""

    def __init__(
        self, namespaces: namespaces_.Namespaces, switch: switch_.Switch
    ) -> None:
        self._namespaces = namespaces
        self._switch = switch
        self._lock = threading.Lock()
        self._host = ""

    def plug(self, wish: plugs.Plug) -> str:
        """Plug a port, or mend it; return its life.

        :raises commands.Failed: the switch or the kernel did not do it.
        :raises OSError: likewise.
        """
        device = device_of(wish.port)
        with self._lock:
            if not self.life(wish.port):
                # What is left of an earlier life may lie anywhere, even as a
                # device of the same name in the namespace.
                self._switch.detach(device)
                self._namespaces.remove(wish.port)
                self._namespaces.make(wish.port)
                self._switch.attach(device, wish.port, wish.mac)
                whole = self._namespaces.whole(wish.port)
                commands.run("ip", "link", "set", device, "netns", whole)
            self._namespaces.inside(wish.port, lambda: _set_up(device, wish))
            return self.life(wish.port)

    def unplug(self, port: str) -> None:
        """Unplug a port; one that is not plugged is no error.

        :raises commands.Failed: the switch or the kernel did not do it.
        """
        with self._lock:
            self._switch.detach(device_of(port))
            self._namespaces.remove(port)

    def open(
        self, port: str, kind: plugs.Kind, count: int
    ) -> list[socket.socket]:
        """Return new sockets behind a port.

        :raises OSError: the port is not plugged, or its device is gone.
        :raises errors.Refused: the kernel gives no socket for ICMP.
        """
        device = device_of(port)
        return self._namespaces.inside(
            port, lambda: _open(device, kind, count)
        )

    def lives(self) -> dict[str, str]:
        """Return the life of each port that was plugged."""
        return {port: self.life(port) for port in self._namespaces.names()}

    def life(self, port: str) -> str:
        """Return what a port that is plugged anew has not; '': broken."""
        device = device_of(port)
        try:
            index = self._namespaces.inside(port, lambda: _joined(device))
            return f"{self._namespaces.life(port)}.{index}"
        except OSError:
            return ""

    def host(self) -> str:
        """Return what Neutron knows this host by.

        :raises commands.Failed: the switch does not say.
        """
        self._host = self._host or self._switch.host()
        return self._host


def device_of(port: str) -> str:
    """Return the name of the device that leads to a port."""
    return _DEVICE.format(port)[:_LONGEST]


def _set_up(device: str, wish: plugs.Plug) -> None:
    """Give a device what its port has; it has no gateway, and no IPv6."""
    _let(f"ipv6/conf/{device}/disable_ipv6", "1")
    _let("ipv4/ip_forward", "0")
    # What cannot reach the switch is refused: lost, it looked like silence.
    _let(f"ipv4/conf/{device}/ignore_routes_with_linkdown", "1")
    # Of what waits for a neighbour that is dead the newest question is enough.
    _let(f"ipv4/neigh/{device}/unres_qlen_bytes", "1")
    # Sockets of this kind hear their own answers only, raw ones hear all.
    _let("ipv4/ping_group_range", f"{os.getegid()} {os.getegid()}")
    link = ("ip", "link", "set", "dev", device)
    commands.run(*link, "address", wish.mac, "mtu", str(wish.mtu))
    # A switch in user space takes packets as they are, without checksums.
    commands.run("ethtool", "-K", device, "tx", "off")
    for address in wish.addresses:
        commands.run("ip", "address", "replace", address, "dev", device)
    commands.run(*link, "up")


def _let(name: str, value: str) -> None:
    path = _SYSCTL / name
    if path.exists():
        path.write_text(value)


def _joined(device: str) -> int:
    """Return the number of a device that has its switch behind it.

    A switch in user space that dies leaves its devices where they are, and
    makes others when it starts again.

    :raises OSError: there is none, or it leads nowhere.
    """
    index = socket.if_nametoindex(device)
    value = array.array("I", (_ETHTOOL_GLINK, 0))
    where, _length = value.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        request = struct.pack("16sP16x", device.encode(), where)
        fcntl.ioctl(asking, _SIOCETHTOOL, request)
    if not value[1]:
        raise OSError(errno.ENETDOWN, f"{device}: no switch behind it")
    return index


def _open(device: str, kind: plugs.Kind, count: int) -> list[socket.socket]:
    # What is asked without it would look like silence.
    _joined(device)
    with contextlib.ExitStack() as undo:
        opened = [undo.enter_context(_socket(kind)) for _one in range(count)]
        undo.pop_all()
    return opened


def _socket(kind: plugs.Kind) -> socket.socket:
    if kind == "tcp":
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened = echo.Form(socket.AF_INET, kind == "icmp").open()
    # It lies in the socket's buffer for as long, and must not fill it.
    opened.setsockopt(socket.SOL_SOCKET, _SNDBUFFORCE, _BUFFER)
    return opened
