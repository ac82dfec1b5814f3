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

"""One connection to the door of a host agent, from either side.

Every wait ends with the time of the whole connection, whatever the other
side does.
"""

from __future__ import annotations

from collections.abc import Iterator
import os
import socket
import time

from nham.core.agent import door
from nham.core.agent import errands
from nham.core.agent import wire


class Link:
    """The frames that go over a connected socket.

    :ivar until: when its time is over, monotonic seconds.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.until = until
        self._socket = sock
        self._frames: door.Frames

    def greet(self, ring: wire.KeyRing) -> None:
        """Prove to an agent that we have the key, and see that it has it.

        :raises door.Wrong: it has not.
        :raises OSError: it is gone, or the time is over.
        """
        _key_id, secret = ring.keys[0]
        greeted = door.greeting(ring, os.urandom(door.NONCE))
        self._send(greeted)
        said = self._read(door.WELCOME)
        door.check_welcome(secret, greeted, said)
        self._frames = door.Frames(door.Side.ENGINE, secret, greeted, said)

    def admit(self, ring: wire.KeyRing) -> None:
        """Let an engine prove that it has the key, and prove it, too.

        :raises door.Wrong: it does not.
        :raises OSError: as for ``greet``.
        """
        start = self._read(door.GREETING_START)
        greeted = start + self._read(door.greeting_size(start) - len(start))
        secret = door.secret_of(ring, greeted)
        said = door.welcome(secret, greeted, os.urandom(door.NONCE))
        self._send(said)
        self._frames = door.Frames(door.Side.AGENT, secret, greeted, said)

    def say(self, kind: door.Kind, content: bytes) -> None:
        """Send a frame.

        :raises OSError: as for ``greet``.
        """
        for part in self._frames.seal(kind, content):
            self._send(part)

    def hear(self) -> tuple[door.Kind, bytes]:
        """Return the next frame of the other side.

        :raises door.Wrong: it is not the one that was sent next.
        :raises OSError: as for ``greet``.
        """
        head = self._read(door.HEAD)
        return self._frames.open(head, self._read(self._frames.size(head)))

    def hear_only(self, kind: door.Kind) -> bytes:
        """Return the next frame, which must be of a kind.

        :raises door.Wrong: it is of another one.
        :raises OSError: as for ``greet``.
        """
        found, content = self.hear()
        if found is not kind:
            raise door.Wrong(f"{found.name} came in place of {kind.name}")
        return content

    def state(self, size: int) -> Iterator[bytes]:
        """Yield the parts of a state of so many bytes.

        :raises door.Wrong: something else comes, or more.
        :raises OSError: as for ``greet``.
        """
        while size:
            part = self.hear_only(door.Kind.STATE)
            if not 0 < len(part) <= size:
                raise door.Wrong("a part of the state has a wrong size")
            size -= len(part)
            yield part

    def say_errand(self, errand: errands.Errand, state: bytes) -> None:
        """Send an errand and the state that goes with it.

        :raises OSError: as for ``greet``.
        """
        self.say(door.Kind.ERRAND, errands.pack(errand))
        for start in range(0, len(state), door.MAX_FRAME):
            part = state[start : start + door.MAX_FRAME]
            self.say(door.Kind.STATE, part)

    def _read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            self._socket.settimeout(self._left())
            part = self._socket.recv(size - len(found))
            if not part:
                raise ConnectionError("the other side closed the connection")
            found += part
        return bytes(found)

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(self._left())
        self._socket.sendall(data)

    def _left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("its time was over")
        return left
