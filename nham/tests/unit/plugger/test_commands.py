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

"""Programs that the plugger runs."""

from __future__ import annotations

import subprocess

from nham.plugger import commands
from nham.tests import base


class CommandsTest(base.TestCase):
    """What they say, and how they end."""

    def test_what_it_printed(self) -> None:
        self.assertEqual("a b\n", commands.run("echo", "a b"))

    def test_no_shell(self) -> None:
        self.assertEqual("$HOME;ls\n", commands.run("echo", "$HOME;ls"))

    def test_its_own_words_tell_why(self) -> None:
        error = self.assertRaises(
            commands.Failed, commands.run, "cat", "/not/there"
        )
        self.assertIn("cat /not/there: cat: ", str(error))

    def test_a_program_that_is_not_there(self) -> None:
        error = self.assertRaises(commands.Failed, commands.run, "/no/such")
        self.assertIn("/no/such: ", str(error))

    def test_one_that_hangs(self) -> None:
        run = self.replace(
            "subprocess.run", side_effect=subprocess.TimeoutExpired("ip", 10)
        )
        self.assertRaises(commands.Failed, commands.run, "ip", "link")
        self.assertEqual(commands.PATIENCE, run.call_args.kwargs["timeout"])
