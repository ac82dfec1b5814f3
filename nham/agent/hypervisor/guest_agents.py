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

"""How commands are run in guests: what every way to their agents does."""

from __future__ import annotations

import abc
from collections.abc import Callable
from collections.abc import Mapping
import contextlib
from typing import Any

from nham.core.agent import errands

#: Asks the guest agent one question by its name, with its arguments and the
#: seconds that it has; returns the answer, or raises ``Trouble``.
Ask = Callable[[str, Mapping[str, Any], float], Any]


class Trouble(Exception):
    """An errand that cannot be done; its text is for the operator.

    :ivar outcome: what it is counted as.
    """

    def __init__(self, outcome: errands.Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class GuestAgents(abc.ABC):
    """Reaches QEMU's guest agents in the guests of this host."""

    @abc.abstractmethod
    def reach(self, server_id: str) -> contextlib.AbstractContextManager[Ask]:
        """Return what asks the agent of one guest; from any thread.

        Both this and a question may hang with the hypervisor, whatever
        time they are given.

        :raises Trouble: the guest does not run here, or the hypervisor
            does not answer.
        """
