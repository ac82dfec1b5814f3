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

from __future__ import annotations

from nham.agent import promises as promises_
from nham.core.agent import lease
from nham.tests import base

DUTY = lease.Duty(
    {"ctl1": frozenset({"a", "b"}), "ctl2": frozenset()}, frozenset({"a"})
)


class PromisesTest(base.TestCase):
    """What outlives the agent."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = self.temp_dir() / "agent"
        self.boot = self.temp_dir() / "boot_id"
        self.boot.write_text("one\n")

    def _open(self) -> promises_.Promises:
        return promises_.Promises(str(self.folder), str(self.boot))

    def test_at_first_there_are_none(self) -> None:
        one = self._open()
        self.addCleanup(one.close)
        self.assertEqual((lease.Duty(), {}), one.read())
        self.assertEqual(0.0, one.read_lease())
        self.assertEqual(0o700, self.folder.stat().st_mode & 0o777)

    def test_a_later_life_reads_what_was_written(self) -> None:
        one = self._open()
        one.write(DUTY, {"a": 3})
        one.write_lease(123.5)
        one.write_lease(99.25)
        one.close()
        two = self._open()
        self.addCleanup(two.close)
        self.assertEqual((DUTY, {"a": 3}), two.read())
        self.assertEqual(99.25, two.read_lease())

    def test_a_lease_does_not_outlive_the_host(self) -> None:
        one = self._open()
        one.write_lease(123.5)
        one.close()
        self.boot.write_text("two\n")
        two = self._open()
        self.addCleanup(two.close)
        self.assertEqual(0.0, two.read_lease())

    def test_a_damaged_lease_is_none(self) -> None:
        self.folder.mkdir()
        (self.folder / "lease").write_text("one much\n")
        one = self._open()
        self.addCleanup(one.close)
        self.assertEqual(0.0, one.read_lease())

    def test_a_damaged_duty_is_refused(self) -> None:
        one = self._open()
        self.addCleanup(one.close)
        for text in ("{", '{"lists": 3}', '{"more": []}', "[]"):
            (self.folder / "duty.json").write_text(text)
            error = self.assertRaises(promises_.Unusable, one.read)
            self.assertIn("duty.json", str(error))

    def test_one_agent_at_a_time(self) -> None:
        one = self._open()
        self.addCleanup(one.close)
        error = self.assertRaises(promises_.Unusable, self._open)
        self.assertIn("another agent", str(error))

    def test_a_directory_that_cannot_be(self) -> None:
        self.folder.write_text("a file")
        self.assertRaises(promises_.Unusable, self._open)
