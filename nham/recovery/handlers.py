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

"""The handler of a step: ask once, and look until it is true.

``do`` asks. ``requested`` tells after a crash whether ``do`` had been
carried out, so that nothing is asked twice. ``complete`` looks at the
world and tells whether the step's purpose is reached; it is asked again
and again until it is, or until the step's time is over.
"""

from __future__ import annotations

import abc
from collections.abc import Callable

from nham.recovery import context

HANDLERS: dict[str, StepHandler] = {}


class StepHandler(abc.ABC):
    """How one action is carried out."""

    def requested(self, run: context.Run) -> bool:
        """Say whether ``do`` happened already; asking again does harm."""
        return False

    @abc.abstractmethod
    def do(self, run: context.Run) -> None:
        """Ask for it."""

    @abc.abstractmethod
    def complete(self, run: context.Run) -> context.Done | None:
        """Return what shows that it is true now, None if it is not."""


def handler(
    action: str,
) -> Callable[[type[StepHandler]], type[StepHandler]]:
    """Register the class as the handler of an action."""

    def register(cls: type[StepHandler]) -> type[StepHandler]:
        HANDLERS[action] = cls()
        return cls

    return register
