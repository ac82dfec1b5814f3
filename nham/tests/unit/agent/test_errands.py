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

from typing import Any

from nham.agent import errands as errands_
from nham.core.agent import errands
from nham.tests import base
from nham.tests.unit.agent import guest

A = "a0000000-0000-4000-8000-000000000000"
STATE = bytes(range(256)) * 8192


class RunnerTest(base.TestCase):
    """Errands in a guest of the test's; the rest is where the hook is."""

    def setUp(self) -> None:
        super().setUp()
        self.reached = guest.FakeGuestAgents()
        self.guest = guest.FakeGuest(self.temp_dir())
        self.addCleanup(self.guest.close)
        self.reached.guests[A] = self.guest
        self.runner = errands_.Runner(self.reached)
        self.got: list[bytes] = []

    def run_errand(self, state: bytes = b"", **changes: Any) -> errands.Reply:
        """Return how an errand ends."""
        fields: dict[str, Any] = {
            "host": "cmp1",
            "boot": "life",
            "server_id": A,
            "command": ("/app", "import", errands.IMPORT_FILE),
            "timeout": 20.0,
            **changes,
        }
        return self.runner.run(
            errands.Errand(**fields), [state], self.got.append
        )

    def test_another_state_than_the_one_that_was_named(self) -> None:
        digest = errands.digest_of(b"state")
        for state, put in ((b"stat", 5), (b"stata", 5), (b"state", 4)):
            reply = self.run_errand(state, put=put, digest=digest)
            self.assertIs(errands.Outcome.DAMAGED, reply.outcome)
        self.assertNotIn("guest-exec", self.guest.asked)
        self.assertEqual(0, self.guest.open_files())

    def test_a_large_state_goes_in_parts(self) -> None:
        self.run_errand(
            STATE,
            put=len(STATE),
            digest=errands.digest_of(STATE),
            environment=(f"NHAM_DIGEST={errands.digest_of(STATE)}",),
        )
        self.assertEqual(STATE, self.guest.inside("/state").read_bytes())
        wrote = self.guest.asked.count("guest-file-write")
        self.assertEqual(len(STATE) // errands_.CHUNK, wrote)

    def test_a_state_that_is_too_large(self) -> None:
        self.guest.inside("/state").write_bytes(STATE)
        command = ("/app", "export", errands.EXPORT_FILE)
        reply = self.run_errand(command=command, fetch=errands_.CHUNK)
        self.assertIs(errands.Outcome.TOO_LARGE, reply.outcome)
        self.assertLessEqual(sum(map(len, self.got)), errands_.CHUNK)
        self.assertEqual(0, self.guest.open_files())

    def test_no_time(self) -> None:
        reply = self.run_errand(timeout=1e-9)
        self.assertIs(errands.Outcome.TIMED_OUT, reply.outcome)
        self.assertEqual([], self.guest.asked)

    def test_the_environment_is_what_the_errand_says(self) -> None:
        self.guest.program("/app", "#!/bin/sh\nexport -p\n")
        reply = self.run_errand(environment=("A=b c",))
        self.assertIn("A='b c'", reply.output)
        self.assertNotIn("HOME", reply.output)

    def test_a_chatty_command(self) -> None:
        self.guest.program("/app", "#!/bin/sh\nyes | head -c 50000\n")
        self.assertLessEqual(len(self.run_errand().output), errands_.SHOWN)

    def test_a_server_of_another_host(self) -> None:
        reply = self.run_errand(server_id="b")
        self.assertIs(errands.Outcome.NO_GUEST, reply.outcome)
