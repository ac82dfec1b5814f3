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


"""One database in memory for all engines of a simulation.

Each engine gets its own ``LabStore`` on it: the production store, which
its engine's death stops, and whose writes are moments to be killed at.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import functools
import threading
from typing import Any
from typing import TypeVar

import sqlalchemy as sa

from nham.db import database
from nham.db import errors
from nham.db import store as store_
from nham.simulate import process as process_

_READS = (
    "checkpoint",
    "checkpoints",
    "events",
    "group",
    "groups",
    "holds",
    "host",
    "hosts",
    "members",
    "ownerless",
    "recoveries",
    "recovery",
    "recovery_facts",
    "setting",
    "vnf",
    "vnf_by_instance",
    "vnfs",
)
_WRITES = (
    "add_checkpoint",
    "add_event",
    "begin_maintenance",
    "claim",
    "delete_checkpoint",
    "delete_group",
    "delete_vnf",
    "end_maintenance",
    "end_recovery",
    "end_trace",
    "keep_facts",
    "next_sequence",
    "note_answer",
    "note_disk",
    "note_left",
    "note_state",
    "promote",
    "quarantine",
    "release",
    "restore_lease",
    "save_group",
    "save_host",
    "save_member",
    "save_vnf",
    "set_paused",
    "set_setting",
    "set_vnf_state",
    "step_ended",
    "step_started",
    "take_over",
    "update_checkpoint",
    "withdraw_lease",
)
#: The writes of recoveries and of saved states; before and after each a
#: crash is of interest.
_TOLD = (
    "claim",
    "step_started",
    "save_group",
    "save_member",
    "note_disk",
    "note_state",
    "promote",
    "step_ended",
    "end_recovery",
    "add_checkpoint",
    "update_checkpoint",
    "withdraw_lease",
)
_VNFS = ("vnfs", "vnf", "vnf_by_instance")
_GROUPS = ("groups", "group", "holds")
_RECOVERIES = ("recoveries", "recovery", "recovery_facts", "holds")
_CHECKPOINTS = ("checkpoints", "checkpoint")
#: What each write can change; all others may change anything.
_CHANGES = {
    "add_checkpoint": _CHECKPOINTS,
    "add_event": ("events",),
    "begin_maintenance": ("host", "hosts"),
    "claim": (*_GROUPS, *_RECOVERIES),
    "delete_checkpoint": _CHECKPOINTS,
    "end_maintenance": ("host", "hosts"),
    "end_recovery": (*_GROUPS, *_RECOVERIES),
    "end_trace": ("ownerless",),
    "keep_facts": ("recovery_facts",),
    "next_sequence": (),
    "note_answer": ("members",),
    "note_disk": ("members",),
    "note_left": ("ownerless",),
    "note_state": ("members",),
    "promote": ("members",),
    "quarantine": ("host", "hosts"),
    "release": ("host", "hosts"),
    "restore_lease": ("host", "hosts"),
    "save_group": (*_GROUPS, "ownerless"),
    "save_host": ("host", "hosts"),
    "save_member": ("members", "ownerless"),
    "save_vnf": _VNFS,
    "set_paused": _VNFS,
    "set_setting": ("setting",),
    "set_vnf_state": _VNFS,
    "step_ended": _RECOVERIES,
    "step_started": _RECOVERIES,
    "take_over": _RECOVERIES,
    "update_checkpoint": _CHECKPOINTS,
    "withdraw_lease": ("host", "hosts"),
}

Listener = Callable[[str, tuple[Any, ...], Any], None]
T = TypeVar("T")


class _Held(database.Database):
    """A new database in memory, reached by one connection that is held.

    Nobody else is connected to it, and threads take turns, so a read needs
    no transaction of its own; to begin and to end one takes longer than
    most reads.
    """

    def __init__(self) -> None:
        self._alone = threading.Lock()
        self._held = _databases()._engine.connect()
        driver: Any = self._held.connection.driver_connection
        driver.deserialize(_tables())

    def _once(self, work: Callable[[sa.Connection], T], writes: bool) -> T:
        with self._alone:
            try:
                result = work(self._held)
            except BaseException:
                self._held.rollback()
                raise
            if writes:
                self._held.commit()
            return result

    @contextlib.contextmanager
    def connection(self) -> Iterator[sa.Connection]:
        """See base class."""
        with self._alone:
            self._held.rollback()
            yield self._held

    def close(self) -> None:
        """See base class; nothing of it is left."""
        self._held.close()


class _HeldStore(store_.Store):
    """The store on a new database in memory."""

    def __init__(self) -> None:
        self._db = _Held()


@functools.cache
def _databases() -> database.Database:
    """Return what gives a new database in memory to each connection.

    All of them share what their statements are compiled to.
    """
    return database.Database("sqlite:///file::memory:?uri=true")


class Memory:
    """The database, with what was read since the last write.

    An engine reads the same rows again and again, and in a simulation
    almost nothing happens between: so what was read is kept until the
    next write, which gives the same answers for a tenth of the time.

    :ivar beats: when each engine last said that it lives; they come each
        second and concern nothing else, so they are kept beside.
    :ivar down: nobody can reach it.
    :ivar on_write: told of each write: its name, arguments and result.
    """

    def __init__(self) -> None:
        self.store: store_.Store = _HeldStore()
        self.beats: dict[str, float] = {}
        self.down = False
        self.on_write: list[Listener] = []
        self._kept: dict[str, dict[str, Any]] = {}

    def read(
        self,
        store: store_.Store,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Return what a read returns."""
        self.check()
        if name == "recoveries" and set(kwargs) == {"since"} and not args:
            # Each moment has its own answer, made from the same rows.
            every = self.read(store, name, (), {})
            return [r for r in every if r.started_at >= kwargs["since"]]
        kept = self._kept.setdefault(name, {})
        key = repr((args, kwargs))
        if key not in kept:
            kept[key] = getattr(store_.Store, name)(store, *args, **kwargs)
        return kept[key]

    def write(
        self,
        store: store_.Store,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Write, and forget what that may have changed."""
        self.check()
        write = getattr(store_.Store, name)
        for listener in self.on_write:
            listener(f"before {name}", args, None)
        result = write(store, *args, **kwargs)
        for read in _CHANGES.get(name, tuple(self._kept)):
            self._kept.pop(read, None)
        for listener in self.on_write:
            listener(name, args, result)
        return result

    def check(self) -> None:
        """Let nobody through while it is down."""
        if self.down:
            raise errors.DatabaseDown("The database is down: as injected")


@functools.cache
def _tables() -> bytes:
    """Return a database with our tables; to make them takes a while."""
    store = store_.Store("sqlite://")
    store.sync()
    with store._db.connection() as connection:
        driver: Any = connection.connection.driver_connection
        return bytes(driver.serialize())


class LabStore(store_.Store):
    """The store as one engine's process has it."""

    def __init__(self, memory: Memory, process: process_.Process) -> None:
        self.memory = memory
        self.process = process
        self._db = memory.store._db

    def engine_beat(self, engine_id: str, host: str, now: float) -> None:
        """See base class."""
        self.process.check()
        self.memory.check()
        self.memory.beats[engine_id] = now

    def engines_alive(self, since: float) -> set[str]:
        """See base class."""
        self.process.check()
        self.memory.check()
        return {e for e, at in self.memory.beats.items() if at >= since}


def _read(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(store_.Store, name))
    def read(self: LabStore, *args: Any, **kwargs: Any) -> Any:
        self.process.check()
        return self.memory.read(self, name, args, kwargs)

    return read


def _write(name: str) -> Callable[..., Any]:
    told = name in _TOLD

    @functools.wraps(getattr(store_.Store, name))
    def write(self: LabStore, *args: Any, **kwargs: Any) -> Any:
        self.process.check()
        if told:
            self.process.reach(f"before {name}")
        result = self.memory.write(self, name, args, kwargs)
        if told:
            self.process.reach(f"after {name}")
        return result

    return write


for _name in _READS:
    setattr(LabStore, _name, _read(_name))
for _name in _WRITES:
    setattr(LabStore, _name, _write(_name))
