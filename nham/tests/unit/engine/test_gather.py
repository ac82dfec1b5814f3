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

"""Tests of how the facts are put together."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.engine import gather
from nham.tests.unit.engine import base

Health = facts.Health
State = states.RecoveryState


class GatherCase(base.EngineCase):
    """A stateful VNF with a VNFC on each of two hosts; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(
            hosts=("one", "two"), policy=base.STATEFUL
        )
        self.gatherer = gather.Gatherer(
            self.context,
            self.watch,
            self.cloud,
            self.settings,
            self.hosts,
        )
        self.settle()

    def seen(self, *close: str) -> facts.Facts:
        """Gather, looking closely at these groups."""
        return self.gatherer.gather(self.fleet, set(close))

    def close_up(self, group_id: str = "v/0") -> member_facts.MemberFacts:
        """Return what is seen when one group is looked at closely."""
        found = self.seen(group_id).members
        return next(m for m in found if m.group_id == group_id)

    def signs(self, group_id: str = "v/0") -> gather.Signs | None:
        """Return the signs of trouble of a group."""
        return self.gatherer.troubled(self.fleet).get(group_id)


class TestTroubled(GatherCase):
    """About which groups something is not as usual."""

    def test_all_is_well(self) -> None:
        self.assertEqual({}, self.gatherer.troubled(self.fleet))

    def test_dead_application(self) -> None:
        self.world.hang_app(self.server_id())
        self.look(base.SILENCE)
        self.assertEqual(
            {"v/0": (Health.DEAD, Health.OK, "ACTIVE", Health.OK, (), False)},
            self.gatherer.troubled(self.fleet),
        )

    def test_dead_guest_that_serves(self) -> None:
        self.let_ask(descriptor.ProbeSpec(type="icmp"))
        self.poll()
        self.look(3.0)
        self.assertIsNone(self.signs())
        self.world.hang_guest(self.server_id())
        self.look(base.SILENCE)
        self.assertEqual(
            (Health.UNKNOWN, Health.DEAD, "ACTIVE", Health.OK, (), False),
            self.signs(),
        )

    def let_ask(self, *probes: descriptor.ProbeSpec) -> None:
        """Let the policy have these probes only."""
        policy = dataclasses.replace(base.STATEFUL, probes=probes)
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))

    def test_server_is_not_active(self) -> None:
        self.world.user_pause(self.server_id("v/1"))
        self.poll()
        self.assertEqual(
            (Health.OK, Health.OK, "PAUSED", Health.OK, (), False),
            self.signs("v/1"),
        )
        self.assertIsNone(self.signs("v/0"))

    def test_nova_compute_is_down(self) -> None:
        self.world.kill_compute("one")
        self.clock.advance(20.0)
        self.cloud.poll()
        self.assertEqual(["v/0"], list(self.gatherer.troubled(self.fleet)))

    def test_host_is_silent_before_nova_knows(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.assertTrue(self.cloud.services()["one"].up)
        self.assertEqual(
            (Health.DEAD, Health.DEAD, "ACTIVE", Health.DEAD, (), False),
            self.signs(),
        )

    def test_silent_host_of_a_member_that_nobody_asks(self) -> None:
        self.let_ask()
        self.poll()
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.assertEqual(
            (Health.UNKNOWN, Health.UNKNOWN, "ACTIVE", Health.DEAD, (), False),
            self.signs(),
        )
        self.assertIsNone(self.signs("v/1"))


class TestAtAGlance(GatherCase):
    """What costs no call."""

    def test_nobody_is_asked(self) -> None:
        before = len(self.world.gates.log)
        found = self.seen()
        self.assertEqual(before, len(self.world.gates.log))
        self.assertEqual(["v/0", "v/1"], [m.group_id for m in found.members])

    def test_member(self) -> None:
        entry = self.entry()
        self.assertEqual(
            member_facts.MemberFacts(
                group_id="v/0",
                vnf_id="v",
                vnfc="VDU1-0",
                server_id=entry.member.server_id,
                host="one",
                policy=base.STATEFUL,
                network="net0",
                image_id=entry.member.image_id,
                member_id="v/0/m",
            ),
            self.seen().members[0],
        )

    def test_member_that_nova_has_not_named_yet(self) -> None:
        self.add_vnf("new", ("three",))
        found = self.seen().members[0]
        self.assertEqual(("new/0", "three"), (found.group_id, found.host))
        self.assertEqual("ACTIVE", found.server.status)
        self.assertFalse(found.watched)

    def test_paused_busy_and_without_a_vnfm(self) -> None:
        self.claim()
        self.store.set_paused("v", True)
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, source="manual"))
        found = self.seen().members
        self.assertEqual([True, False], [m.busy for m in found])
        self.assertEqual([True, True], [m.paused for m in found])
        self.assertEqual([False, False], [m.vnfm for m in found])


class TestCloseUp(GatherCase):
    """What is asked about those in trouble, and only about them."""

    def test_only_the_troubled(self) -> None:
        before = self.calls("server")
        self.close_up("v/1")
        asked = self.world.gates.log[-1].subject
        self.assertEqual(self.instance, asked)
        self.assertEqual(1, self.calls("server") - before)
        self.assertEqual(1, self.calls("operations"))

    def test_what_is_asked_and_what_is_recorded(self) -> None:
        self.end(self.claim(), State.FAILED)
        self.add_checkpoint(1)
        tacker = self.world.tacker
        tacker.begin(tacker.get(self.instance), "HEAL")
        self.world.user_stop(self.server_id())
        self.clock.advance(5.0)
        found = self.close_up()
        self.assertEqual("SHUTOFF", found.server.status)
        self.assertEqual("user", found.server.stopped_by)
        self.assertEqual("running", found.operation)
        self.assertEqual(["hard_reboot"], [a.rung for a in found.attempts])
        self.assertEqual(
            ["checkpoint 1"], [one.id for one in found.checkpoints]
        )

    def test_silent_for(self) -> None:
        self.world.hang_guest(self.server_id())
        self.look(8.0)
        found = self.close_up()
        seen = self.watch.view("v/0").last_good_at
        self.assertEqual(self.clock.now() - (seen or 0.0), found.silent_for)
        self.assertLess(6.0, found.silent_for)

    def test_claimed_since_the_fleet_was_read(self) -> None:
        fleet = self.fleet
        self.claim()
        found = self.gatherer.gather(fleet, {"v/0"})
        self.assertTrue(found.members[0].busy)

    def test_nobody_is_asked_while_it_is_recovered(self) -> None:
        """What the recovery waits for does not wait for our questions."""
        self.close_up()
        before = self.calls("server")
        self.assertLess(0, before)
        self.claim()
        self.close_up()
        self.assertEqual(before, self.calls("server"))

    def test_restarted_server_is_given_time_to_boot(self) -> None:
        self.world.hang_guest(self.server_id())
        self.look(base.SILENCE)
        self.assertIs(Health.DEAD, self.close_up().app)
        self.vim.reboot(self.server_id(), hard=True)
        self.close_up()
        self.clock.advance(1.6)
        found = self.close_up()
        self.assertEqual(
            (Health.UNKNOWN, Health.UNKNOWN), (found.app, found.icmp)
        )

    def test_affinity(self) -> None:
        self.assertFalse(self.close_up().affinity)
        self.world.nova.servers[self.server_id()].affinity = True
        self.assertTrue(self.close_up().affinity)


class TestServices(GatherCase):
    """What is said of Nova and the VNFM."""

    def test_both_answer(self) -> None:
        system = self.seen("v/0").system
        self.assertTrue(system.nova and system.vnfm)

    def test_one_of_them_does_not(self) -> None:
        self.world.api_error_once("nova", "server")
        system = self.seen("v/0").system
        self.assertEqual((False, True), (system.nova, system.vnfm))
        self.world.api_error_once("tacker", "operations")
        system = self.seen("v/0").system
        self.assertEqual((True, False), (system.nova, system.vnfm))


class TestMayRestore(GatherCase):
    """When checkpoints are looked up, which costs time."""

    def setUp(self) -> None:
        super().setUp()
        self.add_checkpoint()

    def looked_up(self) -> bool:
        """Say whether the facts have the checkpoint."""
        return bool(self.close_up().checkpoints)

    def test_not_for_a_guest_that_died_on_a_living_host(self) -> None:
        self.world.hang_guest(self.server_id())
        self.look(base.SILENCE)
        before = self.calls("image")
        self.assertFalse(self.looked_up())
        self.assertEqual(before, self.calls("image"))

    def test_not_for_a_server_that_is_off(self) -> None:
        self.world.crash_vm(self.server_id())
        self.clock.advance(20.0)
        self.assertEqual("SHUTOFF", self.close_up().server.status)
        self.assertFalse(self.looked_up())

    def test_after_an_attempt(self) -> None:
        self.end(self.claim(), State.FAILED)
        self.assertTrue(self.looked_up())

    def test_for_a_server_in_error(self) -> None:
        self.world.server_error(self.server_id())
        self.assertTrue(self.looked_up())

    def test_on_a_host_that_is_silent(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.assertIs(Health.DEAD, self.watch.host_health("one"))
        self.assertTrue(self.looked_up())

    def test_on_a_host_in_doubt(self) -> None:
        self.world.partition_host("one")
        for _ in range(40):
            self.look(0.25)
            if self.watch.host_health("one") is Health.SLOW:
                break
        self.assertIs(Health.SLOW, self.watch.host_health("one"))
        self.assertTrue(self.looked_up())

    def test_on_a_host_that_nova_gave_up(self) -> None:
        self.world.kill_compute("one")
        self.clock.advance(20.0)
        self.assertFalse(self.looked_up())
        self.cloud.poll()
        self.assertTrue(self.looked_up())
