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

"""Errands: runs commands in guests by QEMU's stock guest agent.

What the guest agent of QEMU is asked: ``guest-exec``, which runs a program
without a shell, ``guest-exec-status`` and the ``guest-file-`` commands
(QEMU Guest Agent Protocol Reference, 7.2).
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import hashlib
import threading
import time
from typing import Any

from nham.agent.hypervisor import guest_agents
from nham.core.agent import errands
from nham.core.agent import messages

#: Bytes of a state that one question carries. libvirt lets a text of 4 MiB
#: through, and loses the guest agent at an answer of 10 MiB.
CHUNK = 512 * 1024
#: Seconds between the first two looks whether a command has ended, and
#: between two at most.
LOOK, SELDOM = 0.002, 0.05
#: Bytes of what a command wrote that are handed on.
SHOWN = 4096

Outcome = errands.Outcome
_Trouble = guest_agents.Trouble
_ODD = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)


class Runner:
    """Runs errands, one at a time in each guest; from any thread."""

    def __init__(self, guests: guest_agents.GuestAgents) -> None:
        self._guests = guests
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        #: Commands that had not ended when their time was over.
        self._left: dict[str, int] = {}

    def run(
        self,
        errand: errands.Errand,
        state: Iterable[bytes],
        give: Callable[[bytes], None],
    ) -> errands.Reply:
        """Do an errand.

        :param state: the bytes of it that are put into the guest.
        :param give: takes the bytes that are fetched, part by part.
        """
        try:
            with (
                self._alone(errand.server_id),
                self._guests.reach(errand.server_id) as ask,
            ):
                guest = _Guest(ask, time.monotonic() + errand.timeout)
                return self._run(errand, guest, state, give)
        except _Trouble as trouble:
            return errands.Reply(outcome=trouble.outcome, detail=str(trouble))
        except _ODD as error:
            # What answers in a guest may be anybody's program.
            return errands.Reply(
                outcome=Outcome.FORBIDDEN,
                detail=messages.short(f"an answer is not in order: {error!r}"),
            )

    @contextlib.contextmanager
    def _alone(self, server_id: str) -> Iterator[None]:
        with self._lock:
            if server_id in self._busy:
                raise _Trouble(Outcome.BUSY, "a command runs in the guest")
            self._busy.add(server_id)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(server_id)

    def _run(
        self,
        errand: errands.Errand,
        guest: _Guest,
        state: Iterable[bytes],
        give: Callable[[bytes], None],
    ) -> errands.Reply:
        self._see_none_left(errand.server_id, guest)
        if errand.put is not None:
            guest.put(state, errand)
        pid = guest.begin(errand)
        self._left[errand.server_id] = pid
        ended = guest.wait(pid)
        del self._left[errand.server_id]
        outcome, detail = _judged(ended)
        digest = ""
        if outcome is Outcome.DONE and errand.fetch is not None:
            digest = guest.fetch(errand.fetch, give)
        return errands.Reply(
            outcome=outcome,
            detail=detail,
            output=_text(ended, "out-data", SHOWN),
            digest=digest,
        )

    def _see_none_left(self, server_id: str, guest: _Guest) -> None:
        """See that no earlier command writes to the files still.

        :raises guest_agents.Trouble: one does.
        """
        pid = self._left.get(server_id)
        if pid is None:
            return
        try:
            ended = guest.status(pid)["exited"]
        except _Trouble as trouble:
            # Another life of the guest or of its agent knows no such one.
            ended = trouble.outcome is Outcome.FORBIDDEN
            if not ended:
                raise
        if not ended:
            raise _Trouble(
                Outcome.BUSY, "an earlier command whose time was over runs on"
            )
        del self._left[server_id]


class _Guest:
    """The questions of one errand.

    :param until: when its time is over, monotonic seconds.
    """

    def __init__(self, ask: guest_agents.Ask, until: float) -> None:
        self._ask = ask
        self._until = until

    def begin(self, errand: errands.Errand) -> int:
        """Start the command; return its process id."""
        path, *arguments = errand.command
        begun = self._question(
            "guest-exec",
            path=path,
            arg=arguments,
            env=list(errand.environment),
            **{"capture-output": True},
        )
        return int(begun["pid"])

    def wait(self, pid: int) -> Mapping[str, Any]:
        """Return how a command ended, once it has."""
        pause = LOOK
        while True:
            ended = self.status(pid)
            if ended["exited"]:
                return ended
            time.sleep(min(pause, self._left()))
            pause = min(pause * 1.5, SELDOM)

    def status(self, pid: int) -> Mapping[str, Any]:
        """Return whether and how a command has ended."""
        found: Mapping[str, Any] = self._question("guest-exec-status", pid=pid)
        return found

    def put(self, state: Iterable[bytes], errand: errands.Errand) -> None:
        """Write the state that comes, and see that it is the right one."""
        digest, size = hashlib.sha256(), 0
        with self._open(errands.IMPORT_FILE, "w") as handle:
            for part in state:
                for chunk in _cut(part):
                    digest.update(chunk)
                    size += self._write(handle, chunk)
        if (size, f"sha256:{digest.hexdigest()}") != (
            errand.put,
            errand.digest,
        ):
            raise _Trouble(Outcome.DAMAGED, f"{size} bytes came")

    def fetch(self, most: int, give: Callable[[bytes], None]) -> str:
        """Read the state that the command gave out; return its digest."""
        digest, size = hashlib.sha256(), 0
        with self._open(errands.EXPORT_FILE, "r") as handle:
            while True:
                got = self._question(
                    "guest-file-read", handle=handle, count=CHUNK
                )
                chunk = _decoded(got.get("buf-b64", ""))
                digest.update(chunk)
                size += len(chunk)
                if size > most:
                    raise _Trouble(Outcome.TOO_LARGE, f"over {most} bytes")
                if chunk:
                    give(chunk)
                if got["eof"]:
                    return f"sha256:{digest.hexdigest()}"

    def _write(self, handle: int, chunk: bytes) -> int:
        text = base64.b64encode(chunk).decode()
        wrote = self._question(
            "guest-file-write", handle=handle, **{"buf-b64": text}
        )
        if wrote["count"] != len(chunk):
            raise _Trouble(
                Outcome.FORBIDDEN,
                f"{errands.IMPORT_FILE}: only {wrote['count']} of "
                f"{len(chunk)} bytes were written; the disk may be full",
            )
        return len(chunk)

    @contextlib.contextmanager
    def _open(self, path: str, mode: str) -> Iterator[int]:
        handle = int(self._question("guest-file-open", path=path, mode=mode))
        try:
            yield handle
        except BaseException:
            # It is open in the guest until then; the first error counts.
            with contextlib.suppress(_Trouble):
                self._ask("guest-file-close", {"handle": handle}, 1.0)
            raise
        # What cannot be written is said by the last of these.
        self._question("guest-file-close", handle=handle)

    def _question(self, name: str, **arguments: Any) -> Any:
        return self._ask(name, arguments, self._left())

    def _left(self) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise _Trouble(Outcome.TIMED_OUT, "its time was over")
        return left


def _cut(part: bytes) -> Iterator[bytes]:
    for start in range(0, len(part), CHUNK):
        yield part[start : start + CHUNK]


def _decoded(text: object) -> bytes:
    return base64.b64decode(str(text), validate=True)


def _judged(ended: Mapping[str, Any]) -> tuple[errands.Outcome, str]:
    """Return how a command ended, in our words and in its own."""
    code = ended.get("exitcode")
    if code == 0:
        return Outcome.DONE, ""
    how = f"exit code {code}"
    if code is None:
        how = f"signal {ended.get('signal')}"
    said = messages.short(_text(ended, "err-data", 200).strip())
    outcome = Outcome.FAILED
    if code == errands.TEMPORARY:
        outcome = Outcome.NOT_NOW
    return outcome, f"{how}: {said}" if said else how


def _text(ended: Mapping[str, Any], name: str, most: int) -> str:
    return _decoded(ended.get(name, ""))[:most].decode("utf-8", "replace")
