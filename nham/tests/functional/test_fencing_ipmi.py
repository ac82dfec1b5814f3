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

"""``IpmiFencing`` with pyghmi, at the BMC that pyghmi has for tests.

A real protocol on the loopback interface.
"""

from __future__ import annotations

import logging
import pathlib
import socket
import subprocess
import sys
import unittest

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import ipmi
from nham.tests.conformance import fencing as fencing_suite

try:
    import pyghmi  # noqa: F401  (tells whether it is there)
except ImportError as failure:
    raise unittest.SkipTest(f"no pyghmi: {failure}") from failure

PASSWORD = "hidden-word"
#: pyghmi has one event loop in a process, so its BMC needs another one.
BMC = """
import pathlib
import sys
from pyghmi.ipmi import bmc
from pyghmi.ipmi.private import serversession

session = serversession.ServerSession
respond = session.create_open_session_response


def refuse_sha256(self, request):
    # It takes any proposal and goes on with SHA-1 whatever it is.
    if request[12] == 3:
        return bytearray([request[0], 4, 0, 0]) + bytearray(request[4:8])
    return respond(self, request)


session.create_open_session_response = refuse_sha256


class Bmc(bmc.Bmc):
    def get_power_state(self):
        return pathlib.Path(sys.argv[2]).read_text()

    def power_off(self):
        pathlib.Path(sys.argv[2]).write_text("off")

one = Bmc({"nham": sys.argv[3]}, port=int(sys.argv[1]), address="127.0.0.1")
print("up", flush=True)
one.listen()
"""
MACHINES = """
one:
  address: 127.0.0.1
  port: {port}
  username: nham
  password: {password}
"""


class IpmiTest(fencing_suite.FencingSuite):
    """One BMC, of the host that the file names."""

    host = "one"
    forbidden = "two"

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir()
        self.power = self.folder / "power"
        self.power.write_text("on")
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                BMC,
                str(self.port),
                str(self.power),
                PASSWORD,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.addCleanup(self.stop)
        assert self.process.stdout is not None
        self.addCleanup(self.process.stdout.close)
        self.assertEqual("up\n", self.process.stdout.readline())
        self.driver: fencing_base.HostFencing = self.make()

    def stop(self) -> None:
        """Stop the BMC."""
        self.process.kill()
        self.process.wait()

    def make(self, password: str = PASSWORD) -> ipmi.IpmiFencing:
        """Return a driver."""
        path = pathlib.Path(self.folder, "machines.yaml")
        path.write_text(MACHINES.format(port=self.port, password=password))
        path.chmod(0o600)
        return ipmi.IpmiFencing(str(path))

    def test_power_goes_off(self) -> None:
        self.driver.fence("one")
        self.assertEqual("off", self.power.read_text())

    def test_password_is_wrong(self) -> None:
        driver = self.make(password="other")
        self.assertRaises(errors.AdapterError, driver.fence, "one")
        self.assertEqual("on", self.power.read_text())

    def test_bmc_that_is_gone(self) -> None:
        self.stop()
        self.assertRaises(errors.Unavailable, self.driver.fence, "one")
        self.power.write_text("off")
        self.assertIsNone(self.driver.proof("one"))
        self.assertTrue(self.driver.trouble("one"))

    def test_password_is_in_no_log(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs:
            logging.getLogger("nham").debug("something")
            self.driver.fence("one")
            self.driver.proof("one")
        self.assertNotIn(PASSWORD, "\n".join(logs.output))


def free_port() -> int:
    """Return a UDP port that nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
