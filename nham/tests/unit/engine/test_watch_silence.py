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

"""Tests of the watch: whose silence counts, and when."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.adapters.probes import base as probes
from nham.adapters.simulated import clock
from nham.adapters.vim import base as vim
from nham.core import facts
from nham.core.detection import tracker
from nham.engine import settings
from nham.engine import watch
from nham.tests import base
from nham.tests.unit.engine import watch_case


class TestSilence(watch_case.WatchCase):
    """One member, or several, some of which do not answer."""

    def test_who_could_not_be_asked_is_not_suspected(self) -> None:
        self.watch.set_members([])
        self.watch.set_members([self.member(answered=True)])
        for _second in range(10):
            self.sequence += 1
            for target in self.prober.targets:
                self.note(target.key, "unasked")
            self.clock.advance(0.1)
            self.watch.tick()
        self.assertIs(facts.Health.UNKNOWN, self.watch.view("g").app)
        self.clock.advance(1.0)
        self.watch.tick()
        self.assertIs(facts.Health.DEAD, self.watch.view("g").app)

    def test_silent_application_of_a_living_guest(self) -> None:
        self.ask("g/0", "g/1")
        for _ in range(3):
            self.ask("g/0")
        view = self.watch.view("g")
        self.assertEqual(facts.Health.DEAD, view.app)
        self.assertEqual(facts.Health.OK, view.icmp)
        self.assertEqual(self.clock.now() - 4.0, view.last_good_at)

    def test_other_limits_hold_at_once_for_what_was_seen(self) -> None:
        self.ask("g/0", "g/1")
        self.ask("g/0")
        self.ask("g/0")
        self.assertEqual(facts.Health.SLOW, self.watch.view("g").app)
        good_at = self.watch.view("g").last_good_at
        self.policy = dataclasses.replace(
            self.policy,
            detection=dataclasses.replace(self.policy.detection, max_misses=2),
        )
        self.watch.set_members([self.member()])
        self.watch.tick()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)
        self.assertEqual(good_at, self.watch.view("g").last_good_at)

    def test_what_was_asked_while_the_way_was_cut_does_not_count(
        self,
    ) -> None:
        for _ in range(20):
            self.ask("g/0", "g/1")
        self.ask("g/0")
        self.ask()
        self.ask()
        self.assertEqual(facts.Health.SLOW, self.watch.view("g").icmp)
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)
        self.ask("g/0")
        self.assertEqual(facts.Health.SLOW, self.watch.view("g").app)
        self.ask("g/0")
        self.assertEqual(facts.Health.SLOW, self.watch.view("g").app)
        self.ask("g/0")
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_application_may_boot_when_its_guest_is_back(self) -> None:
        self.ask("g/0", "g/1")
        for _ in range(3):
            self.ask()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").icmp)
        self.ask("g/0")
        self.assertEqual(facts.Health.UNKNOWN, self.watch.view("g").app)

    def test_expected_member_is_dead_when_its_time_to_boot_is_over(
        self,
    ) -> None:
        self.ask("g/0", "g/1")
        self.watch.expect("g")
        self.clock.advance(self.policy.detection.boot_timeout)
        self.watch.tick()
        self.assertEqual(facts.Health.UNKNOWN, self.watch.view("g").app)
        self.ask()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_member_that_answered_another_engine_has_to_answer(self) -> None:
        self.watch.set_members([])
        self.watch.set_members([self.member(answered=True)])
        self.ask()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_each_subject_by_itself(self) -> None:
        """The standby's silence says nothing of the one that serves."""
        standby = dataclasses.replace(
            self.member(),
            group_id="s",
            addresses=(
                vim.Address(ip="192.0.2.6", network="", kind="floating"),
            ),
        )
        self.watch.set_members([self.member(), standby])
        self.ask("g/0", "g/1", "s/0", "s/1")
        for _ in range(3):
            self.ask("g/0", "g/1")
        self.assertEqual(facts.Health.OK, self.watch.view("g").app)
        self.assertEqual(facts.Health.DEAD, self.watch.view("s").app)
        self.watch.expect("s")
        self.assertEqual(facts.Health.UNKNOWN, self.watch.view("s").app)
        self.assertEqual(facts.Health.OK, self.watch.view("g").app)

    def test_silence_counts_without_anything_being_seen(self) -> None:
        """Nobody answers, and no question is noted after the last."""
        self.ask("g/0", "g/1")
        self.sequence += 1
        for _ in range(3):
            self.note("g/1", "sent")
            self.sequence += 1
        self.watch.tick()
        self.assertEqual(facts.Health.OK, self.watch.view("g").icmp)
        self.clock.advance(0.21)
        self.watch.tick()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_silence_counts_after_others_are_watched(self) -> None:
        self.ask("g/0", "g/1")
        for _ in range(3):
            self.sequence += 1
            self.note("g/1", "sent")
        self.watch.tick()
        other = dataclasses.replace(self.member(), group_id="other")
        self.watch.set_members([self.member(), other])
        self.watch.tick()
        self.clock.advance(0.21)
        self.watch.tick()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_lag_that_passes_holds_up_nobody_for_longer(self) -> None:
        self.ask("g/0", "g/1")
        for _ in range(3):
            self.sequence += 1
            self.note("g/1", "sent")
        self.prober.late = 60.0
        self.clock.advance(1.0)
        self.watch.tick()
        self.assertNotEqual(facts.Health.DEAD, self.watch.view("g").app)
        self.prober.late = 0.0
        self.clock.advance(0.3)
        self.watch.tick()
        self.assertEqual(facts.Health.DEAD, self.watch.view("g").app)

    def test_only_those_are_judged_of_whom_something_was_seen(self) -> None:
        many = [
            dataclasses.replace(self.member(), group_id=f"g{number}")
            for number in range(50)
        ]
        self.watch.set_members(many)
        self.watch.tick()
        with mock.patch.object(
            tracker.Tracker,
            "health",
            autospec=True,
            return_value=facts.Health.OK,
        ) as judge:
            self.watch.tick()
            judge.assert_not_called()
            self.note("g7/1", "sent")
            self.watch.tick()
            judge.assert_called_once()


class TestPause(base.TestCase):
    """An observer that stands still blames nobody."""

    def test_five_seconds_over_a_thousand_targets(self) -> None:
        """All are asked, and nobody reads the answers for five seconds."""
        now, asks = clock.VirtualClock(), watch_case.ScriptedProber()
        one = watch.Watch(asks, now, settings.Settings(host_probe_misses=1))
        hosts = {f"h{n}": f"10.{n // 250}.0.{n % 250}" for n in range(1000)}
        one.set_hosts(hosts)

        def note(what: str, number: int) -> None:
            asks.seen += [
                probes.Observation(
                    key=f"host/{name}",
                    sequence=number,
                    what=what,
                    at=now.monotonic(),
                )
                for name in hosts
            ]

        for number in range(12):
            note("sent", number)
            now.advance(0.002)
            note("good", number)
            one.tick()
            now.advance(0.25)
        note("sent", 12)
        now.advance(5.0)
        asks.late = 5.0
        one.tick()
        found = {one.host_health(name) for name in hosts}
        self.assertEqual({facts.Health.OK}, found)
        note("good", 12)
        one.tick()
        # Nor was the pause learnt: who is silent then is dead soon.
        note("sent", 13)
        asks.late = 0.0
        now.advance(0.5)
        one.tick()
        found = {one.host_health(name) for name in hosts}
        self.assertEqual({facts.Health.DEAD}, found)
