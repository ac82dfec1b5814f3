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

"""The plugger's door: a Unix socket, and a thread for each who knocks."""

from __future__ import annotations

import contextlib
import grp
import json
import logging
import os
import pathlib
import shutil
import socket
import threading
from typing import Any

from nham.adapters import errors
from nham.core import plugs
from nham.plugger import commands
from nham.plugger import ports as ports_

LOG = logging.getLogger(__name__)

MOST = 16
"""Connections at once; an engine has two."""
_OTHERS_KEPT_OUT = 0o117


def listen(path: str, group: str | None = None) -> socket.socket:
    """Return a socket that this user and that group reach.

    :raises OSError: it cannot be had; another plugger may have it.
    :raises LookupError: there is no such group.
    """
    with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
        with _socket() as other:
            other.connect(path)
        raise OSError(f"{path}: another plugger listens there")
    pathlib.Path(path).unlink(missing_ok=True)
    made = _socket()
    with contextlib.ExitStack() as undo:
        undo.callback(made.close)
        before = os.umask(_OTHERS_KEPT_OUT)
        try:
            made.bind(path)
        finally:
            os.umask(before)
        if group is not None:
            shutil.chown(path, group=grp.getgrnam(group).gr_gid)
        made.listen(MOST)
        undo.pop_all()
    return made


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Door:
    """Answers requests until it is closed.

    :param listener: see ``listen``.
    """

    def __init__(self, listener: socket.socket, ports: ports_.Ports) -> None:
        self._listener = listener
        self._ports = ports
        self._seats = threading.BoundedSemaphore(MOST)

    def run(self) -> None:
        """Let in whoever knocks, until ``close``."""
        while True:
            try:
                caller, _where = self._listener.accept()
            except OSError:
                return
            if not self._seats.acquire(blocking=False):
                LOG.warning("%d connections are open; no more", MOST)
                caller.close()
                continue
            threading.Thread(
                target=self._serve, args=[caller], daemon=True
            ).start()

    def close(self) -> None:
        """Let nobody in any more; from any thread or signal handler."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self, caller: socket.socket) -> None:
        try:
            with caller:
                while data := caller.recv(plugs.LARGEST + 1):
                    self._answer(caller, data)
        except OSError as failure:
            LOG.info("a caller is gone: %s", failure)
        finally:
            self._seats.release()

    def _answer(self, caller: socket.socket, data: bytes) -> None:
        opened: list[socket.socket] = []
        try:
            said = self._do(plugs.parse(data), opened)
        except plugs.Wrong as wrong:
            LOG.warning("refused: %s", wrong)
            said = {"error": str(wrong)}
        except (commands.Failed, errors.Refused, OSError) as failure:
            LOG.warning("failed: %s", failure)
            said = {"error": str(failure)}
        packet = json.dumps(said).encode()
        try:
            socket.send_fds(caller, [packet], [one.fileno() for one in opened])
        finally:
            for one in opened:
                one.close()

    def _do(
        self, request: plugs.Request, opened: list[socket.socket]
    ) -> dict[str, Any]:
        """Do what was asked; sockets that were made go into ``opened``."""
        ports = self._ports
        if isinstance(request, plugs.Open):
            opened += ports.open(request.port, request.kind, request.count)
            return {}
        if isinstance(request, plugs.List):
            return {"host": ports.host(), "lives": ports.lives()}
        if isinstance(request, plugs.Plug):
            life = ports.plug(request)
            LOG.info("port %s is plugged, life %s", request.port, life)
            return {"life": life}
        ports.unplug(request.port)
        LOG.info("port %s is unplugged", request.port)
        return {}
