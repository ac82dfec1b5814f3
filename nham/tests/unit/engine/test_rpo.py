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

from __future__ import annotations

from nham import metrics
from nham.core import descriptor
from nham.core import states
from nham.engine import rpo
from nham.tests.unit.engine import base


class TestStateAges(base.EngineCase):
    """What is told of the age of a VNFC's saved state."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(policy=base.STATEFUL)
        self.ages = rpo.StateAges(self.journal)
        self.one = self.entry()
        self.oldest = self.one.policy.state_protection.oldest

    def told(self) -> list[tuple[str, states.Severity]]:
        """Return what was told, oldest first."""
        return [
            (event.kind, event.severity)
            for event in sorted(self.store.events(), key=lambda e: e.id)
            if event.kind.startswith("state-")
        ]

    def test_three_intervals_are_too_old(self) -> None:
        interval = self.one.policy.state_protection.interval
        self.assertEqual(3 * interval, self.oldest)
        for often, wanted in ((1.0, 10.0), (4.0, 12.0)):
            protection = descriptor.StateProtection(interval=often)
            self.assertEqual(wanted, protection.oldest)
        self.assertEqual(2.0, descriptor.StateProtection(rpo=2.0).oldest)
        self.ages.note(self.one, self.oldest)
        self.assertEqual([], self.told())
        self.ages.note(self.one, self.oldest + 0.1)
        self.assertEqual(
            [("state-too-old", states.Severity.WARNING)], self.told()
        )

    def test_it_is_told_once_and_so_is_its_end(self) -> None:
        for age in (self.oldest + 1, self.oldest + 2, 0.0, 1.0):
            self.ages.note(self.one, age)
        self.assertEqual(
            [
                ("state-too-old", states.Severity.WARNING),
                ("state-saved-again", states.Severity.INFO),
            ],
            self.told(),
        )

    def test_it_is_measured(self) -> None:
        self.ages.note(self.one, 12.5)
        labels = {"vnf": self.one.vnf.name, "vnfc": self.one.group.vnfc}
        self.assertEqual(
            12.5,
            metrics.registry.get_sample_value(
                "nham_state_age_seconds", labels
            ),
        )
