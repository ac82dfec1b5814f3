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

"""What is new, and what somebody recorded and sends again.

Numbers within a window, as in RFC 4303, section 3.4.3, tell a repeated
message of one life from a new one. Across lives there is a challenge: an
engine gives each new life of an agent a nonce that only this life of the
engine can have made, and believes nothing until it comes back. What was
recorded of an earlier life of either side does not carry it. The agent is
protected by the echo: it believes an engine only on a message that it has
sent itself and has not forgotten.

All state is bounded by the number of hosts, or of engines.
"""

from __future__ import annotations

import collections
import dataclasses
import hmac

from nham.core.agent import messages
from nham.core.agent import refusals

Reason = refusals.Reason

#: Numbers behind the highest that may still come late.
WINDOW = 64
#: Messages of its own that an agent remembers: at ten heartbeats each
#: second, an answer may be ten seconds late.
REMEMBERED = 128
#: Earlier lives of one engine that an agent remembers. An engine cannot
#: have had more while one message is remembered.
PAST_LIVES = 16
#: Engines that an agent listens to.
MAX_ENGINES = 64


class Window:
    """Which of the latest numbers were seen."""

    def __init__(self) -> None:
        self._highest = -1
        self._seen = 0

    def admit(self, number: int) -> None:
        """Take note of a number.

        :raises refusals.Refused: it was seen, or is behind the window.
        """
        ahead = number - self._highest
        if ahead > 0:
            # Beyond the window there is nothing left to shift.
            shifted = self._seen << ahead if ahead < WINDOW else 0
            self._seen = (shifted | 1) & ((1 << WINDOW) - 1)
            self._highest = number
            return
        if -ahead >= WINDOW:
            raise refusals.Refused(Reason.OLD)
        bit = 1 << -ahead
        if self._seen & bit:
            raise refusals.Refused(Reason.REPEATED)
        self._seen |= bit


@dataclasses.dataclass
class _Host:
    #: How many lives of its agent were believed; part of the next nonce.
    lives: int = 0
    boot: str | None = None
    nonce: str = ""
    window: Window = dataclasses.field(default_factory=Window)


class EngineGuard:
    """Tells an engine which messages of the agents to believe.

    :param secret: drawn at random for this life of the engine; nobody
        else may know it.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._hosts: dict[str, _Host] = {}

    def set_hosts(self, hosts: frozenset[str]) -> None:
        """Listen to the agents of these hosts and no others."""
        for name in hosts - self._hosts.keys():
            self._hosts[name] = _Host()
        for name in self._hosts.keys() - hosts:
            del self._hosts[name]

    def admit(self, message: messages.FromAgent) -> bool:
        """Say whether to believe a message.

        :returns: False: it is the heartbeat of a life that has not proved
            to be one; answer it with its nonce, and nothing else.
        :raises refusals.Refused: ignore it.
        """
        host = self._hosts.get(message.host)
        if host is None:
            raise refusals.Refused(Reason.UNKNOWN_HOST)
        if message.boot == host.boot:
            if not _same(message.nonce, host.nonce):
                return _greets(message)
        elif _same(message.nonce, self._next(message)):
            # From here on nothing of the life before can be believed: its
            # nonce would have to be that of one more life.
            host.boot, host.nonce = message.boot, message.nonce
            host.lives += 1
            host.window = Window()
        else:
            return _greets(message)
        host.window.admit(message.sequence)
        return True

    def nonce(self, message: messages.FromAgent) -> str:
        """Return what the life that sent this has to echo."""
        host = self._hosts[message.host]
        if message.boot == host.boot:
            return host.nonce
        return self._next(message)

    def _next(self, message: messages.FromAgent) -> str:
        lives = self._hosts[message.host].lives
        # Texts may hold anything printable, so the parts are set apart by
        # what is not.
        text = "\0".join((str(lives), message.host, message.boot))
        made = hmac.digest(self._secret, text.encode(), "sha256")
        return made.hex()[:32]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _greets(message: messages.FromAgent) -> bool:
    """Let heartbeats through to be challenged, and nothing else."""
    if isinstance(message, messages.Heartbeat):
        return False
    raise refusals.Refused(Reason.UNPROVED)


@dataclasses.dataclass
class _Engine:
    life: str
    window: Window = dataclasses.field(default_factory=Window)
    past: collections.deque[str] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=PAST_LIVES)
    )


class AgentGuard:
    """Tells an agent which messages of the engines to believe.

    :param host: the agent's host.
    :param boot: this life of the agent.
    """

    def __init__(self, host: str, boot: str) -> None:
        self._host = host
        self._boot = boot
        self._sent: dict[int, float] = {}
        self._engines: dict[str, _Engine] = {}

    def sent(self, sequence: int, at: float) -> None:
        """Take note of what is being sent; before it is sent.

        :param at: the agent's monotonic seconds.
        """
        self._sent[sequence] = at
        if len(self._sent) > REMEMBERED:
            del self._sent[next(iter(self._sent))]

    def admit(self, message: messages.FromEngine) -> float:
        """Return when the message that this one echoes was sent.

        From then on counts the lease that an ``Ack`` grants.

        :raises refusals.Refused: ignore it.
        """
        if (message.host, message.boot) != (self._host, self._boot):
            raise refusals.Refused(Reason.ADDRESSEE)
        at = self._sent.get(message.echo)
        if at is None:
            raise refusals.Refused(Reason.OLD)
        self._engine(message).window.admit(message.sequence)
        return at

    def _engine(self, message: messages.FromEngine) -> _Engine:
        known = self._engines.get(message.engine)
        if known is None:
            if len(self._engines) >= MAX_ENGINES:
                raise refusals.Refused(Reason.FLOOD)
            known = self._engines[message.engine] = _Engine(message.life)
        elif message.life in known.past:
            raise refusals.Refused(Reason.OLD)
        elif message.life != known.life:
            known.past.append(known.life)
            known.life, known.window = message.life, Window()
        return known
