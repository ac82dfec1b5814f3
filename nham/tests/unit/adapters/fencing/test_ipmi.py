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

"""Fencing by IPMI, with a scripted BMC in the place of pyghmi's session."""

from __future__ import annotations

import builtins
from typing import Any
from unittest import mock

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import ipmi
from nham.adapters.fencing import machines
from nham.tests import base
from nham.tests.conformance import fencing as fencing_suite
from nham.tests.unit.adapters.fencing import bmc_case

MACHINES = bmc_case.ONE.format(address="10.0.0.1")


class Session:
    """A session with a BMC as pyghmi has it."""

    def __init__(self, bmc: bmc_case.Bmc) -> None:
        self._bmc = bmc
        self.ipmi_session = self
        self.closed = 0

    def get_power(self) -> dict[str, str]:
        """Return the power state."""
        return {"powerstate": self._bmc.power().lower()}

    def set_power(self, state: str) -> dict[str, str]:
        """Set the power state."""
        assert state == "off"
        self._bmc.force_off()
        return {"pendingpowerstate": state}

    def logout(self) -> None:
        """End the session."""
        self.closed += 1
        raise OSError("it has gone already")


class IpmiCase(base.TestCase):
    """A host and its BMC."""

    def setUp(self) -> None:
        super().setUp()
        self.bmc = bmc_case.Bmc()
        self.sessions: list[Session] = []
        self.pauses: list[float] = []
        path = bmc_case.write(self.temp_dir(), MACHINES)
        self.driver: fencing_base.HostFencing = ipmi.IpmiFencing(
            path, connect=self.connect, pause=self.pauses.append
        )

    def connect(self, machine: machines.Machine) -> Session:
        """Return a session."""
        self.assertEqual(("10.0.0.1", 623), (machine.address, machine.port))
        self.sessions.append(Session(self.bmc))
        return self.sessions[-1]


class ConformanceTest(IpmiCase, fencing_suite.FencingSuite):
    """``IpmiFencing``."""

    host = "one"
    forbidden = "two"


class IpmiTest(IpmiCase):
    def test_no_session_stays_open(self) -> None:
        self.driver.fence("one")
        self.assertTrue(self.driver.proof("one"))
        self.bmc.says = [KeyError("powerstate")]
        self.assertTrue(self.driver.trouble("one"))
        self.assertEqual({1}, {one.closed for one in self.sessions})
        self.assertEqual(5, len(self.sessions))

    def test_bmc_that_says_off_and_then_on(self) -> None:
        self.bmc.says = ["off", "on"]
        self.assertIsNone(self.driver.proof("one"))
        self.assertEqual([1.0], self.pauses)

    def test_bmc_that_talks_nonsense(self) -> None:
        self.bmc.says = ["37", KeyError("data")]
        self.assertEqual("the BMC says '37'", self.driver.trouble("one"))
        self.assertEqual("KeyError: 'data'", self.driver.trouble("one"))

    def test_bmc_that_does_not_obey(self) -> None:
        self.bmc.failure = OSError("timeout")
        error = self.assertRaises(errors.Unavailable, self.driver.fence, "one")
        self.assertEqual("OSError: timeout", str(error))

    def test_no_file(self) -> None:
        self.assertRaises(errors.Refused, ipmi.IpmiFencing, None)

    def test_library_is_not_installed(self) -> None:
        path = bmc_case.write(self.temp_dir(), MACHINES)
        found = builtins.__import__

        def missing(name: str, *args: Any) -> Any:
            if name.startswith("pyghmi"):
                raise ImportError("No module named 'pyghmi'")
            return found(name, *args)

        with mock.patch.object(builtins, "__import__", missing):
            error = self.assertRaises(errors.Refused, ipmi.IpmiFencing, path)
        self.assertIn("pip install nham[ipmi]", str(error))
