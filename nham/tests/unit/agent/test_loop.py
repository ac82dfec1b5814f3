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

from __future__ import annotations

import socket
import threading

from benchmarks.bed import listener
from nham.agent import loop as loop_
from nham.core.agent import messages
from nham.tests.unit.agent import host
from nham.tests.unit.core.agent import samples

A = host.server(1)
PATIENCE = 20.0


class LoopTest(host.HostCase):
    """The loop with real sockets, threads and processes."""

    def setUp(self) -> None:
        super().setUp()
        self.talk = listener.Listener(frozenset({host.HOST}), samples.RING)
        self.talk.start()
        self.addCleanup(self.talk.stop)
        self.replace("nham.tests.unit.agent.host.WHERE", self.talk.where)
        self.loop = loop_.Loop(loop_.bind("127.0.0.1", 0))
        self.replace_send()
        self.now = loop_.now()
        self.spawn(A)
        agent = self.boot()
        self.thread = threading.Thread(
            target=self.loop.run, args=(agent, self.hypervisor)
        )
        self.thread.start()
        self.addCleanup(self.loop.close)
        self.addCleanup(self.thread.join)
        self.addCleanup(self.loop.stop)

    def wait_for(self, kind: type[messages.FromAgent]) -> messages.FromAgent:
        """Return the next message of a kind."""
        while True:
            _at, found = self.talk.heard.get(timeout=PATIENCE)
            if isinstance(found, kind):
                return found

    def replace_send(self) -> None:
        """Have the agent send by the loop."""
        self.send = self.loop.send  # type: ignore[method-assign]

    def test_a_crash_is_heard_of(self) -> None:
        self.wait_for(messages.Heartbeat)
        self.list(A)
        self.wait_for(messages.Guests)
        process = self.running.pop(A)
        process.kill()
        process.communicate()
        event = self.wait_for(messages.GuestEvent)
        assert isinstance(event, messages.GuestEvent)
        self.assertEqual(
            (A, messages.Happening.CRASHED), (event.server_id, event.what)
        )

    def test_heartbeats_go_on_while_the_hypervisor_says_nothing(self) -> None:
        for _beat in range(3):
            self.wait_for(messages.Heartbeat)


class BindTest(host.HostCase):
    """The agent's socket."""

    def test_one_of_ipv4(self) -> None:
        with loop_.bind("127.0.0.1", 0) as one:
            self.assertIs(socket.AF_INET, one.family)

    def test_a_port_that_is_taken(self) -> None:
        with loop_.bind("127.0.0.1", 0) as one:
            port = one.getsockname()[1]
            self.assertRaises(OSError, loop_.bind, "127.0.0.1", port)
