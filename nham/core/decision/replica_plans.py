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

"""The plans of a replica group: fail over, and become whole again.

Sources: NHAM paper 3.3.2 (1R-AS) and 3.3.3 (1R-AA). The two are plans of
their own, so that the service never waits for redundancy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nham.core import descriptor
from nham.core import model
from nham.core.decision import choice as choice_
from nham.core.decision import spread_plans
from nham.core.decision import standby_plans

Choice = choice_.Choice
_step = choice_.step

#: Seconds that the network may take to move an address.
_MOVE_TIME = 3.0


def fail_over(choice: Choice) -> list[model.Step]:
    """Let the standby take over.

    The failed member is cut off before anything else: it may not be dead
    at all, and a connection that is kept in the address translation would
    go on leading to it. That needs neither its host nor Nova. What it may
    still compute reaches nobody. Where the word of its host is the proof it
    may be started again a moment later, so once clients are led elsewhere it
    is cut off for good; before that where the standby's disk takes longer.
    """
    if choice.member.mechanism.spreads:
        return spread_plans.fail_over(choice)
    member, standby = choice.member, choice_.standby(choice)
    takes = {"member_id": standby.member_id}
    # Nova starts it, or makes its disk anew.
    waits = standby.parked or choice.checkpoint_id is not None
    witness = None if waits else standby.member_id
    restored = standby_plans.restore(choice)
    cut_off = choice_.isolate(member, "Cut the failed member off.")
    if restored:
        cut_off = choice_.seal(member, marks="fenced")
    return [
        *choice_.confirm(choice, witness=witness),
        *standby_plans.rouse(choice),
        cut_off,
        *restored,
        *choice_.give_state(choice, takes, runs=True),
        _step(
            "move_address",
            "Lead clients to the standby.",
            args=takes,
        ),
        _step(
            "promote",
            "Write down that the standby is the primary now.",
            args=takes,
        ),
        *([] if restored else [choice_.seal(member)]),
        choice_.verify(choice, runs=True),
    ]


def switchover(choice: Choice) -> list[model.Step]:
    """Let the standby take over from a member that is well.

    The address moves before the member is cut off, so clients wait for
    nothing but the move. An application that stands still meanwhile loses
    nothing: if it may have gone on before the address moves, that fails
    and the member serves on. Of another what is written between the last
    export and the move is lost. A standby's disk is made anew from a
    checkpoint that is only being taken. Nobody ends the process of a member
    that is well: only what lasts cuts it off.
    """
    if choice.member.mechanism.spreads:
        return spread_plans.fail_over(choice)
    member, standby = choice.member, choice_.standby(choice)
    takes = {"member_id": standby.member_id}
    in_time: dict[str, object] = {"releases": True}
    if choice.held_until is not None:
        in_time["before"] = choice.held_until - _MOVE_TIME
    return [
        *standby_plans.prepare(choice),
        *choice_.give_state(choice, takes, runs=True),
        _step(
            "move_address",
            "Lead clients to the standby.",
            args={**takes, **in_time},
        ),
        choice_.seal(member, marks="fenced"),
        _step(
            "promote",
            "Write down that the standby is the primary now.",
            args=takes,
        ),
        choice_.verify(choice, runs=True),
    ]


def make_standby(choice: Choice) -> list[model.Step]:
    """Make a server of NHAM's own on another host."""
    addresses = [
        _step(
            "find_addresses",
            "Find the service address, and how to reach the members.",
        )
    ]
    if choice.member.mechanism.spreads:
        addresses = spread_plans.find()
    wish = {"host": choice.target, **_source(choice)}
    volume = _step(
        "create_volume",
        "Make a volume like the primary's, to boot from.",
        args=wish,
    )
    return [
        *addresses,
        *([volume] if choice.member.volume_backed else []),
        _step(
            "create_member",
            "Create a server like the primary's on another host.",
            args=wish,
        ),
        *_join(choice),
    ]


def remake_standby(choice: Choice) -> list[model.Step]:
    """Remove NHAM's own server that failed, and make another."""
    return [
        _step(
            "remove_member",
            "Delete the failed standby with its ports.",
            args={"member_id": choice_.standby(choice).member_id},
        ),
        *make_standby(choice),
    ]


def repair_standby(choice: Choice) -> list[model.Step]:
    """Have the VNFC that the VNFM knows run again, as the standby.

    It is stopped with proof before its ports are opened, so that nothing
    of what failed is seen again. Its disk is left as it is, as its state
    comes from the primary, unless it did not start from it before: then it
    is made of its image, or of a checkpoint if it is a volume.
    """
    standby = choice_.standby(choice)
    which = {"member_id": standby.member_id}
    if choice.standby_host_lost:
        stop = [
            *choice_.fence(str(standby.host)),
            _step(
                "evacuate_server",
                "Have Nova make the server on another host.",
                args={
                    **which,
                    "host": standby.host,
                    "target": choice.target,
                    "start": False,
                },
            ),
        ]
        source: dict[str, Any] = {}
    else:
        stop = [
            _step(
                "stop_server",
                "Stop what is left of it.",
                standby_plans.STOP_TIMEOUT,
                args=which,
            )
        ]
        source = _source(choice)
    start = _step("start_server", "Start it.", args=which)
    if source:
        start = _step(
            "rebuild_server",
            "Make its disk anew, and start it.",
            args={**which, **source},
        )
    return [
        *stop,
        _admit(which),
        start,
        *_join(choice),
    ]


def _source(choice: Choice) -> dict[str, Any]:
    """Return what a disk is made of, as a step's arguments; none: nothing."""
    if choice.checkpoint_id is not None:
        return {"checkpoint_id": choice.checkpoint_id}
    if choice.image_id is not None:
        return {"image_id": choice.image_id}
    return {}


def readmit(choice: Choice) -> list[model.Step]:
    """Let a member serve again that its operator has started."""
    which = {"member_id": choice_.standby(choice).member_id}
    return [_admit(which), *_join(choice)]


def dismiss(choice: Choice) -> list[model.Step]:
    """Remove a server of NHAM's own that the policy has no place for.

    Clients that it serves go to the others first.

    :raises ValueError: there is none.
    """
    surplus = choice.member.surplus
    if surplus is None:
        raise ValueError("the group has no member too many")
    which = {"member_id": surplus.member_id}
    return [
        _step("withdraw_member", "Let it have no clients.", args=which),
        _step("remove_member", "Delete it with its ports.", args=which),
        _step(
            "forget_addresses",
            "Let go of the group's addresses, if the primary is alone now.",
            marks="repaired",
        ),
    ]


def _admit(which: Mapping[str, Any]) -> model.Step:
    return _step("admit_member", "Let it into the network again.", args=which)


def _join(choice: Choice) -> list[model.Step]:
    if choice.member.mechanism.spreads:
        return spread_plans.join(choice)
    return [
        _step(
            "reach_member",
            "Have an address that leads NHAM to it.",
        ),
        _step(
            "join_standby",
            "Wait until it answers; then it can take over.",
            choice.member.policy.detection.boot_timeout,
            "repaired",
        ),
    ]


#: An operator may ask for it, too.
SWITCHOVER = choice_.Rung(
    name="switchover",
    zone=descriptor.Zone.VNFC,
    price="loses what is written while the address moves, if the "
    "application does not stand still",
    steps=switchover,
)

RUNGS = (
    choice_.Rung(
        name="fail_over",
        zone=descriptor.Zone.VNFC,
        price="loses what is newer than the state that was saved",
        steps=fail_over,
    ),
    choice_.Rung(
        name="take_out",
        zone=descriptor.Zone.VNFC,
        price="costs its share of the capacity until another is made",
        steps=spread_plans.take_out,
    ),
    choice_.Rung(
        name="withdraw",
        zone=descriptor.Zone.VNFC,
        price="costs its share of the capacity until it is started again",
        steps=spread_plans.withdraw,
    ),
    choice_.Rung(
        name="hand_over",
        zone=descriptor.Zone.VNFC,
        price="costs its share of the capacity until it is started again",
        steps=spread_plans.hand_over,
    ),
    choice_.Rung(
        name="make_standby",
        zone=descriptor.Zone.VM,
        price="costs a server on another host",
        steps=make_standby,
    ),
    choice_.Rung(
        name="remake_standby",
        zone=descriptor.Zone.VM,
        price="costs a server on another host",
        steps=remake_standby,
    ),
    choice_.Rung(
        name="repair_standby",
        zone=descriptor.Zone.VM,
        price="keeps the server's id, and the VNFM's record true",
        steps=repair_standby,
    ),
    choice_.Rung(
        name="readmit",
        zone=descriptor.Zone.VNFC,
        price="costs nothing",
        steps=readmit,
    ),
    choice_.Rung(
        name="park_standby",
        zone=descriptor.Zone.VM,
        price="costs a boot at the next fail-over",
        steps=standby_plans.park_standby,
    ),
    choice_.Rung(
        name="wake_standby",
        zone=descriptor.Zone.VM,
        price="costs the memory and CPU of a server that waits",
        steps=standby_plans.wake_standby,
    ),
    choice_.Rung(
        name="refresh_standby",
        zone=descriptor.Zone.VM,
        price="costs the group its standby for a rebuild and a boot",
        steps=standby_plans.refresh_standby,
    ),
    SWITCHOVER,
    choice_.Rung(
        name="dismiss",
        zone=descriptor.Zone.VM,
        price="costs the group a member that it is not to have",
        steps=dismiss,
    ),
)
