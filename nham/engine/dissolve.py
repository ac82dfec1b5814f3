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
from nham.recovery import replica_steps

LOG = logging.getLogger(__name__)


def dissolve(ctx: context.Context, group: model.Group) -> None:
    """Give the service back to the VNFM's server and remove our own.

    Whatever was done before is not done again, so it may be repeated
    after an error.

    :raises AdapterError: the cloud does not let us; nothing is forgotten.
    """
    if not _has_ours(ctx, group):
        return
    name = replica_steps.access_name(group.id)
    access = [found.id for found in ctx.vim.find_floating_ips(name)]
    for address_id in access:
        _point(ctx, address_id, None)
    members = ctx.store.members(group_id=group.id)
    for member in members:
        if member.kind == "vnfc":
            _give_back(ctx, group, member)
    for member in members:
        if member.kind == "server":
            _remove(ctx, group, member)
    for address_id in access:
        ctx.vim.delete_floating_ip(address_id)


def _has_ours(ctx: context.Context, group: model.Group) -> bool:
    """Say whether anything in the cloud can be NHAM's own.

    Where no standby was ever wanted, nobody needs to be asked.
    """
    vnf = ctx.store.vnf(group.vnf_id)
    policy = descriptor.policy_for(group.vdu, vnf.policies)
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
    service = group.service if group.access is not None else None
    if service is not None and member.port_id is not None:
        _point(ctx, service.id, member.port_id)


def _point(ctx: context.Context, address_id: str, port_id: str | None) -> None:
    with contextlib.suppress(errors.NotFound):
        ctx.vim.point_floating_ip(address_id, port_id)


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
    replica_steps.delete_ports(ctx.vim, member)
    LOG.info("%s is removed", member.name)
    store.save_member(dataclasses.replace(member, role=states.Role.RETIRED))
