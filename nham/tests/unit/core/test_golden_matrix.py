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

"""Each mechanism x fault x role has a golden case, and each line its files.

A case counts for a cell if its facts are such that this is what has failed,
whatever it expects.
"""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
import itertools

import yaml

from nham.core import cases
from nham.core import facts as facts_
from nham.core import mechanisms
from nham.core import member_facts
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core import test_golden

Health = facts_.Health

FAULTS = (
    "application dead",
    "VM dead",
    "VM stopped by its operator",
    "guest hangs",
    "host dead",
    "host in doubt",
    "Nova says nothing",
)
Cell = tuple[str, str, str]
_Member = member_facts.MemberFacts | member_facts.StandbyFacts
_LINES = test_golden.FOLDER / "index" / "decisions.yaml"
_ZONES = ("vnfc", "vm", "host", "guard")


def cells() -> set[Cell]:
    """Return the cells of which each must have a case."""
    return {
        (spec.name, fault, role)
        for spec, fault in itertools.product(mechanisms.TABLE, FAULTS)
        for role in ("primary", *(["other"] if spec.replicated else []))
    }


def _failed(case: situation.Case, one: _Member) -> str | None:
    """Return what has failed of a member, None if nothing of this has."""
    server, silent = one.server, one.app is Health.DEAD
    died = isinstance(one, member_facts.MemberFacts) and one.qemu_died
    if not case.system.nova:
        return "Nova says nothing" if silent else None
    if one.host in case.overview.lost:
        return "host dead"
    if one.host in case.overview.doubted:
        return "host in doubt"
    if server.status == "SHUTOFF" and not getattr(one, "parked", False):
        who = server.stopped_by
        return {"user": FAULTS[2], "nobody": "VM dead"}.get(str(who))
    if server.status != "ACTIVE" or server.working or not (silent or died):
        return None
    if died:
        return "VM dead"
    hangs = one.icmp is Health.DEAD
    return "guest hangs" if hangs else "application dead"


def covered(case: cases.Case) -> Iterator[Cell]:
    """Yield the cells that a golden case is for."""
    overview = situation.Overview(case.facts)
    for member in case.facts.members:
        seen = situation.Case(member, case.facts, case.facts.system, overview)
        name = str(member.policy.redundancy)
        fault = _failed(seen, member)
        if fault is not None:
            yield name, fault, "primary"
            continue
        if not seen.fit:
            continue
        for one in member.standbys:
            beside = _failed(seen, one)
            if beside is not None and one.role in member_facts.FIT_ROLES:
                yield name, beside, "other"


class MatrixTest(base.TestCase):
    def test_each_cell_has_a_case(self) -> None:
        found = {
            cell
            for path in test_golden.FILES
            for cell in covered(test_golden.read(path))
        }
        self.assertEqual(set(), cells() - found)
        # What cannot be is in none.
        self.assertNotIn("other", {r for m, _, r in found if m == "0R"})


class LinesTest(base.TestCase):
    """The lines of the table of decisions, each with the cases it is in."""

    def setUp(self) -> None:
        super().setUp()
        self.lines = yaml.safe_load(_LINES.read_text())
        self.cases: dict[int, list[cases.Case]] = {}
        for path in test_golden.FILES:
            case = test_golden.read(path)
            for number in case.covers:
                self.cases.setdefault(number, []).append(case)

    def test_all_are_there(self) -> None:
        self.assertEqual([*range(1, 57)], [*self.lines])
        self.assertLessEqual(200, len(test_golden.FILES))

    def test_each_is_covered_for_its_mechanisms(self) -> None:
        self.assertEqual(set(self.lines), set(self.cases))
        for number, line in self.lines.items():
            named = {
                str(member.policy.redundancy)
                for case in self.cases[number]
                for member in case.facts.members
            }
            missing = set(line["mechanisms"]) - named
            self.assertEqual(set(), missing, f"line {number}")

    def test_each_says_what_is_done(self) -> None:
        for number, line in self.lines.items():
            for field in ("facts", "serve", "repair"):
                self.assertTrue(line[field].endswith("."), (number, field))
            self.assertNotEqual("", line["source"], number)
            self.assertIn(line["zone"], _ZONES, number)

    def test_each_zone_has_each_mechanism(self) -> None:
        for zone in ("vnfc", "vm", "host"):
            named = {
                mechanism
                for line in self.lines.values()
                if line["zone"] == zone
                for mechanism in line["mechanisms"]
            }
            self.assertEqual({one.name for one in mechanisms.TABLE}, named)

    def test_the_tests_beside_are_there(self) -> None:
        for line in self.lines.values():
            for name in line.get("tests", ()):
                self.assertIsNotNone(importlib.util.find_spec(name), name)
