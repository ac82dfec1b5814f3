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

"""The checker sees whether the disks of standbys hold what they must."""

from __future__ import annotations

from unittest import mock

from nham.core import states
from nham.core.decision import standby_plans
from nham.simulate import disks
from nham.simulate import ending
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_disk

Role = states.Role


class CheckerDisksTest(test_disk.DiskCase):
    """Bugs are planted, and the checker must find them."""

    def rules(self) -> set[str]:
        """Return the rules that were broken."""
        return {one.rule for one in self.auditor.verdict()}

    def test_a_plan_that_forgets_the_disk(self) -> None:
        self.start()
        self.save(8)
        self.enterContext(
            mock.patch.object(standby_plans, "renew", lambda *_args: [])
        )
        self.hurt(case_.crash_primary)
        self.lab.run(20.0)
        self.assertIn("not the newest state", self.rules())

    def test_a_record_that_is_not_true(self) -> None:
        self.start()
        self.assertEqual([], [*disks.whole(self.lab)])
        server = self.world.nova.servers[self.member(Role.STANDBY)]
        self.world.nova.disk(server).value = 5
        ((rule, _group, why),) = disks.whole(self.lab)
        self.assertEqual("wrong disk", rule)
        self.assertEqual("it holds 5, and 7 by the record", why)
        self.assertFalse(ending.settled(self.lab))

    def test_a_disk_that_is_left_without_a_state(self) -> None:
        self.start()
        (member,) = self.lab.store.members(server_id=self.member(Role.STANDBY))
        self.lab.store.note_state(member.id, 0, None)
        self.assertIn("wrong disk", self.rules())
