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

"""The table of mechanisms, and what a policy may ask of each."""

from __future__ import annotations

import typing

from nham.core import descriptor
from nham.core import mechanisms
from nham.tests import base


class TableTest(base.TestCase):
    def test_each_word_of_a_policy_has_its_line(self) -> None:
        names = [spec.name for spec in mechanisms.TABLE]
        self.assertEqual([str(one) for one in descriptor.Mechanism], names)
        for word in descriptor.Mechanism:
            self.assertEqual(word, mechanisms.of(word).name)

    def test_an_unknown_one(self) -> None:
        self.assertRaises(KeyError, mechanisms.of, "2R")

    def test_what_they_may_use_are_words_of_a_policy(self) -> None:
        drivers = set(typing.get_args(descriptor.AddressDriver))
        methods = set(typing.get_args(descriptor.StateMethod))
        found: set[str] = set()
        for spec in mechanisms.TABLE:
            found |= spec.drivers
            self.assertLessEqual(spec.methods, methods)
        # Each driver is of use for some mechanism.
        self.assertEqual(drivers, found)

    def test_each_has_a_sentence_and_a_source(self) -> None:
        said = {spec.says for spec in mechanisms.TABLE}
        self.assertEqual(len(mechanisms.TABLE), len(said))
        for spec in mechanisms.TABLE:
            self.assertTrue(spec.says.endswith("."))
            self.assertIn("NHAM 3.3.", spec.source)
