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

"""What every source of the hypervisor's words does."""

from __future__ import annotations

import abc
from collections.abc import Callable
from collections.abc import Mapping
import dataclasses

from nham.core.agent import guests


@dataclasses.dataclass(frozen=True)
class Said:
    """The hypervisor tells of one guest.

    :ivar server_id: the guest's UUID, which is Nova's id of the server.
    """

    server_id: str
    told: guests.Told


@dataclasses.dataclass(frozen=True)
class List:
    """All guests that the hypervisor knows."""

    found: Mapping[str, guests.Listed]


@dataclasses.dataclass(frozen=True)
class Link:
    """The connection to the hypervisor came or went.

    :ivar why: of a connection that went or did not come, for the operator.
    """

    up: bool
    why: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """The hypervisor has just answered a question."""


News = Said | List | Link | Answer


class Hypervisor(abc.ABC):
    """Tells what the hypervisor says; no method waits for it.

    A hypervisor that hangs or is being restarted makes no news; how long
    that may be so is the caller's to judge.
    """

    @abc.abstractmethod
    def start(self, tell: Callable[[News], None]) -> None:
        """Begin to tell.

        :param tell: called in any thread; must not wait.
        """

    @abc.abstractmethod
    def stop(self) -> None:
        """End; what hangs is left behind."""

    @abc.abstractmethod
    def check(self) -> str:
        """Ask once, and wait for it; return what is wrong, or nothing.

        For ``nham-agent --check`` only.
        """
