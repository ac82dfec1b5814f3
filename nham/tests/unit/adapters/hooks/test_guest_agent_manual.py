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

"""What authors and operators are told of commands in guests is true."""

from __future__ import annotations

import pathlib
import re
import textwrap

from nham.adapters.hooks import guest_agent
from nham.core.agent import errands
from nham.tests.unit.adapters.hooks import test_guest_agent

_DOC = pathlib.Path(__file__).parents[5] / "doc/source"


class ManualTest(test_guest_agent.DoorCase):
    """``hook.rst`` and ``admin/agent-host.rst``."""

    def setUp(self) -> None:
        super().setUp()
        if not _DOC.exists():
            self.skipTest("the manual is not beside the installed package")
        text = (_DOC / "hook.rst").read_text()
        self.text = text.partition("\nCommands in the guest\n")[2]
        host = (_DOC / "admin" / "agent-host.rst").read_text()
        self.host = " ".join(host.split())

    def test_the_smallest_pair(self) -> None:
        export, import_ = (
            textwrap.dedent(found)
            for found in re.findall(
                r"( +#!/bin/sh\n(?:(?: +.*)?\n)+?)\n*(?=\S)", self.text
            )
        )
        folder = self.guest.folder
        for word, program in (("export", export), ("import", import_)):
            inside = program.replace("/var/lib/app", str(folder))
            self.guest.program(f"/{word}", inside)
        self.guest.program(
            "/app", '#!/bin/sh\nw=$1; shift; exec "${0%app}$w" "$@"\n'
        )
        state = folder / "state"
        state.write_bytes(b"one")
        found = self.hook.export_state(self.alive, 1000)
        self.assertEqual(b"one", found.data)
        self.hook.import_state(self.alive, b"two", "m1")
        self.assertEqual(b"two", state.read_bytes())
        self.assertEqual("", self.hook.imported(self.alive))

    def test_the_words(self) -> None:
        for word in errands.RULES:
            self.assertIn(f"\n``{word}=``", self.text)
        for name in (errands.EXPORT_FILE, errands.IMPORT_FILE):
            self.assertIn(name, self.text)
        self.assertIn(f"with {errands.TEMPORARY} if", self.text)
        self.assertIn("512 KiB", self.text)
        self.assertEqual("guest_agent", guest_agent.GuestAgentHook.name)

    def test_the_outcomes(self) -> None:
        for outcome, meaning in errands.MEANINGS.items():
            self.assertIn(f"``{outcome.value}`` {meaning}", self.host)
