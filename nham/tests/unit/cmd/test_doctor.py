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


"""The nham command: doctor."""

from __future__ import annotations

import contextlib
import io
import json

from nham.cmd import nham
from nham.tests.unit.doctor import base


class DoctorTest(base.DoctorCase):
    """Exit codes and what is printed."""

    def setUp(self) -> None:
        super().setUp()
        self.config = self.temp_dir() / "nham.conf"
        self.config.write_text("")
        self.replace("nham.doctor.wiring.parts", lambda _conf: self.parts())

    def run_it(self, *words: str) -> tuple[int, str]:
        """Return the exit code and what was printed."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = nham.main(
                ["doctor", "--config-file", str(self.config), *words]
            )
        return code, out.getvalue()

    def test_all_is_well(self) -> None:
        code, out = self.run_it()
        self.assertEqual(0, code)
        self.assertIn("ok      database: Its tables are at ", out)
        self.assertRegex(out, r"\n0 errors, 0 warnings, \d+ ok\n\Z")

    def test_warnings_are_no_error(self) -> None:
        self.means = []
        code, out = self.run_it()
        self.assertEqual(0, code)
        self.assertIn("warning fencing: Nothing can fence one.\n", out)
        self.assertIn("        -> Name a driver in [fencing]", out)

    def test_error(self) -> None:
        self.cut("glance")
        code, out = self.run_it("--json")
        self.assertEqual(1, code)
        [wrong] = [one for one in json.loads(out) if one["level"] == "error"]
        self.assertEqual({"level", "about", "text", "advice"}, set(wrong))
        self.assertEqual("glance", wrong["about"])

    def test_wrong_configuration(self) -> None:
        self.config.write_text("[api]\ncolour = red\n")
        code, out = self.run_it()
        self.assertEqual(1, code)
        self.assertIn("[api] colour: no such option", out)
        self.assertIn("1 errors", out)

    def test_parts_that_cannot_be_made(self) -> None:
        failure = ValueError("command without {host}")
        self.replace("nham.doctor.wiring.parts", side_effect=failure)
        code, out = self.run_it()
        self.assertEqual(1, code)
        self.assertIn("command without {host}", out)
