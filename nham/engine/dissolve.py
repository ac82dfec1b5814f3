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

"""Takes a replica group apart, so that nothing of NHAM's own is left."""

from __future__ import annotations

import contextlib
import dataclasses
import logging

from nham.adapters import errors
from nham.core import descriptor
from nham.core import mechanisms
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import movers
from nham.recovery import replica_steps
from nham.recovery import volume_steps

LOG = logging.getLogger(__name__)


def dissolve(ctx: context.Context, group: model.Group) -> None:
    """Give the service back to the VNFM's server and remove our own.

    Whatever was done before is not done again, so it may be repeated
    after an error.

    :raises AdapterError: the cloud does not let us; nothing is forgotten.
    """
    if not _has_ours(ctx, group):
        return
    members = ctx.store.members(group_id=group.id)
    for member in members:
        if member.kind == "vnfc":
            _give_back(ctx, group, member)
    for member in members:
        if member.kind == "server":
            _remove(ctx, group, member)
    replica_steps.delete_access(ctx.vim, group.id)


def _policy(
    ctx: context.Context, group: model.Group
) -> descriptor.ResiliencyPolicy | None:
    vnf = ctx.store.vnf(group.vnf_id)
    return descriptor.policy_for(group.vdu, vnf.policies)


def _has_ours(ctx: context.Context, group: model.Group) -> bool:
    """Say whether anything in the cloud can be NHAM's own.

    Where no standby was ever wanted, nobody needs to be asked.
    """
    policy = _policy(ctx, group)
    wanted = policy is not None and mechanisms.of(policy.redundancy).replicated
    return wanted or group.service is not None


def _give_back(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Let the VNFM's server be reached as if NHAM had never been there.

    A fail-over may have begun, whatever its role is. It may be gone by
    now, with its ports and its address.
    """
    ports = ctx.vim.ports(member.server_id)
    if not ports:
        replica_steps.release(ctx, group, member)
    for port in ports:
        if not port.enabled:
            with contextlib.suppress(errors.NotFound):
                ctx.vim.enable_port(port.id, True)
    if member.parked:
        _start(ctx, member)
    _lead_back(ctx, group, member)


def _lead_back(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Lead clients to the VNFM's server; a silent guest cannot be helped."""
    policy, service = _policy(ctx, group), group.service
    mover = ctx.movers.get(policy.service_address.driver) if policy else None
    if mover is None or service is None or member.port_id is None:
        return
    if mover.volatile:
        _cut_ours_off(ctx, group)
    try:
        mover.move(service, movers.place_of(member))
    except errors.NotFound:
        return
    except (errors.Conflict, errors.Refused) as error:
        if not mover.volatile:
            raise
        LOG.warning("%s leads nowhere now: %s", service.ip, error)


def _cut_ours_off(ctx: context.Context, group: model.Group) -> None:
    """Let none of NHAM's own servers hold the address that it claimed."""
    for member in ctx.store.members(group_id=group.id):
        if member.kind == "server":
            for port in ctx.vim.ports(member.server_id):
                if port.enabled:
                    ctx.vim.enable_port(port.id, False)


def _start(ctx: context.Context, member: model.Member) -> None:
    """Start the VNFM's server, which NHAM has stopped."""
    with contextlib.suppress(errors.NotFound, errors.Conflict):
        ctx.vim.start(member.server_id)
    ctx.store.save_member(dataclasses.replace(member, parked=False))


def _remove(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Delete a server of our own.

    Who is just making it looks whether it is still wanted when it is
    made: so that is taken back before what there is of it is looked up.
    """
    store = ctx.store
    store.save_member(dataclasses.replace(member, role=states.Role.FAILED))
    replica_steps.delete_servers(ctx.vim, member)
    replica_steps.release(ctx, group, member)
    volume_steps.delete_volumes(ctx.vim, member.name)
    replica_steps.delete_ports(ctx.vim, member)
    LOG.info("%s is removed", member.name)
    store.save_member(dataclasses.replace(member, role=states.Role.RETIRED))
