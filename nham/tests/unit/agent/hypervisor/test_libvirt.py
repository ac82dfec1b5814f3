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

from __future__ import annotations

from collections.abc import Callable
import queue
import sys
import types
from typing import Any

from nham.agent.hypervisor import base as hypervisor
from nham.agent.hypervisor import libvirt
from nham.core.agent import guests
from nham.core.agent import messages
from nham.tests import base
from nham.tests.unit.agent import host

A = host.server(1)
PATIENCE = 20.0


class LibvirtError(Exception):
    """What libvirt-python raises."""


class Domain:
    """A guest of the fake library."""

    def UUIDString(self) -> str:  # noqa: N802
        """Return its UUID."""
        return A


class Library(types.ModuleType):
    """As much of libvirt-python as the driver uses.

    Its event loop runs what the test puts into ``todo``.
    """

    VIR_DOMAIN_EVENT_ID_LIFECYCLE = 0
    VIR_DOMAIN_EVENT_ID_WATCHDOG = 3
    VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON = 7
    VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE = 18
    VIR_DOMAIN_STATS_STATE = 1
    VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT = 1 << 29
    libvirtError = LibvirtError  # noqa: N815

    def __init__(self) -> None:
        super().__init__("libvirt")
        self.todo: queue.Queue[Callable[[], None]] = queue.Queue()
        self.callbacks: dict[int, Callable[..., None]] = {}
        self.closed: Callable[..., None] = lambda *_: None
        self.timer: Callable[[], None] = lambda: None
        self.refuse = 0
        self.hang = False
        self.opened = 0

    def registerErrorHandler(self, *_: Any) -> None:  # noqa: N802
        """See libvirt-python."""

    def virEventRegisterDefaultImpl(self) -> None:  # noqa: N802
        """See libvirt-python."""

    def virEventRunDefaultImpl(self) -> None:  # noqa: N802
        """See libvirt-python."""
        self.todo.get(timeout=PATIENCE)()

    def virEventAddTimeout(  # noqa: N802
        self, _ms: int, callback: Callable[..., None], opaque: Any
    ) -> int:
        """See libvirt-python."""
        self.timer = lambda: callback(1, opaque)
        return 1

    def virEventRemoveTimeout(self, _timer: int) -> None:  # noqa: N802
        """See libvirt-python."""

    def open(self, _uri: str) -> Library:
        """See libvirt-python."""
        if self.refuse:
            self.refuse -= 1
            raise LibvirtError("no libvirtd")
        self.opened += 1
        return self

    def close(self) -> None:
        """See libvirt-python."""

    def setKeepAlive(self, *_: Any) -> None:  # noqa: N802
        """See libvirt-python."""

    def registerCloseCallback(  # noqa: N802
        self, callback: Callable[..., None], _opaque: Any
    ) -> None:
        """See libvirt-python."""
        self.closed = callback

    def unregisterCloseCallback(self) -> None:  # noqa: N802
        """See libvirt-python."""
        raise LibvirtError("it is closed")

    def domainEventRegisterAny(  # noqa: N802
        self, _dom: Any, number: int, callback: Any, _opaque: Any
    ) -> None:
        """See libvirt-python."""
        self.callbacks[number] = callback

    def getLibVersion(self) -> int:  # noqa: N802
        """See libvirt-python."""
        if self.hang:
            raise LibvirtError("keep-alive time-out")
        return 9

    def getAllDomainStats(  # noqa: N802
        self, *_: Any
    ) -> list[tuple[Domain, dict[str, int]]]:
        """See libvirt-python."""
        return [(Domain(), {"state.state": 1, "state.reason": 1})]


class LibvirtTest(base.TestCase):
    """The driver on a library of the test's."""

    def setUp(self) -> None:
        super().setUp()
        self.library = Library()
        self.replace_module()
        self.replace("nham.agent.hypervisor.libvirt._BACKOFF", 0.0)
        self.news: queue.Queue[hypervisor.News] = queue.Queue()
        self.driver = libvirt.LibvirtHypervisor("qemu:///system")

    def replace_module(self) -> None:
        """Have an import of libvirt find ours."""
        known = sys.modules.get("libvirt")
        sys.modules["libvirt"] = self.library

        def back() -> None:
            del sys.modules["libvirt"]
            if known is not None:
                sys.modules["libvirt"] = known

        self.addCleanup(back)

    def begin(self) -> None:
        """Start the driver and wait until it is connected."""
        self.driver.start(self.news.put)
        self.addCleanup(self.library.todo.put, lambda: None)
        self.addCleanup(self.driver.stop)

    def wait_for(self, kind: type[Any]) -> Any:
        """Return the next news of a kind."""
        while True:
            found = self.news.get(timeout=PATIENCE)
            if isinstance(found, kind):
                return found

    def do(self, number: int, *words: Any) -> None:
        """Have the library call back."""
        callback = self.library.callbacks[number]
        self.library.todo.put(lambda: callback(None, Domain(), *words, None))

    def test_at_first_the_list_then_the_link(self) -> None:
        self.begin()
        listed = self.wait_for(hypervisor.List)
        self.assertEqual(
            {A: guests.Listed(messages.GuestState.RUNNING)}, listed.found
        )
        self.assertTrue(self.wait_for(hypervisor.Link).up)

    def test_events(self) -> None:
        self.begin()
        self.wait_for(hypervisor.Link)
        for number, words, what in (
            (0, (5, 5), None),
            (0, (77, 0), "nothing"),
            (3, (1,), messages.Happening.WATCHDOG),
            (
                7,
                ("/a", "vda", 1, "enospc"),
                messages.Happening.IO_ERROR,
            ),
            (18, (2, 1), messages.Happening.AGENT_LOST),
        ):
            self.do(number, *words)
            if what != "nothing":
                said = self.wait_for(hypervisor.Said)
                self.assertEqual((A, what), (said.server_id, said.told.what))

    def test_it_is_asked_again_and_again(self) -> None:
        self.begin()
        self.wait_for(hypervisor.Link)
        for _turn in range(libvirt.LIST_EVERY):
            self.library.todo.put(self.library.timer)
        self.wait_for(hypervisor.List)

    def test_a_libvirtd_that_goes_and_comes_back(self) -> None:
        self.begin()
        self.wait_for(hypervisor.Link)
        self.library.refuse = 2
        self.library.todo.put(self.library.closed)
        for _time in range(3):
            self.assertFalse(self.wait_for(hypervisor.Link).up)
        self.wait_for(hypervisor.List)
        self.assertTrue(self.wait_for(hypervisor.Link).up)
        self.assertEqual(2, self.library.opened)

    def test_a_libvirtd_that_does_not_answer(self) -> None:
        self.begin()
        self.wait_for(hypervisor.Link)
        self.library.hang = True
        self.library.todo.put(self.library.timer)
        self.assertFalse(self.wait_for(hypervisor.Link).up)
        self.assertTrue(self.wait_for(hypervisor.Link).up)

    def test_the_check(self) -> None:
        self.assertEqual("", self.driver.check())
        self.library.refuse = 1
        self.assertIn("no libvirtd", self.driver.check())
