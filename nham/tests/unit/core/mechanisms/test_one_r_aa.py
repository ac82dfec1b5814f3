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

"""1R-AA has one standby, which is fed."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import one_r_aa
from nham.tests import base


class OneRAaTest(base.TestCase):
    def test_one_waits(self) -> None:
        self.assertEqual((1, 1), (one_r_aa.SPEC.low, one_r_aa.SPEC.high))
        self.assertIs(states.Role.STANDBY, one_r_aa.SPEC.role)
        self.assertTrue(one_r_aa.SPEC.waits)

    def test_its_state(self) -> None:
        self.assertTrue(one_r_aa.SPEC.feeds)
