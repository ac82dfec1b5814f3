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

"""Fencing by commands, here shell scripts that keep a word in a file."""

from __future__ import annotations

from pathlib import Path

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import command
from nham.adapters.fencing import noop
from nham.tests import base
from nham.tests.conformance import fencing as fencing_suite


def script(path: Path, text: str) -> str:
    """Write a program; return how to call it."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


class ConformanceTest(fencing_suite.FencingSuite):
    """``CommandFencing`` with a power switch made of files."""

    host = "one"
    forbidden = "two"

    def setUp(self) -> None:
        super().setUp()
        folder = self.temp_dir()
        for host in ("one", "two"):
            folder.joinpath(host).write_text("Power is on")
        off = script(folder / "off", f'echo "Power is Off" > "{folder}/$1"')
        look = script(folder / "look", f'cat "{folder}/$1"')
        self.driver: fencing_base.HostFencing = command.CommandFencing(
            f"{off} {{host}}", f"{look} {{host}}", hosts=["one"]
        )


class CommandTest(base.TestCase):
    """What a command may do to us, and we to it."""

    def driver(
        self, off: str = "true", status: str = "echo off", word: str = "off"
    ) -> command.CommandFencing:
        """Return a driver that may fence any host."""
        folder = self.temp_dir()
        return command.CommandFencing(
            f"{script(folder / 'off', off)} {{host}}",
            f"{script(folder / 'status', status)} {{host}}",
            off_word=word,
            timeout=1.0,
        )

    def test_host_is_one_argument_and_no_shell_sees_it(self) -> None:
        said = self.driver(status='echo "$#"', word="1").proof("a.b-c_d")
        self.assertTrue(said)

    def test_names_that_are_no_host(self) -> None:
        driver = self.driver()
        for host in ("", "-rf", "a b", "a;b", "$(id)", "a\n", "../a", "a/"):
            self.assertFalse(driver.can_fence(host), host)
            self.assertRaises(errors.Refused, driver.fence, host)
            self.assertIsNone(driver.proof(host))

    def test_off_that_fails_says_why(self) -> None:
        driver = self.driver(off="echo no route to BMC >&2; exit 3")
        failure = self.assertRaises(errors.Unavailable, driver.fence, "one")
        self.assertIn("ended with 3: no route to BMC", str(failure))

    def test_off_that_hangs_is_killed(self) -> None:
        driver = self.driver(off="exec sleep 60")
        self.assertRaises(errors.Unavailable, driver.fence, "one")

    def test_what_is_no_proof(self) -> None:
        for status in (
            "echo on",
            "echo off; exit 1",
            "echo offline",
            "echo off >&2",
            "exec sleep 60",
        ):
            self.assertIsNone(self.driver(status=status).proof("one"), status)

    def test_why_a_status_cannot_be_told(self) -> None:
        for status, words in (
            ("sh -c 'echo no route >&2; exit 3' {host}", "3: no route"),
            ("/nowhere {host}", "not found"),
        ):
            driver = self.driver(status=status)
            self.assertIn(words, driver.trouble("one"))
            self.assertIsNone(driver.proof("one"))
        self.assertEqual("", self.driver(status="echo {host}").trouble("one"))

    def test_programs_that_do_not_exist(self) -> None:
        driver = command.CommandFencing("/no/off {host}", "/no/st {host}")
        self.assertIsNone(driver.proof("one"))
        self.assertRaises(errors.Unavailable, driver.fence, "one")

    def test_templates_that_do_not_name_the_host(self) -> None:
        for off, status in (
            ("off", "status {host}"),
            ("off {host}", ""),
            (None, "status {host}"),
        ):
            self.assertRaises(ValueError, command.CommandFencing, off, status)

    def test_quoted_template_stays_one_argument(self) -> None:
        folder = self.temp_dir()
        look = script(folder / "look", '[ "$1" = "ip of one" ] && echo off')
        driver = command.CommandFencing(
            "true {host}", f"{look} 'ip of {{host}}'"
        )
        self.assertTrue(driver.proof("one"))


class NoopTest(base.TestCase):
    """The driver without means."""

    def test_never_proves_anything(self) -> None:
        driver = noop.NoopFencing()
        self.assertFalse(driver.can_fence("one"))
        self.assertRaises(errors.Refused, driver.fence, "one")
        self.assertIsNone(driver.proof("one"))
