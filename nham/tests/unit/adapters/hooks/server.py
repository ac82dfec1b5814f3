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


"""A server on loopback that says exactly what a test wants it to say."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import email.message
import email.parser
import socket
import threading

from nham.adapters.hooks import base as hooks_base
from nham.tests import base

Say = Callable[[socket.socket], None]

DRIP = 0.02
"""Seconds between two bytes of a body that drips."""


def ok(body: bytes = b"", *headers: str) -> bytes:
    """Return a whole answer with a length."""
    return head("200 OK", f"Content-Length: {len(body)}", *headers) + body


def head(status: str, *headers: str) -> bytes:
    """Return the beginning of an answer."""
    lines = [f"HTTP/1.1 {status}", *headers, "", ""]
    return "\r\n".join(lines).encode()


class ServerCase(base.TestCase):
    """One thread answers one request after the other with ``self.say``.

    What was asked is in ``self.line``, ``self.asked`` and ``self.body``.
    """

    def setUp(self) -> None:
        super().setUp()
        self.say: Say = lambda connection: None
        self.line = ""
        self.asked = email.message.Message()
        self.body = b""
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self._listener.close)
        thread = threading.Thread(target=self._serve)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self._stop)

    def endpoint(
        self, timeout: float = 20.0, token: str | None = None
    ) -> hooks_base.Endpoint:
        """Return where the server is."""
        address, port = self._listener.getsockname()
        return hooks_base.Endpoint(
            address=address, port=port, timeout=timeout, token=token
        )

    def answer(self, data: bytes) -> None:
        """Say this from now on."""
        self.say = lambda connection: connection.sendall(data)

    def drip(self, first: bytes, again: bytes) -> None:
        """Say the first at once, and then the other again and again."""

        def say(connection: socket.socket) -> None:
            connection.sendall(first)
            while not self.over.wait(DRIP):
                connection.sendall(again)

        self.say = say

    def silence(self, first: bytes = b"") -> None:
        """Say no more than this until the other side hangs up."""

        def say(connection: socket.socket) -> None:
            connection.sendall(first)
            connection.recv(1)

        self.say = say

    def flood(self, first: bytes, again: bytes) -> None:
        """Say the other as often as it is listened to."""

        def say(connection: socket.socket) -> None:
            connection.sendall(first)
            while not self.over.is_set():
                connection.sendall(again)

        self.say = say

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection, contextlib.suppress(OSError):
                if self.over.is_set():
                    return
                self._hear(connection)
                self.say(connection)

    def _hear(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as file:
            self.line = file.readline().decode().strip()
            text = b"".join(iter(file.readline, b"\r\n")).decode()
            self.asked = email.parser.Parser().parsestr(text)
            self.body = file.read(int(self.asked["Content-Length"] or 0))

    def _stop(self) -> None:
        self.over.set()
        # Whoever waits for a caller gets one.
        socket.create_connection(self._listener.getsockname()).close()
