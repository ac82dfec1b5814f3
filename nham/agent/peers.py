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

"""The engines that the agent talks to, and what each of them knows.

An engine is an address of the configuration until it answers; then it has a
name, and its nonce goes with all that it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import logging

from nham.core.agent import messages
from nham.core.agent import outbox
from nham.core.agent import refusals
from nham.core.agent import replay
from nham.core.agent import wire

LOG = logging.getLogger(__name__)

#: Seconds between two tables of guests that nobody asked for.
TABLE_EVERY = 5.0
#: Seconds between two tables, however often they are asked for.
TABLE_AT_MOST_EVERY = 0.2
#: Seconds of silence after which an engine is said to be gone.
SILENT_AFTER = 3.0

Address = tuple[str, int]
Send = Callable[[bytes, "Peer"], None]


@dataclasses.dataclass
class Peer:
    """One engine.

    :ivar where: as the configuration names it, ``host:port``.
    :ivar address: what that means; None: nobody knows yet.
    :ivar engine: the engine's name; empty until it answers.
    """

    where: str
    address: Address | None = None
    engine: str = ""
    nonce: str = ""
    heard_at: float | None = None
    box: outbox.Outbox = dataclasses.field(default_factory=outbox.Outbox)
    table_at: float = 0.0
    asked: bool = True
    #: Parts of the list of exclusive guests, by their digest.
    digest: str = ""
    parts: dict[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)

    def silent(self, now: float) -> bool:
        """Say whether it was not heard for a while."""
        return self.heard_at is None or now - self.heard_at > SILENT_AFTER


class Peers:
    """Talks to all engines.

    :param host: this host, as Nova knows it.
    :param boot: this life of the agent.
    """

    def __init__(
        self,
        engines: tuple[str, ...],
        host: str,
        boot: str,
        ring: wire.KeyRing,
        send: Send,
    ) -> None:
        self.all = tuple(Peer(where) for where in engines)
        self.host = host
        self.boot = boot
        self._ring = ring
        self._send = send
        self._guard = replay.AgentGuard(host, boot)
        self._sequence = 0
        self._to: dict[int, Peer] = {}
        self._events = 0

    def beat(self, peer: Peer, beat: messages.Heartbeat, now: float) -> None:
        """Send a heartbeat to one engine."""
        self._say(peer, beat, now)

    def put_event(self, event: messages.GuestEvent, at: float) -> None:
        """Have all engines hear of an event."""
        self._events += 1
        numbered = dataclasses.replace(event, event=self._events)
        for peer in self.all:
            peer.box.put(numbered, at)

    def flush(self, now: float) -> None:
        """Say what is due to be said, or said again."""
        for peer in self.all:
            if not peer.nonce:
                continue
            for key, said in peer.box.due(now):
                peer.box.sent(key, self._say(peer, said, now))

    def next_at(self) -> float | None:
        """Return when ``flush`` has something to do."""
        times = [peer.box.next_at() for peer in self.all if peer.nonce]
        return min((one for one in times if one is not None), default=None)

    def tables(
        self, table: Mapping[str, messages.GuestState], now: float
    ) -> None:
        """Send the table to those that asked, or have not had it lately."""
        for peer in self.all:
            every = TABLE_AT_MOST_EVERY if peer.asked else TABLE_EVERY
            if peer.nonce and now - peer.table_at >= every:
                peer.table_at, peer.asked = now, False
                for part in self._parts(table):
                    self._say(peer, part, now)

    def admit(
        self, datagram: bytes, now: float
    ) -> tuple[Peer, messages.FromEngine, float]:
        """Return who says what, and when what it echoes was sent.

        :raises refusals.Refused: ignore it.
        """
        message = wire.decode(datagram, self._ring)
        if not isinstance(message, messages.FromEngine):
            raise refusals.Refused(refusals.Reason.ADDRESSEE)
        sent_at = self._guard.admit(message)
        peer = self._to.get(message.echo)
        if peer is None:
            raise refusals.Refused(refusals.Reason.OLD)
        if peer.engine != message.engine:
            peer.engine = message.engine
            peer.digest, peer.parts = "", {}
        if peer.silent(now):
            LOG.info("engine %s at %s answers", peer.engine, peer.where)
        peer.heard_at = now
        return peer, message, sent_at

    def acknowledged(self, peer: Peer, ack: messages.Ack) -> None:
        """Take what an engine says of what it heard."""
        if ack.nonce != peer.nonce:
            # A new life of the engine knows no table yet.
            peer.nonce, peer.asked = ack.nonce, True
        peer.box.heard(ack.echo)
        if messages.Ask.GUESTS in ack.asks:
            peer.asked = True

    def collected(
        self, peer: Peer, part: messages.Exclusive
    ) -> frozenset[str] | None:
        """Take one part of a list; return the list once it is whole."""
        if part.digest != peer.digest:
            peer.digest, peer.parts = part.digest, {}
        if 0 <= part.part < part.parts:
            peer.parts[part.part] = part.servers
        servers = frozenset(one for ids in peer.parts.values() for one in ids)
        if len(peer.parts) < part.parts:
            return None
        if messages.digest_of(servers) != part.digest:
            peer.parts = {}
            return None
        return servers

    def silent(self, now: float) -> Iterator[Peer]:
        """Yield those that have fallen silent since this was asked."""
        for peer in self.all:
            if peer.heard_at is not None and peer.silent(now):
                peer.heard_at = None
                yield peer

    def lost(self) -> int:
        """Return how many words were given up since this was asked."""
        found = 0
        for peer in self.all:
            found += peer.box.lost
            peer.box.lost = 0
        return found

    def _parts(
        self, table: Mapping[str, messages.GuestState]
    ) -> Iterator[messages.Guests]:
        lines = sorted(table.items())
        digest = messages.digest_of(lines)
        parts = wire.parts(lines)
        for number, part in enumerate(parts):
            yield messages.Guests(
                host=self.host,
                boot=self.boot,
                sequence=0,
                digest=digest,
                part=number,
                parts=len(parts),
                table=part,
            )

    def _say(self, peer: Peer, what: messages.FromAgent, now: float) -> int:
        """Send one message; return its sequence."""
        self._sequence += 1
        message = dataclasses.replace(
            what, sequence=self._sequence, nonce=peer.nonce
        )
        self._to[self._sequence] = peer
        if len(self._to) > replay.REMEMBERED:
            del self._to[next(iter(self._to))]
        self._guard.sent(self._sequence, now)
        self._send(wire.encode(message, self._ring), peer)
        return self._sequence
