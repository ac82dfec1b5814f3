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

"""Probe ports: where a prober's sockets lie in a tenant's network.

An engine that has no route to its members asks them from a Neutron port on
their own network. ``nham-plugger`` has the rights to join the host to it.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
import dataclasses
import socket

from nham.core import plugs


@dataclasses.dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands on this host.

    :ivar host: what Neutron knows it by, to bind ports to it.
    :ivar lives: what is plugged, by the ports' ids. A port that is plugged
        anew has another life; one that is broken has none, ``""``.
    """

    host: str
    lives: Mapping[str, str]


class Plugger(abc.ABC):
    """Joins this host to networks of tenants.

    Every method may raise ``errors.Unavailable``: nobody serves it now; and
    ``errors.Refused``: it was not done, for the reason that is given.
    """

    @abc.abstractmethod
    def standing(self) -> Standing:
        """Return what is plugged here by now."""

    @abc.abstractmethod
    def plug(self, wish: plugs.Plug) -> str:
        """Plug a port, unless it is; return its life."""

    @abc.abstractmethod
    def unplug(self, port: str) -> None:
        """Unplug a port; one that is not plugged is no error."""

    @abc.abstractmethod
    def open(
        self, port: str, kind: plugs.Kind, count: int = 1
    ) -> list[socket.socket]:
        """Return new sockets in the network of a port that is plugged."""

    @abc.abstractmethod
    def close(self) -> None:
        """Free what is held."""
