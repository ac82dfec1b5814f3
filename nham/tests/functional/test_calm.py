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

"""Nothing is done where nothing fails, however bad the network is."""

from __future__ import annotations

from benchmarks import calm
from nham.core import descriptor
from nham.core.descriptor import wishes
from nham.tests import base


class CalmTest(base.TestCase):
    """Ten minutes of a day that ``benchmarks.calm`` has whole."""

    def test_no_recovery(self) -> None:
        self.assertEqual([], calm.recoveries(600.0))

    def test_it_can_fail(self) -> None:
        hasty = descriptor.Detection(max_misses=1)
        self.assertNotEqual([], calm.recoveries(120.0, hasty))

    def test_the_wish_chooses_that(self) -> None:
        wished = {"detection.mistake_recurrence": 30 * 86400.0}
        self.assertEqual(
            calm.CAREFUL.max_misses, wishes.chosen(wished)["max_misses"]
        )
