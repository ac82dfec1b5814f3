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

"""A host for the agent's tests: real processes, a virtual clock, engines."""

from __future__ import annotations

import pathlib
import select
import signal
import subprocess
import uuid

from nham.agent import agent as agent_
from nham.agent import peers
from nham.agent import processes as processes_
from nham.agent import promises as promises_
from nham.agent import watchdog as watchdog_
from nham.agent.hypervisor import fake
from nham.core.agent import exchange
from nham.core.agent import guests
from nham.core.agent import messages
from nham.core.agent import terms as terms_
from nham.core.agent import wire
from nham.tests import base
from nham.tests.unit.core.agent import samples

HOST = "cmp1"
WHERE = "ctl1:9898"
PATIENCE = 0.5
TERMS = terms_.Terms(lease=3.0)
#: Ends by itself with 0 on SIGTERM, as QEMU does.
HEEDS = 'trap "exit 0" TERM; echo; while :; do read x || exit 0; done'
#: Does not heed SIGTERM, as a QEMU that hangs.
DEAF = 'trap "" TERM; echo; read x'


def server(number: int) -> str:
    """Return the id of a server."""
    return str(uuid.UUID(int=number))


class FakeWatchdog(watchdog_.Watchdog):
    """A watchdog that counts."""

    seconds = 10.0

    def __init__(self) -> None:
        self.pets = 0
        self.disarmed: bool | None = None

    def pet(self) -> None:
        """See base class."""
        self.pets += 1

    def close(self, disarm: bool) -> None:
        """See base class."""
        self.disarmed = disarm


class HostCase(base.TestCase):
    """An agent on a host, and an engine that hears it."""

    #: The engine and the agent hear each other.
    connected = True

    def setUp(self) -> None:
        super().setUp()
        self.now = 1000.0
        #: What the engine has said and the agent has not heard yet.
        self.outgoing: list[bytes] = []
        self.run_dir = self.temp_dir()
        # Only what a test has started is in it: whatever else runs on the
        # machine must neither be seen nor ended.
        self.proc = self.temp_dir()
        self.state_dir = self.temp_dir()
        self.boot_id = self.state_dir / "boot_id"
        self.boot_id.write_text("first-boot\n")
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.watchdog = FakeWatchdog()
        self.hypervisor = fake.FakeHypervisor()
        self.engine = self.new_engine()
        self.agent: agent_.Agent | None = None
        self.addCleanup(self.end)

    def end(self) -> None:
        """End what is left."""
        if self.agent is not None:
            self.agent.close()
        for process in self.running.values():
            process.kill()
            process.communicate()

    def new_engine(self, name: str = "ctl1") -> exchange.Exchange:
        """Return a new life of an engine."""
        life = uuid.uuid4().hex
        made = exchange.Exchange(name, life, life.encode(), TERMS)
        made.set_hosts(frozenset({HOST}))
        return made

    def see(self) -> processes_.Processes:
        """Return what the agent sees of the guests' processes."""
        return processes_.Processes(str(self.run_dir), str(self.proc))

    def boot(self) -> agent_.Agent:
        """Begin a new life of the agent."""
        ports = agent_.Ports(
            send=self.send,
            processes=self.see(),
            promises=promises_.Promises(
                str(self.state_dir), str(self.boot_id)
            ),
            watchdog=self.watchdog,
        )
        settings = agent_.Settings(
            host=HOST,
            boot=uuid.uuid4().hex,
            engines=(WHERE,),
            ring=samples.RING,
            interval=0.1,
            patience=PATIENCE,
            version="1.2",
        )
        self.agent = agent_.Agent(settings, ports, self.now)
        agent = self.agent
        self.hypervisor.start(lambda news: agent.news(news, self.now))
        return self.agent

    def kill_agent(self) -> None:
        """End the agent at once; what it has written stays."""
        assert self.agent is not None
        self.agent._ports.promises.close()
        self.agent._ports.processes.close()
        self.agent = None

    def send(self, datagram: bytes, peer: peers.Peer) -> None:
        """Carry a datagram to the engine, and its answers back."""
        if not self.connected:
            return
        message = wire.decode(datagram, samples.RING)
        for answer in self.engine.hear(message, self.now):
            self.outgoing.append(wire.encode(answer, samples.RING))

    def turn(self) -> None:
        """Let the agent do all that is due at this moment."""
        assert self.agent is not None
        for _round in range(20):
            self.agent.tick(self.now)
            if not self.outgoing:
                return
            while self.outgoing:
                self.agent.datagram(self.outgoing.pop(0), self.now)
        self.fail("the agent and the engine never stop talking")

    def play(self, seconds: float) -> None:
        """Let time go by."""
        assert self.agent is not None
        end = self.now + seconds
        self.turn()
        while True:
            coming = self.agent.next_at(self.now)
            if coming > end:
                break
            self.now = max(self.now, coming)
            self.grant()
            self.turn()
        self.now = end
        self.grant()
        self.turn()

    #: Leases are granted.
    leases = False

    def grant(self) -> None:
        """Let the engine read the hosts' records, unless it is gone."""
        if self.leases:
            self.engine.set_leases(frozenset(), self.now)

    def spawn(self, server_id: str, script: str = HEEDS) -> None:
        """Start a guest's process and write its pid file."""
        process = subprocess.Popen(
            ["qemu-system-x86_64", "-c", script, "-uuid", server_id],
            executable="/bin/sh",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        self.running[server_id] = process
        (self.proc / str(process.pid)).symlink_to(f"/proc/{process.pid}")
        self.pid_file(server_id).write_text(str(process.pid))

    def pid_file(self, server_id: str) -> pathlib.Path:
        """Return where libvirt would tell of a guest."""
        return self.run_dir / f"instance-{server_id[-8:]}.pid"

    def kill(self, server_id: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a guest, and have the agent see the end."""
        self.running[server_id].send_signal(number)
        self.see_end(server_id)

    def see_end(self, server_id: str) -> None:
        """Wait for a guest's end, and have the agent see it."""
        assert self.agent is not None
        for fd in self.agent._ports.processes.of(server_id):
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            self.assertTrue(poll.poll(10_000), "the guest does not end")
            self.running.pop(server_id).communicate()
            self.pid_file(server_id).unlink()
            self.agent.process_ended(fd, self.now)

    def died(self, server_id: str) -> float | None:
        """Return since when the engine holds a guest to have crashed."""
        return self.engine.deaths().get(HOST, {}).get(server_id)

    def list(self, *servers: str) -> None:
        """Have the hypervisor list guests that run."""
        running = guests.Listed(messages.GuestState.RUNNING)
        self.hypervisor.list(dict.fromkeys(servers, running))
        self.hypervisor.answer()
