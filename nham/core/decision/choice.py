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

"""What a plan is made for, and the steps that many plans share."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import model

#: Seconds until a step that asks the cloud for something counts as failed.
_CLOUD_TIMEOUT = 180.0
_FENCE_TIMEOUT = 60.0


#: A member that may have failed.
Failed = member_facts.MemberFacts | member_facts.StandbyFacts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """What a plan is made for.

    :ivar host_lost: the host looks dead, so it must be fenced first.
    :ivar checkpoint_id: restore from this checkpoint.
    :ivar image_id: restore from this image: the VNFD's own.
    :ivar target: the host for a new member, or for one that lost its own.
    :ivar standby_host_lost: the standby's host looks dead.
    :ivar ordered: somebody ordered it, so it is done to a VNFC that
        answers, too.
    :ivar held_until: until when its application stands still so that
        another member can take over with all of its state; None: it goes
        on.
    """

    member: member_facts.MemberFacts
    host: facts_.HostFacts
    host_lost: bool = False
    checkpoint_id: str | None = None
    image_id: str | None = None
    target: str | None = None
    standby_host_lost: bool = False
    ordered: bool = False
    held_until: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rung:
    """One way of bringing a VNFC back."""

    name: str
    zone: descriptor.Zone
    price: str
    steps: Callable[[Choice], list[model.Step]]


def step(
    action: str,
    note: str,
    timeout: float = _CLOUD_TIMEOUT,
    marks: str | None = None,
    args: Mapping[str, Any] | None = None,
) -> model.Step:
    return model.Step(
        id=action,
        action=action,
        note=note,
        timeout=timeout,
        marks=marks,
        args=dict(args or {}),
    )


def standby(choice: Choice) -> member_facts.StandbyFacts:
    """Return the other member that the plan is about.

    :raises ValueError: there is none.
    """
    found = choice.member.standby
    if found is None:
        raise ValueError("the group has no standby")
    return found


def confirm(
    choice: Choice,
    other: member_facts.StandbyFacts | None = None,
    witness: str | None = None,
) -> list[model.Step]:
    """Look again; what answered at the decision proves nothing new.

    :param other: who has failed; None: the primary.
    :param witness: what the watch knows a member by that goes on serving:
        if it answers, Nova need not. None: Nova is needed anyhow.
    """
    if choice.ordered:
        return []
    failed = other or choice.member
    seen = (("app", failed.app), ("icmp", failed.icmp))
    args: dict[str, Any] = {
        "answered": [name for name, h in seen if h is facts_.Health.OK],
        "host": failed.host,
    }
    if other is not None:
        args["member_id"] = other.member_id
    if witness is not None:
        args["witness"] = witness
    found = step(
        "confirm_fault",
        "Look once more: a member that answers again is left alone.",
        30.0,
        args=args,
    )
    return [found]


def isolate(failed: Failed, note: str) -> model.Step:
    """Return the step that cuts a member off at once, by the first proof."""
    return step(
        "isolate_member",
        note,
        marks="fenced",
        args={"member_id": failed.member_id, "host": failed.host},
    )


def seal(failed: Failed, marks: str | None = None) -> model.Step:
    """Return the step that cuts a member off so that it stays so.

    :param marks: ``fenced`` where no step before has cut it off.
    """
    return step(
        "seal_member",
        "Cut it off for good, whoever starts it again.",
        marks=marks,
        args={"member_id": failed.member_id, "host": failed.host},
    )


def fence(host: str) -> list[model.Step]:
    """Return the steps that make sure of a dead host."""
    return [
        step(
            "fence_host",
            "Make sure that the host cannot serve or write any more.",
            _FENCE_TIMEOUT,
            "fenced",
            {"host": host},
        ),
        step(
            "force_down",
            "Tell Nova at once that the host is down.",
            args={"host": host},
        ),
    ]


def answer_time(choice: Choice) -> float:
    """Return the seconds in which a guest that runs already must answer.

    Who is silent for longer has failed, too, and is not waited for as one
    that boots.
    """
    detection = choice.member.policy.detection
    return detection.initial_timeout * detection.max_misses


def verify(choice: Choice, runs: bool = False) -> model.Step:
    """Return the step that sees whether the service is back.

    :param runs: who serves then ran before, and need not be waited for.
    """
    boots = choice.member.policy.detection.boot_timeout
    return step(
        "verify_service",
        "Wait for the first good answer.",
        answer_time(choice) if runs else boots,
        "first_good",
    )


def give_state(
    choice: Choice,
    which: Mapping[str, Any] | None = None,
    runs: bool = False,
) -> list[model.Step]:
    """Return the step that gives a member the newest saved state.

    Nothing where the VNF does not import its state itself.

    :param which: names the member; None: the primary, whichever that is by
        then.
    :param runs: it ran before, and need not be waited for.
    """
    policy = choice.member.policy
    hook = policy.state_protection.hook
    if policy.state_protection.method != "hook" or hook is None:
        return []
    boots = policy.detection.boot_timeout
    return [
        step(
            "give_state",
            "Have the member import the newest state that was saved.",
            answer_time(choice) + hook.timeout if runs else boots,
            "restored",
            {
                **(which or {}),
                "must": not policy.accept_state_loss,
            },
        )
    ]


def admit(choice: Choice) -> list[model.Step]:
    """Return the step that undoes a fail-over which was begun in vain."""
    if not choice.member.replicated:
        return []
    return [
        step(
            "admit_member",
            "Enable its ports, which a fail-over may have disabled.",
            args={"member_id": choice.member.member_id},
        )
    ]
