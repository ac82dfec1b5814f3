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

"""Tests of VNFDs that are read once."""

from __future__ import annotations

from nham.adapters import errors as adapter_errors
from nham.descriptor import errors
from nham.engine import vnfds
from nham.simulate import lab
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_discover


class TestVnfds(base.EngineCase):
    """Three VNFDs: one has a policy, one is broken, one is not there."""

    def setUp(self) -> None:
        super().setUp()
        self.stored = self.world.tacker.vnfds
        self.stored["good"] = self.made(base.POLICY.priority)
        self.stored["broken"] = test_discover.BROKEN
        self.vnfds = vnfds.Vnfds(test_discover.read)

    def made(self, priority: int) -> bytes:
        """Return a VNFD whose policy has this priority."""
        policy = base.POLICY.to_dict() | {"priority": priority}
        return lab.policy_bytes({"VDU1": policy})

    def priority(self) -> int:
        """Return the priority that the good one is said to have."""
        read = self.vnfds.read(self.vnfm, "good")
        return read.policies[0].priority

    def test_is_asked_for_once(self) -> None:
        first = self.priority()
        self.stored["good"] = self.made(first + 1)
        self.assertEqual(first, self.priority())
        self.vnfds.forget("good")
        self.assertEqual(first + 1, self.priority())
        self.vnfds.forget("never read")

    def test_policies(self) -> None:
        found = self.vnfds.policies(self.vnfm, "good")
        self.assertEqual([("VDU1",)], [policy.targets for policy in found])

    def test_cannot_be_read(self) -> None:
        self.assertEqual((), self.vnfds.policies(self.vnfm, "broken"))
        self.assertRaises(
            errors.DescriptorError, self.vnfds.read, self.vnfm, "broken"
        )

    def test_is_not_there(self) -> None:
        for ask in (self.vnfds.read, self.vnfds.policies):
            self.assertRaises(
                adapter_errors.NotFound, ask, self.vnfm, "elsewhere"
            )
