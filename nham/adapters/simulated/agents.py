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

"""Host agents in virtual time, and what engines hear of them.

The datagrams are real ones: only their way is simulated. An agent here
keeps to the lease as ``nham.core.agent`` says, by a clock that drifts.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
from collections.abc import Iterable
import functools

from nham.adapters import clock as clock_
from nham.adapters.agents import base
from nham.adapters.agents import post
from nham.adapters.fencing import agent
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import lease
from nham.adapters.simulated import host_agent
from nham.adapters.simulated import world as simulated
from nham.core.agent import exchange as exchange_
from nham.core.agent import terms as terms_
from nham.core.agent import wire
from nham.db import store as store_

RING = wire.KeyRing((("simulated", bytes(32)),))
#: Coarser than in life, where it is a tenth of a second: a simulated hour
#: has many heartbeats.
TERMS = terms_.Terms(interval=0.5, lease=6.0, stop=2.0)
#: Datagrams that somebody has recorded to send them again.
_RECORDED = 200


class SimulatedAgents(post.Post):
    """What one engine hears, and how it answers.

    :param observer: the engine's name; see ``World.cut_observer`` and
        ``World.stall_observer``.
    """

    def __init__(
        self,
        net: AgentNet,
        exchange: exchange_.Exchange,
        observer: str,
        on_news: Callable[[], None],
    ) -> None:
        super().__init__(exchange, RING, on_news)
        self.observer = observer
        self._net = net
        self._world = net.world
        self._clock = net.world.clock
        self._waiting: collections.deque[
            tuple[bytes, host_agent.HostAgent | None]
        ] = collections.deque()
        self._until = self._clock.monotonic()

    @property
    def blind(self) -> bool:
        """Nothing gets to it or away from it."""
        return self.observer in self._world.blind

    def arrive(
        self, datagram: bytes, sender: host_agent.HostAgent | None
    ) -> None:
        """Get a datagram; one that stands still reads it later."""
        self._waiting.append((datagram, sender))
        awake = self._world.stalled_until.get(self.observer, 0.0)
        if self._clock.monotonic() < awake:
            self._clock.call_at(awake, self._read)
        else:
            self._read()

    def until(self) -> float:
        """See base class."""
        awake = self._world.stalled_until.get(self.observer, 0.0)
        if self._clock.monotonic() >= awake:
            self._read()
            self._until = self._clock.monotonic()
        return self._until

    def lag(self) -> float:
        """See base class."""
        return 0.0

    def close(self) -> None:
        """See base class."""
        self._net.leave(self)

    def _read(self) -> None:
        now = self._clock.monotonic()
        while self._waiting:
            datagram, sender = self._waiting.popleft()
            for answer in self.take(datagram, now) or ():
                if sender is not None:
                    self._net.to_agent(self, sender, answer)


class AgentNet:
    """All hosts' agents of a world, and the engines that listen.

    :ivar agents: by host; one for each host that the world had.
    """

    def __init__(
        self, world: simulated.World, terms: terms_.Terms = TERMS
    ) -> None:
        self.world = world
        self.terms = terms
        self._chance = world.rng("agents")
        self._engines: list[SimulatedAgents] = []
        self._recorded: collections.deque[bytes] = collections.deque(
            maxlen=_RECORDED
        )
        self.agents = {
            name: host_agent.HostAgent(
                world, name, terms, RING, self._chance, self.to_engines
            )
            for name in world.physics.hosts
        }
        world.on_crash = self._crashed

    def join(
        self, observer: str, on_news: Callable[[], None]
    ) -> SimulatedAgents:
        """Let an engine listen."""
        exchange = exchange_.Exchange(
            engine=observer,
            life=observer,
            secret=self._chance.randbytes(32),
            terms=self.terms,
        )
        engine = SimulatedAgents(self, exchange, observer, on_news)
        self._engines.append(engine)
        return engine

    def leave(self, engine: SimulatedAgents) -> None:
        """Let an engine hear nothing any more."""
        if engine in self._engines:
            self._engines.remove(engine)

    def to_engines(
        self,
        sender: host_agent.HostAgent,
        make: Callable[[str], bytes],
    ) -> None:
        """Carry what an agent says to each engine.

        :param make: returns the datagram for one.
        """
        for engine in self._engines:
            datagram = make(engine.observer)
            self._recorded.append(datagram)
            carry = functools.partial(self._carry, sender, engine, datagram)
            self._later(sender, engine, carry)

    def to_agent(
        self,
        engine: SimulatedAgents,
        receiver: host_agent.HostAgent,
        datagram: bytes,
    ) -> None:
        """Carry an answer to an agent."""

        def carry() -> None:
            if receiver.reachable and engine in self._engines:
                receiver.hear(datagram)

        self._later(receiver, engine, carry)

    def _carry(
        self,
        sender: host_agent.HostAgent,
        engine: SimulatedAgents,
        datagram: bytes,
    ) -> None:
        # What is under way when the network is cut does not arrive.
        if sender.reachable and not engine.blind and engine in self._engines:
            engine.arrive(datagram, sender)

    def _later(
        self,
        agent: host_agent.HostAgent,
        engine: SimulatedAgents,
        carry: Callable[[], None],
    ) -> None:
        lost = self._chance.random() < self.world.loss
        if agent.reachable and not engine.blind and not lost:
            latencies = self.world.latencies
            delay = latencies.round_trip / 2 + self._chance.expovariate(
                2.0 / latencies.jitter
            )
            self.world.clock.call_in(delay, carry)

    def _crashed(self, host: str, server_id: str) -> None:
        self.agents[host].crashed(server_id)

    # -- what an attacker does

    def replay(self) -> None:
        """Send all that was recorded again, to all engines."""
        for datagram in list(self._recorded):
            for engine in self._engines:
                engine.arrive(datagram, None)

    def flood(self, number: int) -> None:
        """Send noise to all engines."""
        for _ in range(number):
            noise = self._chance.randbytes(self._chance.randrange(1500))
            for engine in self._engines:
                engine.arrive(b"NHA1" + noise, None)


def fencing(
    names: Iterable[str],
    heard: base.Agents,
    store: store_.Store,
    clock: clock_.Clock,
) -> list[fencing_base.HostFencing]:
    """Return an engine's drivers that work by agents, ours as they are."""
    made: dict[str, fencing_base.HostFencing] = {
        "agent": agent.AgentFencing(heard, clock),
        "lease": lease.LeaseFencing(heard, store, clock),
    }
    return [made[name] for name in names]
