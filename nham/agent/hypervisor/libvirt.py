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

"""libvirt's events and lists, read in a thread of their own.

libvirt's event loop runs in that thread and so do all questions, one at a
time. A libvirtd that hangs stops the thread, never the agent: the caller
misses the answers. Keep-alive messages end a connection that hangs; one that
hangs while it is being opened waits for libvirtd's end.
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import threading
from typing import Any

from nham.agent.hypervisor import base
from nham.agent.hypervisor import words

LOG = logging.getLogger(__name__)

#: Seconds between two questions whether libvirt answers.
ASK_EVERY = 1.0
#: Questions for one list of all guests: events tell the rest.
LIST_EVERY = 5
#: Seconds between two keep-alive messages, and how many may be lost.
_KEEPALIVE = (1, 3)
#: Seconds before the first attempt to connect again, doubled each time.
_BACKOFF = 0.1
_SLOWEST = 5.0


class LibvirtHypervisor(base.Hypervisor):
    """The hypervisor that libvirt drives.

    :param uri: where it is, e.g. ``qemu:///system``.
    :raises ImportError: libvirt-python is not installed.
    """

    def __init__(self, uri: str) -> None:
        import libvirt

        self._libvirt: Any = libvirt
        self._uri = uri
        self._tell: Callable[[base.News], None] = lambda news: None
        self._stopped = threading.Event()
        self._closed = False
        self._turn = 0
        # What it would write to the standard error goes to our log.
        libvirt.registerErrorHandler(_ignore, None)

    def start(self, tell: Callable[[base.News], None]) -> None:
        """See base class."""
        self._tell = tell
        self._libvirt.virEventRegisterDefaultImpl()
        threading.Thread(target=self._run, name="libvirt", daemon=True).start()

    def stop(self) -> None:
        """See base class."""
        self._stopped.set()

    def check(self) -> str:
        """See base class."""
        try:
            connection = self._libvirt.open(self._uri)
            connection.getAllDomainStats(self._libvirt.VIR_DOMAIN_STATS_STATE)
            connection.close()
        except self._libvirt.libvirtError as error:
            return f"{self._uri}: {error}"
        return ""

    def _run(self) -> None:
        pause = _BACKOFF
        while not self._stopped.is_set():
            try:
                self._serve()
                pause = _BACKOFF
            except self._libvirt.libvirtError as error:
                self._tell(base.Link(False, str(error)))
                self._stopped.wait(pause)
                pause = min(pause * 2, _SLOWEST)

    def _serve(self) -> None:
        """Tell for as long as one connection lasts."""
        connection = self._libvirt.open(self._uri)
        self._closed = False
        timer = self._libvirt.virEventAddTimeout(
            int(ASK_EVERY * 1000), self._ask, connection
        )
        try:
            connection.setKeepAlive(*_KEEPALIVE)
            connection.registerCloseCallback(self._on_close, None)
            # First the events, then the list: what happens in between is
            # in both, and nothing is in neither.
            self._register(connection)
            self._turn = 0
            self._ask(timer, connection)
            self._tell(base.Link(True))
            while not self._closed and not self._stopped.is_set():
                self._libvirt.virEventRunDefaultImpl()
        finally:
            self._libvirt.virEventRemoveTimeout(timer)
            _close(connection, self._libvirt.libvirtError)
        if not self._stopped.is_set():
            self._tell(base.Link(False, "libvirtd closed the connection"))

    def _register(self, connection: Any) -> None:
        lib = self._libvirt
        for number, callback in (
            (lib.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
            (lib.VIR_DOMAIN_EVENT_ID_WATCHDOG, self._on_watchdog),
            (lib.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, self._on_io_error),
            (lib.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, self._on_agent),
        ):
            connection.domainEventRegisterAny(None, number, callback, None)

    def _ask(self, _timer: int, connection: Any) -> None:
        """Ask whether libvirt answers, at times for all guests."""
        try:
            if self._turn % LIST_EVERY == 0:
                self._tell(base.List(self._all(connection)))
            else:
                connection.getLibVersion()
        except self._libvirt.libvirtError as error:
            LOG.warning("libvirt does not answer: %s", error)
            self._closed = True
            return
        self._turn += 1
        self._tell(base.Answer())

    def _all(self, connection: Any) -> dict[str, Any]:
        lib = self._libvirt
        # A guest that is busy must not hold up the others.
        flags = lib.VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT
        return {
            domain.UUIDString(): words.listed(
                stats.get("state.state", 0), stats.get("state.reason", 0)
            )
            for domain, stats in connection.getAllDomainStats(
                lib.VIR_DOMAIN_STATS_STATE, flags
            )
        }

    def _on_close(self, *_details: object) -> None:
        self._closed = True

    def _on_lifecycle(
        self, _conn: Any, domain: Any, event: int, detail: int, _: Any
    ) -> None:
        self._say(domain, words.lifecycle(event, detail))

    def _on_watchdog(
        self, _conn: Any, domain: Any, action: int, _: Any
    ) -> None:
        self._say(domain, words.watchdog(action))

    def _on_io_error(
        self,
        _conn: Any,
        domain: Any,
        _path: str,
        alias: str,
        _action: int,
        reason: str,
        _: Any,
    ) -> None:
        self._say(domain, words.io_error(alias, reason))

    def _on_agent(
        self, _conn: Any, domain: Any, state: int, _reason: int, _: Any
    ) -> None:
        self._say(domain, words.guest_agent(state))

    def _say(self, domain: Any, told: Any) -> None:
        if told is not None:
            self._tell(base.Said(domain.UUIDString(), told))


def _ignore(*_details: object) -> None:
    """Take an error that is raised too."""


def _close(connection: Any, error: type[Exception]) -> None:
    try:
        connection.unregisterCloseCallback()
        connection.close()
    except error as failure:
        LOG.debug("closing the connection to libvirt: %s", failure)
