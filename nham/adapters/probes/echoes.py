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

"""The echo sockets of a prober: one for each form, and for each origin."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from nham.adapters.probes import base
from nham.adapters.probes import echo
from nham.adapters.probes import sockets as sockets_

LINGER = 10.0
"""Seconds for which a socket that has a successor still hears answers."""


class Echoes:
    """Opens them as they are needed.

    Those of this machine's own network are opened by whoever sets targets,
    who is told at once what is wrong; those behind probe ports in the loop,
    when they are first used.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sockets: sockets_.Sockets,
        heard: echo.Heard,
    ) -> None:
        self._loop = loop
        self._sockets = sockets
        self._heard = heard
        self._near: dict[echo.Form, echo.Echo] = {}
        self._far: dict[tuple[echo.Form, base.Origin], echo.Echo] = {}

    # -- called by others

    def need(self, form: echo.Form) -> None:
        """Have a socket of a form in this machine's own network.

        :raises errors.Refused: this process may not send ICMP.
        """
        if form not in self._near:
            self._near[form] = self._open(form)

    def renew(self) -> None:
        """Have new ones in this machine's own network."""
        for form, old in list(self._near.items()):
            self._near[form] = self._open(form)
            self._loop.call_soon_threadsafe(self._end_later, old)

    def all(self) -> set[echo.Echo]:
        """Return all there are."""
        return {*self._near.values(), *self._far.values()}

    # -- in the loop's thread

    def sender(
        self, form: echo.Form, origin: base.Origin | None
    ) -> echo.Echo | None:
        """Return what asks by a form from there; None: nothing can."""
        if origin is None:
            return self._near[form]
        found = self._far.get((form, origin))
        if found is None:
            opened = self._sockets.echo(form, origin)
            if opened is None:
                return None
            # All are neighbours there: what a router says is hearsay.
            found = echo.Echo(
                self._loop, form, self._heard, opened, routed=False
            )
            self._far[form, origin] = found
        return found

    def renew_far(self) -> None:
        """Have new ones behind all probe ports."""
        for old in self._far.values():
            self._end_later(old)
        self._far.clear()

    def keep(self, origins: Collection[base.Origin | None]) -> None:
        """Close those behind all ports but these, which may go."""
        for form, origin in list(self._far):
            if origin not in origins:
                self._far.pop((form, origin)).close()
        self._sockets.keep(origins)

    def close(self) -> None:
        """Close all."""
        for one in self.all():
            one.close()

    def _end_later(self, old: echo.Echo) -> None:
        # Until then it may still hear what it asked for.
        self._loop.call_later(LINGER, old.close)

    def _open(self, form: echo.Form) -> echo.Echo:
        opened = self._sockets.echo(form, None)
        assert opened is not None
        return echo.Echo(self._loop, form, self._heard, opened)
