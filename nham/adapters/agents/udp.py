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

"""One socket and one thread for all hosts' agents.

What is not read is no silence: hosts are judged by the last moment at
which the socket was seen empty, so a listener that falls behind, or that
somebody floods, blames nobody; it counts as late instead.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
import logging
import select
import selectors
import socket
import threading
from typing import Any

from nham.adapters import clock as clock_
from nham.adapters.agents import post
from nham.core.agent import exchange as exchange_
from nham.core.agent import refusals
from nham.core.agent import wire

LOG = logging.getLogger(__name__)

#: Seconds after which the socket is looked at, whatever came.
TICK = 0.05
#: Seconds in which datagrams gather before they are read.
GATHER = 0.002
#: Datagrams that one round takes from who was believed before, and from
#: strangers: so nobody who only sends can keep agents from being heard.
FROM_KNOWN = 5000
FROM_STRANGERS = 200
#: Datagrams that one round reads at all.
ROUND = 10000
#: Bytes that wait in the kernel meanwhile, if it lets us have so many.
BUFFER = 1 << 23
#: For how many seconds a lag counts as "lately".
LAG_MEMORY = 10.0
#: Addresses of agents that are remembered.
_KNOWN = 16384

_Source = tuple[Any, ...]


class UdpAgents(post.Post):
    """Listens at an address and answers from it.

    :param host: the address, of either family.
    :param port: the port; 0: any that is free.
    :raises OSError: nobody can listen there.
    """

    def __init__(
        self,
        exchange: exchange_.Exchange,
        ring: wire.KeyRing,
        host: str,
        port: int,
        clock: clock_.Clock,
        on_news: Callable[[], None],
    ) -> None:
        super().__init__(exchange, ring, on_news)
        self._clock = clock
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER
            )
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._known: collections.OrderedDict[_Source, None] = (
            collections.OrderedDict()
        )
        self._until = clock.monotonic()
        self._lags: collections.deque[tuple[float, float]] = (
            collections.deque()
        )
        self._lag_lock = threading.Lock()
        self._end, self._ended = socket.socketpair()
        self._thread = threading.Thread(
            target=self._run, name="nham-agents", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens at."""
        return int(self._socket.getsockname()[1])

    def until(self) -> float:
        """See base class."""
        return self._until

    def lag(self) -> float:
        """See base class; what is being late right now counts, too."""
        now = self._clock.monotonic()
        with self._lag_lock:
            while self._lags and self._lags[0][0] < now - LAG_MEMORY:
                self._lags.popleft()
            most = self._lags[0][1] if self._lags else 0.0
        return max(most, now - self._until - 2 * TICK)

    def close(self) -> None:
        """See base class."""
        self._end.close()
        self._thread.join()
        for one in (self._ended, self._socket):
            one.close()

    # -- in the thread

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while True:
                ready = selector.select(TICK)
                if any(key.fileobj is self._ended for key, _mask in ready):
                    return
                self._round()
                # A wait for each single datagram would cost as much as
                # the datagram.
                select.select([self._ended], [], [], GATHER)

    def _round(self) -> None:
        """Take in what waits, up to a limit."""
        known, strangers, dropped = FROM_KNOWN, FROM_STRANGERS, False
        for _ in range(ROUND):
            before = self._clock.monotonic()
            try:
                datagram, source = self._socket.recvfrom(wire.MAX_SIZE + 1)
            except BlockingIOError:
                # Nothing else has come; what was dropped may have been an
                # agent's, so it is not known that they were silent.
                if not dropped:
                    self._note(before)
                return
            except OSError as error:
                LOG.debug("the agents' socket: %s", error)
                continue
            if source in self._known:
                known -= 1
                taken = known >= 0
            else:
                strangers -= 1
                taken = strangers >= 0
            if taken:
                # Not the time from before: we may have stood still since,
                # and would grant a lease on what we knew long ago.
                self._answer(datagram, source, self._clock.monotonic())
            else:
                dropped = True
                self.refuse(refusals.Reason.FLOOD)

    def _answer(self, datagram: bytes, source: _Source, at: float) -> None:
        try:
            answers = self.take(datagram, at)
        except Exception:
            # One thread hears all hosts; nothing may end it.
            LOG.exception("an agent's datagram made us stumble")
            return
        if answers is None:
            return
        self._known[source] = None
        self._known.move_to_end(source)
        if len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        for answer in answers:
            try:
                self._socket.sendto(answer, source)
            except OSError as error:
                # It is said again with the next heartbeat.
                LOG.debug("an answer to %s: %s", source, error)

    def _note(self, at: float) -> None:
        """Take note that the socket was empty."""
        late = at - self._until - 2 * TICK
        self._until = at
        if late > 0:
            with self._lag_lock:
                while self._lags and self._lags[-1][1] <= late:
                    self._lags.pop()
                self._lags.append((at, late))
