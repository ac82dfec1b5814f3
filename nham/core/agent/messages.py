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

"""What the engine and the host agents say to each other.

Ids are texts that their makers draw at random: ``boot`` is one life of an
agent, ``life`` one life of an engine. ``sequence`` is a number that rises
strictly within such a life, whatever the kind of the message.
"""

from __future__ import annotations

from collections.abc import Iterable
import dataclasses
import enum
import hashlib

#: Bytes that a text may have, so that each message fits a datagram.
MAX_TEXT = 255
#: No character has more than four bytes.
_SURELY_FITS = MAX_TEXT // 4
#: Servers in one part of a list that a datagram surely has room for.
PART = 14
_MAX_NUMBER = 2**63


class GuestState(enum.StrEnum):
    """What the hypervisor says of a guest."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CRASHED = "crashed"
    OTHER = "other"


class Happening(enum.StrEnum):
    """What happened to a guest."""

    CRASHED = "crashed"
    STOPPED = "stopped"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    PANICKED = "panicked"
    WATCHDOG = "watchdog"
    IO_ERROR = "io_error"
    AGENT_LOST = "agent_lost"
    AGENT_BACK = "agent_back"


class Ask(enum.StrEnum):
    """What an engine wants to be sent."""

    GUESTS = "guests"


class Action(enum.StrEnum):
    """What an engine orders."""

    STOP_GUEST = "stop_guest"
    STOP_ALL = "stop_all"


MEANINGS: dict[type[enum.StrEnum], dict[enum.StrEnum, str]] = {
    GuestState: {
        GuestState.RUNNING: "Its process lives and its processors run.",
        GuestState.PAUSED: "Its process lives and its processors stand.",
        GuestState.STOPPED: "It has no process; somebody ended it in order.",
        GuestState.CRASHED: "It has no process, and nobody asked for that.",
        GuestState.OTHER: "The hypervisor says something else, or nothing.",
    },
    Happening: {
        Happening.CRASHED: "Its process died and nobody asked for that.",
        Happening.STOPPED: "It shut itself down, or somebody ended it.",
        Happening.STARTED: "It was started, restored or migrated to here.",
        Happening.PAUSED: "Its processors were halted.",
        Happening.RESUMED: "Its processors run again.",
        Happening.PANICKED: "Its kernel said that it cannot go on.",
        Happening.WATCHDOG: "Its own watchdog device has run out.",
        Happening.IO_ERROR: "A disk of it failed to read or write.",
        Happening.AGENT_LOST: "Its guest agent is no longer connected.",
        Happening.AGENT_BACK: "Its guest agent is connected again.",
    },
    Ask: {Ask.GUESTS: "The whole table of guests, at once."},
    Action: {
        Action.STOP_GUEST: "End the process of one guest and see it gone.",
        Action.STOP_ALL: "End the processes of all guests of the host that "
        "are servers of the cloud, and see them gone.",
    },
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Message:
    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            kind = type(value)
            if kind is str:
                if not value.isprintable() or (
                    len(value) > _SURELY_FITS
                    and len(value.encode()) > MAX_TEXT
                ):
                    raise ValueError(
                        f"{name}: must be printable, of at most {MAX_TEXT} "
                        "bytes"
                    )
            elif (kind is int or kind is float) and not (
                0 <= value < _MAX_NUMBER
            ):
                raise ValueError(f"{name}: must be 0 or more")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromAgent(_Message):
    """A message of an agent to one engine.

    :ivar host: the compute host, by the name that Nova knows it by.
    :ivar boot: this life of the agent.
    :ivar nonce: what this engine's last ``Ack`` said; empty before one.
    """

    host: str
    boot: str
    sequence: int
    nonce: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FromEngine(_Message):
    """A message of an engine to one agent.

    :ivar engine: the engine's name, the same in each of its lives.
    :ivar life: this life of the engine.
    :ivar boot: the life of the agent that it is for.
    :ivar echo: the sequence of the newest heartbeat that was heard; of
        an ``Ack``, that of the message that it acknowledges. An agent
        refuses what echoes a message that is no longer in its memory, so
        that no old order is believed.
    """

    engine: str
    life: str
    host: str
    boot: str
    sequence: int
    echo: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Heartbeat(FromAgent):
    """The agent lives.

    :ivar sent_at: when it was sent, the agent's monotonic seconds.
    :ivar guests: how many guests the host has.
    :ivar digest: of the table of guests, see ``digest_of``.
    :ivar exclusive: the digest of the list of exclusive guests that the
        agent keeps for this engine, on its disk; empty: it has none.
    :ivar watchdog: seconds after which the host is reset if the agent
        dies or hangs; None: nothing resets it.
    :ivar hypervisor_ok: the hypervisor answers.
    :ivar version: the agent's.
    :ivar door: ``address:port`` at which it takes errands, by TCP; empty:
        nowhere.
    """

    sent_at: float
    guests: int
    digest: str
    exclusive: str = ""
    watchdog: float | None = None
    hypervisor_ok: bool
    version: str
    door: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Guests(FromAgent):
    """One part of the table of guests.

    :ivar digest: of the whole table; parts of one table have the same.
    :ivar part: from 0 to ``parts`` - 1.
    :ivar table: id of the server and what the hypervisor says of it.
    """

    digest: str
    part: int
    parts: int
    table: tuple[tuple[str, GuestState], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GuestEvent(FromAgent):
    """Something happened to a guest.

    :ivar event: its number in the agent's life; an event is sent again,
        with a new sequence, until one of them was acknowledged.
    :ivar ago: for how many seconds it has been so, when this was sent.
    :ivar detail: the hypervisor's own words.
    """

    event: int
    server_id: str
    what: Happening
    ago: float
    detail: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result(FromAgent):
    """How a command ended; sent again until acknowledged.

    :ivar ok: all that was asked for was done and seen.
    :ivar gone: ids of the servers of which it was seen that no process of
        theirs runs on this host, one part of them.
    :ivar detail: what was wrong, for the operator.
    """

    command_id: str
    ok: bool
    part: int = 0
    parts: int = 1
    gone: tuple[str, ...] = ()
    detail: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Ack(FromEngine):
    """A message was heard.

    Each believed one is answered; of heartbeats, that come so often, only
    some. The first heartbeat of an agent's life is answered with a nonce and
    nothing else; the agent is believed once it echoes it.

    :ivar nonce: what the agent's messages to this engine must echo.
    :ivar lease: seconds, from when the echoed heartbeat was sent, for
        which the exclusive guests may run; None: this renews nothing.
    """

    nonce: str
    asks: frozenset[Ask] = frozenset()
    lease: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exclusive(FromEngine):
    """One part of this engine's list of guests that need the lease.

    The agent keeps the list of each engine on its disk, by the engine's
    name, and what it has to stop is all of them together. It takes a list
    once it has all parts of one digest, and only while its lease holds, so
    that a new duty ends nothing that runs; its heartbeats say so.

    :ivar digest: of the whole list, see ``digest_of``.
    """

    digest: str
    part: int
    parts: int
    servers: tuple[str, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command(FromEngine):
    """An order; sent again until there is a ``Result``.

    :ivar command_id: doing it twice is doing it once.
    :ivar server_id: of ``stop_guest``; empty for ``stop_all``.
    :ivar epoch: of the server's replica group, of ``stop_guest``; the
        agent refuses one that is older than one that it has seen.
    """

    command_id: str
    action: Action
    server_id: str = ""
    epoch: int = 0


def short(text: str) -> str:
    """Return a text as a ``detail`` may have it: printable and cut."""
    shown = "".join(one if one.isprintable() else " " for one in text)
    return shown.encode("utf-8", "replace")[:MAX_TEXT].decode(
        "utf-8", "ignore"
    )


def digest_of(servers: Iterable[str | tuple[str, str]]) -> str:
    """Return what a list or a table is known by, whatever its order.

    :param servers: ids, or ids with their states.
    """
    lines = sorted(
        one if isinstance(one, str) else f"{one[0]}={one[1]}"
        for one in servers
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
