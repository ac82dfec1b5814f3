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

"""Tests of the facts about hosts, and what their agents add to them."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.adapters.agents import base as agents_base
from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.engine import gather
from nham.engine import host_view
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_gather

Health = facts.Health


class TestHosts(test_gather.GatherCase):
    """What is said of the hosts, and of all at once."""

    def host(self, name: str = "one") -> facts.HostFacts:
        """Return the facts of a host."""
        return self.seen().host(name)

    def test_well(self) -> None:
        self.assertEqual(
            facts.HostFacts(name="one", probe=Health.OK), self.host()
        )
        self.assertEqual(3, len(self.seen().hosts))

    def test_silent_and_forced_down(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.vim.force_down("one", True)
        self.cloud.poll()
        found = self.host()
        self.assertIs(Health.DEAD, found.probe)
        self.assertEqual((False, True), (found.service, found.forced_down))

    def test_fence(self) -> None:
        self.world.forbid_fence("one")
        self.assertIs(facts.Fence.IMPOSSIBLE, self.host().fence)
        self.store.save_host(model.HostRecord(name="one", fenced_at=1.0))
        self.assertIs(facts.Fence.PROVED, self.host().fence)
        self.store.save_host(model.HostRecord(name="two", proof="old"))
        self.assertIs(facts.Fence.POSSIBLE, self.host("two").fence)

    def test_recoveries(self) -> None:
        zone = descriptor.Zone.HOST
        fault = dataclasses.replace(self.recovery().fault, zone=zone)
        recovery = self.claim(fault=fault)
        self.claim(group_id="v/1")
        system = self.seen().system
        self.assertEqual(2, system.recent_recoveries)
        self.assertEqual(1, system.host_recoveries)
        self.clock.advance(self.settings.guard_window + 1.0)
        system = self.seen().system
        self.assertEqual(0, system.recent_recoveries)
        self.assertEqual(1, system.host_recoveries)
        self.end(recovery)
        self.assertEqual(0, self.seen().system.host_recoveries)

    def test_paused(self) -> None:
        self.assertFalse(self.seen().system.paused)
        self.store.set_setting("paused", "by ann")
        self.assertTrue(self.seen().system.paused)

    def test_lost_network(self) -> None:
        self.add_vnf("w", ("one",))
        self.settle()
        for group_id in ("v/0", "v/1", "w/0"):
            self.world.hang_guest(self.server_id(group_id))
        self.look(base.SILENCE)
        lost = self.seen().system.lost_networks
        self.assertEqual(frozenset({"net0"}), lost)

    def test_late_observer(self) -> None:
        self.assertFalse(self.seen().system.observer_late)
        self.world.stall_observer("observer", 5.0)
        self.look(8.0)
        self.assertTrue(self.seen().system.observer_late)


class AgentsCase(test_gather.GatherCase):
    """Each host has an agent, of which nothing was heard so far."""

    def setUp(self) -> None:
        super().setUp()
        self.heard = mock.create_autospec(agents_base.Agents, instance=True)
        self.heard.health.return_value = Health.UNKNOWN
        self.heard.deaths.return_value = frozenset()
        self.heard.hypervisor.return_value = True
        self.context = dataclasses.replace(self.context, agents=self.heard)
        self.hosts = host_view.HostView(
            self.context, self.watch, self.cloud, self.settings
        )
        self.gatherer = gather.Gatherer(
            self.context, self.watch, self.cloud, self.settings, self.hosts
        )


class TestAgents(AgentsCase):
    """What the agents of the hosts say."""

    def let_die(self, host: str = "one") -> None:
        died = frozenset({(host, self.server_id())})
        self.heard.deaths.return_value = died

    def test_a_death_is_a_sign_at_once(self) -> None:
        self.assertIsNone(self.signs())
        self.let_die()
        self.assertEqual(
            (Health.OK, Health.OK, "ACTIVE", Health.OK, (), True),
            self.signs(),
        )
        self.assertTrue(self.close_up().qemu_died)

    def test_the_word_of_another_host_says_nothing(self) -> None:
        self.let_die(host="two")
        self.assertIsNone(self.signs())
        self.assertFalse(self.close_up().qemu_died)

    def test_nova_is_not_asked_about_a_death(self) -> None:
        self.let_die()
        before = self.calls("server")
        self.close_up()
        self.assertEqual(before, self.calls("server"))
        # A repair asks the VNFM; only a standby could do without.
        self.assertEqual(1, self.calls("operations"))

    def test_heartbeats_are_facts(self) -> None:
        self.heard.health.side_effect = {"one": Health.DEAD}.get
        found = {host.name: host for host in self.seen().hosts}
        self.assertIs(Health.DEAD, found["one"].heartbeat)

    def test_an_agent_that_is_silent_beside_a_probe_is_no_trouble(
        self,
    ) -> None:
        self.heard.health.return_value = Health.DEAD
        self.assertEqual({}, self.gatherer.troubled(self.fleet))
        self.watch.set_hosts({})
        self.assertEqual(
            {"v/0", "v/1"}, set(self.gatherer.troubled(self.fleet))
        )
