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

"""What a conformance suite needs: a way to let time pass.

A suite says what every driver of one interface must do. It is run
against the simulated cloud in virtual time and against real ones. A test
module derives from a suite and gives it a driver.
"""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import TypeVar

from nham.adapters import errors
from nham.tests import base

Found = TypeVar("Found")


class Suite(base.TestCase):
    """Tests that wait for the world to change, in real time by default."""

    step = 0.5
    """Seconds between two looks."""

    def pass_time(self, seconds: float) -> None:
        """Let so much time pass."""
        time.sleep(seconds)

    def now(self) -> float:
        """Return the wall clock of the world under test."""
        return time.time()

    def until(
        self,
        what: str,
        look: Callable[[], Found | None],
        patience: float = 120.0,
    ) -> Found:
        """Look again and again until something shows; return it.

        :param what: for the message when it never does.
        """
        passed = 0.0
        while passed <= patience:
            found = look()
            if found:
                return found
            self.pass_time(self.step)
            passed += self.step
        raise AssertionError(f"not within {patience} s: {what}")

    def settled(
        self, ask: Callable[[], Found], patience: float = 120.0
    ) -> Found:
        """Ask again for as long as the answer is "not now"."""
        last: list[Found] = []

        def look() -> bool:
            try:
                last.append(ask())
            except errors.Conflict:
                return False
            return True

        self.until("no conflict", look, patience)
        return last[0]
