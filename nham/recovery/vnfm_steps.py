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

"""Steps through the VNFM: give up what is stuck, heal a VNFC."""

from __future__ import annotations

import dataclasses
import uuid

from nham.adapters import errors
from nham.adapters.vnfm import base as vnfm_base
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler
from nham.recovery.server_steps import source_image


def _vnfm(run: context.Run) -> tuple[vnfm_base.Vnfm, str]:
    vnfm, instance_id = run.vnfm, run.vnf.instance_id
    if vnfm is None or instance_id is None:
        raise context.StepRefused("no VNFM has the VNF in its record")
    return vnfm, instance_id


def _vnfc(run: context.Run) -> vnfm_base.VnfcRecord:
    vnfm, instance_id = _vnfm(run)
    name = run.group.vnfc
    for vnfc in vnfm.vnf(instance_id).vnfcs:
        if vnfc.name == name:
            return vnfc
    raise context.StepFailed(f"the VNFM no longer knows the VNFC {name}")


def _give_up_stuck(vnfm: vnfm_base.Vnfm, instance_id: str) -> None:
    """Give up the operations that block all others, if there are any."""
    for operation in vnfm.operations(instance_id):
        if operation.stuck:
            vnfm.fail_operation(operation.id)


@handler("fail_operation")
class FailOperation(StepHandler):
    """Give up the operation that blocks all others."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        _give_up_stuck(*_vnfm(run))

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        vnfm, instance_id = _vnfm(run)
        if any(o.stuck for o in vnfm.operations(instance_id)):
            return None
        return context.Done(detail="no operation is stuck")


@handler("heal_vnfc")
class HealVnfc(StepHandler):
    """Have the VNFM make the VNFC anew, from the image that is named.

    A heal without the image would lose the state, so it is named in
    every heal that NHAM asks for.
    """

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self._operation(run) is not None

    def do(self, run: context.Run) -> None:
        """See base class."""
        vnfm, instance_id = _vnfm(run)
        vnfc = _vnfc(run)
        if vnfc.server_id != run.member.server_id:
            raise context.StepFailed(
                f"the VNFM has put server {vnfc.server_id} in its place"
            )
        args = run.args
        named = args.get("checkpoint_id") or args.get("image_id")
        image_id = source_image(run) if named else None
        run.context.watch.expect(run.recovery.group_id)
        # Somebody may have asked for one meanwhile, which came to nothing.
        _give_up_stuck(vnfm, instance_id)
        vnfm.heal(instance_id, vnfc, image_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class; the new server becomes the member."""
        operation = self._operation(run)
        if operation is None or operation.running:
            return None
        if operation.stuck:
            _vnfm(run)[0].fail_operation(operation.id)
        if operation.state != "COMPLETED":
            raise context.StepFailed(f"the heal ended {operation.state}")
        server_id = _vnfc(run).server_id
        adopt(run.context, run.member, server_id)
        return context.Done(detail=f"the VNFC is server {server_id} now")

    def _operation(self, run: context.Run) -> vnfm_base.Operation | None:
        vnfm, instance_id = _vnfm(run)
        for operation in vnfm.operations(instance_id):
            if (
                operation.kind == "HEAL"
                and operation.at >= run.earliest
                and self._ours(run, operation)
            ):
                return operation
        return None

    def _ours(self, run: context.Run, operation: vnfm_base.Operation) -> bool:
        """Say whether it heals this VNFC and not another of the VNF.

        Tacker's id of a VNFC ends with the id of its server, the old one
        in the request and the new one in the record.
        """
        named = operation.params.get("vnfcInstanceId")
        if not named:
            return True
        old = str(run.args.get("server_id", run.member.server_id))
        now = _vnfc(run).vnfc_id
        return any(one == now or one.endswith(old) for one in named)


def adopt(ctx: context.Context, member: model.Member, server_id: str) -> None:
    """Let another server take the member's place in its group.

    Done again, it changes nothing.
    """
    members = [
        known
        for known in ctx.store.members(group_id=member.group_id)
        if known.kind == "vnfc"
    ]
    old = [known for known in members if known.server_id != server_id]
    changed = [
        dataclasses.replace(known, role=states.Role.RETIRED) for known in old
    ]
    if len(old) == len(members):
        server = ctx.vim.server(server_id)
        new = model.Member(
            id=str(uuid.uuid4()),
            group_id=member.group_id,
            server_id=server_id,
            host=server.host,
            image_id=member.image_id,
            volume_backed=server.volume_backed,
            # The VNFM keeps the ports.
            port_id=member.port_id,
            # The silence of what takes its place means something, too.
            answered=member.answered,
        )
        changed.append(new)
    ctx.store.save_member(*changed)
    if old:
        ctx.watch.refresh(member.group_id)


@handler("check_record")
class CheckRecord(StepHandler):
    """See that Nova and the VNFM say the same of the member."""

    def do(self, run: context.Run) -> None:
        """See base class; there is nothing to ask for."""

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        server = run.server
        if server.status != "ACTIVE" or server.task_state is not None:
            return None
        run.context.store.save_member(
            dataclasses.replace(run.member, host=server.host)
        )
        if run.vnfm is None or run.member.kind == "server":
            return context.Done(detail="ACTIVE; no VNFM to agree with")
        try:
            known = _vnfc(run).server_id
        except errors.NotFound as error:
            raise context.StepFailed("the VNFM lost the VNF") from error
        if known != server.id:
            return None
        return context.Done(detail="Nova and the VNFM agree")
