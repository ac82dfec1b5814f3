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

import hypothesis

from nham.core import facts
from nham.core.decision import replica_rules
from nham.core.decision import rules
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core.decision import strategies


class TableTest(base.TestCase):
    def test_they_stand_together_behind_the_guards(self) -> None:
        names = [rule.name for rule in rules.RULES]
        mine = [rule.name for rule in replica_rules.RULES]
        first = names.index(mine[0])
        self.assertEqual(mine, names[first : first + len(mine)])
        self.assertLess(names.index("rate"), first)
        self.assertGreater(names.index("host-dead"), first)

    @hypothesis.given(strategies.troubled)
    def test_only_where_the_primary_serves(self, seen: facts.Facts) -> None:
        overview = situation.Overview(seen)
        for member in seen.members:
            case = situation.Case(
                member=member,
                facts=seen,
                system=seen.system,
                overview=overview,
            )
            held = [r.name for r in replica_rules.RULES if r.when(case)]
            self.assertTrue(case.fit or not held, str(held))
