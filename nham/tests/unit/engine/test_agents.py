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

"""What the engine wants of the agents, and says of them."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.adapters.agents import base as agents_base
from nham.adapters.agents import none
from nham.adapters.fencing import lease
from nham.core import facts
from nham.core import model
from nham.core.agent import refusals
from nham.core.agent import terms
from nham.engine import agents
from nham.tests.unit.engine import base

Health = facts.Health
Reason = refusals.Reason


class AgentCase(base.EngineCase):
    """A VNF on the first of three hosts, and agents that a test speaks for."""

    def setUp(self) -> None:
        super().setUp()
        self.heard = mock.create_autospec(agents_base.Agents, instance=True)
        self.heard.terms = terms.Terms()
        self.healths = dict.fromkeys(("one", "two", "three"), Health.OK)
        self.heard.health.side_effect = self.healths.get
        self.heard.refused.return_value = {}
        self.heard.deaths.return_value = frozenset()
        self.context = dataclasses.replace(self.context, agents=self.heard)
        self.add_vnf()
        self.make()

    def make(self) -> None:
        """Make the care of the present context."""
        self.care = agents.AgentCare(self.context, self.cloud, self.journal)
        self.cloud.poll()


class ListenTest(AgentCase):
    def test_all_hosts_and_no_duty_without_leases(self) -> None:
        self.care.listen(self.fleet)
        hosts = frozenset({"one", "two", "three"})
        self.heard.set_hosts.assert_called_once_with(hosts)
        self.heard.set_exclusive.assert_called_once_with({})

    def test_all_servers_with_leases(self) -> None:
        driver = lease.LeaseFencing(none.NoAgents(), self.store, self.clock)
        self.context = dataclasses.replace(self.context, fencing=[driver])
        self.make()
        self.care.listen(self.fleet)
        self.heard.set_exclusive.assert_called_once_with(
            {"one": frozenset({self.server_id()})}
        )


class GrantTest(AgentCase):
    def test_neither_the_withdrawn_nor_the_fenced_get_leases(self) -> None:
        self.store.withdraw_lease("one", 5.0)
        self.store.save_host(model.HostRecord(name="two", fenced_at=5.0))
        self.store.save_host(model.HostRecord(name="three", forced_down=True))
        began = self.clock.monotonic()
        self.care.grant()
        self.heard.set_leases.assert_called_once_with(
            frozenset({"one", "two"}), began
        )

    def test_it_counts_from_before_the_reading(self) -> None:
        hosts = self.store.hosts

        def slowly() -> object:
            self.clock.advance(3.0)
            return hosts()

        began = self.clock.monotonic()
        with mock.patch.object(self.store, "hosts", slowly):
            self.care.grant()
        self.assertEqual(began, self.heard.set_leases.call_args.args[1])


class RestoreTest(AgentCase):
    def setUp(self) -> None:
        super().setUp()
        self.store.withdraw_lease("one", 5.0)

    def restored(self) -> bool:
        self.care.restore_leases()
        record = self.store.host("one")
        assert record is not None
        return record.lease_withdrawn_at is None

    def test_once_it_is_well(self) -> None:
        self.assertTrue(self.restored())
        self.assertEqual(["lease-restored"], self.kinds())
        self.assertTrue(self.restored())
        self.assertEqual(["lease-restored"], self.kinds())

    def test_not_while_it_is_silent(self) -> None:
        for health in (Health.DEAD, Health.SLOW, Health.UNKNOWN):
            self.healths["one"] = health
            self.assertFalse(self.restored())

    def test_not_while_nova_has_it_down(self) -> None:
        self.world.kill_compute("one")
        self.clock.advance(100.0)
        self.cloud.poll()
        self.assertFalse(self.restored())

    def test_not_while_it_counts_as_fenced(self) -> None:
        self.store.save_host(model.HostRecord(name="one", fenced_at=5.0))
        self.assertFalse(self.restored())

    def test_not_while_it_is_being_fenced(self) -> None:
        fault = dataclasses.replace(self.recovery().fault, subject="one")
        running = self.claim(base.step("fence_host"), fault=fault)
        self.assertFalse(self.restored())
        self.end(running)
        self.assertTrue(self.restored())


class ReportTest(AgentCase):
    def test_an_agent_that_is_lost_and_comes_back(self) -> None:
        self.care.report()
        self.assertEqual([], self.kinds())
        self.healths["one"] = Health.DEAD
        self.care.report()
        self.care.report()
        self.assertEqual(["agent-lost"], self.kinds())
        self.healths["one"] = Health.SLOW
        self.care.report()
        self.healths["one"] = Health.OK
        self.care.report()
        self.assertEqual(["agent-lost", "agent-back"], self.kinds())
        self.assertEqual("one", self.store.events()[0].host)

    def test_many_are_one_event(self) -> None:
        for number in range(20):
            self.world.add_host(f"x{number:02}")
            self.healths[f"x{number:02}"] = Health.DEAD
        self.cloud.poll()
        self.care.report()
        (event,) = self.store.events()
        self.assertIn("x00", event.message)
        self.assertIn("and 15 more", event.message)
        self.assertIsNone(event.host)

    def test_refusals_are_told_now_and_then(self) -> None:
        self.heard.refused.return_value = {Reason.REPEATED: 9, Reason.OLD: 9}
        self.care.report()
        self.assertEqual([], self.kinds())
        for number in range(1, 100):
            self.heard.refused.return_value = {Reason.FORGED: number}
            self.care.report()
            self.clock.advance(1.0)
        told = [event.message for event in self.store.events()]
        self.assertEqual(2, len(told))
        self.assertIn("forged 1", told[0])
        self.assertIn("forged 60", told[1])
