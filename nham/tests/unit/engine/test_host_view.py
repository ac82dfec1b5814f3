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

"""What an engine knows of hosts: closed ones, and what failed on them."""

from __future__ import annotations

from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.tests.unit.engine import base


class HostViewTest(base.EngineCase):
    """A VNF with a VNFC on each of three hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(hosts=("one", "one", "two"))
        self.settle()

    def host(self, name: str = "one") -> facts.HostFacts:
        """Return what a decision is told of a host."""
        self.clock.advance(2.0)
        return next(one for one in self.hosts.facts() if one.name == name)

    def let_fail(self, group_id: str) -> None:
        """Let a VM fail, and be recovered."""
        now = self.clock.now()
        fault = model.Fault(
            zone=descriptor.Zone.VM,
            subject=self.server_id(group_id),
            detected_at=now,
        )
        self.end(self.claim(group_id=group_id, fault=fault))

    def test_closed_hosts(self) -> None:
        self.store.begin_maintenance("one", self.clock.now(), "a disk")
        self.store.quarantine("two", self.clock.now(), "spoils")
        self.assertIsNone(self.hosts.closed("one"))
        self.hosts.refresh()
        self.assertIsNotNone(self.hosts.closed("one"))
        self.assertIsNotNone(self.hosts.closed("two"))
        self.assertIsNone(self.hosts.closed(None))
        self.assertTrue(self.host("one").maintenance)
        self.assertTrue(self.host("two").quarantined)
        self.assertFalse(self.host("three").closed)

    def test_faults_are_counted_by_host(self) -> None:
        self.assertEqual(0, self.host().failed_members)
        self.let_fail("v/0")
        self.let_fail("v/1")
        self.let_fail("v/2")
        found = self.host()
        self.assertEqual((2, 1), (found.failed_members, found.failed_vnfs))
        self.assertEqual(1, self.host("two").failed_members)
        self.clock.advance(61.0)
        self.assertEqual(0, self.host().failed_members)

    def test_a_release_forgets(self) -> None:
        self.let_fail("v/0")
        self.clock.advance(1.0)
        self.store.quarantine("one", self.clock.now(), "spoils")
        self.store.release("one", self.clock.now())
        self.assertEqual(0, self.host().failed_members)
