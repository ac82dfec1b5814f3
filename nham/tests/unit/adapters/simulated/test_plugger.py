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

"""The simulated plugger."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.simulated import plugger
from nham.tests.conformance import plugger as suite


class SimulatedPluggerTest(suite.PluggerSuite):
    """It does what every plugger does, and can be away."""

    def setUp(self) -> None:
        super().setUp()
        self.simulated = plugger.SimulatedPlugger("one")
        self.plugger = self.simulated

    def break_port(self, port: str) -> None:
        """See base class."""
        self.simulated.break_port(port)

    def test_away(self) -> None:
        self.simulated.away = True
        self.assertRaises(errors.Unavailable, self.plugger.standing)
        self.assertRaises(errors.Unavailable, self.plugger.unplug, "p")

    def test_no_sockets(self) -> None:
        self.assertRaises(errors.Refused, self.plugger.open, "p", "tcp")
