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


"""All checks at once: a good installation, and each part missing."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.db import store as store_
from nham.doctor import base as doctor
from nham.doctor import checks
from nham.tests.unit.doctor import base

Level = doctor.Level


class ExamineTest(base.DoctorCase):
    def levels(self) -> dict[str, set[Level]]:
        """Return what the checks find, by what they are about."""
        found: dict[str, set[Level]] = {}
        for finding in checks.examine(self.parts()):
            found.setdefault(finding.about, set()).add(finding.level)
        return found

    def test_nothing_is_wrong(self) -> None:
        found = self.levels()
        self.assertEqual({Level.OK}, set().union(*found.values()))
        self.assertLess({"nova", "database", "fencing", "clock"}, set(found))

    def test_each_service_is_missed_by_its_own_check(self) -> None:
        for name in ("neutron", "cinder", "glance"):
            self.cut(name)
            self.assertEqual({Level.ERROR}, self.levels()[name])
            self.scripts[name].failure = None
            self.assertEqual({Level.OK}, self.levels()[name])

    def test_without_nova_the_others_are_done(self) -> None:
        self.cut("nova")
        found = self.levels()
        for about in ("nova", "fencing", "clock"):
            self.assertEqual({Level.ERROR}, found[about])
        self.assertEqual({Level.OK}, found["glance"])

    def test_tacker(self) -> None:
        self.tacker.failure = errors.Refused("HTTP 403: no")
        self.assertEqual({Level.ERROR}, self.levels()["tacker"])
        self.tacker = None
        self.assertEqual({Level.OK}, self.levels()["tacker"])

    def test_what_fails_is_told_in_one_line(self) -> None:
        self.scripts["glance"].failure = errors.Unavailable("no\nroute")
        [told] = [
            one
            for one in checks.examine(self.parts())
            if one.level is Level.ERROR
        ]
        self.assertEqual("glance", told.about)
        self.assertEqual("This cannot be looked at: no route.", told.text)

    def test_answers_that_are_none(self) -> None:
        """As of a proxy, or of another service at the same address."""
        bodies: tuple[Any, ...] = ({}, [], None, {"version": None})
        for body in bodies:
            self.scripts["nova"].answers["/"] = body
            self.assertEqual({Level.ERROR}, self.levels()["nova"])

    def test_database_without_tables(self) -> None:
        self.store.sync("base")
        for finding in checks.examine(self.parts()):
            self.assertLess(len(finding.text), 80)
        self.assertEqual({Level.ERROR}, self.levels()["engines"])

    def test_database_is_down(self) -> None:
        self.store = store_.Store("sqlite:////nowhere/nham.sqlite")
        self.addCleanup(self.store.close)
        found = self.levels()
        for about in ("database", "engines", "traps"):
            self.assertEqual({Level.ERROR}, found[about])
        self.assertEqual({Level.OK}, found["nova"])
