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

"""The one loop of the agent: its socket, the processes and what is due."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import logging
import queue
import selectors
import socket
import time

from nham.agent import agent as agent_
from nham.agent import peers
from nham.agent import resolve
from nham.agent.hypervisor import base as hypervisor_

LOG = logging.getLogger(__name__)

#: Datagrams that one round takes in; the rest wait for the next.
ROUND = 64
_SIZE = 2048

_Task = Callable[[], None]


def now() -> float:
    """Return seconds that run on while the host sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def bind(address: str, port: int) -> socket.socket:
    """Return the agent's socket; one of IPv6 is for both families.

    :raises OSError: it cannot be had.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family is socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.setblocking(False)
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


class Loop:
    """Runs an agent until it is stopped.

    Other threads speak to it through ``later`` and nothing else.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._selector = selectors.DefaultSelector()
        self._tasks: queue.SimpleQueue[_Task] = queue.SimpleQueue()
        self._wake, self._waker = socket.socketpair()
        self._stopped = False
        for one in (self._wake, self._waker):
            one.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def later(self, task: _Task) -> None:
        """Have the loop do something soon; from any thread."""
        self._tasks.put(task)
        # A full pipe wakes it just as well; a closed one needs nobody.
        with contextlib.suppress(OSError):
            self._waker.send(b"\0")

    def stop(self) -> None:
        """End the loop; from any thread or signal handler."""
        self._stopped = True
        self.later(lambda: None)

    def send(self, datagram: bytes, peer: peers.Peer) -> None:
        """Send to an engine; what cannot be sent is lost, as on the way."""
        if peer.address is None:
            return
        with contextlib.suppress(OSError):
            self._socket.sendto(datagram, peer.address)

    def run(
        self,
        agent: agent_.Agent,
        hypervisor: hypervisor_.Hypervisor,
    ) -> None:
        """Run the agent until ``stop``."""
        hypervisor.start(
            lambda news: self.later(lambda: agent.news(news, now()))
        )
        engines = {peer.where: peer for peer in agent.peers.all}

        def found(where: str, address: peers.Address) -> None:
            self.later(lambda: setattr(engines[where], "address", address))

        resolver = resolve.Resolver(list(engines), self._socket.family, found)
        resolver.start()
        try:
            while not self._stopped:
                self._round(agent)
        finally:
            resolver.stop()
            hypervisor.stop()

    def close(self) -> None:
        """Close what it has opened."""
        self._selector.close()
        for one in (self._socket, self._wake, self._waker):
            one.close()

    def _round(self, agent: agent_.Agent) -> None:
        agent.tick(now())
        for fd in agent.new_processes():
            self._selector.register(fd, selectors.EVENT_READ, fd)
        begun = now()
        wait = max(0.0, agent.next_at(begun) - begun)
        for key, _events in self._selector.select(wait):
            if key.data is not None:
                self._selector.unregister(key.fd)
                agent.process_ended(key.data, now())
            elif key.fileobj is self._socket:
                self._receive(agent)
            else:
                self._woken()

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wake.recv(_SIZE):
                pass
        with contextlib.suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()()

    def _receive(self, agent: agent_.Agent) -> None:
        for _turn in range(ROUND):
            try:
                data = self._socket.recv(_SIZE)
            except BlockingIOError:
                return
            except OSError as error:
                # An engine that is not there answers by ICMP.
                LOG.debug("receiving: %s", error)
                continue
            agent.datagram(data, now())
