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


"""The table of the service address drivers."""

import re
import typing

from nham.core.descriptor import addresses
from nham.core.descriptor import words
from nham.tests import base


class TestDrivers(base.TestCase):
    def test_each_driver_of_a_policy_is_in_the_table(self) -> None:
        self.assertEqual(
            set(typing.get_args(words.AddressDriver)), set(addresses.DRIVERS)
        )

    def test_each_text_is_one_sentence(self) -> None:
        for driver in addresses.DRIVERS.values():
            for text in (driver.purpose, driver.cost, *driver.traps):
                self.assertRegex(text, r"^[A-Z].*[^.]\.$")
                self.assertIsNone(re.search(r"\. [A-Z]|  ", text), text)

    def test_each_that_moves_or_spreads_has_traps(self) -> None:
        silent = [
            name for name, one in addresses.DRIVERS.items() if not one.traps
        ]
        self.assertEqual(["none"], silent)
