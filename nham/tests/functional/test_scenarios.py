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


"""The sample scenarios come out as their comments say."""

from __future__ import annotations

from collections.abc import Callable
import logging
from pathlib import Path
import time
from typing import Any

from nham.simulate import play
from nham.simulate import report
from nham.simulate import scenario
from nham.tests import base

SAMPLES = Path(__file__).parents[3] / "samples" / "scenarios"
#: Seconds of one scenario, of processor time.
_LIMIT = 10.0

#: For each sample the rungs, how many outages, and the seconds of state
#: that are lost after the last one, at least and at most.
EXPECTED: dict[str, tuple[list[str], int, tuple[float, float]]] = {
    "1r-aa-application-hangs": (
        ["make_standby", "fail_over", "repair_standby"],
        1,
        (0, 2),
    ),
    "1r-aa-dies-unguarded": (
        ["make_standby", "remake_standby", "hard_reboot", "remake_standby"],
        1,
        (0, 2),
    ),
    "1r-aa-fail-over-twice": (
        [
            "make_standby",
            "fail_over",
            "repair_standby",
            "fail_over",
            "remake_standby",
        ],
        2,
        (0, 2),
    ),
    # The first outage is before NHAM has led anybody to the address.
    "1r-aa-fixed-ip-qemu-killed": (
        ["make_standby", "fail_over", "repair_standby"],
        2,
        (0, 2),
    ),
    "1r-aa-qemu-killed": (
        ["make_standby", "fail_over", "repair_standby"],
        1,
        (0, 2),
    ),
    "1r-aa-standby-dies": (["make_standby", "remake_standby"], 0, (0, 0)),
    "1r-aa-vip-fail-over-twice": (
        [
            "make_standby",
            "fail_over",
            "repair_standby",
            "fail_over",
            "remake_standby",
        ],
        3,
        (0, 2),
    ),
    "1r-as-both-die": (
        ["make_standby", "hard_reboot", "remake_standby"],
        1,
        (0, 2),
    ),
    "1r-as-host-power-off": (
        ["make_standby", "fail_over", "repair_standby"],
        1,
        (0, 6),
    ),
    "1r-as-torn-state": (
        ["make_standby", "fail_over", "repair_standby"],
        1,
        (10, 21),
    ),
    "agent-partition-lease": (["evacuate"], 1, (0, 40)),
    "agent-qemu-killed": (["hard_reboot"], 1, (0, 0)),
    "dead-application": (["soft_reboot"] * 2 + ["hard_reboot"], 3, (0, 0)),
    "engine-killed": (["evacuate"], 1, (1, 40)),
    "guest-power-off": (["hard_reboot"], 1, (0, 0)),
    "hang": (["hard_reboot"], 1, (0, 0)),
    "host-power-off-affinity": (["replace"], 1, (1, 40)),
    "host-power-off-image": (["evacuate"], 1, (1, 40)),
    "host-power-off-volume": (["evacuate"], 1, (0, 0)),
    "host-storm": ([], 3, (0, 0)),
    "host-unfenced": (["evacuate"], 1, (1, 110)),
    # Of three members one gives no answer until it is out of the pool.
    "mr-aa-hosts-die": (
        ["make_standby"] * 2 + ["take_out", "remake_standby"] * 2,
        22,
        (0, 0),
    ),
    "mr-aa-qemu-killed": (
        ["make_standby", "make_standby", "fail_over", "repair_standby"],
        12,
        (0, 0),
    ),
    "nova-down": (["evacuate"], 1, (1, 70)),
    "operator-stop": ([], 1, (0, 0)),
    "qemu-killed": (["hard_reboot"], 1, (0, 0)),
    "tacker-heal": (["rebuild"], 2, (1, 70)),
    "torn-checkpoint": (["evacuate"], 1, (30, 70)),
}


class ScenariosTest(base.TestCase):
    """One test for each sample, made below."""

    def setUp(self) -> None:
        super().setUp()
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)

    def test_each_sample_is_here(self) -> None:
        names = {path.stem for path in SAMPLES.glob("*.yaml")}
        self.assertEqual(set(EXPECTED), names)

    def test_it_is_said_that_a_state_is_torn(self) -> None:
        outcome = play.Player(
            scenario.read(str(SAMPLES / "1r-as-torn-state.yaml"))
        ).play()
        (said,) = [
            line.text for line in outcome.lines if "give_state" in line.text
        ]
        self.assertIn("give_state done: checkpoint", said)
        self.assertIn("the state kept has sha256:", said)

    def check(self, name: str) -> None:
        """Play one sample."""
        rungs, outages, lost = EXPECTED[name]
        began = time.process_time()
        outcome = play.Player(
            scenario.read(str(SAMPLES / f"{name}.yaml"))
        ).play()
        self.assertLess(time.process_time() - began, _LIMIT)
        self.assertEqual((), outcome.violations)
        found: dict[str, Any] = report.data(outcome)
        self.assertEqual(rungs, [r["rung"] for r in found["recoveries"]])
        seen = [o for user in found["users"] for o in user["outages"]]
        self.assertEqual(outages, len(seen), str(seen))
        if seen:
            self.assertTrue(seen[-1]["restored"], seen)
            low, high = lost
            self.assertTrue(low <= seen[-1]["lost_seconds"] <= high, seen)
        states = {vnf["state"] for vnf in found["vnfs"]}
        self.assertEqual({"protected"}, states)


def _test(name: str) -> Callable[[ScenariosTest], None]:
    def test(self: ScenariosTest) -> None:
        self.check(name)

    return test


for _name in EXPECTED:
    setattr(ScenariosTest, f"test_{_name.replace('-', '_')}", _test(_name))
