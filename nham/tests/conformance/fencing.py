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

"""What every host fencing driver must do."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.tests.conformance import base


class FencingSuite(base.Suite):
    """Two hosts that run; the driver may fence the first only."""

    driver: fencing_base.HostFencing
    host: str
    forbidden: str

    def test_fence_then_proof(self) -> None:
        self.assertTrue(self.driver.can_fence(self.host))
        self.assertEqual("", self.driver.trouble(self.host))
        self.assertIsNone(self.driver.proof(self.host))
        self.driver.fence(self.host)
        self.driver.fence(self.host)
        proof = self.until("proof", lambda: self.driver.proof(self.host), 60.0)
        self.assertIn(self.host, str(proof))
        # A second fence of a host that is off neither harms nor fails.
        self.driver.fence(self.host)
        self.assertTrue(self.driver.proof(self.host))
        self.assertEqual("", self.driver.trouble(self.host))

    def test_what_it_may_not_fence(self) -> None:
        self.assertFalse(self.driver.can_fence(self.forbidden))
        self.assertRaises(errors.Refused, self.driver.fence, self.forbidden)
        self.assertIsNone(self.driver.proof(self.forbidden))
        self.assertTrue(self.driver.trouble(self.forbidden))

    def test_has_a_name(self) -> None:
        self.assertTrue(self.driver.name)
