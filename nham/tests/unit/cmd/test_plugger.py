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

"""nham-plugger."""

from __future__ import annotations

import contextlib
import io
from unittest import mock

from nham.cmd import plugger
from nham.tests import base


class PluggerTest(base.TestCase):
    """The command."""

    def setUp(self) -> None:
        super().setUp()
        folder = self.temp_dir()
        self.socket = folder / "plugger.sock"
        self.path = folder / "nham.conf"
        self.path.write_text(f"[plugger]\nsocket = {self.socket}\n")
        self.replace("nham.conf.start_logging")
        self.replace("nham.conf.reload_on_hangup")

    def _run(self) -> tuple[int, str]:
        error = io.StringIO()
        argv = ["nham-plugger", "--config-file", str(self.path)]
        with (
            mock.patch("sys.argv", argv),
            contextlib.redirect_stderr(error),
        ):
            code = plugger.main()
        return code, error.getvalue()

    def test_it_runs_until_it_is_told_to_end(self) -> None:
        signals = self.replace("signal.signal")
        ran = self.replace("nham.plugger.door.Door.run")
        ran.side_effect = lambda: signals.call_args_list[0].args[1]()
        self.assertEqual((0, ""), self._run())
        self.assertTrue(self.socket.exists())

    def test_what_is_wrong_is_one_line(self) -> None:
        self.path.write_text("[plugger]\nsocket = /no/such/place\n")
        code, error = self._run()
        self.assertEqual(1, code)
        self.assertTrue(
            error.startswith("nham-plugger: [plugger] socket: "), error
        )
        self.assertEqual(1, error.count("\n"))
