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

"""The driver of the plugger, where the plugger does not answer."""

from __future__ import annotations

import socket
import threading

from nham.adapters import errors
from nham.adapters.plugger import unix
from nham.tests.unit.plugger import test_door

PORT = test_door.PORT


class AwayTest(test_door.DoorCase):
    """A plugger that does not answer."""

    def test_nobody_listens(self) -> None:
        plugger = unix.UnixPlugger("/no/such.sock", self.clock)
        error = self.assertRaises(errors.Unavailable, plugger.standing)
        self.assertIn("/no/such.sock", str(error))

    def test_it_was_started_again(self) -> None:
        self.plugger.standing()
        self.door.close()
        assert self.plugger._connection is not None
        self.plugger._connection.shutdown(socket.SHUT_RDWR)
        self.assertRaises(errors.Unavailable, self.plugger.standing)
        self.open_door()
        self.assertEqual("cmp1", self.plugger.standing().host)

    def test_sockets_are_not_waited_for_again_and_again(self) -> None:
        self.replace("nham.adapters.plugger.unix.SOON", 0.1)
        hangs = threading.Event()
        self.addCleanup(hangs.set)

        def hang(*_asked: str) -> None:
            hangs.wait()
            raise OSError("too late")

        self.ports.open.side_effect = hang
        self.assertRaises(errors.Unavailable, self.plugger.open, PORT, "tcp")
        for _more in range(3):
            self.assertRaises(
                errors.Unavailable, self.plugger.open, PORT, "tcp"
            )
        self.assertEqual(1, self.ports.open.call_count)
        self.clock.advance(unix.REST)
        self.assertRaises(errors.Unavailable, self.plugger.open, PORT, "tcp")
        self.assertEqual(2, self.ports.open.call_count)
