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

"""What level a policy can reach, and what its recoveries showed."""

from __future__ import annotations

import dataclasses

import hypothesis

from nham.core import descriptor
from nham.core import prices
from nham.core import sal
from nham.tests import base
from nham.tests.unit.core import test_prices
from nham.tests.unit.core.decision import strategies

Mechanism = descriptor.Mechanism
Zone = descriptor.Zone
POLICY = test_prices.POLICY
QUICK = descriptor.Detection(poll_interval=0.25)


class ReachableTest(base.TestCase):
    def test_alone_it_is_the_host_that_costs_most(self) -> None:
        found = sal.reachable(POLICY)
        self.assertEqual((3, Zone.HOST), (found.level, found.zone))
        self.assertAlmostEqual(19.7, found.seconds)
        self.assertEqual(
            "level 3: detected after poll_interval 1 s + 2 more misses x 1 s "
            "/ 2 + 2 x min_timeout 100 ms = 2.2 s; a fault of the host zone "
            "costs evacuate 17.5 s (default: median on the test cloud: 0R, "
            "host powered off); together 19.7 s",
            found.says,
        )

    def test_a_ladder_without_the_host(self) -> None:
        ladder = descriptor.Escalation(ladder=(Zone.VNFC, Zone.VM))
        found = sal.reachable(dataclasses.replace(POLICY, escalation=ladder))
        self.assertEqual((2, Zone.VM), (found.level, found.zone))

    def test_a_standby(self) -> None:
        pair = dataclasses.replace(POLICY, redundancy=Mechanism.ONE_R_AS)
        # The default detection takes longer than level 1 allows.
        self.assertEqual(2, sal.reachable(pair).level)
        pair = dataclasses.replace(pair, detection=QUICK)
        self.assertEqual(1, sal.reachable(pair).level)
        cold = dataclasses.replace(pair, standby="cold")
        self.assertEqual(2, sal.reachable(cold).level)

    def test_what_was_measured_comes_first(self) -> None:
        known = {
            "evacuate": prices.Measured(
                count=3, recovery=30.0, outage=31.0, of="of this VNF"
            )
        }
        found = sal.reachable(POLICY, known)
        self.assertIsNone(found.level)
        self.assertTrue(found.says.startswith("no level: "))
        self.assertIn(
            "evacuate 30 s (measured, median of 3 of this VNF)", found.says
        )

    @hypothesis.given(strategies.policies)
    def test_every_policy_reaches_something_or_nothing(
        self, policy: descriptor.ResiliencyPolicy
    ) -> None:
        found = sal.reachable(policy)
        self.assertIn(found.level, (None, 1, 2, 3))
        self.assertGreater(found.seconds, found.detection)


class SeenTest(base.TestCase):
    def test_the_worst_counts(self) -> None:
        found = sal.seen(
            [
                test_prices.recovery(1.0, 2.0),
                test_prices.recovery(1.0, 4.0),
                test_prices.recovery(9.0, 16.0),
            ]
        )
        self.assertEqual(
            sal.Seen(level=3, count=3, median=4.0, worst=16.0), found
        )

    def test_a_standby_is_none_of_the_services(self) -> None:
        beside = test_prices.recovery(1.0, 2.0, "make_standby")
        failed = test_prices.recovery(1.0, 2.0, state=test_prices.State.FAILED)
        self.assertIsNone(sal.seen([beside, failed]))
        awful = sal.seen([test_prices.recovery(1.0, 200.0)])
        assert awful is not None
        self.assertIsNone(awful.level)
