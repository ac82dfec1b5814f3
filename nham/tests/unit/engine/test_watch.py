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

"""Tests of the watch."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses

from nham.adapters.probes import base as probes
from nham.adapters.simulated import clock
from nham.adapters.vim import base as vim
from nham.core import descriptor
from nham.core import facts
from nham.engine import settings
from nham.engine import watch
from nham.recovery import endpoints
from nham.tests import base

ADDRESSES = (
    vim.Address(ip="10.0.0.5", network="internal", kind="fixed"),
    vim.Address(ip="192.0.2.5", network="internal", kind="floating"),
    vim.Address(ip="10.1.0.5", network="other", kind="fixed"),
)


class ScriptedProber(probes.Prober):
    """Tells what the test puts into ``seen``, and notes what was asked."""

    def __init__(self) -> None:
        self.targets: list[probes.Target] = []
        self.seen: list[probes.Observation] = []
        self.hurried: list[frozenset[str]] = []
        self.late = 0.0
        self.renewed = 0

    def set_targets(self, targets: Iterable[probes.Target]) -> None:
        """See base class."""
        self.targets = list(targets)

    def hurry(self, keys: Collection[str]) -> None:
        """See base class."""
        self.hurried.append(frozenset(keys))

    def renew(self) -> None:
        """See base class."""
        self.renewed += 1

    def collect(self) -> Sequence[probes.Observation]:
        """See base class."""
        seen, self.seen = self.seen, []
        return seen

    def lag(self) -> float:
        """See base class."""
        return self.late

    def close(self) -> None:
        """See base class."""


class TestWatch(base.TestCase):
    """One member with an HTTP probe, one question a second."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = clock.VirtualClock()
        self.prober = ScriptedProber()
        self.watch = watch.Watch(
            self.prober, self.clock, settings.Settings(host_probe="icmp")
        )
        self.policy = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            detection=descriptor.Detection(initial_timeout=0.2),
            probes=(descriptor.ProbeSpec(type="http", port=80),),
        )
        self.watch.set_members([self.member()])
        self.sequence = 0

    def member(self, answered: bool = False) -> watch.Watched:
        """Return the member."""
        return watch.Watched(
            group_id="g",
            policy=self.policy,
            addresses=ADDRESSES,
            answered=answered,
        )

    def ask(self, *good: str) -> None:
        """Let a second pass in which all are asked and some answer."""
        self.sequence += 1
        for target in self.prober.targets:
            self.note(target.key, "sent")
        for key in good:
            self.note(key, "good")
        self.clock.advance(1.0)
        self.watch.tick()

    def note(self, key: str, what: str) -> None:
        """Let the prober see something now."""
        self.prober.seen.append(
            probes.Observation(
                key=key,
                sequence=self.sequence,
                what=what,
                at=self.clock.monotonic(),
            )
        )

    def test_guest_and_application_are_asked_by_the_floating_address(
        self,
    ) -> None:
        self.assertEqual(
            [("icmp", "192.0.2.5"), ("http", "192.0.2.5")],
            [(t.kind, t.address) for t in self.prober.targets],
        )

    def test_address_of_a_network(self) -> None:
        found = endpoints.pick_address(ADDRESSES, "other")
        self.assertEqual("10.1.0.5", found.ip if found else None)
        self.assertIsNone(endpoints.pick_address(ADDRESSES, "none"))

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

    def test_late_prober_is_said(self) -> None:
        self.assertFalse(self.watch.late)
        self.prober.late = 10.0
        self.assertTrue(self.watch.late)

    def test_host(self) -> None:
        self.watch.set_hosts({"cmp1": "192.0.2.1"})
        self.assertEqual(facts.Health.UNKNOWN, self.watch.host_health("cmp1"))
        self.ask("host/cmp1")
        self.assertEqual(facts.Health.OK, self.watch.host_health("cmp1"))
