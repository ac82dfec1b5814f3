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

"""What the agent does with what it sees, hears and is told: no sockets.

Everything comes in with its moment; what goes out goes through ``Ports``.
So a test plays hours of it in no time.
"""

from __future__ import annotations

import collections
from collections.abc import Collection
import dataclasses
import logging
import os

from nham import metrics
from nham.agent import orders as orders_
from nham.agent import peers as peers_
from nham.agent import pidfd
from nham.agent import processes as processes_
from nham.agent import promises as promises_
from nham.agent import stops as stops_
from nham.agent import troubles
from nham.agent import watchdog as watchdog_
from nham.agent.hypervisor import base as hypervisor
from nham.core.agent import guests as guests_
from nham.core.agent import lease
from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import wire

LOG = logging.getLogger(__name__)

Trouble = troubles.Trouble

#: Seconds without an answer after which the hypervisor is said to hang.
ANSWERS_WITHIN = 3.0
#: Seconds between two looks for new processes.
SCAN_EVERY = 1.0
#: Seconds between two questions how a process ended, and for how long they
#: are asked: its parent has to reap it first.
EXIT_EVERY = 0.002
EXIT_WITHIN = 0.1
#: Seconds between two looks at orders that are being carried out.
ORDER_EVERY = 0.02


@dataclasses.dataclass(frozen=True)
class Settings:
    """What an operator chooses.

    :ivar host: this host, as Nova knows it.
    :ivar boot: this life of the agent.
    :ivar interval: seconds between two heartbeats.
    :ivar patience: seconds in which the hypervisor tells why a guest ended.
    :ivar door: ``address:port`` at which errands are taken; empty: nowhere.
    """

    host: str
    boot: str
    engines: tuple[str, ...]
    ring: wire.KeyRing
    interval: float
    patience: float
    version: str
    door: str = ""


@dataclasses.dataclass(frozen=True)
class Ports:
    """What the agent works on."""

    send: peers_.Send
    processes: processes_.Processes
    promises: promises_.Promises
    watchdog: watchdog_.Watchdog


@dataclasses.dataclass
class _Dead:
    server_id: str
    until: float


class Agent:
    """The agent of one host.

    :param now: seconds of CLOCK_BOOTTIME, as everywhere here.
    :raises promises.Unusable: what it promised cannot be read.
    """

    def __init__(self, settings: Settings, ports: Ports, now: float) -> None:
        self._settings = settings
        self._ports = ports
        duty, epochs = ports.promises.read()
        self.keeper = lease.Keeper(duty, ports.promises.read_lease(), now)
        self.guests = guests_.Guests(settings.patience)
        self.peers = peers_.Peers(
            settings.engines,
            settings.host,
            settings.boot,
            settings.ring,
            ports.send,
        )
        self._stops = stops_.Stops(ports.processes, self.guests)
        self._orders = orders_.Orders(
            ports.processes, self._stops, self.look, epochs
        )
        self._asked_by: dict[str, set[str]] = {}
        self._dead: dict[int, _Dead] = {}
        self._watched: list[int] = []
        self._beat_at = self._scan_at = now
        self._answered_at = now - ANSWERS_WITHIN
        self._hypervisor_ok = False
        self._linked: bool | None = None
        self._writable = True
        #: What went wrong, and how often.
        self.troubles: collections.Counter[Trouble] = collections.Counter()

    def new_processes(self) -> list[int]:
        """Return the pidfds to wait for that were not returned before."""
        found, self._watched = self._watched, []
        return found

    def tick(self, now: float) -> None:
        """Do all that is due."""
        if now >= self._scan_at:
            self._scan_at = now + SCAN_EVERY
            self._found(self._ports.processes.scan(self._known()), now)
            if self.keeper.to_stop(now):
                # Not even one without a pid file may be left.
                self.look(())
        self._ask_exits(now)
        self.guests.due(now)
        self._keep_lease(now)
        self._stops.tick(now)
        self._orders.tick(now)
        self._tell_results(now)
        self._tell_events()
        if now >= self._beat_at:
            self._beat(now)
        self.peers.flush(now)

    def next_at(self, now: float) -> float:
        """Return when ``tick`` has something to do."""
        times = [
            self._beat_at,
            self._scan_at,
            self.guests.next_at(),
            self._stops.next_at(),
            self.keeper.next_at(now),
            self.peers.next_at(),
            now + EXIT_EVERY if self._dead else None,
            now + ORDER_EVERY if self._orders.busy() else None,
        ]
        return min(one for one in times if one is not None)

    def news(self, item: hypervisor.News, now: float) -> None:
        """Take what the hypervisor says."""
        if isinstance(item, hypervisor.Said):
            if item.told.what is messages.Happening.STARTED:
                self._scan_at = now
            self.guests.told(item.server_id, item.told, now)
        elif isinstance(item, hypervisor.List):
            self.guests.listed(item.found, now)
        elif isinstance(item, hypervisor.Answer):
            self._answered_at = now
        else:
            self._link(item, now)

    def _link(self, link: hypervisor.Link, now: float) -> None:
        if link.up is self._linked:
            # One more attempt to connect that has failed.
            return
        self._linked = link.up
        if not link.up:
            self._answered_at = now - ANSWERS_WITHIN
            self._count(Trouble.HYPERVISOR_LOST)
            LOG.warning("the hypervisor is lost: %s", link.why)

    def process_ended(self, fd: int, now: float) -> None:
        """A process that was waited for is dead."""
        server_id = self._ports.processes.server(fd)
        end = pidfd.exit_of(fd)
        self._stops.forget(fd)
        self._ports.processes.release(fd)
        if end is guests_.Exit.UNKNOWN:
            self._dead[fd] = _Dead(server_id, now + EXIT_WITHIN)
        else:
            os.close(fd)
        if not self._ports.processes.of(server_id):
            self.guests.died(server_id, end, now)

    def datagram(self, data: bytes, now: float) -> None:
        """Take what came from the network."""
        try:
            peer, message, sent_at = self.peers.admit(data, now)
        except refusals.Refused as refused:
            metrics.agent_refused(refused.reason.value, 1)
            return
        if isinstance(message, messages.Ack):
            self._acknowledged(peer, message, sent_at, now)
        elif isinstance(message, messages.Exclusive):
            self._take_list(peer, message, now)
        elif isinstance(message, messages.Command):
            self._ordered(peer, message, now)

    def look(self, servers: Collection[str]) -> None:
        """Look at all processes of the host, for a proof."""
        wanted = self._known() | set(servers)
        found = self._ports.processes.scan_all(wanted)
        self._found(found, self._scan_at)

    def _known(self) -> frozenset[str]:
        """Return the servers that are surely of this host."""
        return self.keeper.duty.in_force.union(self.guests.table())

    def close(self) -> None:
        """End in order: guests run on, and so do promises."""
        running = self._ports.processes.servers()
        self._ports.watchdog.close(
            disarm=not self.keeper.duty.in_force & running
        )
        for fd in self._dead:
            os.close(fd)
        self._ports.processes.close()
        self._ports.promises.close()

    def _found(self, found: list[tuple[int, str]], now: float) -> None:
        for fd, server_id in found:
            self._watched.append(fd)
            self.guests.appeared(server_id, now)

    def _ask_exits(self, now: float) -> None:
        """Ask how the dead ended; their parents reap them in a moment."""
        for fd, dead in list(self._dead.items()):
            end = pidfd.exit_of(fd)
            if end is guests_.Exit.UNKNOWN and now < dead.until:
                continue
            del self._dead[fd]
            os.close(fd)
            if not self._ports.processes.of(dead.server_id):
                self.guests.died(dead.server_id, end, now)

    def _keep_lease(self, now: float) -> None:
        """End what must not run."""
        to_stop = self.keeper.to_stop(now)
        for server_id in to_stop & self._ports.processes.servers():
            self._stops.begin(server_id, "the lease has run out", now)

    def _beat(self, now: float) -> None:
        """Say that the host lives."""
        interval = self._settings.interval
        # One that is late is not followed by all that were missed.
        late = now - self._beat_at >= interval
        self._beat_at = interval + (now if late else self._beat_at)
        self._pet(now)
        self._judge_hypervisor(now)
        table = self.guests.table()
        beat = messages.Heartbeat(
            host=self.peers.host,
            boot=self.peers.boot,
            sequence=0,
            sent_at=now,
            guests=len(table),
            digest=messages.digest_of(table.items()),
            watchdog=self._ports.watchdog.seconds,
            hypervisor_ok=self._hypervisor_ok,
            version=self._settings.version,
            door=self._settings.door,
        )
        for peer in self.peers.all:
            held = self.keeper.duty.digest(peer.engine)
            self.peers.beat(
                peer, dataclasses.replace(beat, exclusive=held), now
            )
        self.peers.tables(table, now)
        lost = self.peers.lost()
        if lost:
            self._count(Trouble.WORDS_LOST, lost)
        for peer in self.peers.silent(now):
            self._count(Trouble.ENGINE_SILENT)
            LOG.warning("engine at %s is silent", peer.where)

    def _pet(self, now: float) -> None:
        running = self._ports.processes.servers()
        if self.keeper.may_pet(running, now):
            try:
                self._ports.watchdog.pet()
            except OSError as error:
                self._count(Trouble.WATCHDOG)
                LOG.error("the watchdog cannot be petted: %s", error)

    def _judge_hypervisor(self, now: float) -> None:
        ok = now - self._answered_at < ANSWERS_WITHIN
        if ok != self._hypervisor_ok:
            self._hypervisor_ok = ok
            if ok:
                LOG.info("the hypervisor answers")
            else:
                self._count(Trouble.HYPERVISOR_SILENT)
                LOG.warning("the hypervisor does not answer")

    def _acknowledged(
        self, peer: peers_.Peer, ack: messages.Ack, sent_at: float, now: float
    ) -> None:
        self.peers.acknowledged(peer, ack)
        if ack.lease is None:
            return
        before = self.keeper.duty, self.keeper.until
        if self.keeper.renew(sent_at, ack.lease, now) and not self._write():
            # What is not on the disk is not promised.
            self.keeper.duty, self.keeper.until = before
            return
        self._ports.promises.write_lease(self.keeper.until)

    def _take_list(
        self, peer: peers_.Peer, part: messages.Exclusive, now: float
    ) -> None:
        servers = self.peers.collected(peer, part)
        if servers is None:
            return
        before = self.keeper.duty
        if self.keeper.take(peer.engine, servers, now) and not self._write():
            self.keeper.duty = before

    def _count(self, trouble: Trouble, number: int = 1) -> None:
        self.troubles[trouble] += number
        metrics.agent_trouble(trouble.value, number)

    def _write(self) -> bool:
        try:
            self._ports.promises.write(self.keeper.duty, self._orders.epochs)
        except OSError as error:
            self._count(Trouble.PROMISE)
            if self._writable:
                LOG.error("what is promised cannot be written: %s", error)
            self._writable = False
            return False
        self._writable = True
        return True

    def _ordered(
        self, peer: peers_.Peer, command: messages.Command, now: float
    ) -> None:
        if self._orders.begin(command, now):
            self._write()
        self._asked_by.setdefault(command.command_id, set()).add(peer.where)

    def _tell_results(self, now: float) -> None:
        """Send the results of what has ended to those that asked."""
        for command_id in list(self._asked_by):
            outcome = self._orders.outcome(command_id)
            if outcome is None:
                continue
            asked = self._asked_by.pop(command_id)
            parts = orders_.results(
                command_id, outcome, self.peers.host, self.peers.boot
            )
            for peer in self.peers.all:
                for part in parts if peer.where in asked else ():
                    peer.box.put(part, now)

    def _tell_events(self) -> None:
        for event in self.guests.events():
            metrics.agent_event(event.what.value)
            LOG.info(
                "guest %s: %s %s",
                event.server_id,
                event.what.value,
                event.detail,
            )
            self.peers.put_event(
                messages.GuestEvent(
                    host=self.peers.host,
                    boot=self.peers.boot,
                    sequence=0,
                    event=0,
                    server_id=event.server_id,
                    what=event.what,
                    ago=0.0,
                    detail=messages.short(event.detail),
                ),
                event.at,
            )
