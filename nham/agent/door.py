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

"""The agent's door: takes errands of engines by TCP, each in a thread.

Nothing of it runs in the agent's loop: whatever an engine, a guest or
libvirt does, heartbeats and the lease go on.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import socket
import threading
import time

from nham import metrics
from nham.adapters.agents import link as link_
from nham.agent import errands as errands_
from nham.core.agent import door
from nham.core.agent import errands
from nham.core.agent import wire

LOG = logging.getLogger(__name__)

#: Errands that are done at the same time.
AT_ONCE = 8
#: Connections at the same time, those of strangers too.
MOST = 32
#: Seconds in which who connects proves itself and names the errand.
PROVED_WITHIN = 5.0
#: Seconds that an errand may take, whatever the engine grants.
LONGEST = 300.0
#: Seconds in which an engine takes the reply.
REPLY_WITHIN = 2.0
#: Seconds until it is tried again to take a connection.
AGAIN = 0.2

_BROKEN = (OSError, door.Wrong, errands.Wrong)


def listen(where: str) -> socket.socket:
    """Return a socket that listens.

    :param where: ``address:port``, IPv6 in brackets.
    :raises ValueError: it is none.
    :raises OSError: it cannot be had.
    """
    address, port = door.place(where)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.create_server((address, port), family=family, backlog=MOST)


class Door:
    """Takes errands and does them.

    :param host: this host, as Nova knows it.
    :param boot: this life of the agent.
    """

    def __init__(
        self,
        listener: socket.socket,
        runner: errands_.Runner,
        ring: wire.KeyRing,
        host: str,
        boot: str,
    ) -> None:
        self._listener = listener
        self._runner = runner
        self._ring = ring
        self._addressee = (host, boot)
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._connections = threading.BoundedSemaphore(MOST)
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to take errands."""
        threading.Thread(target=self._accept, name="door", daemon=True).start()

    def stop(self) -> None:
        """Take no more errands; what hangs is left behind."""
        self._stopped.set()
        # Only that wakes who waits for a caller.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                sock, _peer = self._listener.accept()
            except OSError as error:
                # No more files, say; that may pass.
                if not self._stopped.wait(AGAIN):
                    LOG.warning("the door: %s", error)
                continue
            if not self._connections.acquire(blocking=False):
                sock.close()
                continue
            try:
                threading.Thread(
                    target=self._serve,
                    args=(sock,),
                    name="errand",
                    daemon=True,
                ).start()
            except RuntimeError as error:
                # No more threads; that may pass, too.
                LOG.warning("the door: %s", error)
                self._connections.release()
                sock.close()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock:
                self._hear(sock)
        finally:
            self._connections.release()

    def _hear(self, sock: socket.socket) -> None:
        try:
            link = link_.Link(sock, time.monotonic() + PROVED_WITHIN)
            link.admit(self._ring)
            errand = errands.errand(link.hear_only(door.Kind.ERRAND))
        except _BROKEN as error:
            metrics.guest_command(errands.Outcome.UNPROVED.value)
            LOG.debug("at the door: %s", error)
            return
        granted = min(errand.timeout, LONGEST)
        errand = dataclasses.replace(errand, timeout=granted)
        link.until = time.monotonic() + granted
        try:
            reply = self._do(errand, link)
            link.say(door.Kind.REPLY, errands.pack(reply))
        except _BROKEN as error:
            metrics.guest_command(errands.Outcome.LEFT.value)
            LOG.warning("guest %s: the engine: %s", errand.server_id, error)
            return
        metrics.guest_command(reply.outcome.value)
        done = reply.outcome is errands.Outcome.DONE
        LOG.log(
            # The engine warns of the others.
            logging.DEBUG if done else logging.INFO,
            "guest %s: %s: %s %s",
            errand.server_id,
            errand.command[0],
            reply.outcome.value,
            reply.detail,
        )

    def _do(self, errand: errands.Errand, link: link_.Link) -> errands.Reply:
        state = link.state(errand.put or 0)
        if (errand.host, errand.boot) != self._addressee:
            reply = errands.Reply(outcome=errands.Outcome.STRANGER)
        elif not self._slots.acquire(blocking=False):
            reply = errands.Reply(
                outcome=errands.Outcome.BUSY,
                detail=f"{AT_ONCE} commands run on this host",
            )
        else:
            try:
                give = functools.partial(link.say, door.Kind.STATE)
                reply = self._runner.run(errand, state, give)
            finally:
                self._slots.release()
        link.until = time.monotonic() + REPLY_WITHIN
        # Who closes on unread bytes resets, and the reply would be lost.
        for _part in state:
            pass
        return reply
