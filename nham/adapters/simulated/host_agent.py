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

"""One simulated host agent: it tells of its guests and keeps the lease."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import random
from typing import Any

from nham.adapters.simulated import records
from nham.adapters.simulated import world as simulated
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import replay
from nham.core.agent import terms as terms_
from nham.core.agent import wire

GuestState = messages.GuestState

#: Seconds after which a host is reset if its agent is dead.
WATCHDOG = 5.0
#: Seconds until it is up again after that.
_RESET = 60.0
#: Seconds until systemd has started an agent that died.
_RESTART = 2.0


@dataclasses.dataclass
class _Kept:
    """What is on the host's disk, by the engines' names.

    :ivar lease_until: by the agent's clock.
    """

    lists: dict[str, frozenset[str]] = dataclasses.field(default_factory=dict)
    lease_until: float = 0.0


class HostAgent:
    """The agent of one host.

    :param say: carries what ``make`` returns, for each engine.
    :ivar on_end: told of each server that it ends for want of a lease.
    """

    def __init__(
        self,
        world: simulated.World,
        host: str,
        terms: terms_.Terms,
        ring: wire.KeyRing,
        chance: random.Random,
        say: Callable[[HostAgent, Callable[[str], bytes]], None],
    ) -> None:
        self.host = host
        self._world = world
        self._terms = terms
        self._ring = ring
        self._chance = chance
        self._say = say
        self.on_end: Callable[[str], None] = _nobody
        self._rate = 1 + chance.uniform(-terms.drift, terms.drift)
        self._kept = _Kept()
        self._crashes: set[str] = set()
        self._ended: set[str] = set()
        self._epochs: dict[str, int] = {}
        self._stopping = False
        self._off = False
        self._start()
        world.clock.call_in(chance.uniform(0, terms.interval), self._tick)

    @property
    def reachable(self) -> bool:
        """Its host is on, and in the network."""
        return self._world.physics.host(self.host).reachable

    def _start(self) -> None:
        self.alive = True
        self._boot = f"{self._chance.getrandbits(64):016x}"
        self._sequence = 0
        self._events = 0
        self._nonces: dict[str, str] = {}
        self._guard = replay.AgentGuard(self.host, self._boot)
        self._parts: dict[tuple[str, str], dict[int, tuple[str, ...]]] = {}

    def kill(self, restarts: bool) -> None:
        """End its process.

        :param restarts: it is started again before the watchdog bites.
        """
        self.alive = False
        life = self._boot
        if restarts:
            self._world.clock.call_in(_RESTART, lambda: self._restart(life))
        self._world.clock.call_in(WATCHDOG, lambda: self._bite(life))

    def _restart(self, life: str) -> None:
        if not self.alive and self._boot == life:
            self._start()

    def _bite(self, life: str) -> None:
        host = self._world.physics.host(self.host)
        if self.alive or self._boot != life or not host.power:
            return
        self._world.power_off_host(self.host)
        self._world.clock.call_in(
            _RESET, lambda: self._world.power_on_host(self.host)
        )

    # -- its loop

    def _now(self) -> float:
        return self._world.clock.monotonic() * self._rate

    def _tick(self) -> None:
        self._world.clock.call_in(self._terms.interval, self._tick)
        if not self._world.physics.host(self.host).power:
            # The lease of a host that booted is over.
            self.alive, self._kept.lease_until = False, 0.0
            self._crashes.clear()
            self._ended.clear()
            self._off = True
            return
        if self._off:
            self._off = False
            self._start()
        if not self.alive:
            return
        self._keep_the_lease()
        self._each(self._heartbeat)

    def _keep_the_lease(self) -> None:
        if self._now() < self._kept.lease_until or self._stopping:
            return
        self._stopping = True

        def stop() -> None:
            self._stopping = False
            if not self.alive or self._now() < self._kept.lease_until:
                return
            for server_id in frozenset().union(*self._kept.lists.values()):
                self._end(server_id)

        self._world.clock.call_in(
            self._chance.uniform(0, self._terms.stop - self._terms.interval),
            stop,
        )

    def _end(self, server_id: str) -> None:
        guest = self._world.physics.guest_on(server_id, self.host)
        if guest is not None:
            self.on_end(server_id)
            self._world.physics.end(guest)

    # -- what it says

    def _each(self, make: Callable[..., wire.Message], *args: Any) -> None:
        def packed(engine: str) -> bytes:
            self._sequence += 1
            self._guard.sent(self._sequence, self._now())
            common: dict[str, Any] = {
                "host": self.host,
                "boot": self._boot,
                "sequence": self._sequence,
                "nonce": self._nonces.get(engine, ""),
            }
            return wire.encode(make(engine, common, *args), self._ring)

        self._say(self, packed)

    def _table(self) -> list[tuple[str, GuestState]]:
        running = {
            guest.server_id
            for guest in self._world.physics.host(self.host).guests
        }
        self._crashes -= running
        self._ended -= running
        return sorted(
            [(one, GuestState.RUNNING) for one in running]
            + [(one, GuestState.CRASHED) for one in self._crashes]
            + [(one, GuestState.STOPPED) for one in self._ended]
        )

    def _heartbeat(
        self, engine: str, common: dict[str, Any]
    ) -> messages.Heartbeat:
        table = self._table()
        held = self._kept.lists.get(engine)
        return messages.Heartbeat(
            **common,
            sent_at=self._now(),
            guests=len(table),
            digest=messages.digest_of(table),
            exclusive="" if held is None else messages.digest_of(held),
            watchdog=WATCHDOG,
            hypervisor_ok=True,
            version="simulated",
        )

    def crashed(self, server_id: str) -> None:
        """Tell that a guest's process died."""
        self._ended.discard(server_id)
        self._crashes.add(server_id)
        self._happened(server_id, messages.Happening.CRASHED)

    def _happened(self, server_id: str, what: messages.Happening) -> None:
        self._events += 1
        if self.alive:
            self._each(self._event, server_id, what, self._events)

    def _event(
        self,
        _engine: str,
        common: dict[str, Any],
        server_id: str,
        what: messages.Happening,
        number: int,
    ) -> messages.GuestEvent:
        return messages.GuestEvent(
            **common,
            event=number,
            server_id=server_id,
            what=what,
            ago=0.0,
        )

    def _guests(
        self,
        _engine: str,
        common: dict[str, Any],
        digest: str,
        part: int,
        parts: int,
        rows: tuple[tuple[str, GuestState], ...],
    ) -> messages.Guests:
        return messages.Guests(
            **common, digest=digest, part=part, parts=parts, table=rows
        )

    def _result(
        self,
        _engine: str,
        common: dict[str, Any],
        command: messages.Command,
        ok: bool,
    ) -> messages.Result:
        gone = (command.server_id,) if ok and command.server_id else ()
        return messages.Result(
            **common, command_id=command.command_id, ok=ok, gone=gone
        )

    # -- what it hears

    def hear(self, datagram: bytes) -> None:
        """Take in what an engine says."""
        if not self.alive:
            return
        message = wire.decode(datagram, self._ring)
        if not isinstance(message, messages.FromEngine):
            return
        try:
            at = self._guard.admit(message)
        except refusals.Refused:
            return
        if isinstance(message, messages.Ack):
            self._acknowledged(message, at)
        elif isinstance(message, messages.Exclusive):
            self._take_list(message)
        elif isinstance(message, messages.Command):
            self._obey(message)

    def _acknowledged(self, ack: messages.Ack, at: float) -> None:
        self._nonces[ack.engine] = ack.nonce
        if ack.lease is not None:
            self._kept.lease_until = max(
                self._kept.lease_until, at + ack.lease
            )
        if messages.Ask.GUESTS in ack.asks:
            table = self._table()
            found = wire.parts(table)
            for number, rows in enumerate(found):
                self._each(
                    self._guests,
                    messages.digest_of(table),
                    number,
                    len(found),
                    rows,
                )

    def _take_list(self, said: messages.Exclusive) -> None:
        if self._now() >= self._kept.lease_until:
            return
        parts = self._parts.setdefault((said.engine, said.digest), {})
        parts[said.part] = said.servers
        if len(parts) == said.parts:
            whole = frozenset(one for part in parts.values() for one in part)
            self._kept.lists[said.engine] = whole
            del self._parts[said.engine, said.digest]

    def _obey(self, command: messages.Command) -> None:
        newest = self._epochs.get(command.server_id, 0)
        ok = command.epoch >= newest
        self._epochs[command.server_id] = max(command.epoch, newest)
        one = command.action is messages.Action.STOP_GUEST
        for guest in list(self._world.physics.host(self.host).guests):
            if ok and (guest.server_id == command.server_id or not one):
                self._stop(guest)
        self._each(self._result, command, ok)

    def _stop(self, guest: records.Guest) -> None:
        """End a guest, and tell of its end."""
        self._world.physics.end(guest)
        self._crashes.discard(guest.server_id)
        self._ended.add(guest.server_id)
        self._happened(guest.server_id, messages.Happening.STOPPED)


def _nobody(_server_id: str) -> None:
    """Stand in until somebody listens."""
