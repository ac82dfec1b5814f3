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

"""Steps that give a replica group its standby: make, admit, join."""

from __future__ import annotations

from collections.abc import Sequence
import contextlib
import dataclasses
import itertools

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import network_base
from nham.adapters.vim import tags
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import disk_steps
from nham.recovery import movers
from nham.recovery import volume_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

#: Seconds for a host to delete a server. One that is dead does so when it is
#: back, and the group, which is kept from all else, is not to wait for it.
_DELETION = 15.0


def ports_of(vim: vim_base.Vim, name: str) -> Sequence[network_base.Port]:
    """Return the ports that NHAM made for a server of its own.

    By the server's name, so that those of a server that is gone, or was never
    made, are found too.
    """
    found: list[network_base.Port] = []
    for number in itertools.count():
        ports = vim.find_ports(f"{name}-{number}")
        if not ports:
            break
        found += ports
    return found


def delete_ports(vim: vim_base.Vim, member: model.Member) -> None:
    """Delete the ports that NHAM made for a server of its own.

    The last one first: what an error leaves behind is found again.
    """
    for port in reversed(ports_of(vim, member.name)):
        vim.delete_port(port.id)


def delete_servers(vim: vim_base.Vim, member: model.Member) -> None:
    """Delete NHAM's own server; one that is gone already is no error.

    The volume that it boots from goes with it.
    """
    for server in vim.find_servers(member.name):
        with contextlib.suppress(errors.NotFound):
            vim.delete_server(server.id, with_volume=True)


def withdraw(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Take a member off the balancer; one that is not there is no error."""
    if member.address is not None and group.service is not None:
        for spreader in ctx.spreaders.values():
            if spreader.knows(group.service.id):
                spreader.forget(group.service.id, member.address)


def release(
    ctx: context.Context, group: model.Group, member: model.Member
) -> None:
    """Take NHAM's own server off the balancer; delete its own address."""
    withdraw(ctx, group, member)
    delete_access(ctx.vim, member.id)


def delete_access(vim: vim_base.Vim, owner_id: str) -> None:
    """Delete the address that NHAM made for a group or a member."""
    for found in vim.find_floating_ips(access_name(owner_id)):
        vim.delete_floating_ip(found.id)


def forget_addresses(
    ctx: context.Context, group: model.Group, primary: model.Member
) -> None:
    """Let go of the addresses of a group whose primary is alone.

    The service address stays where it is; that which NHAM made goes.
    """
    delete_access(ctx.vim, group.id)
    ctx.store.save_member(
        dataclasses.replace(primary, address=None, access=None)
    )
    ctx.store.save_group(dataclasses.replace(group, service=None, access=None))


@handler("create_member")
class CreateMember(StepHandler):
    """Create a server like the primary's on another host."""

    def do(self, run: context.Run) -> None:
        """See base class; the ports come first, and keep their names."""
        vim, primary = run.context.vim, run.primary
        member = volume_steps.newcomer(run)
        made: dict[str | None, str] = {}
        for number, port in enumerate(vim.ports(primary.server_id)):
            name = f"{member.name}-{number}"
            made[port.id] = self._port(run, port, name, member.id)
        server_id = self._server(run, primary, member, list(made.values()))
        joining = run.joining
        if joining is None or joining.id != member.id:
            # Its group was dissolved meanwhile, so that nobody else knows
            # what was made since.
            delete_servers(vim, member)
            volume_steps.delete_volumes(vim, member.name)
            delete_ports(vim, member)
            raise context.StepFailed("the member was removed meanwhile")
        run.context.store.save_member(
            dataclasses.replace(
                member, server_id=server_id, port_id=made.get(primary.port_id)
            )
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining = run.joining
        if joining is None or not joining.server_id:
            return None
        server = run.context.vim.server(joining.server_id)
        if server.status == "ERROR":
            raise context.StepFailed(f"{joining.host} could not take it")
        if server.status != "ACTIVE" or server.task_state is not None:
            return None
        holds = disk_steps.note(run, joining)
        return context.Done(detail=f"{joining.name} on {server.host}{holds}")

    def _port(
        self,
        run: context.Run,
        like: network_base.Port,
        name: str,
        owner_id: str,
    ) -> str:
        """Return the port of that name, made if it is not there yet."""
        vim = run.context.vim
        known = vim.find_ports(name)
        if known:
            return known[0].id
        return vim.copy_port(like.id, name, tags.of_owner(owner_id))

    def _server(
        self,
        run: context.Run,
        primary: model.Member,
        member: model.Member,
        ports: Sequence[str],
    ) -> str:
        """Return the member's server, made if it is not there yet."""
        vim = run.context.vim
        known = vim.find_servers(member.name)
        if known:
            return known[0].id
        image_id = volume_id = None
        if primary.volume_backed:
            volume_id = self._volume(run, member)
        else:
            image_id = disk_steps.image(run) or primary.image_id
        return vim.copy_server(
            primary.server_id,
            member.name,
            str(run.args["host"]),
            ports,
            image_id,
            tags.of_member(run.group.vnf_id, member),
            volume_id,
        )

    @staticmethod
    def _volume(run: context.Run, member: model.Member) -> str:
        """Return the volume that it boots from, made by the step before."""
        for volume in run.context.vim.find_volumes(member.name):
            return volume.id
        raise context.StepFailed("its volume is gone")


@handler("remove_member")
class RemoveMember(StepHandler):
    """Delete a server of NHAM's own with its volume and ports."""

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self._has_left(run)

    def do(self, run: context.Run) -> None:
        """See base class; one that is gone already is no error."""
        if run.member.kind != "server":
            raise context.StepFailed("it is the VNFM's, and not NHAM's")
        delete_servers(run.context.vim, run.member)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; the ports go when the server has let them go."""
        if self._has_left(run):
            return context.Done(detail="it has left the group")
        member = run.member
        waited = run.context.clock.now() - run.since
        for server in run.context.vim.find_servers(member.name):
            if server.task_state != "deleting" or waited < _DELETION:
                return None
        release(run.context, run.group, member)
        volume_steps.delete_volumes(run.context.vim, member.name)
        delete_ports(run.context.vim, member)
        run.context.store.save_member(
            dataclasses.replace(member, role=states.Role.RETIRED)
        )
        return context.Done(detail=f"{member.name} is deleted")

    def _has_left(self, run: context.Run) -> bool:
        """Say whether all is done but the record of the step itself."""
        members = run.context.store.members(group_id=run.recovery.group_id)
        return run.args["member_id"] not in {one.id for one in members}


@handler("admit_member")
class AdmitMember(StepHandler):
    """Let a member that was cut off into the network again."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        member = run.member
        if member.role is not states.Role.PRIMARY:
            run.context.store.save_member(
                dataclasses.replace(
                    member, role=states.Role.JOINING, parked=False
                )
            )
        for port in run.context.vim.ports(member.server_id):
            if not port.enabled:
                run.context.vim.enable_port(port.id, True)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        ports = run.context.vim.ports(run.member.server_id)
        if not all(port.enabled for port in ports):
            return None
        return context.Done(detail=f"{len(ports)} ports are enabled")


@handler("join_standby")
class JoinStandby(StepHandler):
    """Wait until the member answers; then it can take over."""

    def requested(self, run: context.Run) -> bool:
        """See base class; all may be done but the record of the step."""
        return run.joining is None

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.watch.expect(context.subject(run.newcomer))

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining = run.joining
        if joining is None:
            return self._joined(run)
        at = answered(run, joining)
        if at is None:
            return None
        # It may have served once, and only its word says that it forgot.
        movers.revoke(run, joining)
        server = run.context.vim.server(joining.server_id)
        if not (run.policy.on_disk and joining.disk_sequence):
            run.context.store.note_state(joining.id, 0, None)
        run.context.store.save_member(
            dataclasses.replace(
                joining,
                role=states.Role.STANDBY,
                host=server.host,
                answered=True,
            )
        )
        return context.Done(detail=f"standby on {server.host}", at=at)

    def _joined(self, run: context.Run) -> context.Done:
        for member in run.context.store.members(
            group_id=run.recovery.group_id
        ):
            if member.role is states.Role.STANDBY:
                return context.Done(detail=f"standby on {member.host}")
        raise context.StepFailed("no member is being made or repaired")


def answered(run: context.Run, member: model.Member) -> float | None:
    """Return when a member answered since the step began, None: not yet."""
    view = run.context.watch.view(context.subject(member))
    at = view.last_good_at
    if at is None or at < run.since or view.app is not facts.Health.OK:
        return None
    return at


def access_name(owner_id: str) -> str:
    """Return the description of an access address of a group or member."""
    return f"nham-access-{owner_id}"
