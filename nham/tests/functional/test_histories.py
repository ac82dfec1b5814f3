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


"""Seeded histories of a cloud's bad days keep the rules.

To look at one that failed::

    python -c "from nham.simulate import history;
    print(history.History(SEED).play())"
"""

from __future__ import annotations

from collections.abc import Callable
import logging

from nham.simulate import history
from nham.tests import base

TESTS = 50
#: Histories of one test.
EACH = 10


def _test(number: int) -> Callable[[HistoriesTest], None]:
    def test(self: HistoriesTest) -> None:
        for seed in range(number * EACH, (number + 1) * EACH):
            day = history.History(seed)
            broken = day.play()
            told = [f"{i.at:.1f} {i.what}" for i in day.auditor.injections]
            self.assertEqual((), broken, f"seed {seed}: {told}")

    return test


class HistoriesTest(base.TestCase):
    """500 histories."""

    def setUp(self) -> None:
        super().setUp()
        # What so many days log would be most of the work.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_the_same_seed_gives_the_same_day(self) -> None:
        days = [history.History(3) for _ in range(2)]
        for day in days:
            day.play()
        self.assertEqual(
            days[0].auditor.injections, days[1].auditor.injections
        )
        self.assertEqual(days[0].world.gates.log, days[1].world.gates.log)


for _number in range(TESTS):
    setattr(HistoriesTest, f"test_{_number:02}", _test(_number))
