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

"""How ports are plugged, on a host that only notes what is done to it."""

from __future__ import annotations

from collections.abc import Callable
import ctypes
import pathlib
import socket
import struct
from typing import Any
from unittest import mock

from nham.core import plugs
from nham.plugger import commands
from nham.plugger import namespaces
from nham.plugger import ports
from nham.plugger import switch
from nham.tests import base

PORT = "6f1a0a52-9d0e-4a3b-8f3e-2b7c5d9e1f00"
DEVICE = "nhp6f1a0a52-9d"
WISH = plugs.Plug(
    port=PORT,
    mac="fa:16:3e:00:00:07",
    addresses=("10.0.0.5/24", "10.0.1.5/24"),
    mtu=1442,
)


class PortsTest(base.TestCase):
    """A switch, namespaces, and programs; none of them real."""

    def setUp(self) -> None:
        super().setUp()
        self.spaces = mock.create_autospec(
            namespaces.Namespaces, instance=True
        )
        self.spaces.inside.side_effect = self.inside
        self.spaces.whole.side_effect = lambda name: f"nham-{name}"
        self.spaces.life.return_value = 7
        self.spaces.names.return_value = [PORT]
        self.switch = mock.create_autospec(switch.Switch, instance=True)
        self.switch.host.return_value = "cmp1"
        self.run_ = self.replace("nham.plugger.commands.run")
        self.run_.side_effect = self.ran
        self.index = self.replace("socket.if_nametoindex")
        self.index.side_effect = OSError
        # Whether a device has its switch is the kernel's to say.
        self.replace("fcntl.ioctl", side_effect=self.asked)
        self.carrier = True
        self.sysctl = self.temp_dir()
        self.replace("nham.plugger.ports._SYSCTL", self.sysctl)
        self.ports = ports.Ports(self.spaces, self.switch)

    def inside(self, _name: str, call: Callable[[], Any]) -> Any:
        """Call as if it were inside."""
        return call()

    def ran(self, *words: str) -> str:
        """Take a device that is moved for there."""
        if "netns" in words:
            self.index.side_effect = [9]
        return ""

    def asked(self, _descriptor: object, _number: int, request: bytes) -> None:
        """Answer as the kernel does: where the question lies."""
        (where,) = struct.unpack_from("P", request, 16)
        (ctypes.c_uint * 2).from_address(where)[1] = self.carrier

    def said(self) -> list[str]:
        """Return the programs that ran, word by word."""
        return [" ".join(one.args) for one in self.run_.call_args_list]

    def test_plug(self) -> None:
        self.index.side_effect = [OSError(), 9]
        self.run_.side_effect = None
        life = self.ports.plug(WISH)
        self.assertEqual("7.9", life)
        self.spaces.make.assert_called_once_with(PORT)
        self.spaces.remove.assert_called_once_with(PORT)
        self.assertEqual(
            [
                mock.call.detach(DEVICE),
                mock.call.attach(DEVICE, PORT, WISH.mac),
            ],
            self.switch.mock_calls,
        )
        self.assertEqual(
            [
                f"ip link set {DEVICE} netns nham-{PORT}",
                f"ip link set dev {DEVICE} address {WISH.mac} mtu 1442",
                f"ethtool -K {DEVICE} tx off",
                f"ip address replace 10.0.0.5/24 dev {DEVICE}",
                f"ip address replace 10.0.1.5/24 dev {DEVICE}",
                f"ip link set dev {DEVICE} up",
            ],
            self.said(),
        )

    def test_what_is_plugged_is_left_with_the_switch(self) -> None:
        self.index.side_effect = None
        self.index.return_value = 9
        self.assertEqual("7.9", self.ports.plug(WISH))
        self.assertEqual([], self.switch.mock_calls)

    def test_what_the_kernel_is_told(self) -> None:
        self.index.side_effect = None
        names = (
            f"ipv6/conf/{DEVICE}/disable_ipv6",
            f"ipv4/conf/{DEVICE}/ignore_routes_with_linkdown",
            "ipv4/ip_forward",
            "ipv4/ping_group_range",
        )
        for name in names:
            path = pathlib.Path(self.sysctl, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        self.replace("os.getegid", return_value=12)
        self.ports.plug(WISH)
        self.assertEqual(
            ["1", "1", "0", "12 12"],
            [pathlib.Path(self.sysctl, name).read_text() for name in names],
        )

    def test_a_failure_is_told(self) -> None:
        self.switch.attach.side_effect = commands.Failed("no switch")
        self.assertRaises(commands.Failed, self.ports.plug, WISH)

    def test_unplug(self) -> None:
        self.ports.unplug(PORT)
        self.switch.detach.assert_called_once_with(DEVICE)
        self.spaces.remove.assert_called_once_with(PORT)

    def test_lives(self) -> None:
        self.index.side_effect = [9, OSError]
        self.assertEqual({PORT: "7.9"}, self.ports.lives())
        self.assertEqual({PORT: ""}, self.ports.lives())

    def test_a_device_without_its_switch_is_broken(self) -> None:
        self.index.side_effect = None
        self.carrier = False
        self.assertEqual({PORT: ""}, self.ports.lives())
        self.assertRaises(OSError, self.ports.open, PORT, "udp", 1)
        self.ports.plug(WISH)
        self.switch.attach.assert_called_once_with(DEVICE, PORT, WISH.mac)

    def test_sockets(self) -> None:
        self.index.side_effect = None
        for opened in self.ports.open(PORT, "tcp", 3):
            with opened:
                self.assertEqual(socket.SOCK_STREAM, opened.type)
        (opened,) = self.ports.open(PORT, "udp", 1)
        opened.close()
        self.assertEqual(socket.SOCK_DGRAM, opened.type)

    def test_no_socket_without_a_device(self) -> None:
        self.assertRaises(OSError, self.ports.open, PORT, "udp", 1)

    def test_the_host_is_asked_for_once(self) -> None:
        for _twice in range(2):
            self.assertEqual("cmp1", self.ports.host())
        self.switch.host.assert_called_once_with()
