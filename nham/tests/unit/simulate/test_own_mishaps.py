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

"""What goes wrong with NHAM, and what operators ask, in a history."""

from __future__ import annotations

from nham.adapters import errors
from nham.simulate import history
from nham.simulate import mishaps
from nham.simulate import own_mishaps
from nham.simulate import victims
from nham.tests import base


class OwnMishapsTest(base.TestCase):
    """A day of which only the beginning is lived through."""

    def setUp(self) -> None:
        super().setUp()
        self.day = history.History(1)
        self.lab = self.day.lab
        for _ in range(2):
            self.lab.start_engine()
        self.lab.run(5.0)

    def test_all_observers_are_cut_off_and_come_back(self) -> None:
        own_mishaps.cut_observers(self.day, self.lab.clock.now())
        names = {one.name for one in self.lab.alive}
        self.assertEqual(names, self.day.world.blind)
        self.lab.run(30.0)
        self.assertEqual(set(), self.day.world.blind)

    def test_the_clock_of_the_day_goes_forward_alone(self) -> None:
        now, at = self.lab.clock.now(), self.lab.clock.monotonic()
        told = own_mishaps.jump_clock(self.day, now)
        self.assertEqual(at, self.lab.clock.monotonic())
        self.assertLess(now, self.lab.clock.now())
        # What comes later by any clock is later than this.
        self.assertEqual(self.lab.clock.now(), told.at)

    def test_a_quarantine_hurts_who_is_there(self) -> None:
        told = own_mishaps.quarantine(self.day, self.lab.clock.now())
        record = self.lab.store.host(told.target)
        assert record is not None
        self.assertIsNotNone(record.quarantined_at)
        self.assertEqual(
            victims.on_host(self.day, told.target), set(told.hurts)
        )

    def test_without_tokens_no_service_answers(self) -> None:
        (mishap,) = (
            one for one in mishaps.MISHAPS if one.__name__ == "_keystone_down"
        )
        mishap(self.day, self.lab.clock.now())
        (engine, *_others) = self.lab.alive
        with self.assertRaises(errors.Unavailable):
            engine.engine.context.vim.services()
        with self.assertRaises(errors.Unavailable):
            engine.engine.context.vnfms["tacker"].vnfs()
