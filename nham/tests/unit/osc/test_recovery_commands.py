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


"""The commands that tell of recoveries, levels and decisions."""

from __future__ import annotations

import contextlib
import dataclasses
import io

from osc_lib import exceptions
import yaml

from nham.core import facts
from nham.core import outlook
from nham.core import states
from nham.osc.v1 import columns
from nham.osc.v1 import recovery
from nham.osc.v1 import why
from nham.tests.unit.core.decision import test_whatif
from nham.tests.unit.db import base as records
from nham.tests.unit.osc import test_commands

DONE = states.StepState.DONE
SUCCEEDED = states.RecoveryState.SUCCEEDED


class RecoveryTest(test_commands.CommandCase):
    """openstack nham recovery ..."""

    def setUp(self) -> None:
        super().setUp()
        self.store.claim(records.make_recovery("r1"), 0)
        self.store.step_started("r1", 0, 1763700001.0, "e1", 1)
        self.store.step_ended("r1", 0, DONE, 1763700003.0, "ok", "e1", 1)

    def test_list(self) -> None:
        (row,) = self.as_json(recovery.ListRecovery, "--limit", "5")
        self.assertEqual(("r1", None), (row["ID"], row["Outage"]))
        options = ("--state", "failed", "--long", "--vnf", "v1")
        self.assertEqual([], self.as_json(recovery.ListRecovery, *options))

    def test_show(self) -> None:
        found = self.as_json(recovery.ShowRecovery, "r1")
        self.assertEqual(["because"], found["Reasons"])
        self.assertEqual(1763700003.0, found["Timeline"]["restored"])
        text = self.run_it(recovery.ShowRecovery, "r1")
        self.assertIn("+2.88 s from detected", text)
        self.assertIn("+0.62 s from last_good", text)
        self.assertIn("0 reboot done in 2.00 s: ok", text)
        self.assertIn("heal: slower", text)

    def test_the_rule_in_words(self) -> None:
        found = self.as_json(recovery.ShowRecovery, "r1")
        self.assertEqual("this version has no such rule", found["Rule says"])
        self.store.end_recovery("r1", SUCCEEDED, 9.0, "", "e1", 1)
        made = dataclasses.replace(records.make_recovery("r2"), rule="vm-dead")
        self.store.claim(made, 1)
        found = self.as_json(recovery.ShowRecovery, "r2")
        self.assertEqual(
            ("neither the application nor the guest answers", "UC4, UC8"),
            (found["Rule says"], found["Rule source"]),
        )

    def test_facts(self) -> None:
        self.store.end_recovery("r1", SUCCEEDED, 9.0, "", "e1", 1)
        facts = {"case": "x", "facts": {"members": []}}
        self.store.claim(records.make_recovery("r2"), 1)
        self.store.keep_facts("r2", facts)
        path = self.temp_dir() / "facts.yaml"
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            self.run_it(recovery.ShowRecovery, "r2", "--facts", str(path))
        self.assertEqual(facts, yaml.safe_load(path.read_text()))
        self.assertIn(f"Its facts are in {path}", told.getvalue())
        wrong = str(path / "x")
        with self.assertRaisesRegex(exceptions.CommandError, "x: "):
            self.run_it(recovery.ShowRecovery, "r2", "--facts", wrong)
        with (
            contextlib.chdir(path.parent),
            contextlib.redirect_stderr(told),
        ):
            self.run_it(recovery.ShowRecovery, "r2", "--facts")
        self.assertTrue((path.parent / "facts-r2.yaml").exists())


class LevelsTest(test_commands.CommandCase):
    """The levels in words."""

    def test_what_was_measured(self) -> None:
        seen = {"level": None, "count": 3, "median": 4.0, "worst": 30.0}
        sal = {
            "declared": 1,
            "reachable": 2,
            "reachable_seconds": 9.96,
            "measured": seen,
        }
        column = columns.Levels([{"vnfc": "A-0", "sal": sal}])
        self.assertEqual(
            "A-0: declared 1, reachable 2 (10.0 s), measured none "
            "(worst 30.0 s, median 4.0 s of 3)",
            column.human_readable(),
        )
        nobody = columns.Levels([{"vnfc": "A-0", "sal": None}])
        self.assertEqual("", nobody.human_readable())


class WhyTest(test_commands.CommandCase):
    """openstack nham vnf why."""

    def setUp(self) -> None:
        super().setUp()
        self.engine.why.return_value = [
            outlook.outlook(test_whatif.world(), "g", fault).plain
            for fault in (outlook.Fault.NOW, outlook.Fault.VM)
        ]

    def test_why(self) -> None:
        now, vm = self.as_json(why.WhyVnf, "name of v1")
        self.assertEqual(
            ("now", "nothing", None, 0.0),
            (now["Fault"], now["Verdict"], now["Rung"], now["Outage"]),
        )
        self.assertEqual(
            ("vm", "act", "hard_reboot", 10.2),
            (vm["Fault"], vm["Verdict"], vm["Rung"], vm["Outage"]),
        )
        self.engine.why.assert_called_once_with("v1", None, "all")

    def test_one_fault_of_one_vnfc(self) -> None:
        options = ("--fault", "vm", "--vnfc", "VDU1-0", "--long", "v1")
        text = self.run_it(why.WhyVnf, *options)
        self.engine.why.assert_called_once_with("v1", "v1-g", "vm")
        self.assertIn("neither the application nor the guest answers", text)
        self.assertIn("reboot_hard: Start the VM anew", text)
        self.assertIn("UC4, UC8", text)

    def test_a_fault_that_nobody_sees(self) -> None:
        blind = test_whatif.world(app=facts.Health.UNKNOWN)
        self.engine.why.return_value = [
            outlook.outlook(blind, "g", outlook.Fault.VNFC).plain
        ]
        self.assertIn(
            "NHAM would not see it: no probe",
            self.run_it(why.WhyVnf, "v1", "-f", "value"),
        )
