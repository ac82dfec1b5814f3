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

"""A hypervisor that says what a test or a benchmark has it say."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping

from nham.agent.hypervisor import base
from nham.core.agent import guests


class FakeHypervisor(base.Hypervisor):
    """Says what it is told to say; hangs while it is told nothing.

    :ivar problem: what ``check`` answers.
    """

    def __init__(self) -> None:
        self.problem = ""
        self.started = False
        self._tell: Callable[[base.News], None] = lambda news: None

    def start(self, tell: Callable[[base.News], None]) -> None:
        """See base class."""
        self._tell = tell
        self.started = True

    def stop(self) -> None:
        """See base class."""
        self.started = False

    def check(self) -> str:
        """See base class."""
        return self.problem

    def link(self, up: bool, why: str = "") -> None:
        """Come or go."""
        self._tell(base.Link(up, why))

    def answer(self) -> None:
        """Answer a question."""
        self._tell(base.Answer())

    def list(self, found: Mapping[str, guests.Listed]) -> None:
        """Give the list of all guests."""
        self._tell(base.List(found))

    def say(self, server_id: str, told: guests.Told) -> None:
        """Tell of one guest."""
        self._tell(base.Said(server_id, told))
