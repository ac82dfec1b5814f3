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

"""A guest that answers as QEMU's guest agent does, in a temporary folder.

The folder stands for its root: what the commands are in, and the files of a
state. Its programs really run.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import pathlib
import subprocess
import typing
from typing import Any

from nham.agent.hypervisor import guest_agents
from nham.core.agent import errands

_Outcome = errands.Outcome

#: A program that keeps its state in a file, as the manual asks for it.
PROGRAM = """\
#!/bin/sh
cd "$(dirname "$0")"
digest() { echo "sha256:$(sha256sum "$1" | cut -d' ' -f1)"; }
case $1 in
    export)
        [ -z "$2" ] || { cat state > "$2"; echo "digest=$(digest "$2")"; }
        [ -z "$NHAM_HOLD" ] || echo "held=$NHAM_HOLD"
        echo started=once
        echo "imported=$(cat imported)"
        ;;
    import)
        [ "$NHAM_DIGEST" = "$(digest "$2")" ] || exit 1
        cat "$2" > state
        echo "$NHAM_DIGEST" > imported
        echo "$NHAM_SENDER" > sender
        ;;
    claim) touch "address-$2" ;;
    claimed) [ -e "address-$2" ] && echo claimed=yes || echo claimed=no ;;
    let-go) rm -f "address-$2" ;;
esac
"""


class FakeGuest:
    """One guest, and what is wrong with it.

    :ivar folder: its root.
    :ivar wrong: what is raised at a question of that name.
    :ivar says: what is answered to a question of that name, whatever it is.
    :ivar asked: the names of all questions so far.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.wrong: dict[str, Exception] = {}
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self._files: dict[int, typing.BinaryIO] = {}
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        for name in ("state", "imported"):
            self.inside(f"/{name}").write_bytes(b"")
        self.inside(errands.FOLDER).mkdir(parents=True)
        self.program("/app", PROGRAM)

    def inside(self, path: str) -> pathlib.Path:
        """Return where a file of the guest really is."""
        return self.folder / path.removeprefix("/")

    def program(self, path: str, text: str) -> None:
        """Put a program into the guest."""
        self.inside(path).write_text(text)
        self.inside(path).chmod(0o700)

    def close(self) -> None:
        """End what runs."""
        for process in self._running.values():
            process.kill()
            process.communicate()
        for file in self._files.values():
            file.close()

    def wait(self) -> None:
        """Wait until all programs have ended; that is not told yet."""
        for process in self._running.values():
            process.wait()

    def open_files(self) -> int:
        """Return how many files it holds open for the outside."""
        return len(self._files)

    def ask(
        self, name: str, arguments: Mapping[str, Any], timeout: float
    ) -> Any:
        """Answer a question."""
        self.asked.append(name)
        if name in self.wrong:
            raise self.wrong[name]
        if name in self.says:
            return self.says[name]
        answer = getattr(self, f"_{name.replace('-', '_')}")
        try:
            given = {key.replace("-", "_"): v for key, v in arguments.items()}
            return answer(**given)
        except OSError as error:
            raise guest_agents.Trouble(
                _Outcome.FORBIDDEN, str(error)
            ) from error

    def _guest_exec(
        self, path: str, arg: list[str], env: list[str], capture_output: bool
    ) -> Any:
        process = subprocess.Popen(
            [
                str(self.inside(path)),
                *(str(self.inside(a)) if a[:1] == "/" else a for a in arg),
            ],
            env=dict(line.split("=", 1) for line in env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running[process.pid] = process
        return {"pid": process.pid}

    def _guest_exec_status(self, pid: int) -> Any:
        if pid not in self._running:
            raise OSError(f"PID {pid} does not exist")
        process = self._running[pid]
        if process.poll() is None:
            return {"exited": False}
        del self._running[pid]
        out, err = process.communicate()
        code = process.returncode
        how = {"signal": -code} if code < 0 else {"exitcode": code}
        said = {"out-data": _text(out), "err-data": _text(err)}
        return {"exited": True, **how, **said}

    def _guest_file_open(self, path: str, mode: str) -> int:
        file = typing.cast(typing.BinaryIO, self.inside(path).open(f"{mode}b"))
        self._files[file.fileno()] = file
        return file.fileno()

    def _guest_file_write(self, handle: int, buf_b64: str) -> Any:
        return {"count": self._files[handle].write(base64.b64decode(buf_b64))}

    def _guest_file_read(self, handle: int, count: int) -> Any:
        got = self._files[handle].read(count)
        return {
            "count": len(got),
            "buf-b64": _text(got),
            "eof": len(got) < count,
        }

    def _guest_file_close(self, handle: int) -> Any:
        self._files.pop(handle).close()
        return {}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class FakeGuestAgents(guest_agents.GuestAgents):
    """The guest agents of a host with such guests.

    :ivar guests: by their servers.
    """

    def __init__(self) -> None:
        self.guests: dict[str, FakeGuest] = {}

    @contextlib.contextmanager
    def reach(self, server_id: str) -> Iterator[guest_agents.Ask]:
        """See base class."""
        if server_id not in self.guests:
            raise guest_agents.Trouble(_Outcome.NO_GUEST, "no domain")
        yield self.guests[server_id].ask
