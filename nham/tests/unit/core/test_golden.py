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

"""Each file of ``nham/tests/golden`` is one test: facts, and the decision.

A file is also a document: it says what NHAM does in one situation, and
``nham simulate facts`` shows the reasons.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import yaml

from nham.core import cases
from nham.core import decision
from nham.core.decision import plans
from nham.core.decision import rules
from nham.tests import base

FOLDER = Path(__file__).parents[2] / "golden"
FILES = sorted(FOLDER.glob("*.yaml"))

#: Verdicts that follow from a ladder and not from a rule of the table.
FROM_LADDERS = {"exhausted", "vnfm-down", "later"}


def read(path: Path) -> cases.Case:
    """Return the case in a file."""
    return cases.read(yaml.safe_load(path.read_text()))


class GoldenTest(base.TestCase):
    """One method a file; they are added below."""


def _test_of(path: Path) -> Callable[[GoldenTest], None]:
    def test(self: GoldenTest) -> None:
        case = read(path)
        lines = cases.differences(case)
        if lines:
            self.fail("\n  ".join([f"{path.name}: {case.title}", *lines]))

    test.__doc__ = None
    return test


for _path in FILES:
    setattr(
        GoldenTest, f"test_{_path.stem.replace('-', '_')}", _test_of(_path)
    )


class CompletenessTest(base.TestCase):
    """Nothing of the tables is without a case."""

    def setUp(self) -> None:
        super().setUp()
        self.cases = [read(path) for path in FILES]
        self.expected = [
            one for case in self.cases for one in (case.members or {}).values()
        ]

    def test_rules(self) -> None:
        # A member that is well is not named in a file.
        named = {one.rule for one in self.expected} | {"healthy"}
        table = {rule.name for rule in rules.RULES}
        self.assertEqual(table | FROM_LADDERS, named)

    def test_rungs(self) -> None:
        named = {one.rung for one in self.expected if one.rung}
        self.assertEqual(set(plans.RUNGS), named)

    def test_kinds(self) -> None:
        named = {one.kind for one in self.expected}
        self.assertEqual(set(decision.Kind), named)

    def test_alarms(self) -> None:
        named = {
            alarm.split()[0] for case in self.cases for alarm in case.alarms
        }
        table = {rule.name for rule in decision.hosts.HOST_RULES}
        self.assertEqual(
            table | {"network-lost", "observer", "mass-failure"}, named
        )

    def test_each_says_what_it_is(self) -> None:
        for path, case in zip(FILES, self.cases, strict=True):
            self.assertTrue(case.title.endswith("."), path.name)
            self.assertNotEqual("", case.source, path.name)
            self.assertIsNotNone(case.members, path.name)

    def test_no_two_are_the_same(self) -> None:
        titles = [case.title for case in self.cases]
        self.assertEqual(len(titles), len(set(titles)))
