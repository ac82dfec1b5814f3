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

"""The changes of role: a machine without holes or dead ends."""

from __future__ import annotations

from nham.core import mechanisms
from nham.core import states
from nham.recovery import handlers
from nham.recovery import runner  # noqa: F401  (registers the handlers)
from nham.tests import base


class ChangesTest(base.TestCase):
    def test_each_is_there_once(self) -> None:
        for spec in mechanisms.TABLE:
            keys = [(t.before, t.after, t.step) for t in spec.transitions]
            self.assertEqual(len(keys), len(set(keys)), spec.name)

    def test_each_changes_something_and_says_it(self) -> None:
        for spec in mechanisms.TABLE:
            for one in spec.transitions:
                self.assertIsNot(one.before, one.after)
                self.assertTrue(one.says.endswith("."), one.says)

    def test_steps_are_those_that_are_carried_out(self) -> None:
        for spec in mechanisms.TABLE:
            for one in spec.transitions:
                if one.step is not None:
                    self.assertIn(one.step, handlers.HANDLERS)

    def test_each_role_can_be_had_and_left(self) -> None:
        for spec in mechanisms.TABLE:
            had = {one.after for one in spec.transitions}
            left = {one.before for one in spec.transitions} - {None}
            self.assertEqual(had - {states.Role.RETIRED}, left, spec.name)

    def test_who_beside_the_primary_takes_over(self) -> None:
        for spec in mechanisms.TABLE:
            heirs = {
                one.before
                for one in spec.transitions
                if one.after is states.Role.PRIMARY and one.before
            }
            self.assertEqual({spec.role} - {None}, heirs, spec.name)
