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

"""A standby whose disk is made of checkpoints, and that is off till then."""

from __future__ import annotations

from nham.adapters.simulated import records
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_disk


class ColdDiskTest(test_disk.DiskCase):
    """It is off until it is needed."""

    def parked(self) -> bool:
        """Say whether it is off."""
        server = self.world.nova.servers[self.member(test_disk.Role.STANDBY)]
        return server.vm_state is records.VmState.STOPPED

    def rests(self) -> bool:
        """Say whether it is off, and no checkpoint is newer than its disk."""
        newest = self.lab.store.checkpoints()[0]
        return self.parked() and self.held() == newest.sequence

    def test_it_is_refreshed_and_parked_again(self) -> None:
        self.start(test_disk.cold(self.policy))
        self.assertTrue(self.lab.run_until(self.parked, 30.0))
        self.settle()
        self.began = len(self.lab.store.recoveries())
        self.save(8)
        self.lab.run_until(lambda: bool(self.rungs()), 70.0)
        self.mend()
        self.assertEqual(
            [("refresh_standby", "succeeded"), ("park_standby", "succeeded")],
            self.rungs(),
        )
        self.assertTrue(self.parked())
        self.assertEqual(8, self.disk_of(test_disk.Role.STANDBY))
        self.assert_whole(8)

    def test_it_takes_over(self) -> None:
        for value, renews in ((7, False), (8, True)):
            self.start(test_disk.cold(self.policy))
            self.assertTrue(self.lab.run_until(self.rests, 120.0))
            self.began = len(self.lab.store.recoveries())
            if renews:
                self.save(value)
            self.hurt(case_.crash_primary)
            self.mend()
            self.assertEqual("fail_over", self.rungs()[0][0])
            self.assertEqual(renews, "renew_standby" in self.actions())
            self.assert_whole(value)
