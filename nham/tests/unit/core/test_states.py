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

"""Each state has a sentence of meaning."""

from __future__ import annotations

import enum

from nham.core import states
from nham.tests import base

ENUMS = [
    value
    for value in vars(states).values()
    if isinstance(value, type) and issubclass(value, enum.StrEnum)
]


class MeaningsTest(base.TestCase):
    def test_each_state_has_a_sentence_of_its_own(self) -> None:
        self.assertEqual(set(ENUMS), set(states.MEANINGS))
        sentences = []
        for one in ENUMS:
            self.assertEqual(set(one), set(states.MEANINGS[one]))
            sentences += [states.meaning(state) for state in one]
        self.assertEqual(len(sentences), len(set(sentences)))
        for sentence in sentences:
            self.assertTrue(sentence.endswith("."))

    def test_states_may_share_a_word(self) -> None:
        self.assertEqual(states.Role.FAILED, states.StepState.FAILED)
        self.assertNotEqual(
            states.meaning(states.Role.FAILED),
            states.meaning(states.StepState.FAILED),
        )

    def test_there_are_states(self) -> None:
        self.assertIn(states.RecoveryState, ENUMS)

    def test_what_may_follow_is_of_the_same_kind(self) -> None:
        for kind, table in states.FOLLOWS.items():
            self.assertEqual(set(kind), set(table))
            for state, following in table.items():
                self.assertLessEqual(set(following), set(kind) - {state})
