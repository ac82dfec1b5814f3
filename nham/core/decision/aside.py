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

"""Members that their operator has stopped or set aside.

NHAM repairs nobody whom its operator sees to, and leads no clients there.
"""

from __future__ import annotations

from nham.core import member_facts
from nham.core import states
from nham.core.decision import ladder
from nham.core.decision import situation

#: An operator may see to a member that has one of these.
THEIRS = (*member_facts.FIT_ROLES, states.Role.ASIDE)


def set_aside(standby: member_facts.StandbyFacts | None) -> bool:
    """Say whether an operator stopped the standby or set it aside."""
    if standby is None or standby.role not in THEIRS:
        return False
    server = standby.server
    stopped = server.status == "SHUTOFF" and server.stopped_by == "user"
    return server.status in ladder.SET_ASIDE or (
        stopped and not standby.parked
    )


def must_withdraw(standby: member_facts.StandbyFacts | None) -> bool:
    """Say whether clients are led to a member that was set aside."""
    return (
        standby is not None
        and standby.role is states.Role.ACTIVE
        and set_aside(standby)
    )


def withdraw(case: situation.Case) -> ladder.Next:
    """Return the rung that leads clients away from who was set aside."""
    return ladder.Next(
        rung="withdraw",
        why="its operator sees to it, and the others serve its clients",
        refused=("a repair: nobody asked for one",),
    )
