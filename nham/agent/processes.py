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

"""The guests' processes: found by libvirt's pid files, held by pidfds.

This witness needs no libvirtd. A guest is the process that has ``-uuid``
and the server's id on its command line, whatever its name or its number.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
import contextlib
import logging
import os
import pathlib
import re

from nham.agent import pidfd

LOG = logging.getLogger(__name__)

#: All processes of this host.
PROC = "/proc"
_ID_LENGTH = 36
#: Names of QEMU's program: qemu-system-x86_64, qemu-kvm, kvm.
_QEMU = re.compile(rb"qemu|^kvm$")


def server_of(pid: int, proc: str) -> str | None:
    """Return the id of the server whose QEMU a process is."""
    try:
        words = pathlib.Path(proc, str(pid), "cmdline").read_bytes()
    except OSError:
        return None
    arguments = words.split(b"\0")
    if not _QEMU.search(os.path.basename(arguments[0])):
        return None
    with contextlib.suppress(ValueError, IndexError, UnicodeDecodeError):
        found = arguments[arguments.index(b"-uuid") + 1].decode("ascii")
        return found.lower() if len(found) == _ID_LENGTH else None
    return None


def all_of_host(proc: str) -> dict[int, str]:
    """Return every guest's process, by looking at all processes.

    This is for proofs: it takes a millisecond for a hundred processes.
    """
    found = {}
    for name in os.listdir(proc):
        if name.isdecimal() and (server := server_of(int(name), proc)):
            found[int(name)] = server
    return found


class Processes:
    """Holds a pidfd of each guest's process.

    :param run_dir: where libvirt keeps its pid files.
    :param proc: the processes that may be guests of this host: ``PROC``.
        There is no default, so that nothing but the agent itself can end
        what runs on the machine.
    """

    def __init__(self, run_dir: str, proc: str) -> None:
        self._run_dir = run_dir
        self._proc = proc
        self._held: dict[int, tuple[int, str]] = {}
        #: The directory could be read.
        self.readable = True

    def scan(self, known: Collection[str]) -> list[tuple[int, str]]:
        """Look for new processes; return their pidfds and servers.

        :param known: servers of this host, in case libvirt's directory
            cannot be read.
        """
        found = self._hold(self._pids())
        # Slower, but a guest that is not seen is not stopped either.
        return found if self.readable else self.scan_all(known)

    def scan_all(self, servers: Collection[str]) -> list[tuple[int, str]]:
        """Look for the processes of these servers, with no pid files.

        Of no others: a QEMU that is no guest of this host's libvirt may
        run here too, and is nobody's to end.
        """
        everything = all_of_host(self._proc)
        return self._hold(
            {pid for pid, one in everything.items() if one in servers}
        )

    def server(self, fd: int) -> str:
        """Return whose process this is."""
        return self._held[fd][1]

    def of(self, server_id: str) -> list[int]:
        """Return the pidfds of a server's processes."""
        return [fd for fd, (_, one) in self._held.items() if one == server_id]

    def servers(self) -> frozenset[str]:
        """Return all servers that have a process."""
        return frozenset(server for _pid, server in self._held.values())

    def release(self, fd: int) -> None:
        """Count a process no more; the pidfd is the caller's to close."""
        del self._held[fd]

    def close(self) -> None:
        """Let go of all of them."""
        for fd in self._held:
            os.close(fd)
        self._held.clear()

    def _hold(self, pids: set[int]) -> list[tuple[int, str]]:
        found = []
        known = {pid for pid, _server in self._held.values()}
        for pid in sorted(pids - known):
            held = self._open(pid, lambda pid: server_of(pid, self._proc))
            if held is not None:
                self._held[held[0]] = (pid, held[1])
                found.append(held)
        return found

    def _open(
        self, pid: int, whose: Callable[[int], str | None]
    ) -> tuple[int, str] | None:
        try:
            fd = os.pidfd_open(pid)
        except OSError:
            return None
        # Read after it was opened, of a process that lives still: so the
        # number was this process's when it was read.
        server = whose(pid)
        if server is None or pidfd.is_dead(fd):
            os.close(fd)
            return None
        return fd, server

    def _pids(self) -> set[int]:
        try:
            names = os.listdir(self._run_dir)
        except OSError as error:
            if self.readable:
                LOG.warning("guests' processes are not seen: %s", error)
            self.readable = False
            return set()
        self.readable = True
        found = set()
        for name in names:
            if name.endswith(".pid"):
                with contextlib.suppress(OSError, ValueError):
                    text = pathlib.Path(self._run_dir, name).read_text()
                    found.add(int(text))
        return found
