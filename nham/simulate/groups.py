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


"""What is known of a replica group: its policy, and who is what in it."""

from __future__ import annotations

from nham.adapters.simulated import records
from nham.core import descriptor
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.simulate import lab as lab_


def policy_of(
    lab: lab_.Lab, group: model.Group
) -> descriptor.ResiliencyPolicy | None:
    """Return the policy that holds for a group."""
    vnf = lab.store.vnf(group.vnf_id)
    return descriptor.policy_for(group.vdu, vnf.policies)


def replicated(lab: lab_.Lab, group: model.Group) -> bool:
    """Say whether a group should have a standby."""
    policy = policy_of(lab, group)
    return policy is not None and policy.num_backups > 0


def primary(lab: lab_.Lab, group: model.Group) -> model.Member | None:
    """Return the member of a group that serves."""
    return _with_role(lab, group, states.Role.PRIMARY)


def standby(lab: lab_.Lab, group: model.Group) -> model.Member | None:
    """Return the member of a group that can take over."""
    return _with_role(lab, group, states.Role.STANDBY)


def others(lab: lab_.Lab, group: model.Group) -> list[str | None]:
    """Return the servers of the members that are to run beside the primary.

    None stands for each that is missing, or that only its user can heal or
    start.
    """
    policy = policy_of(lab, group)
    wanted = policy.num_backups if policy else 0
    members = lab.store.members(group_id=group.id)
    fit = [one for one in members if one.role in member_facts.FIT_ROLES]
    running: list[str | None] = [m.server_id for m in fit if not m.parked]
    parked = len(fit) - len(running)
    found = [*running, *[None] * wanted][: max(wanted - parked, 0)]
    servers = lab.world.nova.servers
    # Though another may have been made in its place.
    theirs = any(
        servers[one.server_id].set_aside is not None
        if one.kind == "server"
        else one.role is states.Role.ASIDE
        or (
            one.role is states.Role.FAILED
            and servers[one.server_id].vm_state is records.VmState.DELETED
        )
        for one in members
        if one.role in (states.Role.ASIDE, states.Role.FAILED)
    )
    return [*found, None] if wanted and theirs else found


def near(lab: lab_.Lab, group: model.Group) -> list[model.Member]:
    """Return the members that would be lost with the primary's host."""
    servers, serves = lab.world.nova.servers, primary(lab, group)
    return [
        one
        for one in lab.store.members(group_id=group.id)
        if serves is not None
        and one.role in member_facts.FIT_ROLES
        and servers[one.server_id].host == servers[serves.server_id].host
    ]


def _with_role(
    lab: lab_.Lab, group: model.Group, role: states.Role
) -> model.Member | None:
    for member in lab.store.members(group_id=group.id):
        if member.role is role:
            return member
    return None
