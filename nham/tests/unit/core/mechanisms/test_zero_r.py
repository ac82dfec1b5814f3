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

"""0R has nobody beside the primary."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import zero_r
from nham.tests import base


class ZeroRTest(base.TestCase):
    def test_it_is_alone(self) -> None:
        self.assertFalse(zero_r.SPEC.replicated)
        self.assertEqual(0, zero_r.SPEC.high)
        self.assertEqual({"none"}, zero_r.SPEC.drivers)

    def test_it_serves_until_it_is_replaced(self) -> None:
        roles = {one.after for one in zero_r.SPEC.transitions}
        self.assertEqual({states.Role.PRIMARY, states.Role.RETIRED}, roles)
