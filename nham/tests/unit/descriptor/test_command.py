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

"""The command `nham descriptor`."""

import argparse
import contextlib
import io
import json

import yaml

from nham.cmd import descriptor as command
from nham.core import descriptor
from nham.descriptor import files
from nham.tests import base
from nham.tests.unit.descriptor import samples


class TestCommand(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.root = self.temp_dir()
        samples.unpack(samples.package(), self.root)
        self.paper = str(samples.FIXTURES / "paper.yaml")

    def run_command(self, *args: str) -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""
        parser = argparse.ArgumentParser(prog="nham")
        command.add_parser(parser.add_subparsers(required=True))
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                parsed = parser.parse_args(["descriptor", *args])
                code = parsed.func(parsed)
            except SystemExit as error:
                code = error.code
        return code, out.getvalue(), err.getvalue()

    def test_validate_what_is_right(self) -> None:
        code, out, err = self.run_command("validate", str(self.root))
        self.assertEqual(0, code)
        self.assertIn("is valid", out)
        self.assertIn("VNF_resiliency, VDU2_resiliency", out)
        self.assertIn(": warning: VDU2_resiliency", err)

    def test_validate_what_is_wrong(self) -> None:
        code, out, err = self.run_command("validate", self.paper)
        self.assertEqual((1, ""), (code, out))
        self.assertEqual(3, len(err.splitlines()))
        for line in err.splitlines():
            self.assertIn(f"{self.paper}:", line)
        self.assertIn(": VNF_resiliency.service_address.driver: ", err)

    def test_validate_as_json(self) -> None:
        code, out, _ = self.run_command("validate", "-f", "json", self.paper)
        self.assertEqual(1, code)
        problems = json.loads(out)["problems"]
        self.assertEqual(3, len(problems))
        self.assertTrue(all(problem["line"] for problem in problems))
        code, out, _ = self.run_command(
            "validate", "-f", "json", str(self.root)
        )
        self.assertEqual(0, code)
        self.assertTrue(json.loads(out)["valid"])

    def test_explain(self) -> None:
        code, out, _ = self.run_command("explain", str(self.root))
        self.assertEqual(0, code)
        self.assertIn("Policy VNF_resiliency for ", out)
        self.assertIn("SAL declared: none\n", out)
        self.assertIn("SAL reachable: level 3: detected after ", out)
        _, out, _ = self.run_command("explain", "-f", "json", str(self.root))
        found = json.loads(out)
        self.assertEqual("VNF_resiliency", found[0]["policy"])
        self.assertIn("together", found[0]["says"])

    def test_what_cannot_be_read(self) -> None:
        for name in ("validate", "show", "explain", "convert"):
            code, _, err = self.run_command(name, "/nowhere.yaml")
            self.assertEqual(2, code)
            self.assertEqual("/nowhere.yaml: No such file or directory\n", err)

    def test_wrong_usage(self) -> None:
        for args in (
            (),
            ("validate",),
            ("explode", "a"),
            ("show", "-f", "xml", "a"),
        ):
            self.assertEqual(2, self.run_command(*args)[0])

    def test_show(self) -> None:
        code, out, _ = self.run_command("show", str(self.root))
        self.assertEqual(0, code)
        self.assertRegex(
            out, r"detection.poll_interval +\| 250 ms +\| given +\| time"
        )
        self.assertRegex(out, r"detection.boot_timeout +\| 90 s +\| default")
        self.assertRegex(out, r"VDU2 +\| volume +\| database-image +\| 1")

    def test_show_tells_the_traps_of_the_address(self) -> None:
        policy = {
            "type": "nham.policies.nfv.Resiliency",
            "targets": ["router"],
            "properties": {
                "redundancy": "1R-AS",
                "service_address": {"driver": "floating_ip"},
                "probes": [{"type": "icmp"}],
            },
        }
        path = self.root / "standby.yaml"
        path.write_bytes(samples.plain({"keep_alive": policy}))
        told = descriptor.DRIVERS["floating_ip"].traps
        code, out, _ = self.run_command("show", str(path))
        self.assertEqual(0, code)
        self.assertEqual(
            [f"Trap: {trap}" for trap in told],
            [line for line in out.splitlines() if line.startswith("Trap")],
        )
        code, out, _ = self.run_command("show", "-f", "json", str(path))
        (flavour,) = json.loads(out)["flavours"]
        self.assertEqual(list(told), flavour["policies"][0]["traps"])

    def test_show_as_json_holds_the_policies(self) -> None:
        code, out, _ = self.run_command("show", "-f", "json", str(self.root))
        self.assertEqual(0, code)
        (flavour,) = json.loads(out)["flavours"]
        policy = descriptor.ResiliencyPolicy.from_dict(
            flavour["policies"][0]["policy"]
        )
        self.assertEqual(("VNF",), policy.targets)

    def test_convert_the_paper(self) -> None:
        code, out, err = self.run_command("convert", self.paper)
        self.assertEqual((0, ""), (code, err))
        policies = yaml.safe_load(out)["topology_template"]["policies"]
        self.assertEqual(["VNF_resiliency"], list(policies[0]))
        path = self.root / "converted.yaml"
        path.write_text(out)
        code, again, err = self.run_command("convert", str(path))
        self.assertEqual((0, out), (code, again))
        self.assertIn("nothing was changed", err)

    def test_convert_as_json(self) -> None:
        code, out, _ = self.run_command("convert", "-f", "json", self.paper)
        self.assertEqual(0, code)
        self.assertIn("topology_template", json.loads(out))

    def test_types(self) -> None:
        self.assertEqual(
            (0, files.types_text(), ""), self.run_command("types")
        )
