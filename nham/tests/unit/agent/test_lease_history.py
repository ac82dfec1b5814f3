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

"""Histories of a host under a lease: whoever is promoted is alone.

The whole agent and the engine's side of the talk, with processes on paper
and a watchdog that does reset the host. There are two defences, the agent
that ends guests and the watchdog that is not petted, so it takes the loss of
both to see a history go wrong.
"""

from __future__ import annotations

from collections.abc import Collection
import os

import hypothesis
from hypothesis import strategies as st

from nham.agent import processes as processes_
from nham.core.agent import deaths
from nham.tests.unit.agent import host

A, B = host.server(1), host.server(2)
STEP = 0.1
#: No pidfd of a real process is that high.
FIRST = 1 << 30
#: What may happen to a host.
FAULTS = ["cut", "join", "kill agent", "start agent", "well"]


def acts(words: list[str]) -> st.SearchStrategy[list[tuple[str, int]]]:
    """Return what happens, and for how many steps each goes on."""
    one = st.tuples(st.sampled_from(words), st.integers(1, 60))
    return st.lists(one, max_size=6)


class Paper(processes_.Processes):
    """Processes that are entries of a table: pidfd and server.

    :param table: shared by all lives of the agent.
    """

    def __init__(self, table: dict[int, str]) -> None:
        super().__init__("", "")
        self._table = table
        self._seen: dict[int, str] = {}

    def scan(self, known: Collection[str]) -> list[tuple[int, str]]:
        """See base class."""
        new = {fd: s for fd, s in self._table.items() if fd not in self._seen}
        self._seen.update(new)
        return list(new.items())

    def scan_all(self, servers: Collection[str]) -> list[tuple[int, str]]:
        """See base class."""
        return self.scan(servers)

    def server(self, fd: int) -> str:
        """See base class."""
        return self._seen[fd]

    def of(self, server_id: str) -> list[int]:
        """See base class."""
        return [fd for fd, one in self._seen.items() if one == server_id]

    def servers(self) -> frozenset[str]:
        """See base class."""
        return frozenset(self._seen.values())

    def release(self, fd: int) -> None:
        """See base class."""
        del self._seen[fd]

    def close(self) -> None:
        """See base class."""


class TimedWatchdog(host.FakeWatchdog):
    """A watchdog that knows when it was petted last."""

    def __init__(self, case: host.HostCase) -> None:
        super().__init__()
        self._case = case
        self.petted_at = case.now

    def pet(self) -> None:
        """See base class."""
        self.petted_at = self._case.now


class LeaseHistoryTest(host.HostCase):
    """Days on which much goes wrong."""

    leases = True

    def see(self) -> processes_.Processes:
        """See base class."""
        return Paper(self.table)

    def begin(self) -> None:
        """Begin a history: a well host with an exclusive guest."""
        self.act("kill agent")
        self.now += 1000.0
        self.connected = self.leases = True
        self.outgoing.clear()
        self.numbers = FIRST
        self.table: dict[int, str] = {}
        self.dying: list[int] = []
        self.boot_id.write_text(f"boot-{self.now}\n")
        (self.state_dir / "duty.json").unlink(missing_ok=True)
        self.watchdog = self.timer = TimedWatchdog(self)
        self.engine = self.new_engine()
        self.engine.set_exclusive({host.HOST: frozenset({A})})
        for server_id in (A, B):
            self.power_on(server_id)
        self.boot()
        self.steps(10)

    def setUp(self) -> None:
        super().setUp()
        self.replace("nham.agent.pidfd.send", self._signal)
        close = os.close
        self.replace("os.close", lambda fd: None if fd >= FIRST else close(fd))
        self.replace(
            "nham.agent.pidfd.exit_of", return_value=deaths.Exit.CLEAN
        )

    def _signal(self, fd: int, _number: int) -> bool:
        self.dying.append(fd)
        return True

    def power_on(self, server_id: str) -> None:
        """Start a guest, unless it runs."""
        if server_id not in self.table.values():
            self.numbers += 1
            self.table[self.numbers] = server_id

    def steps(self, number: int) -> None:
        """Let time go by, for guests and the watchdog too."""
        for _step in range(number):
            if self.agent is None:
                self.now += STEP
            else:
                self.play(STEP)
            for fd in [one for one in self.dying if one in self.table]:
                del self.table[fd]
                if self.agent is not None:
                    self.agent.process_ended(fd, self.now)
            self.dying.clear()
            if self.now - self.timer.petted_at > self.timer.seconds:
                self.reset_host()

    def reset_host(self) -> None:
        """The watchdog resets the host."""
        self.act("kill agent")
        self.table.clear()
        self.timer.petted_at = self.now

    def act(self, what: str) -> None:
        """Have something happen."""
        if what in ("cut", "join"):
            self.connected = what == "join"
        elif what == "kill agent" and self.agent is not None:
            self.kill_agent()
        elif what == "start agent" and self.agent is None:
            self.boot()
        elif what == "start A":
            self.power_on(A)

    @hypothesis.settings(max_examples=40)
    @hypothesis.given(acts([*FAULTS, "start A"]), acts(FAULTS))
    def test_who_is_promoted_is_alone(
        self, before: list[tuple[str, int]], after: list[tuple[str, int]]
    ) -> None:
        self.begin()
        for what, steps in before:
            self.act(what)
            self.steps(steps)
        duty = self.engine.duty(host.HOST)
        # Nobody starts the guest once its host is being fenced.
        self.engine.set_leases(frozenset({host.HOST}), self.now)
        self.leases = False
        watchdog = duty.watchdog if duty else None
        proof = self.now + host.TERMS.wait(watchdog)
        for what, steps in after:
            self.act(what)
            self.steps(steps)
        while self.now < proof:
            self.steps(1)
        if duty is not None and duty.watchdog is not None:
            alive = duty.held.intersection(self.table.values())
            self.assertEqual(frozenset(), alive)
