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

"""Processes known by pid file, never by name.

A pid file holds the pid and its start time, so that a number the kernel
gave to somebody else later is not taken for ours.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
import contextlib
import os
import pathlib
import signal
import subprocess
import time

from tc import settings


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat that follow the name."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except (OSError, ValueError):
        return None
    return text.rpartition(")")[2].split()


def start_time(pid: int) -> str | None:
    """Return when a process started (in ticks), None if it is gone."""
    fields = _stat(pid)
    if fields is None or fields[0] in "ZX":
        return None
    return fields[19]


def pids() -> Iterator[int]:
    """Yield the numbers of all processes."""
    for name in os.listdir("/proc"):
        if name.isdigit():
            yield int(name)


def session(sid: int) -> list[int]:
    """Return the living members of a session."""
    found = []
    for pid in pids():
        fields = _stat(pid)
        if fields and fields[0] not in "ZX" and int(fields[3]) == sid:
            found.append(pid)
    return found


def signal_pid(pid: int, number: int) -> None:
    """Send a signal; a process that is gone already is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


class Process:
    """A background process with a pid file and a log."""

    def __init__(
        self,
        name: str,
        run: pathlib.Path = settings.RUN,
        log: pathlib.Path | None = None,
    ):
        self.name = name
        self.pid_file = run / f"{name}.pid"
        self.log = log or settings.LOG / f"{name}.log"

    def _record(self) -> tuple[int, str] | None:
        try:
            pid, started = self.pid_file.read_text().split()
            return int(pid), started
        except (OSError, ValueError):
            return None

    def pid(self) -> int | None:
        """Return the pid if the process lives and is the recorded one."""
        record = self._record()
        if record and start_time(record[0]) == record[1]:
            return record[0]
        return None

    def remains(self) -> list[int]:
        """Return every living process that belongs to this service.

        A session's number is not given away while it has members, so if
        the leader's number has a new owner, nothing of ours is left.
        """
        record = self._record()
        if record is None:
            return []
        if start_time(record[0]) not in (None, record[1]):
            return []
        return session(record[0])

    def start(
        self, argv: Sequence[str], env: Mapping[str, str] | None = None
    ) -> int:
        """Start it in its own session unless it runs; return the pid."""
        running = self.pid()
        if running:
            return running
        self.kill()
        self.pid_file.parent.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=dict(env) if env is not None else settings.base_env(),
            )
        started = start_time(child.pid) or "0"
        self.pid_file.write_text(f"{child.pid} {started}\n")
        # The caller never waits for it: keep Popen from complaining.
        child.returncode = 0
        return child.pid

    def kill(self) -> None:
        """End it and all of its session at once."""
        deadline = time.monotonic() + 10
        while members := self.remains():
            for pid in members:
                signal_pid(pid, signal.SIGKILL)
            if time.monotonic() > deadline:
                raise settings.Failure(
                    f"{self.name} cannot be killed", self.log
                )
            time.sleep(0.02)
        self.pid_file.unlink(missing_ok=True)

    def terminate(self) -> None:
        """Ask it to end, without waiting."""
        pid = self.pid()
        if pid:
            signal_pid(pid, signal.SIGTERM)

    def stop(self, grace: float = 5) -> None:
        """Wait for its end after ``terminate``, then insist."""
        deadline = time.monotonic() + grace
        while self.pid() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()


def _short(argv: Sequence[str]) -> str:
    """Return the beginning of a command, for a message."""
    words = [str(word) for word in argv]
    if words[:2] == ["setpriv", "--pdeathsig"]:
        words = words[3:]
    return " ".join(words[:4])


def _run(
    argv: list[str],
    log: pathlib.Path | None,
    env: dict[str, str],
    stdin: str | None,
) -> subprocess.CompletedProcess[str]:
    if log is None:
        return subprocess.run(
            argv, env=env, text=True, input=stdin, capture_output=True
        )
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a") as out:
        return subprocess.run(
            argv, env=env, text=True, input=stdin, stdout=out, stderr=out
        )


def run(
    argv: Sequence[str],
    log: pathlib.Path | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
    stdin: str | None = None,
    tied: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; its output goes to ``log`` or is kept.

    A command that takes long (it has a log) is tied to us: if we are
    killed it dies too, so that the next try does not work against it.
    """
    if log is not None and tied:
        argv = ["setpriv", "--pdeathsig", "KILL", *argv]
    full_env = dict(env) if env is not None else settings.base_env()
    done = _run(list(argv), log, full_env, stdin)
    if check and done.returncode:
        detail = (done.stderr or "").strip().splitlines()[-1:]
        raise settings.Failure(
            f'"{_short(argv)}" ended with {done.returncode} '
            f"{' '.join(detail)}",
            log,
        )
    return done


def sh(*argv: str) -> bool:
    """Run a short command quietly; tell whether it worked."""
    return run(argv, check=False).returncode == 0
