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

"""Where a prober's sockets come from: this machine, or a probe port."""

from __future__ import annotations

import collections
from collections.abc import Collection
import contextlib
import socket

from nham.adapters import errors
from nham.adapters.plugger import base as plugger_
from nham.adapters.probes import base
from nham.adapters.probes import echo
from nham.core import plugs

BATCH = 16
"""Sockets for connections that are fetched at once: each has a fresh one."""


class Sockets:
    """Opens sockets that do not block.

    :param plugger: for those behind probe ports; None: there are no such.
    """

    def __init__(self, plugger: plugger_.Plugger | None) -> None:
        self._plugger = plugger
        #: For connections to come.
        self._spare: dict[base.Origin, collections.deque[socket.socket]] = {}

    def echo(
        self, form: echo.Form, origin: base.Origin | None
    ) -> socket.socket | None:
        """Return one for questions of a form; None: none is to be had.

        :raises errors.Refused: this process may not send ICMP.
        """
        if origin is None:
            return _free(form.open())
        found = self._far(origin, "icmp" if form.icmp else "udp", 1)
        return found[0] if found else None

    def stream(
        self, address: str, origin: base.Origin | None
    ) -> socket.socket | None:
        """Return one for a connection; None: none is to be had."""
        if origin is not None:
            spare = self._spare.setdefault(origin, collections.deque())
            if not spare:
                spare += self._far(origin, "tcp", BATCH)
            return spare.popleft() if spare else None
        try:
            return _free(socket.socket(echo.family_of(address)))
        except OSError:
            return None

    def keep(self, origins: Collection[base.Origin | None]) -> None:
        """Close what is spare behind all ports but these."""
        for origin in self._spare.keys() - set(origins):
            for one in self._spare.pop(origin):
                one.close()

    def close(self) -> None:
        """Close what is spare, and let go of the plugger."""
        self.keep(())
        if self._plugger is not None:
            self._plugger.close()

    def _far(
        self, origin: base.Origin, kind: plugs.Kind, count: int
    ) -> list[socket.socket]:
        with contextlib.suppress(errors.AdapterError):
            if self._plugger is not None:
                opened = self._plugger.open(origin.port, kind, count)
                return [_free(one) for one in opened]
        return []


def _free(opened: socket.socket) -> socket.socket:
    opened.setblocking(False)
    return opened
