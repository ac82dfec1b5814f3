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

"""``nham-plugger`` at its Unix socket."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from typing import Any

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.plugger import base
from nham.core import plugs

PATIENCE = 30.0
"""Seconds for what changes the host; the switch is waited for."""
_LOOK = 5.0
"""Seconds for a look at what is plugged."""
SOON = 0.1
"""Seconds for sockets: the prober's loop waits for it."""
REST = 1.0
"""Seconds for which nobody waits for sockets after that was in vain."""
_LONGEST = 256 * 1024


class UnixPlugger(base.Plugger):
    """One connection to the plugger of this host, made when it is needed.

    It may be used from several threads, but one waits for the other: who
    must not wait for what others ask has one of its own.

    :param path: of its socket.
    """

    def __init__(self, path: str, time: clock_.Clock | None = None) -> None:
        self._path = path
        self._clock = time or clock_.SystemClock()
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self._rests_until = 0.0

    def standing(self) -> base.Standing:
        """See base class."""
        found, _sockets = self._ask(plugs.List(), _LOOK)
        return base.Standing(host=found["host"], lives=found["lives"])

    def plug(self, wish: plugs.Plug) -> str:
        """See base class."""
        found, _sockets = self._ask(wish, PATIENCE)
        return str(found["life"])

    def unplug(self, port: str) -> None:
        """See base class."""
        self._ask(plugs.Unplug(port=port), PATIENCE)

    def open(
        self, port: str, kind: plugs.Kind, count: int = 1
    ) -> list[socket.socket]:
        """See base class; it takes no longer than ``SOON``.

        After a failure others fail at once for a while: a plugger that
        hangs must not hold the prober's loop again and again.
        """
        now = self._clock.monotonic()
        if now < self._rests_until:
            raise errors.Unavailable("the plugger did not answer just now")
        wish = plugs.Open(port=port, kind=kind, count=count)
        try:
            _found, opened = self._ask(wish, SOON)
        except errors.Unavailable:
            self._rests_until = self._clock.monotonic() + REST
            raise
        return opened

    def close(self) -> None:
        """See base class."""
        with self._lock:
            self._drop()

    def _ask(
        self, request: plugs.Request, patience: float
    ) -> tuple[dict[str, Any], list[socket.socket]]:
        with self._lock:
            try:
                answer, opened = self._exchange(plugs.pack(request), patience)
            except (OSError, ValueError) as failure:
                self._drop()
                raise errors.Unavailable(
                    f"plugger at {self._path}: {failure}"
                ) from failure
        if "error" in answer:
            raise errors.Refused(str(answer["error"]))
        return answer, opened

    def _exchange(
        self, data: bytes, patience: float
    ) -> tuple[dict[str, Any], list[socket.socket]]:
        connection = self._connected(patience)
        connection.settimeout(patience)
        connection.send(data)
        data, numbers, _flags, _from = socket.recv_fds(
            connection, _LONGEST, plugs.MOST_SOCKETS
        )
        opened = [socket.socket(fileno=number) for number in numbers]
        with contextlib.ExitStack() as undo:
            for one in opened:
                undo.callback(one.close)
            if not data:
                raise ConnectionResetError("it has hung up")
            answer: dict[str, Any] = json.loads(data)
            if "error" not in answer:
                undo.pop_all()
        return answer, opened

    def _connected(self, patience: float) -> socket.socket:
        if self._connection is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with contextlib.ExitStack() as undo:
                undo.callback(made.close)
                made.settimeout(patience)
                made.connect(self._path)
                undo.pop_all()
            self._connection = made
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
