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


"""The host fencing drivers on a compute host of the test cloud.

They switch a host off, with every guest on it, and on again. So they run
only where ``NHAM_TESTCLOUD_FENCE`` names a host.
"""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from benchmarks.bed import cloud as bed
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import command
from nham.adapters.fencing import redfish
from nham.tests.cloud import base
from nham.tests.conformance import fencing as suite

HOST = os.environ.get("NHAM_TESTCLOUD_FENCE", "")


class HostCase(base.CloudSuite):
    """A host that is on, and is switched on again."""

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        if not HOST:
            raise unittest.SkipTest("NHAM_TESTCLOUD_FENCE names no host")

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(
            subprocess.run, [bed.TESTCLOUD, "host", "start", HOST], check=True
        )


class CommandFencingTest(HostCase, suite.FencingSuite):
    """The power switch that the test cloud's own tool is."""

    host = HOST
    forbidden = "control"

    def setUp(self) -> None:
        super().setUp()
        self.driver: fencing_base.HostFencing = command.CommandFencing(
            f"{bed.TESTCLOUD} host kill {{host}}",
            f"{bed.TESTCLOUD} host status {{host}}",
            hosts=[HOST],
        )


class RedfishFencingTest(HostCase, suite.FencingSuite):
    """The BMC that ``tools/testcloud/redfish`` is."""

    host = HOST
    forbidden = "control"

    def setUp(self) -> None:
        super().setUp()
        emulator = subprocess.Popen(
            [sys.executable, bed.TESTCLOUD.with_name("redfish"), "--port=0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.addCleanup(emulator.communicate)
        self.addCleanup(emulator.terminate)
        assert emulator.stdout is not None
        address = emulator.stdout.readline().strip()
        if not address:
            self.skipTest("sushy-tools is not installed")
        path = self.temp_dir() / "machines.yaml"
        path.write_text(
            f"{HOST}: {{address: '{address}', system: {HOST}, "
            "username: admin, password: testcloud}\n"
        )
        path.chmod(0o600)
        self.driver: fencing_base.HostFencing = redfish.RedfishFencing(
            str(path)
        )
