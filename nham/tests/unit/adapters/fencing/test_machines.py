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

"""The file that says which BMC is which host's."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import machines
from nham.tests import base
from nham.tests.unit.adapters.fencing import bmc_case

GOOD = bmc_case.ONE.format(address="10.0.0.1")


class MachinesTest(base.TestCase):
    def refused(self, text: str, mode: int = 0o600) -> str:
        """Return why a file is refused; no password is in it."""
        path = bmc_case.write(self.temp_dir(), text, mode)
        error = self.assertRaises(
            errors.Refused, machines.read, path, ("port",)
        )
        self.assertNotIn("hidden-word", str(error))
        self.assertIn(path, str(error))
        return str(error)

    def test_all_fields(self) -> None:
        path = bmc_case.write(self.temp_dir(), f"{GOOD}  port: 6230\n")
        self.assertEqual(
            {
                "one": machines.Machine(
                    host="one",
                    address="10.0.0.1",
                    username="nham",
                    password="hidden-word",
                    port=6230,
                )
            },
            machines.read(path, ("port",)),
        )

    def test_password_is_not_shown(self) -> None:
        found = machines.read(bmc_case.write(self.temp_dir(), GOOD))
        self.assertNotIn("hidden-word", repr(found))

    def test_everybody_may_read_it(self) -> None:
        self.assertIn("everybody may use", self.refused(GOOD, 0o644))

    def test_what_is_wrong(self) -> None:
        for text, words in (
            ("- one", "a mapping of hosts"),
            ("one: two", "one: it must be a mapping of fields"),
            ("one: {address: a: hidden-word", "it is no YAML"),
            (GOOD.replace("username", "user"), "one: user: there is no"),
            (GOOD.replace("nham", "''"), "one: username: it is missing"),
            (GOOD.replace("hidden-word", "1234"), "one: password: it must be"),
            (f"{GOOD}  system: x\n", "one: system: there is no such field"),
            (f"{GOOD}  port: x\n", "one: port: it must be a number"),
            (f"{GOOD}  port: 0\n", "one: port: it must be 1 to 65535"),
            (GOOD + GOOD.replace("one", "two"), "two: address: it is that"),
        ):
            with self.subTest(words=words):
                self.assertIn(words, self.refused(text))
