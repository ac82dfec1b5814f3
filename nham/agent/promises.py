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

"""What the agent has promised, on the disk: it outlives the agent.

``duty.json`` is written whole or not at all, before anybody is told of it.
``lease`` is written in place at each renewal, without waiting for the disk:
what it says counts only until the host is started anew.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import fcntl
import json
import os
import pathlib
from typing import Any

from nham.core import plain
from nham.core.agent import lease

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_LEASE_SIZE = 64


class Unusable(Exception):
    """The directory cannot be used; the text says why."""


@dataclasses.dataclass(frozen=True)
class _Document:
    """What ``duty.json`` holds."""

    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    in_force: tuple[str, ...] = ()
    epochs: tuple[tuple[str, int], ...] = ()


def read_duty(
    folder: str | pathlib.Path,
) -> tuple[lease.Duty, dict[str, int]]:
    """Return the duty in a directory, and the epochs that were seen.

    :raises Unusable: the file is damaged.
    """
    path = pathlib.Path(folder, "duty.json")
    try:
        data = json.loads(path.read_text())
        found = plain.build(_Document, data, path.name, {})
    except FileNotFoundError:
        found = _Document()
    except (OSError, ValueError) as error:
        raise Unusable(
            f"{path}: {error}; once no exclusive guest runs here, remove it"
        ) from error
    lists = {engine: frozenset(ids) for engine, ids in found.lists}
    duty = lease.Duty(lists, frozenset(found.in_force))
    return duty, dict(found.epochs)


class Promises:
    """Reads and writes them; one agent at a time.

    :param folder: made if it is not there.
    :raises Unusable: another agent has it, or it cannot be read or written.
    """

    def __init__(self, folder: str, boot_id: str = _BOOT_ID) -> None:
        self._folder = pathlib.Path(folder)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._boot = pathlib.Path(boot_id).read_text().strip()
            self._lock = self._open("lock")
            self._lease = self._open("lease")
        except OSError as error:
            raise Unusable(str(error)) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise Unusable(f"{folder}: another agent uses it") from error

    def _open(self, name: str) -> int:
        path = self._folder / name
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> tuple[lease.Duty, dict[str, int]]:
        """Return the duty, and the epochs that were seen.

        :raises Unusable: the file is damaged.
        """
        return read_duty(self._folder)

    def write(self, duty: lease.Duty, epochs: Mapping[str, int]) -> None:
        """Write the duty; it is on the disk when this returns.

        :raises OSError: it is not.
        """
        document: dict[str, Any] = {
            "lists": [[one, sorted(ids)] for one, ids in duty.lists.items()],
            "in_force": sorted(duty.in_force),
            "epochs": sorted(epochs.items()),
        }
        path = self._folder / "duty.json.new"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        path.rename(self._folder / "duty.json")
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def read_lease(self) -> float:
        """Return when the lease ends; 0: it has none in this boot."""
        text = os.pread(self._lease, _LEASE_SIZE, 0).decode("ascii", "replace")
        boot, _, until = text.strip().partition(" ")
        try:
            return float(until) if boot == self._boot else 0.0
        except ValueError:
            return 0.0

    def write_lease(self, until: float) -> None:
        """Write when the lease ends."""
        text = f"{self._boot} {until:.6f}".ljust(_LEASE_SIZE - 1) + "\n"
        os.pwrite(self._lease, text.encode(), 0)

    def close(self) -> None:
        """Let another agent have it."""
        os.close(self._lease)
        os.close(self._lock)
