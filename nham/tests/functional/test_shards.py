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

"""Engines share the routine work, and none of it stays undone."""

from __future__ import annotations

from nham.tests.functional import replica_case as case_


class ShardsTest(case_.ReplicaCase):
    """Two engines and one VNF, whose state is saved each 5 s."""

    def setUp(self) -> None:
        super().setUp()
        self.bring_up(case_.ONE_R_AA)
        self.lab.start_engine()
        self.lab.run(5.0)

    def taken_in(self, seconds: float) -> int:
        """Return how many states are saved meanwhile."""
        group_id = self.lab.store.groups()[0].id
        before = self.lab.store.next_sequence(group_id)
        self.lab.run(seconds)
        return self.lab.store.next_sequence(group_id) - before

    def test_two_save_no_more_than_one(self) -> None:
        both = self.taken_in(50.0)
        self.lab.alive[0].kill()
        self.lab.run(5.0)
        self.assertAlmostEqual(both, self.taken_in(50.0), delta=1)

    def test_whoever_dies_the_other_goes_on(self) -> None:
        for dead in self.lab.alive:
            dead.kill()
            self.lab.start_engine()
            self.lab.run(5.0)
            self.assertGreaterEqual(self.taken_in(20.0), 3)
