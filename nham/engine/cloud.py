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

"""What Nova says, asked in bulk at a steady pace.

One round costs Nova one list of changed servers and one list of compute
services, whatever the size of the fleet.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import logging
import threading

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import model

LOG = logging.getLogger(__name__)

#: Nova dates changes to the second and on its own clock.
_OVERLAP = 5.0
#: A whole list now and then mends what a lost change left behind.
_FULL = 300.0
#: Seconds within which a server shows that it was asked to start.
_STARTING = 30.0


class CloudView:
    """The newest known state of all servers and compute services.

    :ivar available: Nova answered the last time it was asked.
    :ivar version: raised with all that is news.
    """

    def __init__(self, vim: vim_base.Vim, clock: clock_.Clock) -> None:
        self._vim = vim
        self._clock = clock
        self._lock = threading.Lock()
        self._servers: dict[str, vim_base.Server] = {}
        self._services: dict[str, vim_base.ComputeService] = {}
        self._polled_at: float | None = None
        self._full_at = 0.0
        self._working: set[str] = set()
        self._restarted: set[str] = set()
        self._imaging: dict[str, float] = {}
        self.available = True
        self.version = 0

    def poll(self) -> None:
        """Ask Nova what has changed."""
        now = self._clock.now()
        full = self._polled_at is None or now - self._full_at > _FULL
        since = None if full else (self._polled_at or now) - _OVERLAP
        try:
            changed = self._vim.changed_servers(since)
            services = self._vim.services()
        except errors.AdapterError as error:
            if self.available:
                LOG.warning("Nova does not answer: %s", error)
            self.available = False
            return
        if not self.available:
            LOG.info("Nova answers again")
        with self._lock:
            if full:
                self._servers.clear()
                self._full_at = now
            for server in changed:
                self._take_in(server)
            for server_id in self._imaging.keys() - self._servers.keys():
                del self._imaging[server_id]
            known, self._services = (
                self._services,
                {s.host: s for s in services},
            )
            self.version += full or known != self._services
            self._polled_at = now
            self.available = True

    def server(self, server_id: str) -> vim_base.Server | None:
        """Return the newest known state of a server, None if unknown."""
        with self._lock:
            return self._servers.get(server_id)

    def host_of(self, member: model.Member) -> str | None:
        """Return the host that a member is on by Nova, or by our record."""
        server = self.server(member.server_id)
        return server.host if server else member.host

    def read(self, server_id: str) -> vim_base.Server:
        """Return a server as it was read last; asked for if it was not.

        Nova may leave a change of metadata alone out of its list of what
        changed; the next whole list has it.

        :raises NotFound: there is none.
        :raises Unavailable: Nova does not answer.
        """
        known = self.server(server_id)
        if known is None or known.status == "DELETED" or not self.available:
            known = self._vim.server(server_id)
            self.note(known)
        return known

    def note(self, server: vim_base.Server) -> None:
        """Take in a state that was just read."""
        with self._lock:
            self._take_in(server)

    def note_tags(self, server_id: str, tags: tuple[str, ...]) -> None:
        """Take in tags that were just given; Nova does not tell of them."""
        with self._lock:
            known = self._servers.get(server_id)
            if known is not None:
                self._servers[server_id] = dataclasses.replace(
                    known, tags=tags
                )

    def was_restarted(self, server_id: str) -> bool:
        """Say, once, that Nova has started a server anew.

        Whoever asked for it: its guest boots now, and what was missed
        before says nothing any more.
        """
        with self._lock:
            found = server_id in self._restarted
            self._restarted.discard(server_id)
            return found

    def imaging_for(self, server_id: str) -> float:
        """Return the seconds since an image of a server was seen begun.

        By our own clock: Nova dates changes to the second, and on its own.
        """
        with self._lock:
            since = self._imaging.get(server_id)
        return 0.0 if since is None else self._clock.monotonic() - since

    @property
    def any_restarted(self) -> bool:
        """Nova has started a server anew that nobody has heard of yet."""
        return bool(self._restarted)

    def _take_in(self, server: vim_base.Server) -> None:
        self.version += self._servers.get(server.id) != server
        self._servers[server.id] = server
        task = server.task_state
        if (task or "").startswith("image_"):
            self._imaging.setdefault(server.id, self._clock.monotonic())
        else:
            self._imaging.pop(server.id, None)
        # An image is taken of a running guest, which goes on running.
        at_work = task is not None and not task.startswith("image_")
        if at_work or server.status != "ACTIVE":
            self._working.add(server.id)
        elif server.id in self._working:
            self._working.discard(server.id)
            self._restarted.add(server.id)

    def services(self) -> dict[str, vim_base.ComputeService]:
        """Return the compute services by host."""
        with self._lock:
            return dict(self._services)


def stopped_by(
    vim: vim_base.Vim,
    server_id: str,
    now: float,
    ours: Callable[[float], bool],
) -> str | None:
    """Say who stopped a server that is off: ``user`` or ``nobody``.

    Nova's own power sync records a stop too, without a user. What counts
    is the newest action that turns a server on or off. None: somebody has
    just asked for it to be on, which it was not yet when we saw it.

    :param ours: says whether a stop of that moment is one that NHAM asked
        for and wants no more.
    """
    switching = ("stop", "start", "reboot", "rebuild", "evacuate", "create")
    for entry in vim.actions(server_id):
        if entry.action not in switching:
            continue
        if entry.user_id and entry.action == "stop":
            return "nobody" if ours(entry.at) else "user"
        starts = entry.user_id and now - entry.at < _STARTING
        return None if starts else "nobody"
    return "nobody"
