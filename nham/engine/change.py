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

"""A change of a VNF's policies while it serves.

The service is not touched: the members that another mechanism needed are
removed one by one by decisions (rule ``surplus``), and those that the new
one needs are made like any that are missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.engine import dissolve
from nham.engine import journal as journal_
from nham.recovery import context
from nham.recovery import replica_steps


def prepare(
    ctx: context.Context,
    vnf: model.Vnf,
    policies: Sequence[descriptor.ResiliencyPolicy],
) -> None:
    """Make sure that a VNF's groups can get along with other policies.

    A group that no policy is for any more loses all that NHAM made for it,
    and so does one whose service address is another, or moved in another
    way: its standby is made anew.

    :raises ValueError: a server of NHAM's own serves, and the new mechanism
        has no place for it.
    :raises AdapterError: a member cannot be removed now.
    """
    groups = ctx.store.groups(vnf_id=vnf.id)
    for group in groups:
        before = descriptor.policy_for(group.vdu, vnf.policies)
        after = descriptor.policy_for(group.vdu, policies)
        if before is None or (after and _changed(before, after) is None):
            continue
        for member in ctx.store.members(group_id=group.id):
            if member.stands_in:
                raise ValueError(
                    f"{_changed(before, after)}: cannot change while "
                    f"{member.name}, which is NHAM's own, serves "
                    f"{group.vnfc}: switch over first"
                )
    for group in groups:
        before = descriptor.policy_for(group.vdu, vnf.policies)
        after = descriptor.policy_for(group.vdu, policies)
        if after is None:
            dissolve.dissolve(ctx, group)
        elif before is not None and _moves_otherwise(before, after):
            dissolve.dissolve(ctx, group)
            for member in ctx.store.members(group_id=group.id):
                replica_steps.forget_addresses(ctx, group, member)


def set_properties(
    ctx: context.Context,
    journal: journal_.Journal,
    vnf_id: str,
    vdu: str | None,
    values: Mapping[str, Any],
    unset: Sequence[str],
    user: str,
) -> None:
    """Change properties of the policies that a VNF has now.

    They stay so until it is protected anew by a descriptor, be it its own.

    :param vdu: change what holds for this VDU and for no other; None:
        change each policy of the VNF.
    :param values: by path, in the words of a descriptor.
    :param unset: paths that are to have their default again.
    :param user: who asked for it.
    :raises ValueError: no policy holds, one would break a rule, or the
        mechanism cannot change now. For the rest see `prepare`.
    """
    vnf = ctx.store.vnf(vnf_id)
    policies = _with_properties(ctx, vnf, vdu, values, unset)
    prepare(ctx, vnf, policies)
    ctx.store.save_vnf(dataclasses.replace(vnf, policies=policies))
    told = [
        *(f"{path} to {value}" for path, value in values.items()),
        *(f"{path} to its default" for path in unset),
    ]
    journal.event(
        states.Severity.INFO,
        "policy-changed",
        f"{vnf.name}{f' {vdu}' if vdu else ''}: user {user} set "
        f"{', '.join(told)}",
        vnf.id,
    )


def _with_properties(
    ctx: context.Context,
    vnf: model.Vnf,
    vdu: str | None,
    values: Mapping[str, Any],
    unset: Sequence[str],
) -> tuple[descriptor.ResiliencyPolicy, ...]:
    """Return a VNF's policies with some properties changed."""
    if not (values or unset):
        raise ValueError("properties: at least one must be set or unset")
    if not vnf.policies:
        raise ValueError("policies: the VNF has none, protect it first")
    policies = list(vnf.policies)
    if vdu is not None:
        policies = _alone(vdu, policies)
    known = _known(ctx, vnf, policies)
    for index, policy in enumerate(policies):
        if vdu is None or policy.targets == (vdu,):
            others = (one for one in policies if one is not policy)
            policies[index] = descriptor.build(
                descriptor.override(policy, values, unset),
                descriptor.Context(
                    targets=known,
                    taken=frozenset(t for one in others for t in one.targets),
                ),
            )
    return tuple(policies)


def _alone(
    vdu: str, policies: Sequence[descriptor.ResiliencyPolicy]
) -> list[descriptor.ResiliencyPolicy]:
    """Return the policies with one that is for a VDU and for no other."""
    before = descriptor.policy_for(vdu, policies)
    if before is None:
        raise ValueError(f"vdu: no policy of the VNF holds for {vdu}")
    if before.targets == (vdu,):
        return list(policies)
    others = tuple(name for name in before.targets if name != vdu)
    alone = dataclasses.replace(
        before,
        name=f"{before.name}-{vdu}",
        targets=(vdu,),
        whole_vnf=False,
    )
    rest = dataclasses.replace(before, targets=others)
    return [
        *(rest if policy is before else policy for policy in policies),
        alone,
    ]


def _known(
    ctx: context.Context,
    vnf: model.Vnf,
    policies: Sequence[descriptor.ResiliencyPolicy],
) -> dict[str, descriptor.Target]:
    """Return what the policies name, as far as the rules must know it.

    The descriptor is not at hand. What a policy for the whole VNF names
    beside VDUs is the VNF node.
    """
    groups = {group.id: group for group in ctx.store.groups(vnf_id=vnf.id)}
    volumes = {
        groups[member.group_id].vdu
        for member in ctx.store.members(vnf_id=vnf.id)
        if member.volume_backed
    }
    found = {
        name: descriptor.Target(name, "vnf" if policy.whole_vnf else "vdu")
        for policy in policies
        for name in policy.targets
    }
    for group in groups.values():
        found[group.vdu] = descriptor.Target(
            group.vdu, "vdu", volume_backed=group.vdu in volumes
        )
    return found


def _form(policy: descriptor.ResiliencyPolicy) -> tuple[bool, bool]:
    """Return what the members that a mechanism needs have to be like."""
    spec = mechanisms.of(policy.redundancy)
    return spec.replicated, spec.spreads


def _changed(
    before: descriptor.ResiliencyPolicy,
    after: descriptor.ResiliencyPolicy | None,
) -> str | None:
    """Return the property by which the members have to be others, if any."""
    if after is None or _form(before) != _form(after):
        return "redundancy"
    moves = _moves_otherwise(before, after)
    return "service_address" if moves else None


def _moves_otherwise(
    before: descriptor.ResiliencyPolicy, after: descriptor.ResiliencyPolicy
) -> bool:
    """Say whether both move a service address, but not alike."""
    moved = (True, False)
    return (
        _form(before) == _form(after) == moved
        and before.service_address != after.service_address
    )
