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

"""The engines' names, looked up in a thread: DNS may take its time."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import logging
import socket
import threading

LOG = logging.getLogger(__name__)

#: Seconds between two look-ups: an engine's address may change.
EVERY = 60.0
#: Seconds until a name that was not found is looked up again.
AGAIN = 2.0

Found = Callable[[str, tuple[str, int]], None]


def split(where: str) -> tuple[str, int]:
    """Return host and port of ``host:port`` or ``[address]:port``.

    :raises ValueError: it is neither.
    """
    host, _, port = where.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{where}: an IPv6 address goes in brackets")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{where}: must be host:port")
    return host, int(port)


def look_up(where: str, family: socket.AddressFamily) -> tuple[str, int]:
    """Return the address of an engine; this waits.

    :param family: of the socket that sends there; one of IPv6 reaches IPv4
        by mapped addresses.
    :raises OSError: the name is not found.
    """
    host, port = split(where)
    found = socket.getaddrinfo(
        host, port, family, socket.SOCK_DGRAM, 0, socket.AI_V4MAPPED
    )
    text, number, *_rest = found[0][4]
    return str(text), int(number)


class Resolver:
    """Keeps looking up the engines' names.

    :param found: called in the resolver's thread.
    """

    def __init__(
        self,
        engines: Sequence[str],
        family: socket.AddressFamily,
        found: Found,
    ) -> None:
        self._engines = engines
        self._family = family
        self._found = found
        self._stopped = threading.Event()
        self._said: set[str] = set()

    def start(self) -> None:
        """Begin."""
        threading.Thread(
            target=self._run, name="resolver", daemon=True
        ).start()

    def stop(self) -> None:
        """End."""
        self._stopped.set()

    def look(self) -> bool:
        """Look all of them up once; say whether all were found."""
        whole = True
        for where in self._engines:
            try:
                self._found(where, look_up(where, self._family))
                self._said.discard(where)
            except OSError as error:
                whole = False
                if where not in self._said:
                    self._said.add(where)
                    LOG.warning("engine %s is not found: %s", where, error)
        return whole

    def _run(self) -> None:
        whole = False
        while not self._stopped.wait(0.0):
            whole = self.look()
            if self._stopped.wait(EVERY if whole else AGAIN):
                return
