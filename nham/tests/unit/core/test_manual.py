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

"""The page of the manual says what the tables say."""

from __future__ import annotations

import pathlib

from nham.core import manual
from nham.core import mechanisms
from nham.core import states
from nham.tests import base

_PAGE = pathlib.Path(__file__).parents[4] / "doc/source/contributor/states.rst"


class ManualTest(base.TestCase):
    def test_the_page_is_up_to_date(self) -> None:
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")
        self.assertEqual(manual.page(), _PAGE.read_text())

    def test_all_is_there(self) -> None:
        page = " ".join(manual.page().split())
        for table in states.MEANINGS.values():
            for state, sentence in table.items():
                self.assertIn(f"``{state}`` - {sentence}", page)
        for spec in mechanisms.TABLE:
            self.assertIn(f" {spec.name} --", page)
            self.assertIn(f"{spec.says} Source: {spec.source}.", page)
            for one in spec.transitions:
                self.assertIn(f"- {one.says}", page)
