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

"""Tests of who tells of a host that gives no sign of life itself."""

from __future__ import annotations

from nham.core import facts
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_gather_hosts

Health = facts.Health


class TestWitnesses(test_gather_hosts.AgentsCase):
    """A host whose agent falls silent."""

    def agent_says(self, health: Health) -> None:
        """Have the heartbeats of host one mean this."""
        self.heard.health.side_effect = {"one": health}.get
        self.heard.heard.return_value = health is Health.OK

    def vouched(self) -> bool:
        """Look; say whether a member vouches for host one."""
        fleet = self.fleet
        self.gatherer.troubled(fleet)
        return self.gatherer.gather(fleet, set()).host("one").vouched

    def test_who_answers_vouches_for_a_silent_host(self) -> None:
        self.watch.set_hosts({})
        self.assertTrue(self.vouched())
        self.agent_says(Health.DEAD)
        # What was answered before says nothing about now.
        self.assertFalse(self.vouched())
        self.look(3.0)
        # The others get the time to answer, too.
        self.assertFalse(self.vouched())
        self.look(1.0)
        self.assertFalse(self.vouched())
        self.look(1.0)
        self.assertTrue(self.vouched())

    def test_what_comes_back_is_given_time(self) -> None:
        """A host that is heard again itself is no sooner believed."""
        self.watch.set_hosts({})
        self.world.hang_guest(self.server_id("v/0"))
        self.agent_says(Health.DEAD)
        self.gatherer.troubled(self.fleet)
        self.look(base.SILENCE)
        self.assertFalse(self.vouched())
        self.agent_says(Health.OK)
        self.assertFalse(self.vouched())
        self.look(2.0)
        self.assertTrue(self.vouched())

    def test_who_asks_about_one_group_takes_note_of_nothing(self) -> None:
        self.watch.set_hosts({})
        self.gatherer.troubled(self.fleet)
        self.agent_says(Health.DEAD)
        others = [one for one in self.fleet if one.group.id != "v/0"]
        found = self.gatherer.gather(others, set()).host("one")
        self.assertFalse(found.vouched)
        self.agent_says(Health.OK)
        self.assertTrue(self.vouched())

    def test_who_may_have_been_taken_over_from_vouches_for_nobody(
        self,
    ) -> None:
        self.watch.set_hosts({})
        self.agent_says(Health.DEAD)
        stale = self.fleet
        self.gatherer.troubled(stale)
        self.look(3.0)
        running = self.claim(rung="fail_over")
        self.assertFalse(self.vouched())
        self.end(running)
        self.vouched()
        self.look(2.0)
        self.assertTrue(self.vouched())
        found = self.gatherer.gather(stale, set()).host("one")
        self.assertFalse(found.vouched)

    def test_who_is_elsewhere_vouches_for_nobody(self) -> None:
        self.watch.set_hosts({})
        self.world.hang_guest(self.server_id("v/0"))
        self.agent_says(Health.DEAD)
        self.gatherer.troubled(self.fleet)
        self.look(base.SILENCE)
        self.assertFalse(self.vouched())

    def test_a_host_with_a_sign_of_life_needs_nobody(self) -> None:
        self.agent_says(Health.DEAD)
        self.world.hang_guest(self.server_id("v/0"))
        self.look(base.SILENCE)
        self.assertTrue(self.vouched())

    def test_a_reboot_is_bound_to_a_host_in_doubt(self) -> None:
        self.claim(rung="hard_reboot")
        self.assertEqual((True, None), self.busy_and_bound())
        self.heard.health.side_effect = {"one": Health.DEAD}.get
        self.assertEqual((True, "one"), self.busy_and_bound())

    def test_an_evacuation_is_bound_to_no_host(self) -> None:
        self.claim(rung="evacuate")
        self.heard.health.side_effect = {"one": Health.DEAD}.get
        self.assertEqual((True, None), self.busy_and_bound())

    def busy_and_bound(self) -> tuple[bool, str | None]:
        """Return what is known of the recovery that is running."""
        member = self.close_up()
        return member.busy, member.bound
