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


"""The records as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import member_facts
from nham.core import model
from nham.core import prices
from nham.core import sal
from nham.core import states
from nham.core import timeline
from nham.core.decision import ruling

View = dict[str, Any]


def vnf(
    record: model.Vnf,
    groups: Sequence[model.Group],
    newest: Mapping[str, model.Checkpoint],
    now: float,
) -> View:
    """Show a VNF in a list.

    :param newest: the newest good checkpoint by group.
    """
    ages = [now - newest[g.id].cut_at for g in groups if g.id in newest]
    return {
        "id": record.id,
        "name": record.name,
        "source": record.source,
        "project_id": record.project_id,
        "instance_id": record.instance_id,
        "vnfd_id": record.vnfd_id,
        "state": record.state.value,
        "reason": record.reason,
        "paused": record.paused,
        "mechanisms": sorted({_mechanism(record, g).value for g in groups}),
        "vnfcs": [group.vnfc for group in groups],
        # Of several VNFCs the one that would lose most.
        "newest_checkpoint_age": max(ages) if ages else None,
        "created_at": record.created_at,
    }


def group(
    of: model.Vnf,
    record: model.Group,
    members: Sequence[model.Member],
    newest: model.Checkpoint | None,
    probes: Mapping[str, Any] | None,
    now: float,
    recoveries: Sequence[model.Recovery],
) -> View:
    """Show a replica group of a VNF.

    :param recoveries: of the whole VNF.
    """
    own = [member for member in members if member.group_id == record.id]
    asked = _mechanism(of, record)
    in_force, reason = _in_force(asked, own)
    return {
        "id": record.id,
        "vnfc": record.vnfc,
        "vdu": record.vdu,
        "mechanism": asked.value,
        "mechanism_in_force": in_force.value,
        "mechanism_reason": reason,
        "service_address": record.service.ip if record.service else None,
        "epoch": record.epoch,
        "recovery_id": record.recovery_id,
        "members": [dataclasses.asdict(member) for member in own],
        "newest_checkpoint": None if newest is None else _newest(newest, now),
        "sal": _sal(of, record, recoveries),
        "probes": probes,
    }


def checkpoint(record: model.Checkpoint) -> View:
    """Show a checkpoint."""
    shown = dataclasses.asdict(record)
    shown["artifacts"] = list(shown["artifacts"])
    return {
        **shown,
        "size": record.size,
        "digest": record.digest,
        "pause": record.pause,
    }


def recovery(record: model.Recovery) -> View:
    """Show a recovery in a list."""
    fault = record.fault
    return {
        "id": record.id,
        "vnf_id": record.vnf_id,
        "group_id": record.group_id,
        "epoch": record.epoch,
        "zone": fault.zone.value,
        "subject": fault.subject,
        "rule": record.rule,
        "rung": record.rung,
        "state": record.state.value,
        "reason": record.reason,
        "owner": record.owner,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "timeline": timeline.timeline(record),
    }


def recovery_in_full(record: model.Recovery) -> View:
    """Show a recovery with why and how."""
    rule = ruling.of(record.rule)
    return {
        **recovery(record),
        "rule_says": rule.says,
        "rule_source": rule.source,
        "evidence": list(record.fault.evidence),
        "reasons": list(record.reasons),
        "refused": list(record.refused),
        "steps": [_step(step) for step in record.steps],
    }


def event(record: model.Event) -> View:
    """Show an event."""
    return dataclasses.asdict(record)


def host(record: model.HostRecord) -> View:
    """Show what is known about a host."""
    return dataclasses.asdict(record)


def newest_by_group(
    checkpoints: Sequence[model.Checkpoint],
) -> dict[str, model.Checkpoint]:
    """Return the newest good checkpoint of each group.

    :param checkpoints: newest first.
    """
    found: dict[str, model.Checkpoint] = {}
    for record in checkpoints:
        if record.state is states.CheckpointState.AVAILABLE:
            found.setdefault(record.group_id, record)
    return found


def _sal(
    of: model.Vnf, record: model.Group, recoveries: Sequence[model.Recovery]
) -> View | None:
    """Return the service availability level of a group that has a policy."""
    policy = descriptor.policy_for(record.vdu, of.policies)
    if policy is None:
        return None
    measured = prices.measured(recoveries, "of this VNF")
    reach = sal.reachable(policy, measured)
    seen = sal.seen(r for r in recoveries if r.group_id == record.id)
    return {
        "declared": policy.sal,
        "reachable": reach.level,
        "reachable_seconds": reach.seconds,
        "reachable_says": reach.says,
        "measured": seen and dataclasses.asdict(seen),
    }


def _mechanism(record: model.Vnf, group: model.Group) -> descriptor.Mechanism:
    """Return the mechanism that the policy asks for."""
    policy = descriptor.policy_for(group.vdu, record.policies)
    return policy.redundancy if policy else group.mechanism


def _in_force(
    asked: descriptor.Mechanism, members: Sequence[model.Member]
) -> tuple[descriptor.Mechanism, str]:
    """Return the mechanism that a group's members make up, and why no other.

    Without one that could take over a group is no better off than without
    replicas.
    """
    fit = [m for m in members if m.role in member_facts.FIT_ROLES]
    if fit or asked is descriptor.Mechanism.ZERO_R:
        return asked, ""
    others = [m.role for m in members if m.role is not states.Role.PRIMARY]
    reason = f"one is {others[0]}" if others else "there is none"
    return (
        descriptor.Mechanism.ZERO_R,
        f"no other member could take over: {reason}",
    )


def _newest(record: model.Checkpoint, now: float) -> View:
    return {
        "id": record.id,
        "sequence": record.sequence,
        "cut_at": record.cut_at,
        "age": now - record.cut_at,
        "consistency": record.consistency,
        "size": record.size,
    }


def _step(record: model.StepRecord) -> View:
    return {
        "position": record.position,
        "id": record.step.id,
        "action": record.step.action,
        "note": record.step.note,
        "marks": record.step.marks,
        "timeout": record.step.timeout,
        "state": record.state.value,
        "started_at": record.started_at,
        "ended_at": record.ended_at,
        "detail": record.detail,
    }
