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

"""nham-agent."""

from __future__ import annotations

import contextlib
import io
from unittest import mock

from nham.agent import check
from nham.agent import service
from nham.cmd import agent
from nham.tests import base


class AgentTest(base.TestCase):
    """The command."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.temp_dir() / "nham.conf"
        self.path.write_text("[DEFAULT]\nhost = cmp1\n")

    def _run(self, *words: str) -> tuple[int, str, str]:
        out, error = io.StringIO(), io.StringIO()
        argv = ["nham-agent", "--config-file", str(self.path), *words]
        with (
            mock.patch("sys.argv", argv),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
        ):
            code = agent.main()
        return code, out.getvalue(), error.getvalue()

    def test_what_is_wrong_is_one_line(self) -> None:
        self.replace("nham.conf.start_logging")
        self.replace(
            "nham.agent.service.Service",
            side_effect=service.Wrong("[agent_host] engines: none"),
        )
        self.assertEqual(
            (1, "", "nham-agent: [agent_host] engines: none\n"), self._run()
        )

    def test_it_runs_until_it_is_told_to_end(self) -> None:
        self.replace("nham.conf.start_logging")
        self.replace("nham.conf.reload_on_hangup")
        signals = self.replace("signal.signal")
        made = self.replace("nham.agent.service.Service")
        self.assertEqual((0, "", ""), self._run())
        self.assertTrue(made.return_value.run.called)
        signals.call_args_list[0].args[1]()
        self.assertTrue(made.return_value.stop.called)

    def test_the_check(self) -> None:
        found = self.replace(
            "nham.agent.check.run",
            return_value=[
                check.Finding("keys"),
                check.Finding("names", "b is not found", fatal=False),
            ],
        )
        self.assertEqual(
            (0, "ok    keys\nnote  names: b is not found\n", ""),
            self._run("--check"),
        )
        found.return_value = [check.Finding("hypervisor", "none")]
        self.assertEqual(
            (1, "wrong hypervisor: none\n", ""), self._run("--check")
        )
