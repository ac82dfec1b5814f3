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

"""The engine's side of the talk with the agents: what to believe and say.

It opens no socket and reads no clock: whoever does hands in what came and
when, and sends what is returned. An agent speaks first; what an engine has
to say goes out with the answers to heartbeats, and is said again with each
of them until it is heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import itertools
import math

from nham.core.agent import messages
from nham.core.agent import pulse
from nham.core.agent import refusals
from nham.core.agent import replay
from nham.core.agent import table as table_
from nham.core.agent import terms as terms_
from nham.core.agent import wire
from nham.core.detection import tracker

#: Lists of exclusive guests that are remembered by their digests, while
#: the agent that was sent them may still say which of them it holds.
_LISTS = 8


@dataclasses.dataclass(frozen=True, kw_only=True)
class Duty:
    """What a host's agent has said that it would do without a lease.

    :ivar held: servers that it ends when its lease is over.
    :ivar watchdog: seconds after which the host is reset if the agent
        cannot; None: nothing resets it.
    """

    held: frozenset[str]
    watchdog: float | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer:
    """How a command ended.

    :ivar gone: servers of which no process runs on the host.
    """

    ok: bool
    gone: frozenset[str]
    detail: str


@dataclasses.dataclass(frozen=True)
class _Order:
    action: messages.Action
    until: float
    server_id: str
    epoch: int


@dataclasses.dataclass
class _Host:
    pulse: pulse.Pulse
    boot: str = ""
    heartbeat: messages.Heartbeat | None = None
    table: table_.Table = dataclasses.field(default_factory=table_.Table)
    answered_at: float = -math.inf
    duty: Duty | None = None
    wanted: frozenset[str] = frozenset()
    #: Of the servers that are wanted; worked out once, not each heartbeat.
    digest: str = messages.digest_of(())
    lists: dict[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    orders: dict[str, _Order] = dataclasses.field(default_factory=dict)
    results: dict[str, dict[int, messages.Result]] = dataclasses.field(
        default_factory=dict
    )


class Exchange:
    """What one life of an engine knows of all agents.

    :param engine: its name, the same in each of its lives.
    :param life: drawn at random for this one.
    :param secret: as of ``replay.EngineGuard``.
    :ivar news: how often the death of a guest, or its end, was heard of.
    """

    def __init__(
        self, engine: str, life: str, secret: bytes, terms: terms_.Terms
    ) -> None:
        self.terms = terms
        self.news = 0
        self._engine, self._life = engine, life
        self._guard = replay.EngineGuard(secret)
        self._numbers = itertools.count()
        self._hosts: dict[str, _Host] = {}
        self._withdrawn: frozenset[str] = frozenset()
        self._read_at: float | None = None

    # -- what the engine wants

    def set_hosts(self, names: frozenset[str]) -> None:
        """Listen to the agents of these hosts and no others."""
        self._guard.set_hosts(names)
        for name in names - self._hosts.keys():
            self._hosts[name] = _Host(
                pulse.Pulse(self.terms.interval, self.terms.misses)
            )
        for name in self._hosts.keys() - names:
            del self._hosts[name]

    def set_exclusive(self, wanted: Mapping[str, frozenset[str]]) -> None:
        """Have the agents end these servers, by host, without a lease."""
        for name, host in self._hosts.items():
            servers = wanted.get(name, frozenset())
            if servers != host.wanted:
                host.wanted = servers
                host.digest = messages.digest_of(servers)
            host.lists.pop(host.digest, None)
            host.lists[host.digest] = servers
            if len(host.lists) > _LISTS:
                del host.lists[next(iter(host.lists))]

    def set_leases(self, withdrawn: frozenset[str], read_at: float) -> None:
        """Take note of what the hosts' records say.

        :param withdrawn: hosts that are to get no lease.
        :param read_at: when the reading was begun, monotonic seconds.
        """
        self._withdrawn, self._read_at = withdrawn, read_at

    def order(
        self,
        name: str,
        command_id: str,
        action: messages.Action,
        until: float,
        server_id: str = "",
        epoch: int = 0,
    ) -> None:
        """Have an agent do something; said again until it has an answer.

        :param until: the moment from which on nobody wants it any more. It
            is for the present life of the agent, too: an order that comes
            when a host is back would end guests that serve.
        :raises LookupError: there is no such host.
        """
        self._hosts[name].orders[command_id] = _Order(
            action, until, server_id, epoch
        )

    def forget(self, name: str, command_id: str) -> None:
        """Order this no more, and forget its answer."""
        host = self._hosts.get(name)
        if host is not None:
            host.orders.pop(command_id, None)
            host.results.pop(command_id, None)

    # -- what is known

    def judge(
        self, name: str, now: float, lag: float
    ) -> tracker.Judgement | None:
        """Return what is believed of a host; None: it is not listened to.

        :param now: until when it is known that nothing came.
        :param lag: by how many seconds the listener was late lately.
        """
        host = self._hosts.get(name)
        return host.pulse.judge(now, lag) if host else None

    def heartbeat(self, name: str) -> messages.Heartbeat | None:
        """Return the last heartbeat of a host; None: none was believed."""
        host = self._hosts.get(name)
        return host.heartbeat if host else None

    def deaths(self) -> dict[str, dict[str, float]]:
        """Return since when servers' processes are gone, by their hosts.

        Only those that nobody asked to end.
        """
        return {
            name: dict(host.table.died)
            for name, host in self._hosts.items()
            if host.table.died
        }

    def running(self, name: str) -> frozenset[str] | None:
        """Return the servers whose processes live; None: not known."""
        host = self._hosts.get(name)
        if host is None or not host.table.digest:
            return None
        return host.table.running

    def hosts_of(self, server_id: str) -> list[messages.Heartbeat]:
        """Return the last heartbeats of the hosts that run a server."""
        return [
            host.heartbeat
            for host in self._hosts.values()
            if host.heartbeat is not None
            and host.table.state(server_id) is messages.GuestState.RUNNING
        ]

    def told(self, server_id: str) -> dict[str, messages.GuestState]:
        """Return what the agents say of a server, by host.

        Those in whose tables it is not say nothing.
        """
        found = {
            name: host.table.state(server_id)
            for name, host in self._hosts.items()
        }
        return {name: one for name, one in found.items() if one is not None}

    def duty(self, name: str) -> Duty | None:
        """Return what the agent does without a lease; None: not known."""
        host = self._hosts.get(name)
        return host.duty if host else None

    def wanted(self, name: str) -> frozenset[str]:
        """Return the servers that need the lease on a host."""
        host = self._hosts.get(name)
        return host.wanted if host else frozenset()

    def answer(self, name: str, command_id: str) -> Answer | None:
        """Return how a command ended; None: it has not, so far."""
        host = self._hosts.get(name)
        parts = host.results.get(command_id) if host else None
        if not parts:
            return None
        first = next(iter(parts.values()))
        if first.ok and len(parts) < first.parts:
            return None
        return Answer(
            ok=all(part.ok for part in parts.values()),
            gone=frozenset(s for part in parts.values() for s in part.gone),
            detail=first.detail,
        )

    # -- the talk

    def hear(
        self, message: wire.Message, at: float
    ) -> list[messages.FromEngine]:
        """Take in what an agent said, and return what to say to it.

        :param at: when it came, monotonic seconds.
        :raises refusals.Refused: it is not believed.
        """
        if not isinstance(message, messages.FromAgent):
            raise refusals.Refused(refusals.Reason.ADDRESSEE)
        believed = self._guard.admit(message)
        if not believed:
            return [self._ack(message, None, frozenset())]
        host = self._hosts[message.host]
        if message.boot != host.boot:
            # What the life before has said is not this one's word.
            host.boot, host.table = message.boot, table_.Table()
            host.duty, host.orders, host.results = None, {}, {}
            host.heartbeat = None
            host.pulse.restart()
            self.news += 1
        if isinstance(message, messages.Heartbeat):
            return self._beat(host, message, at)
        self._take(host, message, at)
        return [self._ack(message, None, frozenset())]

    def _take(
        self, host: _Host, message: messages.FromAgent, at: float
    ) -> None:
        before = dict(host.table.died)
        if isinstance(message, messages.GuestEvent):
            try:
                host.table.event(message, at)
            except refusals.Refused:
                # Said again because our answer was lost: answer again.
                return
        elif isinstance(message, messages.Guests):
            host.table.part(message, at)
        elif isinstance(message, messages.Result):
            self._result(host, message)
        self.news += host.table.died != before

    def _result(self, host: _Host, result: messages.Result) -> None:
        if result.part >= result.parts:
            raise refusals.Refused(refusals.Reason.FIELD, "part")
        if result.command_id in host.orders:
            parts = host.results.setdefault(result.command_id, {})
            parts[result.part] = result

    def _beat(
        self, host: _Host, beat: messages.Heartbeat, at: float
    ) -> list[messages.FromEngine]:
        host.pulse.beat(at)
        host.heartbeat = beat
        held = host.lists.get(beat.exclusive)
        host.duty = None
        if held is not None:
            host.duty = Duty(held=held, watchdog=beat.watchdog)
        asks = frozenset[messages.Ask]()
        if beat.digest != host.table.digest:
            asks = frozenset({messages.Ask.GUESTS})
        grants = self._grants(beat.host, at)
        said: list[messages.FromEngine] = []
        if asks or at - host.answered_at >= self.terms.answer:
            lease = self.terms.lease if grants else None
            said.append(self._ack(beat, lease, asks))
            host.answered_at = at
        holds_none = not (host.wanted or beat.exclusive)
        right = beat.exclusive == host.digest
        if grants and not (right or holds_none):
            said += self._list(host, beat)
        said += self._orders(host, beat, at)
        return said

    def _grants(self, name: str, at: float) -> bool:
        """Say whether an agent may go on without asking for a while."""
        fresh = (
            self._read_at is not None and at - self._read_at < self.terms.fresh
        )
        return fresh and name not in self._withdrawn

    def _ack(
        self,
        message: messages.FromAgent,
        lease: float | None,
        asks: frozenset[messages.Ask],
    ) -> messages.Ack:
        return messages.Ack(
            engine=self._engine,
            life=self._life,
            host=message.host,
            boot=message.boot,
            sequence=next(self._numbers),
            echo=message.sequence,
            nonce=self._guard.nonce(message),
            asks=asks,
            lease=lease,
        )

    def _list(
        self, host: _Host, beat: messages.Heartbeat
    ) -> Iterator[messages.Exclusive]:
        found = wire.parts(sorted(host.wanted))
        for number, servers in enumerate(found):
            yield messages.Exclusive(
                engine=self._engine,
                life=self._life,
                host=beat.host,
                boot=beat.boot,
                sequence=next(self._numbers),
                echo=beat.sequence,
                digest=host.digest,
                part=number,
                parts=len(found),
                servers=servers,
            )

    def _orders(
        self, host: _Host, beat: messages.Heartbeat, at: float
    ) -> Iterator[messages.Command]:
        for command_id, order in host.orders.items():
            wanted = at <= order.until
            if wanted and self.answer(beat.host, command_id) is None:
                yield messages.Command(
                    engine=self._engine,
                    life=self._life,
                    host=beat.host,
                    boot=beat.boot,
                    sequence=next(self._numbers),
                    echo=beat.sequence,
                    command_id=command_id,
                    action=order.action,
                    server_id=order.server_id,
                    epoch=order.epoch,
                )
