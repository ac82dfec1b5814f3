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

"""The level of each VNFC is told, and that of nobody who is gone."""

from __future__ import annotations

import dataclasses

from nham import metrics
from nham.core import states
from nham.engine import levels
from nham.tests.unit.core import test_prices
from nham.tests.unit.engine import base


class LevelsTest(base.EngineCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(metrics.levels, {})
        policy = dataclasses.replace(base.POLICY, sal=2)
        self.add_vnf(policy=policy)

    def told(self, kind: str) -> float | None:
        """Return what the metric says."""
        labels = {"vnf": "v", "vnfc": "VDU1-0", "kind": kind}
        return metrics.registry.get_sample_value("nham_vnf_sal", labels)

    def test_before_any_recovery(self) -> None:
        levels.tell(self.store, self.fleet)
        self.assertEqual(
            [2.0, 3.0, None],
            [self.told(k) for k in ("declared", "reachable", "measured")],
        )

    def test_what_was_measured(self) -> None:
        slow = test_prices.recovery(99.0, 100.0)
        (good,) = slow.steps
        claimed = self.claim(
            dataclasses.replace(
                good, state=states.StepState.PENDING, ended_at=None
            ),
            fault=slow.fault,
        )
        for name in ("step_started", "step_ended"):
            last = ("",) if name == "step_ended" else ()
            done = (states.StepState.DONE,) if name == "step_ended" else ()
            write = getattr(self.store, name)
            write(claimed.id, 0, *done, 199.0, *last, base.OWNER, 1)
        self.end(claimed)
        levels.tell(self.store, self.fleet)
        # A reboot of 99 s is more than any level allows.
        self.assertEqual(
            (0.0, 0.0), (self.told("measured"), self.told("reachable"))
        )

    def test_who_is_gone_is_told_of_no_more(self) -> None:
        levels.tell(self.store, self.fleet)
        self.assertIsNotNone(self.told("declared"))
        levels.tell(self.store, [])
        self.assertIsNone(self.told("declared"))
