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

"""A plugger of the simulated cloud, where every address is near."""

from __future__ import annotations

import socket

from nham.adapters import errors
from nham.adapters.plugger import base
from nham.core import plugs


class SimulatedPlugger(base.Plugger):
    """Remembers what is plugged; its sockets are the simulated prober's.

    :param host: what Neutron knows this host by.
    :ivar away: nobody serves it.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._count = 0
        self._lives: dict[str, str] = {}
        self.away = False

    def standing(self) -> base.Standing:
        """See base class."""
        self._reach()
        return base.Standing(host=self._host, lives=dict(self._lives))

    def plug(self, wish: plugs.Plug) -> str:
        """See base class."""
        self._reach()
        if not self._lives.get(wish.port):
            self._count += 1
            self._lives[wish.port] = str(self._count)
        return self._lives[wish.port]

    def unplug(self, port: str) -> None:
        """See base class."""
        self._reach()
        self._lives.pop(port, None)

    def open(
        self, port: str, kind: plugs.Kind, count: int = 1
    ) -> list[socket.socket]:
        """See base class."""
        self._reach()
        raise errors.Refused(f"{port}: no {kind} sockets in a simulation")

    def close(self) -> None:
        """See base class."""

    def break_port(self, port: str) -> None:
        """Take away the device of a port that is plugged."""
        self._lives[port] = ""

    def _reach(self) -> None:
        if self.away:
            raise errors.Unavailable("plugger: nobody listens")
