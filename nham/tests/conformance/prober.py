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

"""What every prober must do."""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses

from nham.adapters.probes import base as probes_base
from nham.tests.conformance import base

CLOSED = {"tcp", "http", "udp"}
"""Kinds for which a living machine says at once that nobody listens."""


class ProberSuite(base.Suite):
    """Something that answers, something closed, something silent."""

    prober: probes_base.Prober
    step = 0.02
    interval = 0.05

    @abc.abstractmethod
    def answering(self, kind: str) -> probes_base.Target:
        """Return a target that answers well, with ``self.interval``."""

    @abc.abstractmethod
    def closed(self, kind: str) -> probes_base.Target:
        """Return a target whose machine lives and whose port is closed."""

    @abc.abstractmethod
    def silent(self) -> probes_base.Target:
        """Return a target that never says anything."""

    def gather(
        self, key: str, what: str, count: int
    ) -> Sequence[probes_base.Observation]:
        """Collect until there are so many; return all for that key."""
        seen: list[probes_base.Observation] = []

        def enough() -> bool:
            seen.extend(self.prober.collect())
            return sum(one.what == what for one in mine()) >= count

        def mine() -> list[probes_base.Observation]:
            return [one for one in seen if one.key == key]

        self.until(f"{count} times {what}", enough, 20.0)
        self.assertEqual(
            [one.at for one in seen], sorted(one.at for one in seen)
        )
        return mine()

    def test_good_answers_follow_their_questions(self) -> None:
        for kind in ("icmp", "tcp", "http", "udp"):
            target = self.answering(kind)
            self.prober.set_targets([target])
            seen = self.gather(target.key, "good", 3)
            sent = {one.sequence: one.at for one in seen if one.what == "sent"}
            self.assertEqual(sorted(sent), list(sent))
            for one in seen:
                if one.what == "good":
                    self.assertGreaterEqual(one.at, sent[one.sequence])
            self.assertNotIn("bad", {one.what for one in seen})

    def test_closed_port_is_bad_at_once(self) -> None:
        for kind in CLOSED:
            target = self.closed(kind)
            self.prober.set_targets([target])
            seen = self.gather(target.key, "bad", 2)
            self.assertNotIn("good", {one.what for one in seen})
            self.assertTrue(
                all(one.detail for one in seen if one.what == "bad")
            )

    def test_silence_is_asked_again_and_again(self) -> None:
        target = self.silent()
        self.prober.set_targets([target])
        seen = self.gather(target.key, "sent", 20)
        self.assertEqual({"sent"}, {one.what for one in seen})
        gaps = [
            after.at - before.at
            for before, after in zip(seen, seen[1:], strict=False)
        ]
        self.assertLess(sum(gaps) / len(gaps), 3 * target.interval)

    def test_those_in_haste_are_asked_more_often(self) -> None:
        one = self.silent()
        two = dataclasses.replace(one, key=f"{one.key} in haste")
        self.prober.set_targets([one, two])
        self.gather(two.key, "sent", 1)
        self.prober.hurry([two.key])
        seen: list[str] = []

        def enough() -> bool:
            seen.extend(found.key for found in self.prober.collect())
            return seen.count(two.key) >= 30

        self.until("30 questions", enough, 20.0)
        # Twice as often, but for those that were due when it was asked.
        self.assertLess(seen.count(one.key), 22)
        self.prober.hurry([])
        self.gather(two.key, "sent", 3)

    def test_removed_target_is_asked_no_more(self) -> None:
        first, second = self.answering("udp"), self.answering("icmp")
        self.prober.set_targets([first, second])
        self.gather(first.key, "good", 1)
        self.prober.set_targets([second])
        # What was on its way when the target was taken away may come.
        self.gather(second.key, "good", 3)
        self.prober.collect()
        self.assertEqual(
            {second.key},
            {one.key for one in self.keep(second.key)},
        )

    def keep(self, key: str) -> Sequence[probes_base.Observation]:
        """Return everything that is seen while one key answers thrice."""
        seen: list[probes_base.Observation] = []

        def enough() -> bool:
            seen.extend(self.prober.collect())
            return sum(one.key == key for one in seen) >= 6

        self.until("six observations", enough, 20.0)
        return seen

    def test_setting_the_same_targets_changes_nothing(self) -> None:
        target = self.answering("udp")
        self.prober.set_targets([target])
        first = self.gather(target.key, "good", 2)[-1]
        self.prober.set_targets([target])
        following = self.gather(target.key, "good", 2)
        self.assertGreater(
            min(one.sequence for one in following if one.what == "sent"),
            first.sequence - 1,
        )

    def test_lag_is_small_and_never_negative(self) -> None:
        self.prober.set_targets([self.answering("udp")])
        self.gather(self.answering("udp").key, "good", 3)
        self.assertGreaterEqual(self.prober.lag(), 0.0)
        self.assertLess(self.prober.lag(), 5.0)

    def test_close_twice(self) -> None:
        self.prober.close()
        self.prober.close()
        self.assertEqual([], list(self.prober.collect()))
