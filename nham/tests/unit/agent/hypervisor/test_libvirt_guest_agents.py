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

import json
import sys
import types
from typing import Any

from nham.agent.hypervisor import guest_agents
from nham.agent.hypervisor import libvirt_guest_agents
from nham.core.agent import errands
from nham.tests import base

A = "a0000000-0000-4000-8000-000000000000"
Outcome = errands.Outcome


class LibvirtError(Exception):
    """What libvirt-python raises."""

    def __init__(self, code: int, text: str = "libvirt says no") -> None:
        super().__init__(text)
        self._code = code

    def get_error_code(self) -> int:
        """See libvirt-python."""
        return self._code


class Library(types.ModuleType):
    """As much of libvirt-python as the driver uses.

    :ivar wrong: what is raised by a function of that name.
    """

    VIR_ERR_INTERNAL_ERROR = 1
    VIR_ERR_NO_DOMAIN = 42
    VIR_ERR_OPERATION_INVALID = 55
    VIR_ERR_ARGUMENT_UNSUPPORTED = 74
    VIR_ERR_AGENT_UNRESPONSIVE = 86
    VIR_ERR_AGENT_UNSYNCED = 97
    libvirtError = LibvirtError  # noqa: N815

    def __init__(self) -> None:
        super().__init__("libvirt")
        self.wrong: dict[str, LibvirtError] = {}
        self.asked: list[Any] = []
        self.connections = 0

    def _say(self, name: str) -> None:
        if name in self.wrong:
            raise self.wrong[name]

    def open(self, uri: str) -> Library:
        """See libvirt-python."""
        self._say("open")
        self.asked.append(uri)
        self.connections += 1
        return self

    def close(self) -> None:
        """See libvirt-python."""
        self.connections -= 1

    def lookupByUUIDString(self, text: str) -> str:  # noqa: N802
        """See libvirt-python."""
        self._say("lookup")
        return f"domain of {text}"

    def qemuAgentCommand(  # noqa: N802
        self, domain: str, words: str, timeout: int, flags: int
    ) -> str:
        """See libvirt-python."""
        self._say("command")
        self.asked.append((domain, json.loads(words), timeout, flags))
        return '{"return": {"pid": 5}}'


class LibvirtTest(base.TestCase):
    """The driver on a library of the test's."""

    def setUp(self) -> None:
        super().setUp()
        self.library = Library()
        for name in ("libvirt", "libvirt_qemu"):
            self.replace_module(name)
        self.driver = libvirt_guest_agents.LibvirtGuestAgents("qemu:///x")

    def replace_module(self, name: str) -> None:
        """Have an import find ours."""
        known = sys.modules.get(name)
        sys.modules[name] = self.library

        def back() -> None:
            del sys.modules[name]
            if known is not None:
                sys.modules[name] = known

        self.addCleanup(back)

    def ask(self, timeout: float = 2.5) -> Any:
        """Ask one question."""
        with self.driver.reach(A) as ask:
            return ask("guest-exec", {"path": "/a"}, timeout)

    def test_a_question(self) -> None:
        self.assertEqual({"pid": 5}, self.ask())
        said = {"execute": "guest-exec", "arguments": {"path": "/a"}}
        self.assertEqual(
            ["qemu:///x", (f"domain of {A}", said, 3, 0)], self.library.asked
        )
        self.assertEqual(0, self.library.connections)

    def test_libvirt_takes_no_part_of_a_second(self) -> None:
        self.ask(0.01)
        self.assertEqual(1, self.library.asked[-1][2])

    def test_what_its_errors_mean(self) -> None:
        refused = "unable to execute QEMU agent command 'guest-exec': no"
        for where, code, text, outcome in (
            ("open", 38, "no libvirtd", Outcome.HYPERVISOR),
            ("lookup", 42, "no domain", Outcome.NO_GUEST),
            ("command", 55, "not running", Outcome.NO_GUEST),
            ("command", 74, "not configured", Outcome.NO_GUEST_AGENT),
            ("command", 86, "not connected", Outcome.NO_GUEST_AGENT),
            ("command", 97, "wrong id", Outcome.NO_GUEST_AGENT),
            ("command", 1, refused, Outcome.FORBIDDEN),
            ("command", 1, "socket is closed", Outcome.HYPERVISOR),
        ):
            self.library.wrong = {where: LibvirtError(code, text)}
            error = self.assertRaises(guest_agents.Trouble, self.ask)
            self.assertEqual((outcome, text), (error.outcome, str(error)))
            self.assertEqual(0, self.library.connections)
