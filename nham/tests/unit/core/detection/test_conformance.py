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

"""Every built-in estimator, in the suite that holds for all."""

from __future__ import annotations

from nham.core.detection import estimators
from nham.core.detection.estimators import phi
from nham.tests import base
from nham.tests.conformance import estimators as conformance


class FixedTest(conformance.EstimatorSuite):
    driver = estimators.Fixed
    adapts = False


class ChenTest(conformance.EstimatorSuite):
    driver = estimators.Chen


class BertierTest(conformance.EstimatorSuite):
    driver = estimators.Bertier


class TwoWindowTest(conformance.EstimatorSuite):
    driver = estimators.TwoWindow


class PhiTest(conformance.EstimatorSuite):
    driver = estimators.Phi


class TableTest(base.TestCase):
    def test_all_are_tried(self) -> None:
        tried = {
            one.driver
            for one in (FixedTest, ChenTest, BertierTest, TwoWindowTest)
        }
        self.assertEqual(
            set(estimators.BUILT_IN.values()), tried | {PhiTest.driver}
        )


class TailTest(base.TestCase):
    """phi is a logarithm that neither under- nor overflows."""

    def test_near(self) -> None:
        self.assertAlmostEqual(0.30103, phi.minus_log_tail(0.0), places=5)
        # Of a table of the normal distribution.
        self.assertAlmostEqual(1.30103, phi.minus_log_tail(1.644854), 5)
        self.assertAlmostEqual(6.54265, phi.minus_log_tail(5.0), places=4)

    def test_far(self) -> None:
        before = phi.minus_log_tail(9.999999)
        self.assertAlmostEqual(before, phi.minus_log_tail(10.000001), 2)
        self.assertAlmostEqual(5.0e5 / 2.302585, phi.minus_log_tail(1e3), -1)
        self.assertLess(0.0, phi.minus_log_tail(-30.0))

    def test_phi_at_the_time_out_is_the_margin(self) -> None:
        one = estimators.Phi(5.0, margin=6.0)
        for number in range(100):
            one.observe(0.1 + number % 10 / 100)
        self.assertAlmostEqual(6.0, one.phi(one.timeout()), places=6)
