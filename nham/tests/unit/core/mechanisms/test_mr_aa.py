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

"""MR-AA has several members that serve."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import mr_aa
from nham.tests import base


class MrAaTest(base.TestCase):
    def test_all_serve(self) -> None:
        self.assertTrue(mr_aa.SPEC.spreads)
        self.assertIs(states.Role.ACTIVE, mr_aa.SPEC.role)
        self.assertGreater(mr_aa.SPEC.high, 1)

    def test_its_state(self) -> None:
        self.assertTrue(mr_aa.SPEC.feeds)
