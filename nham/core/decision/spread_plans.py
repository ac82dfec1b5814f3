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

"""Plans of a replica group whose members all serve (MR-AA).

Source: NHAM paper 3.3.4: after a failure nothing is reconfigured, the
failed member only leaves the distribution; what is missing is made anew by
a plan of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nham.core import model
from nham.core.decision import choice as choice_

Choice = choice_.Choice
_step = choice_.step


def take_out(choice: Choice) -> list[model.Step]:
    """Take a member that is not the primary out of the distribution."""
    other = choice_.standby(choice)
    which = {"member_id": other.member_id}
    return [
        *choice_.confirm(choice, other, choice.member.group_id),
        *_leave(other),
        _step("fail_member", "Write down that it has failed.", args=which),
    ]


def fail_over(choice: Choice) -> list[model.Step]:
    """Take the primary out of the distribution; another is the primary.

    It has the state that was saved last, as all members have.
    """
    member, other = choice.member, choice_.standby(choice)
    return [
        *choice_.confirm(choice, witness=other.member_id),
        *_leave(member),
        _step(
            "promote",
            "Write down that another member is the primary now.",
            args={"member_id": other.member_id},
        ),
        choice_.verify(choice, runs=True),
    ]


def withdraw(choice: Choice) -> list[model.Step]:
    """Lead clients away from a member that its operator set aside."""
    which = {"member_id": choice_.standby(choice).member_id}
    return [_leave_distribution(which), _set_aside(which)]


def hand_over(choice: Choice) -> list[model.Step]:
    """Have another member be the primary: its operator set this one aside.

    It does not run, so it need not be cut off, and can be started again.
    """
    which = {"member_id": choice.member.member_id}
    return [
        _leave_distribution(which),
        _step(
            "promote",
            "Write down that another member is the primary now.",
            args={"member_id": choice_.standby(choice).member_id},
        ),
        _set_aside(which),
    ]


def find() -> list[model.Step]:
    """Return the steps before a member is made."""
    return [
        _step(
            "find_pool",
            "Find the balancer's pool, and see that the primary is in it.",
        )
    ]


def join(choice: Choice) -> list[model.Step]:
    """Return the steps that let a member that runs serve, too."""
    joining = {"joining": True}
    return [
        _step("open_access", "Have an address to reach it by."),
        _step(
            "await_member",
            "Wait until it answers.",
            choice.member.policy.detection.boot_timeout,
        ),
        *choice_.give_state(choice, joining),
        _step(
            "join_distribution",
            "Let it take part in the distribution.",
            args=joining,
        ),
        _step(
            "join_group",
            "Write down that it serves.",
            marks="repaired",
        ),
    ]


def _leave(failed: choice_.Failed) -> list[model.Step]:
    """Return the steps after which nothing reaches a member any more.

    Clients are led away first, and that waits for nothing, so what cuts it
    off may take its time and lasts.
    """
    return [
        _leave_distribution({"member_id": failed.member_id}),
        choice_.seal(failed, marks="fenced"),
    ]


def _leave_distribution(which: Mapping[str, Any]) -> model.Step:
    return _step(
        "leave_distribution",
        "Take it out of the distribution.",
        marks="restored",
        args=which,
    )


def _set_aside(which: Mapping[str, Any]) -> model.Step:
    return _step(
        "set_aside",
        "Write down that it serves again once its operator has started it.",
        args=which,
    )
