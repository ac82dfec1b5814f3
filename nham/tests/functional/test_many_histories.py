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

"""Which histories broke a rule is told, and what was played."""

from __future__ import annotations

import contextlib
import io

from benchmarks import histories
from nham.adapters.simulated import records
from nham.simulate import history
from nham.tests import base

_BROKEN = records.Violation(
    at=0.0, rule="two actives", subject="vnf0", detail="planted"
)


class HistoriesTest(base.TestCase):
    """Days are looked at, and not lived through."""

    def play(self, *options: str) -> tuple[int, str]:
        """Return the exit code and what was printed."""
        self.replace("sys.argv", ["histories", *options])
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            return histories.main(), told.getvalue()

    def test_one_that_breaks_a_rule_and_one_that_breaks_off(self) -> None:
        def play(day: history.History) -> tuple[records.Violation, ...]:
            if day.seed == 3:
                raise LookupError("no such thing")
            return (_BROKEN,) if day.seed == 5 else ()

        self.replace("nham.simulate.history.History.play", play)
        code, told = self.play("--first", "1", "--last", "6", "--step", "2")
        self.assertEqual(1, code)
        self.assertIn("seed 3: the day broke off: LookupError", told)
        self.assertIn("seed 5: two actives: vnf0: planted", told)
        self.assertNotIn("seed 1:", told)
        self.assertRegex(told, r"broken +\| 2 ")

    def test_all_is_well(self) -> None:
        self.replace("nham.simulate.history.History.play", lambda _day: ())
        code, told = self.play("--first", "2", "--last", "4")
        self.assertEqual(0, code)
        self.assertRegex(told, r"seeds 2 to 4 +\| 3 ")
