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

"""What follows from the data of a mechanism."""

from __future__ import annotations

from nham.core import mechanisms
from nham.tests import base


class SpecTest(base.TestCase):
    def test_who_has_others_beside_the_primary(self) -> None:
        for spec in mechanisms.TABLE:
            self.assertEqual(spec.high > 0, spec.replicated, spec.name)
            # Others serve too, or wait; no mechanism has both.
            self.assertEqual(
                spec.replicated, spec.spreads is not spec.waits, spec.name
            )

    def test_how_many_others(self) -> None:
        for spec in mechanisms.TABLE:
            self.assertLessEqual(spec.low, spec.default)
            self.assertLessEqual(spec.default, spec.high)
            for asked in (spec.low, spec.default, spec.high):
                self.assertEqual(asked, spec.others(asked))
            self.assertEqual(spec.low, spec.others(spec.low - 1))
            self.assertEqual(spec.high, spec.others(spec.high + 1))
