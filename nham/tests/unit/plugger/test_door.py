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

"""The plugger's door, and the driver that knocks at it."""

from __future__ import annotations

import os
import pathlib
import socket
import stat
import threading
from unittest import mock

from nham.adapters import errors
from nham.adapters.plugger import unix
from nham.adapters.simulated import clock
from nham.core import plugs
from nham.plugger import commands
from nham.plugger import door as door_
from nham.plugger import ports
from nham.tests import base

PORT = "6f1a0a52-9d0e-4a3b-8f3e-2b7c5d9e1f00"
WISH = plugs.Plug(
    port=PORT,
    mac="fa:16:3e:00:00:07",
    addresses=("10.0.0.5/24",),
    mtu=1442,
)


class DoorCase(base.TestCase):
    """A door before ports that only note what is asked."""

    def setUp(self) -> None:
        super().setUp()
        # A machine that is busy with other tests is no trouble here.
        self.replace("nham.adapters.plugger.unix.SOON", 10.0)
        self.path = str(self.temp_dir() / "plugger.sock")
        self.ports = mock.create_autospec(ports.Ports, instance=True)
        self.ports.host.return_value = "cmp1"
        self.ports.lives.return_value = {PORT: "7.9"}
        self.ports.plug.return_value = "7.9"
        self.ports.open.side_effect = lambda _port, _kind, count: [
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            for _one in range(count)
        ]
        self.open_door()
        self.clock = clock.VirtualClock()
        self.plugger = unix.UnixPlugger(self.path, self.clock)
        self.addCleanup(self.plugger.close)

    def open_door(self) -> None:
        """Open the door."""
        self.door = door_.Door(door_.listen(self.path), self.ports)
        thread = threading.Thread(target=self.door.run, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.door.close)


class DoorTest(DoorCase):
    """What is asked and answered."""

    def test_requests(self) -> None:
        standing = self.plugger.standing()
        self.assertEqual("cmp1", standing.host)
        self.assertEqual({PORT: "7.9"}, standing.lives)
        self.assertEqual("7.9", self.plugger.plug(WISH))
        self.ports.plug.assert_called_once_with(WISH)
        self.plugger.unplug(PORT)
        self.ports.unplug.assert_called_once_with(PORT)

    def test_sockets_come_over(self) -> None:
        for count in (1, 64):
            found = self.plugger.open(PORT, "udp", count)
            self.ports.open.assert_called_with(PORT, "udp", count)
            self.assertEqual(count, len(found))
            for opened in found:
                with opened:
                    self.assertEqual(socket.SOCK_DGRAM, opened.type)
                    opened.bind(("127.0.0.1", 0))

    def test_failures_are_told(self) -> None:
        for failure in (
            commands.Failed("ip: no"),
            OSError("no"),
            errors.Refused("no"),
        ):
            self.ports.plug.side_effect = failure
            error = self.assertRaises(errors.Refused, self.plugger.plug, WISH)
            self.assertIn("no", str(error))

    def test_what_is_wrong_is_refused(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
            caller.connect(self.path)
            for data in (b"{}", b"x", b"[" * 10_000):
                caller.send(data)
                self.assertIn(b'"error"', caller.recv(4096))
        self.assertEqual([], self.ports.mock_calls)

    def test_who_may_connect(self) -> None:
        mode = stat.S_IMODE(os.stat(self.path).st_mode)
        self.assertEqual(0o660, mode)

    def test_no_more_than_there_is_room_for(self) -> None:
        callers = []
        for _one in range(door_.MOST + 1):
            caller = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.addCleanup(caller.close)
            caller.connect(self.path)
            callers.append(caller)
        last = callers[-1]
        last.settimeout(5.0)
        self.assertEqual(b"", last.recv(1))

    def test_a_socket_that_was_left(self) -> None:
        self.door.close()
        self.assertTrue(pathlib.Path(self.path).exists())
        self.open_door()
        self.assertEqual("cmp1", self.plugger.standing().host)

    def test_one_at_a_time(self) -> None:
        error = self.assertRaises(OSError, door_.listen, self.path)
        self.assertIn("another plugger", str(error))

    def test_groups(self) -> None:
        path = str(self.temp_dir() / "other.sock")
        self.assertRaises(KeyError, door_.listen, path, "no such group")
        chown = self.replace("shutil.chown")
        pathlib.Path(path).unlink()
        door_.listen(path, "root").close()
        chown.assert_called_once_with(path, group=0)
