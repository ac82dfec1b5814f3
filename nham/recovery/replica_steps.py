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

"""Steps of a replica group: cut off, hand over, make, repair, join."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import logging
import uuid

from nham.adapters import errors
from nham.adapters.vim import base as vim_base
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler

LOG = logging.getLogger(__name__)


def ports_of(
    vim: vim_base.Vim, member: model.Member
) -> Sequence[vim_base.Port]:
    """Return the ports that NHAM made for a server of its own.

    By their names, so that those of a server that is gone, or was never
    made, are found too.
    """
    found: list[vim_base.Port] = []
    while ports := vim.find_ports(f"{member.name}-{len(found)}"):
        found += ports[:1]
    return found


def _joining(run: context.Run) -> model.Member:
    joining = run.joining
    if joining is None:
        raise context.StepFailed("no member is being made or repaired")
    return joining


@handler("isolate_member")
class IsolateMember(StepHandler):
    """Cut a member off in the network: disable its ports.

    From then on nothing reaches it through a port that is known to
    Neutron, whatever its host does (design, rule 1).
    """

    def do(self, run: context.Run) -> None:
        """See base class."""
        for port in run.context.vim.ports(run.member.server_id):
            if port.enabled:
                run.context.vim.enable_port(port.id, False)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        ports = run.context.vim.ports(run.member.server_id)
        if any(port.enabled for port in ports):
            return None
        return context.Done(detail=f"{len(ports)} ports are disabled")


@handler("give_state")
class GiveState(StepHandler):
    """Have a member import the newest state that was saved.

    A checkpoint that is torn is passed over for the one before it, and so
    is one that the member will not take (NHAM paper 3.4).
    """

    def do(self, run: context.Run) -> None:
        """See base class; the state is given while it is looked for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        member, refused = run.member, []
        now = run.context.clock.now()
        if member.importing_until is not None and member.importing_until > now:
            # What is under way would come after what is given now.
            return None
        serves = member.role is states.Role.PRIMARY
        for checkpoint in self._saved(run):
            if not serves and member.sequence >= checkpoint.sequence:
                return context.Done(
                    detail=f"it has checkpoint {checkpoint.id} already"
                )
            try:
                self._give(run, member, checkpoint)
            except errors.Unavailable as error:
                LOG.info("%s does not import yet: %s", member.id, error)
                return None
            except errors.AdapterError as error:
                LOG.warning("checkpoint %s: %s", checkpoint.id, error)
                refused.append(f"checkpoint {checkpoint.id}: {error}")
                continue
            age = now - checkpoint.cut_at
            said = "".join(f"; {one}" for one in refused)
            return context.Done(
                detail=f"checkpoint {checkpoint.id}, {age:.1f} s old{said}"
            )
        said = "; ".join(refused) or "no state was saved yet"
        if run.args["must"]:
            raise context.StepFailed(said)
        return context.Done(detail=f"it has no state: {said}")

    def _saved(self, run: context.Run) -> Sequence[model.Checkpoint]:
        """Return the checkpoints that may be given, newest first.

        One may have been saved since the decision, and it is newer. An
        operator may have named one.
        """
        named = run.args.get("checkpoint_id")
        if named:
            return [run.context.store.checkpoint(str(named))]
        return run.context.store.checkpoints(
            group_id=run.recovery.group_id,
            states=[states.CheckpointState.AVAILABLE],
        )

    def _give(
        self,
        run: context.Run,
        member: model.Member,
        checkpoint: model.Checkpoint,
    ) -> None:
        engine = run.context.engines[checkpoint.engine]
        engine.give(checkpoint, member.server_id, run.group.vnfc)
        if member.role is not states.Role.PRIMARY:
            run.context.store.note_state(member.id, checkpoint.sequence, None)


@handler("move_address")
class MoveAddress(StepHandler):
    """Point the service address at a member.

    A port takes one floating address, so the one by which NHAM reached
    the member goes first.
    """

    def do(self, run: context.Run) -> None:
        """See base class."""
        vim, group, port_id = run.context.vim, run.group, self._port(run)
        if group.service is None:
            raise context.StepFailed("the group has no service address")
        for held in vim.floating_ips(port_id):
            if held.id != group.service.id:
                vim.point_floating_ip(held.id, None)
        vim.point_floating_ip(group.service.id, port_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        service = run.group.service
        held = run.context.vim.floating_ips(self._port(run))
        if service is None or service.id not in {one.id for one in held}:
            return None
        return context.Done(detail=f"{service.ip} leads to it")

    def _port(self, run: context.Run) -> str:
        port_id = run.member.port_id
        if port_id is None:
            raise context.StepFailed("the member's port is not known")
        return port_id


@handler("promote")
class Promote(StepHandler):
    """Make the member the primary; who was it before has failed."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.store.promote(run.recovery.group_id, run.member.id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.member.role is not states.Role.PRIMARY:
            return None
        return context.Done(detail=f"server {run.member.server_id} serves")


@handler("find_addresses")
class FindAddresses(StepHandler):
    """Find the service address, and have one to reach the standby."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        group = run.group
        service = group.service or self._service(run)
        access = group.access or self._access(run, service)
        run.context.store.save_group(
            dataclasses.replace(group, service=service, access=access)
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        group = run.group
        if group.service is None or group.access is None:
            return None
        return context.Done(
            detail=f"service {group.service.ip}, access {group.access.ip}"
        )

    def _service(self, run: context.Run) -> model.MovableAddress:
        vim, primary = run.context.vim, run.primary
        for port in vim.ports(primary.server_id):
            for held in vim.floating_ips(port.id):
                run.context.store.save_member(
                    dataclasses.replace(primary, port_id=port.id)
                )
                return model.MovableAddress(id=held.id, ip=held.ip)
        raise context.StepRefused(
            "service_address.driver: floating_ip needs a floating IP at a "
            "port of the VNFC, and it has none"
        )

    def _access(
        self, run: context.Run, service: model.MovableAddress
    ) -> model.MovableAddress:
        vim, name = run.context.vim, access_name(run.recovery.group_id)
        found = vim.find_floating_ips(name)
        made = found[0] if found else vim.create_floating_ip(service.id, name)
        return model.MovableAddress(id=made.id, ip=made.ip)


@handler("create_member")
class CreateMember(StepHandler):
    """Create a server like the primary's on another host."""

    def do(self, run: context.Run) -> None:
        """See base class; the ports come first, and keep their names."""
        vim, primary = run.context.vim, run.primary
        member = self._record(run, primary)
        name = member.name
        ports, port_id = [], None
        for index, port in enumerate(vim.ports(primary.server_id)):
            known = vim.find_ports(f"{name}-{index}")
            made = known[0].id if known else self._copy(run, port, name, index)
            ports.append(made)
            if port.id == primary.port_id:
                port_id = made
        servers = vim.find_servers(name)
        server_id = (
            servers[0].id
            if servers
            else vim.copy_server(
                primary.server_id,
                name,
                str(run.args["host"]),
                ports,
                primary.image_id,
            )
        )
        run.context.store.save_member(
            dataclasses.replace(member, server_id=server_id, port_id=port_id)
        )

    def _record(self, run: context.Run, primary: model.Member) -> model.Member:
        """Return the new member's record, written before all else.

        What bears its name can be found and removed from then on.
        """
        if run.joining is not None:
            return run.joining
        member = model.Member(
            id=str(uuid.uuid4()),
            group_id=run.recovery.group_id,
            server_id="",
            role=states.Role.JOINING,
            host=str(run.args["host"]),
            image_id=primary.image_id,
            kind="server",
            name=f"nham-{run.group.vnfc}-{run.recovery.id[:8]}",
        )
        run.context.store.save_member(member)
        return member

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
        return context.Done(detail=f"{joining.name} on {server.host}")

    def _copy(
        self, run: context.Run, port: vim_base.Port, name: str, index: int
    ) -> str:
        return run.context.vim.copy_port(port.id, f"{name}-{index}")


@handler("remove_member")
class RemoveMember(StepHandler):
    """Delete a server of NHAM's own with its ports."""

    def do(self, run: context.Run) -> None:
        """See base class; one that is gone already is no error."""
        if run.member.kind != "server":
            raise context.StepFailed("it is the VNFM's, and not NHAM's")
        for server in run.context.vim.find_servers(run.member.name):
            run.context.vim.delete_server(server.id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; the ports go when the server has let them go."""
        member = run.member
        if run.context.vim.find_servers(member.name):
            return None
        for port in ports_of(run.context.vim, member):
            run.context.vim.delete_port(port.id)
        run.context.store.save_member(
            dataclasses.replace(member, role=states.Role.RETIRED)
        )
        return context.Done(detail=f"{member.name} is deleted")


@handler("admit_member")
class AdmitMember(StepHandler):
    """Let a member that was cut off into the network again."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        member = run.member
        if member.role is not states.Role.PRIMARY:
            run.context.store.save_member(
                dataclasses.replace(member, role=states.Role.JOINING)
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


@handler("reach_member")
class ReachMember(StepHandler):
    """Point the access address at the member that is joining."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        access, port_id = run.group.access, _joining(run).port_id
        if access is None or port_id is None:
            raise context.StepFailed("the member's address is not known")
        run.context.vim.point_floating_ip(access.id, port_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining, access = _joining(run), run.group.access
        held = run.context.vim.floating_ips(str(joining.port_id))
        if access is None or access.id not in {one.id for one in held}:
            return None
        run.context.watch.refresh(context.subject(joining))
        return context.Done(detail=f"{access.ip} leads to it")


@handler("join_standby")
class JoinStandby(StepHandler):
    """Wait until the member answers; then it can take over."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.watch.expect(context.subject(_joining(run)))

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining = _joining(run)
        view = run.context.watch.view(context.subject(joining))
        at = view.last_good_at
        if at is None or at < run.since or view.app is not facts.Health.OK:
            return None
        server = run.context.vim.server(joining.server_id)
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


def access_name(group_id: str) -> str:
    """Return the description of a group's access address."""
    return f"nham-access-{group_id}"
