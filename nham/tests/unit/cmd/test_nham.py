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


"""The nham command: simulate."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

from nham.cmd import nham
from nham.tests import base
from nham.tests.unit.simulate import test_scenario

GOLDEN = Path(__file__).parents[2] / "golden"
SHORT = test_scenario.GOOD.replace("2 m", "50 s").replace("volume", "image")


class NhamTest(base.TestCase):
    """Exit codes and what is printed."""

    def run_it(self, *words: str) -> tuple[int, str, str]:
        """Return the exit code and what was printed."""
        out, error = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
        ):
            try:
                code = nham.main(words)
            except SystemExit as left:
                code = int(left.code or 0)
        return code, out.getvalue(), error.getvalue()

    def scenario(self, text: str = SHORT) -> str:
        """Return the path of a file with a scenario."""
        path = self.temp_dir() / "scenario.yaml"
        path.write_text(text)
        return str(path)

    def test_wrong_usage(self) -> None:
        self.assertEqual(2, self.run_it()[0])
        self.assertEqual(2, self.run_it("simulate")[0])
        self.assertEqual(2, self.run_it("simulate", "a", "--facts", "b")[0])

    def test_the_descriptor_command_is_there(self) -> None:
        code, out, _error = self.run_it("descriptor", "types")
        self.assertEqual(0, code)
        self.assertIn("nham.policies.nfv.Resiliency", out)

    def test_files_that_are_wrong(self) -> None:
        for option in ((), ("--facts",)):
            code, _out, error = self.run_it("simulate", *option, "/none")
            self.assertEqual(2, code)
            self.assertIn("/none: file: ", error)
            path = self.scenario("colour: red")
            code, _out, error = self.run_it("simulate", *option, path)
            self.assertEqual(1, code)
            self.assertIn(path, error)
            self.assertIn("colour", error)

    def test_a_scenario_as_text(self) -> None:
        code, out, _error = self.run_it("simulate", self.scenario())
        self.assertEqual(0, code)
        for text in (
            "A good one (seed 3)",
            "10.00 s  scenario  crash_vm fw/VDU1-1",
            "start of ",
            "because: the VM is off and nobody asked for it",
            "fw/VDU1-0: no outage",
            "fw/VDU1-1: no answer for ",
            "state restored, nothing lost",
            "fw is protected",
            "Rules broken\n  none",
        ):
            self.assertIn(text, out)

    def test_a_scenario_as_json_and_another_seed(self) -> None:
        path = self.scenario()
        code, out, _error = self.run_it(
            "simulate", path, "-f", "json", "--seed", "9"
        )
        found = json.loads(out)
        self.assertEqual((0, 9), (code, found["seed"]))
        self.assertEqual([], found["violations"])
        self.assertEqual("start", found["recoveries"][0]["rung"])
        outage = found["users"][1]["outages"][0]
        self.assertTrue(outage["restored"])
        self.assertTrue(15.0 < outage["seconds"] < 30.0, outage)
        again = self.run_it("simulate", path, "-f", "json", "--seed", "9")
        self.assertEqual(out, again[1])

    def test_facts(self) -> None:
        path = str(GOLDEN / "app-dead-first.yaml")
        code, out, _error = self.run_it("simulate", "--facts", path)
        self.assertEqual(0, code)
        self.assertIn("VDU1-0: act soft_reboot (vnfc), by app-dead", out)
        self.assertIn("step reboot_soft: ", out)
        code, out, _error = self.run_it(
            "simulate", "--facts", path, "-f", "json"
        )
        self.assertEqual("app-dead", json.loads(out)["verdicts"][0]["rule"])

    def test_facts_that_are_not_decided_as_expected(self) -> None:
        path = self.temp_dir() / "facts.yaml"
        text = (GOLDEN / "app-dead-first.yaml").read_text()
        path.write_text(text.replace("app-dead", "vm-dead"))
        code, out, _error = self.run_it("simulate", "--facts", str(path))
        self.assertEqual(1, code)
        self.assertIn("not as expected: ", out)

    def test_facts_with_a_fault(self) -> None:
        path = str(GOLDEN / "healthy.yaml")
        code, out, _error = self.run_it(
            "simulate", "--facts", path, "--fault", "all"
        )
        self.assertEqual(0, code)
        for text in (
            "VDU1-0, as it is now:\nVDU1-0: nothing, by healthy",
            "VDU1-0, if its application died:",
            "VDU1-0, if its VM died:\nVDU1-0: act hard_reboot (vm)",
            "outage: 10.2 s, detection 2.2 s + hard_reboot 8 s, default: ",
        ):
            self.assertIn(text, out)
        code, out, _error = self.run_it(
            *("simulate", "--facts", path, "--fault", "vm", "-f", "json"),
            *("--vnfc", "VDU1-0"),
        )
        (found,) = json.loads(out)["outlooks"]
        self.assertEqual(("vm", "vm-dead"), (found["fault"], found["rule"]))

    def test_a_fault_that_cannot_be_supposed(self) -> None:
        path = str(GOLDEN / "healthy.yaml")
        code, _out, error = self.run_it(
            "simulate", "--facts", path, "--vnfc", "x"
        )
        self.assertEqual(2, code)
        self.assertIn("--vnfc x: ", error)
        for words in (("--fault", "vm"), ("--vnfc", "VDU1-0")):
            code, _out, error = self.run_it(
                "simulate", self.scenario(), *words
            )
            self.assertEqual(2, code)
            self.assertIn("need --facts", error)
        code, _out, error = self.run_it(
            "simulate", "--facts", path, "--fault", "site"
        )
        self.assertEqual(2, code)
