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


"""The engine is killed while a state is on its way to another member."""

from __future__ import annotations

from nham.core import descriptor
from nham.tests.functional import replica_case as case_


class CrashStatesTest(case_.ReplicaCase):
    """What is given after a crash is a state that was saved whole.

    The state is 7 and saved, then 8; the engine dies while 8 is on its
    way, and the primary dies with it, so that nobody can ask it again.
    """

    def lose(
        self, policy: descriptor.ResiliencyPolicy, moment: str, nth: int = 1
    ) -> None:
        """Kill the engine and the primary on the way of the state 8."""
        self.bring_up(policy)
        self.world.write_at(self.address, 8)
        self.kill_at(moment, nth)
        dead = self.lab.run_until(lambda: not self.lab.alive, 30.0)
        self.assertTrue(dead, "the moment never came")
        self.hurt(case_.crash_primary)
        self.go_on()

    def test_before_it_is_handed_out(self) -> None:
        self.lose(case_.ONE_R_AA, "before add_checkpoint")
        self.assert_whole(7)

    def test_asked_for(self) -> None:
        self.lose(case_.ONE_R_AA, "after add_checkpoint")
        self.assert_whole(7)

    def test_handed_out_and_not_kept(self) -> None:
        for policy in (case_.ONE_R_AS, case_.ONE_R_AA):
            self.lose(policy, "after export_state")
            self.assert_whole(7)

    def test_kept_and_not_written_down(self) -> None:
        for moment in ("after put", "before update_checkpoint"):
            self.lose(case_.ONE_R_AA, moment)
            self.assert_whole(7)

    def test_written_down_and_not_called_whole(self) -> None:
        """It is known where it is, so another engine finds it whole."""
        self.lose(case_.ONE_R_AA, "after update_checkpoint")
        self.assert_whole(7, 8)

    def test_called_whole(self) -> None:
        for policy in (case_.ONE_R_AS, case_.ONE_R_AA):
            self.lose(policy, "after update_checkpoint", 2)
            self.assert_whole(8)

    def test_about_to_be_given(self) -> None:
        for moment in ("before note_state", "after note_state"):
            self.lose(case_.ONE_R_AA, moment)
            self.assert_whole(8)

    def test_given_and_not_written_down(self) -> None:
        self.lose(case_.ONE_R_AA, "after import_state")
        self.assert_whole(8)

    def test_given(self) -> None:
        self.lose(case_.ONE_R_AA, "after note_state", 2)
        self.assert_whole(8)

    def test_a_slow_import_that_outlives_its_engine(self) -> None:
        """What is under way comes before what is given then, not after."""
        self.bring_up(case_.ONE_R_AA)
        self.world.write_at(self.address, 8)
        self.kill_at("after note_state", 1)
        late: list[int | None] = []

        def slow(reached: str) -> None:
            if reached == "after note_state":
                self.world.api_slow("hook", 1.0, delay=4.0)
                self.lab.clock.call_in(1.0, die)

        def die() -> None:
            self.runner.kill()
            self.hurt(case_.crash_primary)
            late.append(self.world.read_at(self._access()))

        self.runner.process.on_moment = slow
        self.lab.run_until(lambda: not self.lab.alive, 30.0)
        self.assertEqual([7], late)
        self.go_on()
        self.assert_whole(8)

    def test_a_primary_that_dies_during_an_import(self) -> None:
        """As the paper's 3.4 (ii), with an engine that lives."""
        self.bring_up(case_.ONE_R_AA)
        self.world.write_at(self.address, 8)

        def slow(reached: str) -> None:
            if reached == "after note_state":
                self.runner.process.on_moment = lambda _moment: None
                self.world.api_slow("hook", 1.0, delay=4.0)
                self.lab.clock.call_in(
                    1.0, lambda: self.hurt(case_.crash_primary)
                )

        self.runner.process.on_moment = slow
        self.lab.run(10.0)
        self.settle()
        self.assert_whole(8)

    def _access(self) -> str:
        (group,) = self.lab.store.groups()
        assert group.access is not None
        return group.access.ip
