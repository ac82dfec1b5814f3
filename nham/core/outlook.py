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

"""What a decision means to whoever asks why: the outlook of one VNFC.

A verdict with what it is to be read with: what its rule says, who holds
it back, how long the service would be away, and how much state is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from nham.core import decision
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import prices
from nham.core.decision import replicas
from nham.core.decision import ruling
from nham.core.decision import whatif
from nham.core.descriptor import levels

Fault = whatif.Fault
Kind = decision.Kind
#: These leave the disk as it is, so they lose nothing that was on it.
_KEEPS_DISK = ("soft_reboot", "start", "hard_reboot")
#: These keep a volume, and make a local disk anew.
_KEEPS_VOLUME = (*_KEEPS_DISK, "evacuate", "replace")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outage:
    """For how long the service would be away, and how that is known."""

    seconds: float
    says: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would be done about one VNFC.

    :ivar fault: what is supposed to fail.
    :ivar held_by: the guard that holds NHAM back, or ``paused``; empty if
        nothing does.
    :ivar unseen: why nobody would see the fault; empty if somebody would.
    :ivar outage: None: not known, as it does not end by NHAM's own doing.
    :ivar state_age: seconds of state that would be lost; None: there is no
        state to lose, or nothing is known of it.
    """

    fault: Fault
    vnfc: str
    verdict: decision.Verdict
    held_by: str
    unseen: str
    outage: Outage | None
    state_age: float | None

    @property
    def plain(self) -> dict[str, Any]:
        """The same as plain data, the words of the rule beside it."""
        verdict, rule = self.verdict, ruling.of(self.verdict.rule)
        return {
            "group_id": verdict.group_id,
            "vnfc": self.vnfc,
            "fault": self.fault.value,
            "kind": verdict.kind.value,
            "rule": verdict.rule,
            "rule_says": rule.says,
            "rule_source": rule.source,
            "zone": verdict.zone.value if verdict.zone else None,
            "subject": verdict.subject,
            "rung": verdict.rung,
            "checkpoint_id": verdict.checkpoint_id,
            "held_by": self.held_by,
            "unseen": self.unseen,
            "reasons": list(verdict.reasons),
            "refused": list(verdict.refused),
            "steps": [
                {"id": step.id, "action": step.action, "note": step.note}
                for step in verdict.steps
            ],
            "outage": self.outage and dataclasses.asdict(self.outage),
            "state_age": self.state_age,
        }


def outlook(
    facts: facts_.Facts,
    group_id: str,
    fault: Fault,
    measured: Sequence[Mapping[str, prices.Measured]] = (),
) -> Outlook:
    """Return what would be done about a VNFC if something failed now.

    :param measured: what rungs have taken by rung, the nearest first.
    :raises LookupError: the facts have no such group.
    """
    imposed = whatif.impose(facts, group_id, fault)
    decided = decision.decide(imposed)
    verdict = next(v for v in decided.verdicts if v.group_id == group_id)
    member = whatif.member_of(imposed, group_id)
    unseen = whatif.unseen(facts, group_id, fault)
    if not unseen and fault is not Fault.NOW and verdict.rule == "healthy":
        unseen = "too little would tell of it"
    outage = None
    if not unseen:
        outage = _outage(member, verdict, fault, measured)
    return Outlook(
        fault=fault,
        vnfc=member.vnfc,
        verdict=verdict,
        held_by=_held_by(verdict),
        unseen=unseen,
        outage=outage,
        state_age=_state_age(member, verdict),
    )


def _held_by(verdict: decision.Verdict) -> str:
    if verdict.kind is Kind.WOULD:
        return "paused"
    return verdict.rule if ruling.of(verdict.rule).guard else ""


def _outage(
    member: member_facts.MemberFacts,
    verdict: decision.Verdict,
    fault: Fault,
    measured: Sequence[Mapping[str, prices.Measured]],
) -> Outage | None:
    """Return how long the service would be away, from the fault on."""
    rung = verdict.rung
    if rung is None:
        serves = verdict.rule == "healthy"
        return Outage(seconds=0.0, says="it serves") if serves else None
    if rung in replicas.BESIDE:
        return Outage(seconds=0.0, says="the service goes on meanwhile")
    for known in measured:
        if rung in known:
            found = known[rung]
            return Outage(
                seconds=found.outage,
                says=f"measured: median of {found.count} {found.of}",
            )
    price = prices.of(rung, member.policy)
    if price is None:
        return None
    detection = levels.detection_seconds(member.policy.detection)
    if fault is Fault.NOW:
        detection = member.silent_for
    return Outage(
        seconds=detection + price.seconds,
        says=f"detection {detection:.3g} s + {rung} {price.seconds:.3g} s, "
        f"default: {price.source}",
    )


def _state_age(
    member: member_facts.MemberFacts, verdict: decision.Verdict
) -> float | None:
    """Return how many seconds of state the plan would lose."""
    policy, rung = member.policy, verdict.rung
    if not policy.stateful or rung is None or rung in replicas.BESIDE:
        return None
    in_memory = policy.state_protection.method == "hook"
    if not in_memory and rung in _KEEPS_DISK:
        return 0.0
    if not in_memory and member.volume_backed and rung in _KEEPS_VOLUME:
        return 0.0
    ages = {one.id: one.age for one in member.checkpoints}
    if verdict.checkpoint_id is not None:
        return ages.get(verdict.checkpoint_id)
    if rung == "fail_over" and policy.on_disk and member.standby is not None:
        has = member.standby.sequence
        held = [c.age for c in member.checkpoints if c.sequence == has]
        return held[0] if held else None
    return member.checkpoints[0].age if member.checkpoints else None
