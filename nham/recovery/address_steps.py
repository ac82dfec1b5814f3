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

"""Steps about the addresses of a group that has one primary.

The service address leads clients to the primary, whichever member it is;
how it is moved is the mover's affair. The access address leads NHAM to
the standby.
"""

from __future__ import annotations

import dataclasses

from nham.adapters.traffic import base as traffic
from nham.core import model
from nham.recovery import context
from nham.recovery import replica_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


def mover_of(run: context.Run) -> traffic.Mover:
    """Return what moves the service address of a group."""
    driver = run.policy.service_address.driver
    mover = run.context.movers.get(driver)
    if mover is None:
        raise context.StepRefused(
            f"service_address.driver: this engine has no {driver}"
        )
    return mover


def _service(run: context.Run) -> model.MovableAddress:
    service = run.group.service
    if service is None:
        raise context.StepFailed("the group has no service address")
    return service


def _place(member: model.Member) -> traffic.Place:
    if member.port_id is None:
        raise context.StepFailed("the member's port is not known")
    return traffic.Place(server_id=member.server_id, port_id=member.port_id)


@handler("find_addresses")
class FindAddresses(StepHandler):
    """Find the service address, and have one to reach the standby."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        group = run.group
        service = group.service or self._service(run)
        access = self._access(run, service)
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
        primary = run.primary
        service, place = mover_of(run).find(primary.server_id)
        run.context.store.save_member(
            dataclasses.replace(primary, port_id=place.port_id)
        )
        return service

    def _access(
        self, run: context.Run, service: model.MovableAddress
    ) -> model.MovableAddress:
        vim = run.context.vim
        name = replica_steps.access_name(run.recovery.group_id)
        found = vim.find_floating_ips(name)
        made = found[0] if found else vim.create_floating_ip(service.id, name)
        return model.MovableAddress(id=made.id, ip=made.ip)


@handler("reach_member")
class ReachMember(StepHandler):
    """Point the access address at the member that is joining."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        access, port_id = run.group.access, run.newcomer.port_id
        if access is None or port_id is None:
            raise context.StepFailed("the member's address is not known")
        run.context.vim.point_floating_ip(access.id, port_id)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining, access = run.newcomer, run.group.access
        held = run.context.vim.floating_ips(str(joining.port_id))
        if access is None or access.id not in {one.id for one in held}:
            return None
        run.context.watch.refresh(context.subject(joining))
        return context.Done(detail=f"{access.ip} leads to it")


@handler("move_address")
class MoveAddress(StepHandler):
    """Lead clients to a member.

    Not once an application may have gone on that stood still for the move:
    what it acknowledged since would be lost.
    """

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self.complete(run) is not None

    def do(self, run: context.Run) -> None:
        """See base class."""
        before = run.args.get("before")
        now = run.context.clock.now()
        if isinstance(before, float) and now > before:
            raise context.StepFailed(
                "the application may have gone on before the address moved"
            )
        mover_of(run).move(_service(run), _place(run.member))

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        service = _service(run)
        if not mover_of(run).leads_to(service, _place(run.member)):
            return None
        return context.Done(detail=f"{service.ip} leads to it")
