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

"""The page of losses names tests that there are."""

from __future__ import annotations

import importlib
import pathlib
import re

from nham.tests import base

_PAGE = pathlib.Path(__file__).parents[3] / "doc/source/admin/losses.rst"
_TEST = re.compile(r"\* ``([\w.]+)``:\s+``(\w+)\.(\w+)``")


class LossesPageTest(base.TestCase):
    def test_each_loss_has_its_tests(self) -> None:
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")
        _intro, *sections = re.split(r"\n(?=.+\n-+\n)", _PAGE.read_text())
        self.assertLess(8, len(sections))
        for section in sections:
            title = section.splitlines()[0]
            self.assertRegex(section, r"\*(Acts|Waits|Refuses)\.\*", title)
            named = _TEST.findall(section)
            self.assertNotEqual([], named, title)
            for module, case, test in named:
                found = importlib.import_module(f"nham.tests.{module}")
                self.assertTrue(hasattr(getattr(found, case), test), test)
