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

import ast
import textwrap

from nham.hacking import checks
from nham.tests import base

CORE = "nham/core/decision.py"
ENGINE = "nham/engine/watch.py"


class ChecksTestCase(base.TestCase):
    """Runs one check over a piece of code."""

    def lines(
        self, check: type[checks.Check], path: str, code: str
    ) -> list[int]:
        """Return the numbers of the lines that the check refuses."""
        tree = ast.parse(textwrap.dedent(code))
        problems = list(check(tree, path).run())
        for _line, column, message, found_by in problems:
            self.assertGreaterEqual(column, 0)
            self.assertRegex(message, r"^N30\d ")
            self.assertIs(check, found_by)
        return sorted(problem[0] for problem in problems)


class TestNoEventlet(ChecksTestCase):
    def test_imports_of_every_form(self) -> None:
        code = """\
            import eventlet
            def run():
                from eventlet.green import socket
                import eventlet.patcher as p
            """
        self.assertEqual(
            [1, 3, 4], self.lines(checks.NoEventlet, ENGINE, code)
        )

    def test_names_that_only_look_like_it(self) -> None:
        code = "import eventlets\nfrom nham import eventlet"
        self.assertEqual([], self.lines(checks.NoEventlet, ENGINE, code))


class TestPureCoreImports(ChecksTestCase):
    FOREIGN = """\
        import dataclasses
        from nham.db import api
        import oslo_config
        from . import model
        from nham import rpc
        """

    def test_others_of_ours_and_libraries(self) -> None:
        self.assertEqual(
            [2, 3, 4, 5],
            self.lines(checks.PureCoreImports, CORE, self.FOREIGN),
        )

    def test_core_and_the_standard_library(self) -> None:
        code = """\
            import collections.abc
            from nham import core
            from nham.core import model
            from nham.core.detection.estimators import Fixed
            """
        path = "/somewhere/nham/core/resiliency/plans.py"
        self.assertEqual([], self.lines(checks.PureCoreImports, path, code))

    def test_other_layers_and_tests_are_free(self) -> None:
        for path in (ENGINE, "nham/tests/unit/nham/core/test_model.py"):
            self.assertEqual(
                [], self.lines(checks.PureCoreImports, path, self.FOREIGN)
            )


class TestNoClockInCore(ChecksTestCase):
    CLOCKS = """\
        import random
        from time import sleep
        import datetime
        from uuid import uuid5
        a = datetime.datetime.now()
        b = datetime.date.today()
        c = uuid.uuid4()
        """

    def test_modules_and_calls(self) -> None:
        self.assertEqual(
            [1, 2, 5, 6, 7],
            self.lines(checks.NoClockInCore, CORE, self.CLOCKS),
        )

    def test_harmless_likenesses(self) -> None:
        code = """\
            import datetime
            delta = datetime.timedelta(seconds=1)
            a = facts.now
            b = facts().now
            """
        self.assertEqual([], self.lines(checks.NoClockInCore, CORE, code))

    def test_other_layers_are_free(self) -> None:
        self.assertEqual(
            [], self.lines(checks.NoClockInCore, ENGINE, self.CLOCKS)
        )
