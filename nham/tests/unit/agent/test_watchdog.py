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

import struct

from nham.agent import watchdog as watchdog_
from nham.tests import base


class DeviceWatchdogTest(base.TestCase):
    """A device, as far as a file can stand for one."""

    def setUp(self) -> None:
        super().setUp()
        self.path = self.temp_dir() / "watchdog"
        self.path.touch()
        self.asked = self.replace(
            "nham.agent.watchdog.fcntl.ioctl",
            side_effect=[b"", struct.pack("=i", 16)],
        )
        self.one = watchdog_.DeviceWatchdog(str(self.path), 10)

    def test_the_first_pet_arms_it(self) -> None:
        self.assertIsNone(self.one.seconds)
        self.assertFalse(self.asked.called)
        self.one.pet()
        self.assertEqual(16.0, self.one.seconds)
        self.one.pet()
        self.assertEqual(b"\0\0", self.path.read_bytes())

    def test_it_is_disarmed_only_if_that_is_said(self) -> None:
        self.one.pet()
        self.one.close(disarm=False)
        self.assertEqual(b"\0", self.path.read_bytes())

    def test_the_magic_close(self) -> None:
        self.one.pet()
        self.one.close(disarm=True)
        self.one.close(disarm=True)
        self.assertEqual(b"\0V", self.path.read_bytes())

    def test_what_was_never_armed_is_left_alone(self) -> None:
        self.one.close(disarm=True)
        self.assertEqual(b"", self.path.read_bytes())

    def test_none(self) -> None:
        none = watchdog_.NoWatchdog()
        none.pet()
        none.close(disarm=True)
        self.assertIsNone(none.seconds)
