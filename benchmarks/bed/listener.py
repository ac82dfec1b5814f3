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

"""An engine as far as agents see one, on a socket of its own."""

from __future__ import annotations

import queue
import socket
import threading
import time
import uuid

from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import terms as terms_
from nham.core.agent import wire

_SIZE = 2048


class Listener(threading.Thread):
    """Hears agents and answers them, and keeps what it has heard.

    :ivar heard: what was believed, with its monotonic second.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        ring: wire.KeyRing,
        address: str = "127.0.0.1",
    ) -> None:
        super().__init__(name="engine", daemon=True)
        life = uuid.uuid4().hex
        terms = terms_.Terms()
        self.talk = exchange.Exchange("bed", life, life.encode(), terms)
        self.talk.set_hosts(hosts)
        self.heard: queue.Queue[tuple[float, messages.FromAgent]] = (
            queue.Queue()
        )
        self._ring = ring
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 0))

    @property
    def where(self) -> str:
        """Where it listens, ``host:port``."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def run(self) -> None:
        """Hear and answer until an empty datagram comes."""
        while True:
            data, address = self._socket.recvfrom(_SIZE)
            if not data:
                return
            self._take(data, address, time.monotonic())

    def _take(self, data: bytes, address: tuple[str, int], at: float) -> None:
        try:
            message = wire.decode(data, self._ring)
            answers = self.talk.hear(message, at)
        except refusals.Refused:
            return
        for answer in answers:
            self._socket.sendto(wire.encode(answer, self._ring), address)
        if isinstance(message, messages.FromAgent):
            self.heard.put((at, message))

    def stop(self) -> None:
        """End."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self.join()
        self._socket.close()
