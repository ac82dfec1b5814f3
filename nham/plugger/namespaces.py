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

"""Network namespaces by their names, and what is done inside of them.

A thread can enter one while the others of its process stay where they are
(``setns(2)``). What it makes there, a socket or a process, stays in there.
"""

from __future__ import annotations

from collections.abc import Callable
import ctypes
import os
import pathlib
from typing import TypeVar

from nham.plugger import commands

FOLDER = pathlib.Path("/run/netns")
_NEWNET = 0x40000000
_LOST = 70
"""Exit status of a process of which a thread cannot come back."""
_LIBC = ctypes.CDLL(None, use_errno=True)

T = TypeVar("T")


class Namespaces:
    """Those that have a name, with a prefix of our own.

    :param prefix: what the names of ours begin with; all others are left
        alone.
    """

    def __init__(self, prefix: str, folder: pathlib.Path = FOLDER) -> None:
        self._prefix = prefix
        self._folder = folder
        self._home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def names(self) -> list[str]:
        """Return the names of ours, without the prefix."""
        found = self._folder.glob(f"{self._prefix}*")
        return sorted(one.name.removeprefix(self._prefix) for one in found)

    def make(self, name: str) -> None:
        """Make one, unless it is there.

        :raises commands.Failed: it cannot be made.
        """
        if not self._path(name).exists():
            commands.run("ip", "netns", "add", self.whole(name))

    def remove(self, name: str) -> None:
        """Remove one; its sockets keep what they have of it.

        :raises commands.Failed: it cannot be removed.
        """
        if self._path(name).exists():
            commands.run("ip", "netns", "del", self.whole(name))

    def whole(self, name: str) -> str:
        """Return the name with its prefix."""
        return f"{self._prefix}{name}"

    def life(self, name: str) -> int:
        """Return what no other namespace has as long as this one stays.

        :raises OSError: there is none of that name.
        """
        return self._path(name).stat().st_ino

    def inside(self, name: str, call: Callable[[], T]) -> T:
        """Return what a call returns that is made inside of one.

        :raises OSError: there is none of that name, or no right to enter.
        """
        there = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
        finally:
            os.close(there)
        try:
            return call()
        finally:
            self._come_back()

    def close(self) -> None:
        """Free what is held; the namespaces stay."""
        os.close(self._home)

    def _come_back(self) -> None:
        try:
            _enter(self._home)
        except OSError:
            # This thread would do the next one's work in this one's place.
            os._exit(_LOST)

    def _path(self, name: str) -> pathlib.Path:
        return self._folder / self.whole(name)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
