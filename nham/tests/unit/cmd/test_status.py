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

import contextlib
import io
import json
from pathlib import Path

from nham.cmd import status
from nham.tests import base


class TestUpgradeCheck(base.TestCase):
    def check(self, policy_file: Path) -> tuple[int, list[dict[str, object]]]:
        """Run the command on a policy file; return its code and results."""
        config = self.temp_dir() / "nham.conf"
        config.write_text(f"[oslo_policy]\npolicy_file = {policy_file}\n")
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = status.main(
                ["--config-file", str(config), "upgrade", "check", "--json"]
            )
        return code, json.loads(output.getvalue())["checks"]

    def test_no_policy_file(self) -> None:
        code, checks = self.check(Path("no-such-policy.yaml"))
        self.assertEqual(0, code)
        self.assertEqual(["Policy file is YAML"], [c["check"] for c in checks])

    def test_policy_file_in_json(self) -> None:
        policy = self.temp_dir() / "policy.json"
        policy.write_text('{"context_is_admin": "role:admin"}')
        code, checks = self.check(policy)
        self.assertEqual(2, code)
        self.assertIn("JSON", str(checks[0]["details"]))
