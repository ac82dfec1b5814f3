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

``NHAM_TEST_HISTORIES`` says how many. To look at one that failed::

    python -c "from nham.simulate import history;
    print(history.History(SEED).play())"
"""

from __future__ import annotations

from collections.abc import Callable
import logging
import os

from nham.simulate import history
from nham.tests import base

#: How many histories are played; each is as good as another.
HISTORIES = int(os.environ.get("NHAM_TEST_HISTORIES", "200"))
#: Histories of one test.
EACH = 5


def _test(first: int) -> Callable[[HistoriesTest], None]:
    def test(self: HistoriesTest) -> None:
        for seed in range(first, min(first + EACH, HISTORIES)):
            day = history.History(seed)
            broken = day.play()
            told = [f"{i.at:.1f} {i.what}" for i in day.auditor.injections]
            self.assertEqual((), broken, f"seed {seed}: {told}")

    return test


class HistoriesTest(base.TestCase):
    """One test for a few of them each, made below."""

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


for _first in range(0, HISTORIES, EACH):
    setattr(HistoriesTest, f"test_{_first:03}", _test(_first))
