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


"""Connections that end in time, whatever the other side does.

A time-out of a library's counts for each read, so that a header or a body
that drips may last for ever. Here every wait is cut to what is left of the
whole call, down in the socket, where nothing goes past it.
"""

from __future__ import annotations

import socket
import time
from typing import Any

import requests
from requests import adapters
import urllib3
from urllib3 import connection

from nham.adapters import errors

OVERHEAD = 65536
"""Bytes of headers that an answer may have beside its body."""


class Limits:
    """What is left of one call.

    :param timeout: seconds from now.
    :param size: bytes that the body of the answer may have.
    """

    def __init__(self, timeout: float, size: int) -> None:
        self._until = time.monotonic() + timeout
        # Small chunks cost about as much as what is in them.
        self._most = 2 * size + OVERHEAD
        self._received = 0

    def left(self) -> float:
        """Return the seconds that are left.

        :raises TimeoutError: none are.
        """
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the call has taken too long")
        return left

    def receive(self, size: int) -> None:
        """Count bytes that have come.

        :raises errors.Refused: they are too many.
        """
        self._received += size
        if self._received > self._most:
            raise errors.Refused(
                f"the answer is larger than {self._most} bytes with its "
                "headers"
            )


class _Socket(socket.socket):
    """A connected socket within limits."""

    limits: Limits

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Read what there is."""
        self.settimeout(self.limits.left())
        size = super().recv_into(buffer, nbytes, flags)
        self.limits.receive(size)
        return size

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send all; the time-out is one for the whole of it."""
        self.settimeout(self.limits.left())
        super().sendall(data, flags)


class Session(requests.Session):
    """For one call to an address; looking a host name up has no limit.

    It takes nothing from the environment, no proxy and no password, and
    follows nobody elsewhere.
    """

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.trust_env = False
        self.mount("http://", _adapter(limits))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: a redirection is an answer like any other.

        Even one that it does not follow, the library reads to its end.
        """
        return None


def _adapter(limits: Limits) -> adapters.HTTPAdapter:
    class Connection(connection.HTTPConnection):
        def connect(self) -> None:
            self.timeout = limits.left()
            super().connect()
            self.sock = _Socket(fileno=self.sock.detach())
            self.sock.limits = limits

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls: Any = Connection

    made = adapters.HTTPAdapter()
    made.poolmanager.pool_classes_by_scheme = {"http": Pool}
    return made
