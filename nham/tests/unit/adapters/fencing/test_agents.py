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

"""Fencing by agents and by leases, on the simulated cloud."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest import mock

from nham.adapters import errors
from nham.adapters.agents import base as agents_base
from nham.adapters.fencing import agent
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import lease
from nham.adapters.simulated import agents
from nham.adapters.simulated import world as simulated
from nham.core import facts
from nham.core.agent import exchange
from nham.core.agent import terms
from nham.simulate import memory
from nham.tests import base
from nham.tests.conformance import base as suite
from nham.tests.conformance import fencing as fencing_suite


class Hosts(suite.Suite):
    """Two hosts with agents; that of the second one is dead."""

    host = "one"
    forbidden = "two"

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=1)
        for name in ("one", "two"):
            self.world.add_host(name)
        self.server_id = self.world.add_server("s", "one")
        self.net = agents.AgentNet(self.world)
        self.net.agents["two"].kill(restarts=False)
        self.agents = self.net.join("engine", lambda: None)
        self.agents.set_hosts(frozenset({"one", "two"}))
        self.store = memory.Memory().store
        self.addCleanup(self.store.close)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, while the engine reads the hosts' records."""
        for _ in range(int(seconds / 0.25)):
            withdrawn = {
                one.name
                for one in self.store.hosts()
                if one.lease_withdrawn_at is not None
            }
            now = self.world.clock.monotonic()
            self.agents.set_leases(frozenset(withdrawn), now)
            self.world.clock.advance(0.25)


class AgentConformanceTest(Hosts, fencing_suite.FencingSuite):
    """``AgentFencing``."""

    def setUp(self) -> None:
        super().setUp()
        self.driver: fencing_base.HostFencing = agent.AgentFencing(
            self.agents, self.world.clock
        )
        self.pass_time(5.0)

    def test_the_proof_ends_when_a_guest_runs_again(self) -> None:
        self.driver.fence("one")
        self.until("proof", lambda: self.driver.proof("one"))
        self.world.physics.start(
            self.world.nova.servers[self.server_id],
            "one",
            self.world.storage.boot_disk(self.world.add_image()),
        )
        self.pass_time(5.0)
        self.assertIsNone(self.driver.proof("one"))
        self.driver.fence("one")
        self.until("proof", lambda: self.driver.proof("one"))
        self.assertEqual([], self.world.physics.host("one").guests)

    def test_what_the_agent_could_not_is_said(self) -> None:
        answer = exchange.Answer(
            ok=False, gone=frozenset(), detail="libvirt hangs"
        )
        with mock.patch.object(
            self.agents, "answer", autospec=True, return_value=answer
        ):
            self.assertIn("libvirt hangs", self.driver.trouble("one"))
            self.assertIsNone(self.driver.proof("one"))


class LeaseConformanceTest(Hosts, fencing_suite.FencingSuite):
    """``LeaseFencing``."""

    def setUp(self) -> None:
        super().setUp()
        self.driver: fencing_base.HostFencing = self.another()
        self.agents.set_exclusive({"one": frozenset({self.server_id})})
        self.pass_time(5.0)

    def another(self) -> lease.LeaseFencing:
        """Return the driver of an engine that has just started."""
        return lease.LeaseFencing(self.agents, self.store, self.world.clock)

    def test_the_guest_has_ended_when_there_is_proof(self) -> None:
        self.driver.fence("one")
        self.world.partition_host("one")
        self.assertTrue(self.world.physics.host("one").guests)
        self.until("proof", lambda: self.driver.proof("one"))
        self.assertEqual([], self.world.physics.host("one").guests)

    def test_another_engine_counts_from_when_it_knew(self) -> None:
        self.driver.fence("one")
        self.until("proof", lambda: self.driver.proof("one"))
        other = self.another()
        self.assertIsNone(other.proof("one"))
        other.fence("one")
        self.assertIsNone(other.proof("one"))
        self.assertIsNotNone(self.driver.proof("one"))
        self.until("proof", lambda: other.proof("one"))

    def test_what_was_granted_in_between_is_no_proof(self) -> None:
        self.driver.fence("one")
        self.until("proof", lambda: self.driver.proof("one"))
        record = self.store.host("one")
        assert record is not None and record.lease_withdrawn_at is not None
        self.store.restore_lease("one", record.lease_withdrawn_at)
        self.assertIsNone(self.driver.proof("one"))
        self.store.withdraw_lease("one", self.world.clock.now())
        self.assertIsNone(self.driver.proof("one"))

    def test_a_clock_that_is_set_proves_nothing_earlier(self) -> None:
        self.driver.fence("one")
        self.world.clock.jump(1e6)
        self.assertIsNone(self.driver.proof("one"))


class DutyTest(base.TestCase):
    """Who may be fenced by a lease."""

    def trouble(self, duty: exchange.Duty | None, **fields: Any) -> str:
        heard = mock.create_autospec(agents_base.Agents, instance=True)
        heard.terms = dataclasses.replace(terms.Terms(), **fields)
        heard.duty.return_value = duty
        heard.wanted.return_value = frozenset({"a", "b"})
        heard.health.return_value = facts.Health.DEAD
        store = memory.Memory().store
        self.addCleanup(store.close)
        driver = lease.LeaseFencing(
            heard, store, simulated.World(seed=1).clock
        )
        found = driver.trouble("one")
        self.assertEqual(not found, driver.can_fence("one"))
        if found:
            self.assertRaises(errors.Refused, driver.fence, "one")
            self.assertEqual([], list(store.hosts()))
        return found

    def test_who_has_taken_all_of_it_on(self) -> None:
        both = frozenset({"a", "b", "c"})
        duty = exchange.Duty(held=both, watchdog=5.0)
        self.assertEqual("", self.trouble(duty))
        self.assertIn("taken on", self.trouble(None))
        duty = exchange.Duty(held=frozenset({"a"}), watchdog=5.0)
        self.assertIn("b", self.trouble(duty))
        duty = exchange.Duty(held=both, watchdog=None)
        self.assertIn("nothing resets", self.trouble(duty))
        self.assertEqual("", self.trouble(duty, need_watchdog=False))
