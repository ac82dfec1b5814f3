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

"""The use cases of OPNFV HA, each with a golden case, and their page."""

from __future__ import annotations

import pathlib

from nham.core import descriptor
from nham.core import escalation
from nham.tests import base
from nham.tests.unit.core import test_golden

_PAGE = (
    pathlib.Path(__file__).parents[4] / "doc/source/contributor/escalation.rst"
)


class EscalationTest(base.TestCase):
    def test_each_use_case_is_there(self) -> None:
        named = {line.use_case for line in escalation.TABLE}
        self.assertEqual({f"UC{number}" for number in range(1, 10)}, named)

    def test_each_zone_is_there(self) -> None:
        zones = {line.zone for line in escalation.TABLE}
        self.assertEqual(
            {
                descriptor.Zone.VNFC,
                descriptor.Zone.VM,
                descriptor.Zone.HOST,
            },
            zones,
        )

    def test_each_line_has_its_case(self) -> None:
        for line in escalation.TABLE:
            path = test_golden.FOLDER / f"{line.case}.yaml"
            case = test_golden.read(path)
            self.assertIn(line.use_case, case.source, line.case)
            accepted = {
                one.zone
                for one in (case.members or {}).values()
                if one.zone is not None
            }
            wide = line.zone is descriptor.Zone.HOST
            if accepted and not wide:
                # One of several that serve leaves without its zone.
                self.assertLessEqual(
                    accepted, {line.zone, descriptor.Zone.VM}, line.case
                )
            if wide and line.use_case == "UC9":
                self.assertNotEqual((), case.quarantines, line.case)

    def test_each_says_what_it_is(self) -> None:
        for line in escalation.TABLE:
            for text in (line.fault, line.service, line.repair, line.then):
                self.assertTrue(text.endswith("."), text)

    def test_the_page_is_up_to_date(self) -> None:
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")
        self.assertEqual(escalation.page(), _PAGE.read_text())
