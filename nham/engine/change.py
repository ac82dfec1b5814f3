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

from collections.abc import Sequence

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.engine import dissolve
from nham.recovery import context


def prepare(
    ctx: context.Context,
    vnf: model.Vnf,
    policies: Sequence[descriptor.ResiliencyPolicy],
) -> None:
    """Make sure that a VNF's groups can get along with other policies.

    A group that no policy is for any more loses all that NHAM made for it.

    :raises ValueError: a server of NHAM's own serves, and the new mechanism
        has no place for it.
    :raises AdapterError: a member cannot be removed now.
    """
    groups = ctx.store.groups(vnf_id=vnf.id)
    for group in groups:
        before = descriptor.policy_for(group.vdu, vnf.policies)
        after = descriptor.policy_for(group.vdu, policies)
        if before is None or (after and _form(before) == _form(after)):
            continue
        for member in ctx.store.members(group_id=group.id):
            if member.role is states.Role.PRIMARY and member.kind == "server":
                raise ValueError(
                    f"redundancy: cannot change while {member.name}, which is "
                    f"NHAM's own, serves {group.vnfc}: switch over first"
                )
    for group in groups:
        if descriptor.policy_for(group.vdu, policies) is None:
            dissolve.dissolve(ctx, group)


def _form(policy: descriptor.ResiliencyPolicy) -> tuple[bool, bool]:
    """Return what the members that a mechanism needs have to be like."""
    spec = mechanisms.of(policy.redundancy)
    return spec.replicated, spec.spreads
