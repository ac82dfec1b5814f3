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

"""The listener on real sockets of the loopback."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import socket
import threading
from typing import Any

from nham.adapters import clock
from nham.adapters.agents import udp
from nham.core import facts
from nham.core.agent import exchange
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import terms
from nham.core.agent import wire
from nham.tests import base
from nham.tests.unit.core.agent import samples

#: Nothing here takes so long; a test that waits for it has failed.
LONG = 20.0


class SendingClock(clock.SystemClock):
    """Has something sent just after it told the listener the time."""

    def __init__(self) -> None:
        super().__init__()
        self.send: Callable[[], None] | None = None
        self.told = 0.0

    def monotonic(self) -> float:
        now = super().monotonic()
        send = self.send
        if send and threading.current_thread().name == "nham-agents":
            self.send, self.told = None, now
            send()
        return now


class UdpCase(base.TestCase):
    """A listener, and a socket that an agent could have."""

    host = "127.0.0.1"

    def setUp(self) -> None:
        super().setUp()
        self.news = threading.Event()
        talk = exchange.Exchange(
            "ctl1", "life", b"secret", terms.Terms(answer=0.0)
        )
        talk.set_hosts(frozenset({"cmp1"}))
        self.clock = SendingClock()
        self.agents = udp.UdpAgents(
            talk, samples.RING, self.host, 0, self.clock, self.news.set
        )
        self.addCleanup(self.agents.close)
        self.socket = self.a_socket()
        self.sequence = 0
        self.nonce = ""

    def a_socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        made.connect((self.host, self.agents.port))
        made.settimeout(LONG)
        self.addCleanup(made.close)
        return made

    def say(self, make: Any = samples.heartbeat, **fields: Any) -> None:
        """Say something as the agent does."""
        self.sequence += 1
        said = make(sequence=self.sequence, nonce=self.nonce, **fields)
        self.socket.send(wire.encode(said, samples.RING))

    def hear(self) -> messages.Ack:
        """Return the next answer."""
        found = wire.decode(self.socket.recv(2000), samples.RING)
        assert isinstance(found, messages.Ack)
        self.nonce = found.nonce
        return found

    def greet(self) -> None:
        for _ in range(2):
            self.say()
            self.hear()

    @contextlib.contextmanager
    def hearing_slowly(self) -> Iterator[None]:
        """Have the listener stand in one round, over an agent's datagram."""
        stands, go_on = threading.Event(), threading.Event()
        self.addCleanup(go_on.set)
        hear = exchange.Exchange.hear

        def slowly(*args: Any) -> Any:
            stands.set()
            go_on.wait(LONG)
            return hear(*args)

        self.replace("nham.core.agent.exchange.Exchange.hear", slowly)
        self.say()
        self.assertTrue(stands.wait(LONG))
        yield
        go_on.set()
        self.hear()

    def flushed(self) -> None:
        """Have all that was sent so far be read."""
        self.say()
        self.hear()


class UdpTest(UdpCase):
    def test_hears_and_answers(self) -> None:
        self.assertIs(facts.Health.UNKNOWN, self.agents.health("cmp1"))
        self.greet()
        self.assertIs(facts.Health.OK, self.agents.health("cmp1"))
        self.assertEqual({}, self.agents.refused())

    def test_a_death_is_told_at_once(self) -> None:
        self.greet()
        self.news.clear()
        self.say(samples.event, server_id="s")
        self.assertTrue(self.news.wait(LONG))
        self.assertEqual({("cmp1", "s")}, self.agents.deaths())

    def test_what_is_refused_is_counted_and_gets_no_answer(self) -> None:
        self.greet()
        stranger = self.a_socket()
        stranger.send(b"GET / HTTP/1.1")
        stranger.send(b"NHA1" + b"x" * 5000)
        self.say(samples.ack)
        self.flushed()
        self.assertEqual(
            {
                refusals.Reason.FOREIGN: 1,
                refusals.Reason.TOO_LONG: 1,
                refusals.Reason.ADDRESSEE: 1,
            },
            self.agents.refused(),
        )
        stranger.setblocking(False)
        self.assertRaises(BlockingIOError, stranger.recv, 2000)

    def test_a_flood_keeps_nobody_from_being_heard(self) -> None:
        # Before all else: a round keeps the limit that it began with.
        self.replace("nham.adapters.agents.udp.FROM_STRANGERS", 1)
        self.greet()
        stranger = self.a_socket()
        with self.hearing_slowly():
            for _ in range(100):
                stranger.send(b"noise")
        self.flushed()
        refused = self.agents.refused()
        # The greeting may have been the one stranger of the same round.
        self.assertGreaterEqual(refused[refusals.Reason.FLOOD], 99)
        self.assertEqual(100, sum(refused.values()))

    def test_what_lies_unread_is_no_silence(self) -> None:
        self.greet()
        with self.hearing_slowly():
            before = self.agents.until()
            self.clock.sleep(3 * udp.TICK)
            self.assertEqual(before, self.agents.until())
            self.assertGreater(self.agents.lag(), 0.0)

    def test_what_came_later_does_not_count_as_earlier(self) -> None:
        """Else a lease could be granted on what was known long ago."""
        self.greet()
        came: list[float] = []
        hear = exchange.Exchange.hear

        def noting(talk: exchange.Exchange, said: Any, at: float) -> Any:
            came.append(at)
            return hear(talk, said, at)

        self.replace("nham.core.agent.exchange.Exchange.hear", noting)
        self.clock.send = self.say
        self.hear()
        self.assertGreater(came[0], self.clock.told)

    def test_nothing_ends_the_listener(self) -> None:
        self.greet()
        hear = exchange.Exchange.hear
        bugs = [KeyError("bug")]

        def stumbles(*args: Any) -> Any:
            if bugs:
                raise bugs.pop()
            return hear(*args)

        self.replace("nham.core.agent.exchange.Exchange.hear", stumbles)
        with self.assertLogs(udp.LOG, "ERROR"):
            self.say()
            self.flushed()

    def test_the_port_is_free_afterwards(self) -> None:
        self.agents.close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.0.0.1", self.socket.getpeername()[1]))


class Udp6Test(UdpCase):
    """The same over IPv6."""

    host = "::1"

    def test_hears_and_answers(self) -> None:
        self.greet()
        self.assertIs(facts.Health.OK, self.agents.health("cmp1"))
