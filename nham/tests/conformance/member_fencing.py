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

"""What every driver that cuts single members off must do."""

from __future__ import annotations

from nham.adapters.fencing import base as fencing_base
from nham.tests.conformance import base


class MemberFencingSuite(base.Suite):
    """Two servers that run on hosts that live; the second is left alone."""

    driver: fencing_base.MemberFencing
    guest: fencing_base.Guest
    other: fencing_base.Guest

    def test_fence_then_proof(self) -> None:
        self.assertTrue(self.driver.can_fence(self.guest))
        self.assertIsNone(self.driver.proof(self.guest))
        self.driver.fence(self.guest)
        self.driver.fence(self.guest)
        self.until("proof", lambda: self.driver.proof(self.guest), 120.0)
        # A second fence of one that is cut off neither harms nor fails.
        self.driver.fence(self.guest)
        self.assertTrue(self.driver.proof(self.guest))

    def test_others_are_left_alone(self) -> None:
        self.driver.fence(self.guest)
        self.until("proof", lambda: self.driver.proof(self.guest), 120.0)
        self.assertIsNone(self.driver.proof(self.other))

    def test_has_a_name(self) -> None:
        self.assertTrue(self.driver.name)

    def test_says_whether_its_proof_lasts(self) -> None:
        self.assertIn(self.driver.lasting, (True, False))
        self.assertIn(self.driver.prompt, (True, False))
