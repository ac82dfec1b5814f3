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


"""``nham-agent`` on the hosts of the test cloud, beside a real Nova.

One test switches a host off. It runs only where ``NHAM_TESTCLOUD_FENCE``
names that host.
"""

from __future__ import annotations

import os
import pathlib
import tempfile
import time
from typing import Any

from benchmarks.bed import agents as agents_
from benchmarks.bed import cloud as bed
from benchmarks.bed import listener
from nham.core.agent import messages
from nham.core.detection import tracker
from nham.tests.cloud import base

FENCED = os.environ.get("NHAM_TESTCLOUD_FENCE", "")
#: Seconds; far more than any of it takes.
PATIENCE = 30.0


class AgentTest(base.CloudSuite):
    """What an engine hears from real hosts."""

    server_id: str
    host: str
    agents: agents_.Agents
    listener: listener.Listener

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.server_id = cls.boot()
        compute: Any = cls.cloud.compute
        cls.host = compute.get_server(cls.server_id).compute_host
        folder = tempfile.TemporaryDirectory(prefix="nham-agents-")
        cls.addClassCleanup(folder.cleanup)
        cls.agents = agents_.Agents(pathlib.Path(folder.name))
        cls.listener = listener.Listener(
            frozenset(agents_.HOSTS), cls.agents.ring, agents_.CONTROL
        )
        cls.agents.engines.append(cls.listener.where)
        cls.listener.start()
        cls.addClassCleanup(cls.listener.stop)
        cls.addClassCleanup(cls.agents.stop)
        for host in agents_.HOSTS:
            cls.agents.start(host)

    def setUp(self) -> None:
        super().setUp()
        bed.wait("the agents are heard", self._all_well, PATIENCE)
        bed.wait("the guest is seen", self._seen, PATIENCE)
        while not self.listener.heard.empty():
            self.listener.heard.get()

    def test_a_killed_qemu_is_heard_of(self) -> None:
        # Nova takes a quarter of a minute to see it.
        compute: Any = self.cloud.compute
        self.addCleanup(compute.reboot_server, self.server_id, "HARD")
        bed.kill_vm(self.server_id)
        self._heard_of(messages.Happening.CRASHED)
        deaths = self.listener.talk.deaths()
        self.assertIn(self.server_id, deaths.get(self.host, {}))

    def test_what_nova_stops_has_not_crashed(self) -> None:
        compute: Any = self.cloud.compute
        compute.stop_server(self.server_id)
        self._heard_of(messages.Happening.STOPPED)
        compute.wait_for_server(
            compute.get_server(self.server_id), "SHUTOFF", wait=base.PATIENCE
        )
        self.assertNotIn(messages.Happening.CRASHED, self._happenings())
        compute.start_server(self.server_id)
        self._heard_of(messages.Happening.STARTED)

    def test_libvirtd_goes_and_comes_back(self) -> None:
        self.addCleanup(
            bed.testcloud, "service", "start", self.host, "libvirtd"
        )
        bed.testcloud("service", "kill", self.host, "libvirtd")
        bed.wait("it is said", lambda: not self._well(self.host), PATIENCE)
        judged = self.listener.talk.judge(self.host, time.monotonic(), 0.0)
        assert judged is not None
        self.assertIs(tracker.Health.OK, judged.health)
        bed.testcloud("service", "start", self.host, "libvirtd")
        bed.wait("it is back", lambda: self._well(self.host), PATIENCE)
        self.assertNotIn(messages.Happening.CRASHED, self._happenings())

    def test_a_killed_agent_begins_a_new_life(self) -> None:
        before = self.listener.talk.heartbeat(self.host)
        assert before is not None
        self.agents.kill(self.host)
        self.agents.start(self.host)

        def anew() -> bool:
            beat = self.listener.talk.heartbeat(self.host)
            return beat is not None and beat.boot != before.boot

        bed.wait("a new life", anew, PATIENCE)
        bed.wait("the guest is seen", self._seen, PATIENCE)
        self.assertNotIn(messages.Happening.CRASHED, self._happenings())

    def test_a_host_without_power_is_silent(self) -> None:
        if FENCED not in agents_.HOSTS:
            self.skipTest("NHAM_TESTCLOUD_FENCE names no host")
        self.addCleanup(self.agents.start, FENCED)
        self.addCleanup(bed.power_on, FENCED, self.cloud)
        bed.power_off(FENCED)

        def silent() -> bool:
            judged = self.listener.talk.judge(FENCED, time.monotonic(), 0.0)
            return judged is None or judged.health is tracker.Health.DEAD

        bed.wait("silence", silent, PATIENCE, every=0.01)

    def _well(self, host: str) -> bool:
        beat = self.listener.talk.heartbeat(host)
        return beat is not None and beat.hypervisor_ok

    def _all_well(self) -> bool:
        return all(self._well(host) for host in agents_.HOSTS)

    def _seen(self) -> bool:
        running = self.listener.talk.running(self.host)
        return running is not None and self.server_id in running

    def _heard_of(self, what: messages.Happening) -> float:
        """Return when an event of the guest was heard of."""
        until = time.monotonic() + PATIENCE * 4
        while True:
            left = max(0.0, until - time.monotonic())
            at, heard = self.listener.heard.get(timeout=left)
            if isinstance(heard, messages.GuestEvent) and (
                heard.server_id,
                heard.what,
            ) == (self.server_id, what):
                return at

    def _happenings(self) -> list[messages.Happening]:
        """Return what has been heard of the guest and was not looked at."""
        found = []
        while not self.listener.heard.empty():
            _at, heard = self.listener.heard.get()
            if (
                isinstance(heard, messages.GuestEvent)
                and heard.server_id == self.server_id
            ):
                found.append(heard.what)
        return found
