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

"""A standby is stopped until it is needed, and started then."""

from __future__ import annotations

from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import replica_case

Role = states.Role


class ParkingCase(replica_case.ReplicaCase):
    """A group of 1R with its standby, which runs."""

    def setUp(self) -> None:
        super().setUp()
        self.standby = self.make_standby()

    @property
    def now(self) -> model.Member:
        """The standby as it is written down now."""
        return self.member(Role.STANDBY)

    def status(self) -> str:
        """Return what Nova says of it."""
        return self.context.vim.server(self.standby.server_id).status

    def actions(self, name: str) -> int:
        """Return how often Nova was asked for an action on it."""
        found = self.context.vim.actions(self.standby.server_id)
        return sum(one.action == name for one in found)

    def park(self) -> str:
        """Stop it."""
        return self.done("park_standby", member_id=self.standby.id)

    def start(self) -> str:
        """Start it."""
        return self.done("start_standby", member_id=self.standby.id)


class ParkTest(ParkingCase):
    def test_it_is_off_and_that_is_known(self) -> None:
        self.store.note_state(self.standby.id, 7, None)
        self.assertEqual("SHUTOFF on two", self.park())
        self.assertTrue(self.now.parked)
        # Its silence means nothing, and its memory is empty.
        self.assertFalse(self.now.answered)
        self.assertEqual(0, self.now.sequence)

    def test_asked_twice(self) -> None:
        self.park()
        self.assertEqual("SHUTOFF on two", self.park())
        self.assertEqual(1, self.actions("stop"))

    def test_who_serves_is_not_stopped(self) -> None:
        self.store.promote("g", self.standby.id)
        said = self.failed("park_standby", member_id=self.standby.id)
        self.assertEqual("it is the primary by now", said)
        self.assertEqual("ACTIVE", self.status())

    def test_after_each_crash(self) -> None:
        for number in range(1, 20):
            self.build()
            self.standby = self.make_standby()
            ended = self.crashed(number, *self.replica_plan("park_standby"))
            if ended is None:
                break
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
            self.assertTrue(self.now.parked)
            self.assertEqual("SHUTOFF", self.status())
        self.assertGreater(number, 3)


class StartTest(ParkingCase):
    def test_it_answers(self) -> None:
        self.park()
        self.assertEqual("it answers on two", self.start())
        self.assertFalse(self.now.parked)
        self.assertEqual("ACTIVE", self.status())

    def test_one_that_somebody_started(self) -> None:
        self.park()
        self.world.user_start(self.standby.server_id)
        self.clock.advance(20.0)
        self.start()
        self.assertFalse(self.now.parked)
        self.assertEqual(1, self.actions("start"))

    def test_one_that_is_still_on_its_way_down(self) -> None:
        self.store.save_member(self.now)
        self.context.vim.stop(self.standby.server_id)
        self.start()
        self.assertEqual("ACTIVE", self.status())

    def test_one_that_does_not_boot_is_parked_no_more(self) -> None:
        """So it counts as lost, and another one is made."""
        self.park()
        self.world.lose_disk(self.standby.server_id)
        said = self.failed("start_standby", member_id=self.standby.id)
        self.assertIn("not true after", said)
        self.assertFalse(self.now.parked)

    def test_after_each_crash(self) -> None:
        for number in range(1, 20):
            self.build()
            self.standby = self.make_standby()
            self.park()
            ended = self.crashed(number, *self.replica_plan("wake_standby"))
            if ended is None:
                break
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
            self.assertFalse(self.now.parked)
            self.assertEqual("ACTIVE", self.status())
            self.assertEqual(1, self.actions("start"))
        self.assertGreater(number, 2)
