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

"""Tests of the watch: who is asked where, and what it tells."""

from __future__ import annotations

import dataclasses

from nham.core import facts
from nham.recovery import endpoints
from nham.tests.unit.engine import watch_case


class TestWatch(watch_case.WatchCase):
    """The addresses, the pace, the news and the quality."""

    def test_guest_and_application_are_asked_by_the_floating_address(
        self,
    ) -> None:
        self.assertEqual(
            [("icmp", "192.0.2.5"), ("http", "192.0.2.5")],
            [(t.kind, t.address) for t in self.prober.targets],
        )

    def test_address_of_a_network(self) -> None:
        found = endpoints.pick_address(watch_case.ADDRESSES, "other")
        self.assertEqual("10.1.0.5", found.ip if found else None)
        self.assertIsNone(endpoints.pick_address(watch_case.ADDRESSES, "none"))

    def test_the_doubted_are_asked_in_haste_and_the_dead_are_not(
        self,
    ) -> None:
        self.ask("g/0", "g/1")
        self.assertEqual([], self.prober.hurried)
        self.ask("g/0")
        self.ask("g/0")
        self.assertEqual([frozenset({"g/1"})], self.prober.hurried)
        self.ask("g/0")
        self.assertEqual(frozenset(), self.prober.hurried[-1])

    def test_addresses_are_stale_until_they_are_looked_up(self) -> None:
        self.watch.refresh("g")
        self.assertTrue(self.watch.view("g").stale)
        wanted = self.watch.stale()
        self.watch.refreshed(wanted)
        self.assertFalse(self.watch.view("g").stale)

    def test_moved_address_is_asked_as_by_somebody_new(self) -> None:
        """A router may go on sending what it knows to who had it."""
        self.assertEqual(0, self.prober.renewed)
        self.watch.refresh("g")
        self.assertEqual(1, self.prober.renewed)

    def test_guest_that_is_dead_and_serves_is_asked_as_by_somebody_new(
        self,
    ) -> None:
        """Another engine moved the address, so this one was not told."""
        self.ask("g/0", "g/1")
        for _ in range(4):
            self.ask()
        self.assertEqual(0, self.prober.renewed)
        self.ask("g/1")
        self.assertEqual(1, self.prober.renewed)
        self.ask("g/1")
        self.assertEqual(1, self.prober.renewed)

    def test_many_that_come_back_at_once_are_asked_anew_together(self) -> None:
        """Each time takes new sockets."""
        other = dataclasses.replace(self.member(), group_id="h")
        self.watch.set_members([self.member(), other])
        self.ask("g/0", "g/1", "h/0", "h/1")
        for _ in range(4):
            self.ask()
        self.ask("g/1", "h/1")
        self.assertEqual(1, self.prober.renewed)

    def test_echo_that_is_answered_no_more_is_tried_anew(self) -> None:
        self.ask("g/0", "g/1")
        for _ in range(6):
            self.ask("g/1")
        self.assertEqual(1, self.prober.renewed)

    def test_late_prober_is_said(self) -> None:
        self.assertFalse(self.watch.late)
        self.prober.late = 10.0
        self.assertTrue(self.watch.late)

    def test_host(self) -> None:
        self.watch.set_hosts({"cmp1": "192.0.2.1"})
        self.assertEqual(facts.Health.UNKNOWN, self.watch.host_health("cmp1"))
        self.ask("host/cmp1")
        self.assertEqual(facts.Health.OK, self.watch.host_health("cmp1"))

    def test_news_are_told_to_each_follower_once(self) -> None:
        first, second = self.watch.follow(), self.watch.follow()
        self.watch.news(first)
        self.ask("g/0", "g/1")
        self.assertEqual({"g"}, self.watch.news(first))
        self.assertEqual(frozenset(), self.watch.news(first))
        self.ask("g/0", "g/1")
        self.assertEqual(frozenset(), self.watch.news(first))
        self.watch.expect("g")
        self.assertEqual({"g"}, self.watch.news(first))
        self.assertEqual({"g"}, self.watch.news(second))

    def test_quality(self) -> None:
        self.policy = dataclasses.replace(
            self.policy,
            detection=dataclasses.replace(
                self.policy.detection, estimator="fixed", max_misses=2
            ),
        )
        self.watch.set_members([self.member()])
        self.ask("g/0", "g/1")
        for _ in range(3):
            self.ask("g/0")
        self.ask("g/0", "g/1")
        guest, app = self.watch.quality("g")
        self.assertEqual("http 192.0.2.5", app.probe)
        self.assertEqual("fixed", app.estimator)
        self.assertEqual(0, guest.accuracy.mistakes)
        self.assertEqual(1, app.accuracy.mistakes)
        self.assertEqual(1.0, app.accuracy.mistaken)
        # 1 s, half of one in haste, and a time-out of 200 ms that is seen
        # within 50 ms.
        self.assertAlmostEqual(1.75, app.detection_time)
