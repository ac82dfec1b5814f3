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

"""What is kept of a recovery decides the same again, whatever happened."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import io
import json
from pathlib import Path

import yaml

from nham.cmd import nham
from nham.core import cases
from nham.simulate import play
from nham.simulate import scenario
from nham.tests import base

SAMPLES = Path(__file__).parents[3] / "samples" / "scenarios"
#: Between them they take each rung of the ladders but few.
SCENARIOS = (
    "1r-aa-fail-over-twice",
    "1r-as-host-power-off",
    "engine-killed",
    "guest-power-off",
    "host-power-off-affinity",
    "mr-aa-hosts-die",
    "torn-checkpoint",
)
#: Recoveries by these were ordered, not decided.
ORDERED = ("restore", "switchover", "replaced-behind", "came-back-empty")


class KeptFactsTest(base.TestCase):
    """One method a scenario; they are added below."""

    def simulated(self, kept: object) -> None:
        """See that the command decides the same on a file of it."""
        path = self.temp_dir() / "facts.yaml"
        path.write_text(yaml.safe_dump(kept, sort_keys=False))
        with contextlib.redirect_stdout(io.StringIO()):
            code = nham.main(["simulate", "--facts", str(path)])
        self.assertEqual(0, code)


def _test_of(name: str) -> Callable[[KeptFactsTest], None]:
    def test(self: KeptFactsTest) -> None:
        read = scenario.read(str(SAMPLES / f"{name}.yaml"))
        player = play.Player(read)
        outcome = player.play()
        self.assertNotEqual((), outcome.recoveries)
        for recovery in outcome.recoveries:
            found = player.lab.store.recovery_facts(recovery.id)
            if recovery.rule in ORDERED:
                self.assertIsNone(found)
                continue
            # As it goes through the database and the API.
            found = json.loads(json.dumps(found))
            case = cases.read(found)
            self.assertEqual([], cases.differences(case), recovery.rung)
            assert case.members is not None
            expected = case.members[recovery.group_id]
            self.assertEqual(
                (recovery.rule, recovery.rung),
                (expected.rule, expected.rung),
            )
            self.assertEqual(
                [record.step.action for record in recovery.steps],
                list(expected.steps),
            )
            self.simulated(found)

    return test


for _name in SCENARIOS:
    setattr(KeptFactsTest, f"test_{_name.replace('-', '_')}", _test_of(_name))
