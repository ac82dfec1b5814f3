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

"""Each rule can say what it says, by its name."""

from __future__ import annotations

from nham.core.decision import guards
from nham.core.decision import rules
from nham.core.decision import ruling
from nham.tests import base


class RulingTest(base.TestCase):
    def test_the_table(self) -> None:
        for rule in rules.RULES:
            found = ruling.of(rule.name)
            self.assertEqual(
                (rule.says, rule.source), (found.says, found.source)
            )
            self.assertIs(rule in guards.RULES, found.guard)

    def test_what_is_not_of_the_table(self) -> None:
        for name in ("exhausted", "vnfm-down", "switchover", "restore"):
            self.assertTrue(ruling.of(name).says)
            self.assertTrue(ruling.of(name).source)
        self.assertTrue(ruling.of("vnfm-down").guard)

    def test_a_rule_of_another_version(self) -> None:
        found = ruling.of("no-such-rule")
        self.assertEqual("this version has no such rule", found.says)
