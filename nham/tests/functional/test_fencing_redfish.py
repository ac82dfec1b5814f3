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

"""``RedfishFencing`` with sushy, at a BMC that sushy-tools is.

A real protocol on the loopback interface, with a certificate; the power
button is a word in a dictionary.
"""

from __future__ import annotations

import datetime
import ipaddress
import logging
import pathlib
import sys
import tempfile
import threading
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import oid

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import redfish
from nham.tests.conformance import fencing as fencing_suite

TOOL = pathlib.Path(__file__).resolve().parents[3] / "tools" / "testcloud"
sys.path.insert(0, str(TOOL))

try:
    from tc import redfish as bmc
except ImportError as failure:
    raise unittest.SkipTest(f"no sushy-tools: {failure}") from failure

MACHINES = """
one:
  address: {address}
  system: {system}
  username: nham
  password: {password}
"""
PASSWORD = "hidden-word"


def certificate(folder: pathlib.Path) -> tuple[str, str]:
    """Write a certificate of 127.0.0.1 and its key; return their paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, "bmc")])
    now = datetime.datetime.now(datetime.UTC)
    day = datetime.timedelta(days=1)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    paths = (folder / "bmc.crt", folder / "bmc.key")
    paths[0].write_bytes(signed.public_bytes(pem))
    paths[1].write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(paths[0]), str(paths[1])


class RedfishTest(fencing_suite.FencingSuite):
    """Two systems of one BMC; the file names the first one only."""

    host = "one"
    forbidden = "two"

    running: RedfishTest
    crt: str
    server: bmc.Server

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.crt, key = certificate(pathlib.Path(folder.name))
        cls.server = bmc.Server(
            bmc.Hosts(
                ("one", "two"),
                lambda word, host: cls.running.switch(word, host),
            ),
            bmc.Settings(
                username="nham", password=PASSWORD, tls=(cls.crt, key)
            ),
        )
        cls.addClassCleanup(cls.server.close)

    def setUp(self) -> None:
        super().setUp()
        type(self).running = self
        self.power = {"one": "on", "two": "on"}
        self.lies: list[str] = []
        self.hangs = False
        self.go_on = threading.Event()
        self.driver: fencing_base.HostFencing = self.make()

    def switch(self, word: str, host: str) -> str:
        """Be the power switch."""
        if self.hangs:
            self.go_on.wait()
        if word == "status" and self.lies:
            return self.lies.pop(0)
        if word == "kill":
            self.power[host] = "off"
        return self.power[host]

    def make(
        self,
        system: str = "one",
        password: str = PASSWORD,
        ca_file: str | None = "",
        timeout: float = 20.0,
        port: int | None = None,
    ) -> redfish.RedfishFencing:
        """Return a driver."""
        path = self.temp_dir() / "machines.yaml"
        port = port or self.server.port
        address = f"https://127.0.0.1:{port}"
        path.write_text(
            MACHINES.format(address=address, system=system, password=password)
        )
        path.chmod(0o600)
        if ca_file == "":
            ca_file = self.crt
        return redfish.RedfishFencing(
            str(path), ca_file=ca_file, timeout=timeout
        )

    def test_only_the_named_system_is_switched_off(self) -> None:
        self.driver.fence("one")
        self.assertEqual({"one": "off", "two": "on"}, self.power)

    def test_system_by_its_whole_path(self) -> None:
        driver = self.make(system="/redfish/v1/Systems/two")
        driver.fence("one")
        self.assertEqual({"one": "on", "two": "off"}, self.power)
        self.assertTrue(driver.proof("one"))

    def test_system_that_the_bmc_has_not(self) -> None:
        driver = self.make(system="three")
        self.assertRaises(errors.AdapterError, driver.fence, "one")
        self.assertIsNone(driver.proof("one"))
        self.assertIn("three", driver.trouble("one"))

    def test_bmc_that_says_off_and_then_on(self) -> None:
        self.lies = ["off"]
        self.assertIsNone(self.driver.proof("one"))
        self.assertEqual([], self.lies)

    def test_bmc_that_says_nonsense(self) -> None:
        self.lies = ["purple"]
        self.assertIsNone(self.driver.proof("one"))

    def test_password_is_wrong(self) -> None:
        driver = self.make(password="other")
        self.assertRaises(errors.Refused, driver.fence, "one")
        self.assertIn("AccessError", driver.trouble("one"))
        self.assertEqual("on", self.power["one"])

    def test_bmc_that_cannot_prove_who_it_is(self) -> None:
        driver = self.make(ca_file=None)
        self.assertRaises(errors.Unavailable, driver.fence, "one")
        self.assertIn("CERTIFICATE_VERIFY_FAILED", driver.trouble("one"))
        self.power["one"] = "off"
        self.assertIsNone(driver.proof("one"))

    def test_bmc_that_is_gone(self) -> None:
        driver = self.make(port=1)
        self.assertRaises(errors.Unavailable, driver.fence, "one")
        self.assertIsNone(driver.proof("one"))

    def test_bmc_that_hangs(self) -> None:
        self.hangs = True
        self.addCleanup(self.go_on.set)
        driver = self.make(timeout=0.3)
        self.assertIn("Read timed out", driver.trouble("one"))

    def test_password_is_in_no_log(self) -> None:
        with self.assertLogs(level=logging.DEBUG) as logs:
            self.driver.fence("one")
            self.driver.proof("one")
        self.assertNotIn(PASSWORD, "\n".join(logs.output))
