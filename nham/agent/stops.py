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

"""Ending guests, and seeing that they are gone.

As ``virDomainDestroy`` does it: SIGTERM, on which QEMU flushes its disks,
then SIGKILL. By pidfd, so that it needs no libvirtd and never hits another
process. The proof is the kernel's word that no such process is left.
"""

from __future__ import annotations

import logging
import signal

from nham.agent import pidfd
from nham.agent import processes as processes_
from nham.core.agent import guests as guests_

LOG = logging.getLogger(__name__)

#: Seconds that QEMU has after SIGTERM.
HEEDS_WITHIN = 0.5


class Stops:
    """The guests that are being ended."""

    def __init__(
        self, processes: processes_.Processes, guests: guests_.Guests
    ) -> None:
        self._processes = processes
        self._guests = guests
        #: By pidfd: when it gets SIGKILL; None: it got it.
        self._kill_at: dict[int, float | None] = {}
        #: What was wrong with a server's end.
        self._wrong: dict[str, str] = {}

    def begin(self, server_id: str, why: str, now: float) -> None:
        """End a guest, unless that was begun."""
        for fd in self._processes.of(server_id):
            if fd not in self._kill_at:
                LOG.warning("guest %s is ended: %s", server_id, why)
                self._guests.ends(server_id)
                self._kill_at[fd] = now + HEEDS_WITHIN
                self._send(fd, signal.SIGTERM)

    def forget(self, fd: int) -> None:
        """A process is gone."""
        self._kill_at.pop(fd, None)

    def tick(self, now: float) -> None:
        """Kill what has not heeded SIGTERM."""
        for fd, at in self._kill_at.items():
            if at is not None and at <= now:
                self._kill_at[fd] = None
                self._send(fd, signal.SIGKILL)

    def next_at(self) -> float | None:
        """Return when ``tick`` has something to do."""
        waiting = [at for at in self._kill_at.values() if at is not None]
        return min(waiting, default=None)

    def wrong(self, server_id: str) -> str:
        """Return why a guest could not be ended."""
        return self._wrong.get(server_id, "")

    def _send(self, fd: int, number: signal.Signals) -> None:
        server_id = self._processes.server(fd)
        try:
            pidfd.send(fd, number)
            self._wrong.pop(server_id, None)
        except PermissionError as error:
            self._wrong[server_id] = f"{number.name}: {error}"
            LOG.error(
                "guest %s cannot be ended, CAP_KILL is missing: %s",
                server_id,
                error,
            )
