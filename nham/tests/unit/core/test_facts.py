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

"""What the facts of one moment say of themselves."""

from __future__ import annotations

from nham.core import facts
from nham.tests import base
from nham.tests.unit.core.decision import test_rules

Health = facts.Health


class FactsTest(base.TestCase):
    def test_hosts_and_their_members(self) -> None:
        one = test_rules.a_member(group_id="1", host="h1")
        two = test_rules.a_member(group_id="2", host="h2")
        three = test_rules.a_member(group_id="3", host="h1")
        host = facts.HostFacts(name="h1", probe=Health.OK)
        seen = facts.Facts(members=(one, two, three), hosts=(host,))
        self.assertEqual([one, three], list(seen.members_on("h1")))
        self.assertEqual([], list(seen.members_on("h9")))
        self.assertIs(host, seen.host("h1"))

    def test_hosts_and_their_standbys(self) -> None:
        one = test_rules.a_replica(group_id="1", host="h1")
        two = test_rules.a_replica(group_id="2", host="h2", standby=None)
        seen = facts.Facts(members=(one, two))
        self.assertEqual([one.standby], list(seen.standbys_on("h2")))
        self.assertEqual([], list(seen.standbys_on("h1")))

    def test_a_host_that_is_not_known_cannot_be_fenced(self) -> None:
        seen = facts.Facts(members=())
        for name in ("h9", None):
            unknown = seen.host(name)
            self.assertIs(facts.Fence.IMPOSSIBLE, unknown.fence)
            self.assertEqual(name or "", unknown.name)
            self.assertIs(Health.UNKNOWN, unknown.probe)
