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

"""Tests of how order is kept among engines and hosts."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import facts
from nham.core import model
from nham.core import shards
from nham.core import states
from nham.engine import housekeeping
from nham.engine import settings
from nham.tests.unit.engine import base

State = states.RecoveryState


class HousekeepingCase(base.EngineCase):
    """A VNF with a VNFC on each of two hosts."""

    settings = settings.Settings(host="here", lease=3.0)

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(hosts=("one", "two"))
        self.keeper = self.make_keeper(base.OWNER)

    def make_keeper(self, owner: str) -> housekeeping.Housekeeper:
        """Return the housekeeper of an engine."""
        return housekeeping.Housekeeper(
            self.context,
            self.watch,
            self.cloud,
            self.journal,
            self.settings,
            owner,
            self.started.append,
        )


class TestEngines(HousekeepingCase):
    """Engines that live, and those that died."""

    def test_beat(self) -> None:
        self.keeper.beat()
        now = self.clock.now()
        self.assertEqual({base.OWNER}, self.store.engines_alive(now))
        self.assertEqual(set(), self.store.engines_alive(now + 0.1))

    def test_recovery_of_a_dead_engine_is_taken_over(self) -> None:
        recovery = self.claim(owner="dead")
        self.assertEqual([recovery.id], self.keeper.take_over())
        self.assertEqual([recovery.id], self.started)
        found = self.store.recovery(recovery.id)
        self.assertEqual(base.OWNER, found.owner)
        [event] = self.store.events()
        self.assertEqual(
            ("recovery-taken-over", "v"), (event.kind, event.vnf_id)
        )
        self.assertIn(recovery.id, event.message)

    def test_who_was_heard_of_within_the_lease_lives(self) -> None:
        self.claim(owner="other")
        self.make_keeper("other").beat()
        self.clock.advance(3.0)
        self.assertEqual([], self.keeper.take_over())
        self.clock.advance(0.5)
        self.assertEqual(1, len(self.keeper.take_over()))

    def test_own_recovery_is_not_begun_twice(self) -> None:
        self.claim(owner=base.OWNER)
        self.assertEqual([], self.keeper.take_over())
        self.assertEqual([], self.started)

    def test_ended_recovery_is_left_alone(self) -> None:
        self.end(self.claim(owner="dead"))
        self.assertEqual([], self.keeper.take_over())

    def test_one_of_two_takes_it(self) -> None:
        self.claim(owner="dead")
        second = self.make_keeper("engine-2")
        second.beat()
        self.keeper.beat()
        taken = [*self.keeper.take_over(), *second.take_over()]
        self.assertEqual(1, len(taken))
        self.assertEqual(taken, self.started)

    def test_work_is_shared_with_those_who_live(self) -> None:
        self.keeper.beat()
        self.assertEqual(shards.Shard(base.OWNER), self.keeper.shard)
        self.make_keeper("engine-2").beat()
        self.keeper.take_over()
        both = shards.Shard(base.OWNER, frozenset({"engine-2"}))
        self.assertEqual(both, self.keeper.shard)
        self.clock.advance(4.0)
        self.keeper.take_over()
        self.assertEqual(shards.Shard(base.OWNER), self.keeper.shard)


class TestWatched(HousekeepingCase):
    """Who is watched, and what is written down about it."""

    def look_after(self) -> None:
        """Let the members be watched, and look for a while."""
        self.keeper.watch_members(self.fleet)
        self.look(3.0)
        self.keeper.watch_members(self.fleet)

    def test_members_that_nova_knows(self) -> None:
        self.cloud.poll()
        self.add_vnf("new", ("three",))
        self.look_after()
        probed = [self.watch.view(g).probed for g in ("v/0", "v/1", "new/0")]
        self.assertEqual([True, True, False], probed)

    def test_member_that_left(self) -> None:
        self.cloud.poll()
        self.look_after()
        self.store.delete_group("v/1")
        self.look_after()
        self.assertFalse(self.watch.view("v/1").probed)

    def test_server_that_was_deleted_before_the_engine_began(self) -> None:
        self.vim.delete_server(self.server_id("v/0"))
        self.clock.advance(5.0)
        self.cloud.poll()
        member = self.entry("v/0").member
        self.assertIsNone(self.cloud.server(member.server_id))
        unknown = self.keeper.look_up_addresses(self.fleet, frozenset())
        self.assertEqual(set(), unknown)
        found = self.cloud.server(member.server_id)
        assert found is not None
        self.assertEqual(
            ("DELETED", member.host, False),
            (found.status, found.host, found.volume_backed),
        )

    def test_first_answer_is_written_down(self) -> None:
        self.world.hang_guest(self.server_id("v/1"))
        self.cloud.poll()
        self.look_after()
        self.assertTrue(self.entry("v/0").member.answered)
        self.assertFalse(self.entry("v/1").member.answered)

    def test_answer_of_who_retired_meanwhile_brings_nobody_back(self) -> None:
        self.cloud.poll()
        self.look_after()
        stale = self.fleet
        for entry in stale:
            self.store.save_member(
                dataclasses.replace(
                    entry.member, role=states.Role.RETIRED, answered=False
                )
            )
        self.keeper.watch_members(
            [
                dataclasses.replace(
                    entry,
                    member=dataclasses.replace(entry.member, answered=False),
                )
                for entry in stale
            ]
        )
        self.assertEqual([], list(self.store.members()))

    def test_silence_of_who_answered_before_means_something(self) -> None:
        self.world.hang_guest(self.server_id("v/0"))
        self.world.hang_guest(self.server_id("v/1"))
        member = self.entry("v/0").member
        self.store.save_member(dataclasses.replace(member, answered=True))
        self.cloud.poll()
        self.keeper.watch_members(self.fleet)
        self.look(base.SILENCE)
        self.assertIs(facts.Health.DEAD, self.watch.view("v/0").app)
        self.assertIs(facts.Health.UNKNOWN, self.watch.view("v/1").app)

    def test_hosts(self) -> None:
        self.world.partition_host("two")
        self.cloud.poll()
        self.keeper.watch_hosts()
        self.look(3.0)
        self.assertIs(facts.Health.OK, self.watch.host_health("one"))
        self.assertIs(facts.Health.UNKNOWN, self.watch.host_health("two"))

    def test_host_without_an_address_is_not_asked(self) -> None:
        self.world.physics.host("one").address = ""
        self.cloud.poll()
        self.keeper.watch_hosts()
        asked = sorted(self.prober._targets)
        self.assertEqual(["host/three", "host/two"], asked)


class TestHostBack(HousekeepingCase):
    """A host was fenced and forced down, and is switched on again."""

    def setUp(self) -> None:
        super().setUp()
        self.world.power_off_host("one")
        self.clock.advance(5.0)
        self.vim.force_down("one", True)
        self.save(forced_down=True)

    def save(self, **fields: Any) -> None:
        """Write down that the host is fenced since now."""
        record = model.HostRecord(
            name="one", fenced_at=self.clock.now(), proof="power is off"
        )
        self.store.save_host(dataclasses.replace(record, **fields))

    def welcome_in(self, seconds: float) -> model.HostRecord:
        """Let time pass, welcome hosts, and return what is known."""
        self.clock.advance(seconds)
        self.cloud.poll()
        self.keeper.welcome_hosts()
        found = self.store.host("one")
        assert found is not None
        return found

    def test_may_serve_when_it_reports(self) -> None:
        self.world.power_on_host("one")
        self.assertEqual(model.HostRecord(name="one"), self.welcome_in(20.0))
        self.assertFalse(self.world.physics.host("one").forced_down)
        [event] = self.store.events()
        self.assertEqual(("host-back", "one"), (event.kind, event.host))
        self.welcome_in(1.0)
        self.assertEqual(["host-back"], self.kinds())

    def test_not_before_it_reports(self) -> None:
        self.assertIsNotNone(self.welcome_in(600.0).fenced_at)
        self.assertTrue(self.world.physics.host("one").forced_down)
        self.assertEqual([], self.kinds())

    def test_report_that_was_under_way_counts_for_nothing(self) -> None:
        self.world.power_on_host("one")
        self.clock.advance(20.0)
        self.cloud.poll()
        seen_at = self.cloud.services()["one"].seen_at
        assert seen_at is not None
        for before, back in ((5.0, False), (5.1, True)):
            self.save(fenced_at=seen_at - before)
            self.keeper.welcome_hosts()
            found = self.store.host("one")
            self.assertEqual(back, found and found.fenced_at is None)

    def test_not_while_it_is_being_recovered_from(self) -> None:
        self.world.power_on_host("one")
        fault = dataclasses.replace(self.recovery().fault, subject="one")
        recovery = self.claim(fault=fault)
        self.assertIsNotNone(self.welcome_in(20.0).fenced_at)
        self.end(recovery, State.FAILED)
        self.assertIsNone(self.welcome_in(1.0).fenced_at)

    def test_nova_that_does_not_hear_is_asked_again(self) -> None:
        self.world.power_on_host("one")
        self.world.api_error_once("nova", "force_down")
        self.assertTrue(self.welcome_in(20.0).forced_down)
        self.assertFalse(self.welcome_in(1.0).forced_down)

    def test_stays_down_while_evacuated_guests_may_be_there(self) -> None:
        self.vim.evacuate(self.server_id())
        self.clock.advance(20.0)
        host = self.world.physics.host("one")
        self.assertTrue(host.evacuated)
        self.world.power_on_host("one")
        self.clock.advance(20.0)
        self.assertFalse(host.evacuated)
        host.evacuated.add(self.server_id())
        for _ in range(2):
            self.assertIsNotNone(self.welcome_in(0.0).fenced_at)
        self.assertEqual(["host-not-clean"], self.kinds())
        host.evacuated.clear()
        self.assertIsNone(self.welcome_in(1.0).fenced_at)

    def test_what_nham_did_not_force_down_it_does_not_lift(self) -> None:
        self.save(forced_down=False)
        self.world.power_on_host("one")
        before = self.calls("force_down")
        self.assertIsNone(self.welcome_in(20.0).fenced_at)
        self.assertEqual(before, self.calls("force_down"))

    def test_host_that_was_never_fenced_is_left_alone(self) -> None:
        self.save(fenced_at=None, forced_down=True)
        self.world.power_on_host("one")
        self.assertTrue(self.welcome_in(20.0).forced_down)
        self.assertEqual([], self.kinds())
