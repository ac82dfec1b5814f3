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

from nham.core.decision import rule
from nham.core.decision import rules
from nham.tests import base


class RuleTest(base.TestCase):
    def test_what_is_done_has_a_zone_and_a_rung(self) -> None:
        for one in rules.RULES:
            acts = one.kind is rule.Kind.ACT
            self.assertEqual(acts, one.rung is not None, one.name)
            self.assertEqual(acts, one.zone is not None, one.name)
            self.assertIsNot(rule.Kind.WOULD, one.kind)
