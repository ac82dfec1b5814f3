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

"""What a mechanism is: how many members, in which roles, fed or not."""

from __future__ import annotations

import dataclasses

from nham.core import states


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transition:
    """One way in which a member changes its role.

    :ivar before: the role that it had; None: it was no member yet.
    :ivar step: the durable step that does it; None: what was done to the
        VNF outside any recovery is written down.
    :ivar says: what happens, in a sentence.
    """

    before: states.Role | None
    after: states.Role
    step: str | None
    says: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spec:
    """What one mechanism is.

    :ivar name: its word in a policy.
    :ivar says: what it does, in a sentence.
    :ivar source: where it comes from.
    :ivar low: fewest members beside the primary.
    :ivar high: most members beside the primary.
    :ivar default: members beside the primary if a policy does not say.
    :ivar backups: what a policy may ask for, in words.
    :ivar role: that a whole member beside the primary has; None: there is
        none.
    :ivar feeds: the other members are given each state that is saved.
    :ivar standbys: what its standby may be.
    :ivar drivers: the service address drivers that fit.
    :ivar methods: the ways to save state that fit.
    :ivar transitions: how members change their roles.
    """

    name: str
    says: str
    source: str
    low: int
    high: int
    default: int
    backups: str
    role: states.Role | None
    feeds: bool
    standbys: frozenset[str]
    drivers: frozenset[str]
    methods: frozenset[str]
    transitions: tuple[Transition, ...]

    @property
    def replicated(self) -> bool:
        """It has members beside the primary."""
        return self.role is not None

    @property
    def spreads(self) -> bool:
        """All members serve, each with its share of the clients."""
        return self.role is states.Role.ACTIVE

    @property
    def waits(self) -> bool:
        """One other member waits to take over."""
        return self.role is states.Role.STANDBY

    def others(self, asked: int) -> int:
        """Return how many members a group should have beside the primary.

        :param asked: what its policy asks for.
        """
        return min(max(asked, self.low), self.high)
