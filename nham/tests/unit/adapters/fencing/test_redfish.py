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

"""Fencing by Redfish, with a scripted BMC in the place of sushy's."""

from __future__ import annotations

import builtins
from typing import Any
from unittest import mock

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import machines
from nham.adapters.fencing import redfish
from nham.tests import base
from nham.tests.conformance import fencing as fencing_suite
from nham.tests.unit.adapters.fencing import bmc_case

MACHINES = bmc_case.ONE.format(address="https://10.0.0.1")


class AccessError(Exception):
    """Named as sushy's own."""


class RedfishCase(base.TestCase):
    """A host and its BMC."""

    def setUp(self) -> None:
        super().setUp()
        self.bmc = bmc_case.Bmc()
        self.pauses: list[float] = []
        self.path = bmc_case.write(self.temp_dir(), MACHINES)
        self.driver: fencing_base.HostFencing = redfish.RedfishFencing(
            self.path, connect=self.connect, pause=self.pauses.append
        )

    def connect(self, machine: machines.Machine) -> bmc_case.Bmc:
        """Return the BMC."""
        self.assertEqual("https://10.0.0.1", machine.address)
        return self.bmc


class ConformanceTest(RedfishCase, fencing_suite.FencingSuite):
    """``RedfishFencing``."""

    host = "one"
    forbidden = "two"


class RedfishTest(RedfishCase):
    def test_proof_names_who_says_so(self) -> None:
        self.driver.fence("one")
        self.assertEqual(
            "the BMC at https://10.0.0.1 says of one: off, twice",
            self.driver.proof("one"),
        )
        self.assertEqual([1.0], self.pauses)

    def test_bmc_that_says_off_and_then_on(self) -> None:
        self.bmc.says = ["Off", "On"]
        self.assertIsNone(self.driver.proof("one"))
        self.bmc.says = ["Off", ConnectionResetError()]
        self.assertIsNone(self.driver.proof("one"))

    def test_what_is_not_off(self) -> None:
        for said in ("On", "PoweringOff", "PoweringOn", "Paused", ""):
            self.bmc.says = [said, said]
            self.assertIsNone(self.driver.proof("one"), said)
        self.assertEqual([], self.pauses)

    def test_what_is_off_is_not_switched_off(self) -> None:
        self.bmc.state = "Off"
        self.driver.fence("one")
        self.assertEqual(0, self.bmc.pressed)

    def test_bmc_that_cannot_tell_or_talks_nonsense(self) -> None:
        for said, words in (
            ("Paused", "the BMC says 'paused'"),
            ("", "the BMC says ''"),
            (KeyError("PowerState"), "KeyError: 'PowerState'"),
            (TimeoutError("no route"), "TimeoutError: no route"),
        ):
            self.bmc.says = [said]
            self.assertEqual(words, self.driver.trouble("one"))
            self.bmc.says = [said]
            self.assertIsNone(self.driver.proof("one"))

    def test_how_a_fence_fails(self) -> None:
        for failure, wanted in (
            (AccessError("401"), errors.Refused),
            (ValueError("no JSON"), errors.Unavailable),
        ):
            self.bmc.failure = failure
            error = self.assertRaises(wanted, self.driver.fence, "one")
            self.assertIn(str(failure), str(error))


class ConfigurationTest(base.TestCase):
    def refused(self, text: str) -> str:
        """Return why a file is refused."""
        path = bmc_case.write(self.temp_dir(), text)
        error = self.assertRaises(
            errors.Refused, redfish.RedfishFencing, path, connect=mock.Mock()
        )
        self.assertNotIn("hidden-word", str(error))
        return str(error)

    def test_addresses_that_are_none(self) -> None:
        for address in ("10.0.0.1", "ftp://10.0.0.1", "https://"):
            text = bmc_case.ONE.format(address=address)
            self.assertIn("one: address: it must be", self.refused(text))

    def test_password_in_the_address(self) -> None:
        address = "https://nham:hidden-word@10.0.0.1"
        text = bmc_case.ONE.format(address=address)
        self.assertIn("fields of their own", self.refused(text))

    def test_no_file(self) -> None:
        self.assertRaises(errors.Refused, redfish.RedfishFencing, None)

    def test_library_is_not_installed(self) -> None:
        path = bmc_case.write(self.temp_dir(), MACHINES)
        found = builtins.__import__

        def missing(name: str, *args: Any) -> Any:
            if name.startswith("sushy"):
                raise ImportError("No module named 'sushy'")
            return found(name, *args)

        with mock.patch.object(builtins, "__import__", missing):
            error = self.assertRaises(
                errors.Refused, redfish.RedfishFencing, path
            )
        self.assertIn("pip install nham[redfish]", str(error))
