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
    members = ctx.store.members(group_id=group.id)
    for member in members:
        if member.kind == "vnfc":
            _give_back(ctx, group, member)
    for member in members:
        if member.kind == "server":
            _remove(ctx, member)
    if group.access is not None:
        ctx.vim.delete_floating_ip(group.access.id)


def _give_back(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Let the VNFM's server be reached as if NHAM had never been there.

    It may be gone by now, with its ports and its address.
    """
    if group.service is None or member.role is states.Role.PRIMARY:
        return
    with contextlib.suppress(errors.NotFound):
        for port in ctx.vim.ports(member.server_id):
            if not port.enabled:
                ctx.vim.enable_port(port.id, True)
        if member.port_id is not None:
            if group.access is not None:
                ctx.vim.point_floating_ip(group.access.id, None)
            ctx.vim.point_floating_ip(group.service.id, member.port_id)


def _remove(ctx: context.Context, member: model.Member) -> None:
    for server in ctx.vim.find_servers(member.name):
        with contextlib.suppress(errors.NotFound):
            ctx.vim.delete_server(server.id)
    for port in replica_steps.ports_of(ctx.vim, member):
        ctx.vim.delete_port(port.id)
    LOG.info("%s is removed", member.name)
    ctx.store.save_member(
        dataclasses.replace(member, role=states.Role.RETIRED)
    )
