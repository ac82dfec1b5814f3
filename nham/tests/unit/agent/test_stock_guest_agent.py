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

"""Errands by QEMU's own guest agent, where it is installed.

It runs on this machine and listens at a socket of the test's, so that no
guest is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
from typing import Any

from nham.agent import errands as errands_
from nham.agent.hypervisor import guest_agents
from nham.core.agent import errands
from nham.tests import base

STATE = bytes(range(256)) * 4096
Outcome = errands.Outcome


class SocketGuestAgents(guest_agents.GuestAgents):
    """One guest agent that listens at a socket."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def reach(self, server_id: str) -> Iterator[guest_agents.Ask]:
        """See base class."""
        with (
            socket.socket(socket.AF_UNIX) as sock,
            sock.makefile("rb") as answers,
        ):
            sock.connect(str(self._path))

            def ask(
                name: str, arguments: Mapping[str, Any], timeout: float
            ) -> Any:
                sock.settimeout(timeout)
                said = {"execute": name, "arguments": arguments}
                sock.sendall(json.dumps(said).encode() + b"\n")
                answer = json.loads(answers.readline())
                if "error" in answer:
                    desc = answer["error"]["desc"]
                    raise guest_agents.Trouble(Outcome.FORBIDDEN, desc)
                return answer["return"]

            yield ask


class StockTest(base.TestCase):
    """``Runner`` with qemu-ga itself."""

    def setUp(self) -> None:
        super().setUp()
        program = shutil.which("qemu-ga")
        if program is None:
            self.skipTest("there is no qemu-ga")
        self.folder = self.temp_dir()
        for name in ("EXPORT_FILE", "IMPORT_FILE"):
            path = str(self.folder / name.lower())
            self.replace(f"nham.core.agent.errands.{name}", path)
        where = self.folder / "socket"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(where))
            listener.listen()
            fd = listener.fileno()
            words = f"{program} --method unix-listen --path {where}"
            words += f" --statedir {self.folder} --pidfile {self.folder}/pid"
            process = subprocess.Popen(
                [
                    *("bash", "-c"),
                    f"LISTEN_FDS=1 LISTEN_PID=$$ exec {words} 3<&{fd}",
                ],
                pass_fds=[fd],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.runner = errands_.Runner(SocketGuestAgents(where))

    def run_errand(
        self, *command: str, state: bytes = b"", **fields: Any
    ) -> tuple[errands.Reply, bytes]:
        """Return how an errand ends, and what was fetched."""
        got: list[bytes] = []
        errand = errands.Errand(
            host="cmp1",
            boot="life",
            server_id="s",
            command=command,
            timeout=30.0,
            **fields,
        )
        return self.runner.run(errand, [state], got.append), b"".join(got)

    def test_a_state_there_and_back(self) -> None:
        for state in (b"", b"short", STATE):
            reply, got = self.run_errand(
                "/bin/cp",
                errands.IMPORT_FILE,
                errands.EXPORT_FILE,
                state=state,
                put=len(state),
                digest=errands.digest_of(state),
                fetch=len(STATE),
            )
            self.assertIs(Outcome.DONE, reply.outcome, reply.detail)
            self.assertEqual(errands.digest_of(state), reply.digest)
            self.assertEqual(state, got)

    def test_what_a_command_says(self) -> None:
        reply, _ = self.run_errand(
            "/bin/sh", "-c", "echo $A; pwd >&2; exit 75", environment=("A=b",)
        )
        self.assertEqual(
            (Outcome.NOT_NOW, "b\n"), (reply.outcome, reply.output)
        )
        self.assertIn("exit code 75: /", reply.detail)
        reply, _ = self.run_errand("/bin/sh", "-c", "kill -9 $$")
        self.assertEqual(
            (Outcome.FAILED, "signal 9"), (reply.outcome, reply.detail)
        )

    def test_what_is_not_there(self) -> None:
        reply, _ = self.run_errand("/none")
        self.assertIs(Outcome.FORBIDDEN, reply.outcome)
        reply, _ = self.run_errand("/bin/true", fetch=1)
        self.assertIs(Outcome.FORBIDDEN, reply.outcome)
        self.assertIn("No such file", reply.detail)

    def test_a_state_that_is_too_large(self) -> None:
        pathlib.Path(errands.EXPORT_FILE).write_bytes(STATE)
        reply, _ = self.run_errand("/bin/true", fetch=len(STATE) - 1)
        self.assertIs(Outcome.TOO_LARGE, reply.outcome)
