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
how it is moved is the mover's affair. NHAM reaches the standby by an access
address, of the group or of its own.
"""

from __future__ import annotations

import dataclasses

from nham.adapters.traffic import base as traffic
from nham.core import model
from nham.recovery import context
from nham.recovery import movers
from nham.recovery import replica_steps
from nham.recovery import spread_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


def _service(run: context.Run) -> model.MovableAddress:
    service = run.group.service
    if service is None:
        raise context.StepFailed("the group has no service address")
    return service


@handler("find_addresses")
class FindAddresses(StepHandler):
    """Find the service address, and how NHAM reaches the members."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        group, mover = run.group, movers.mover_of(run)
        service = group.service or self._service(run, mover)
        access = None
        if mover.own_access:
            spread_steps.open_access(run, run.primary)
        else:
            access = self._access(run, service)
        run.context.store.save_group(
            dataclasses.replace(group, service=service, access=access)
        )
        place = movers.place_of(run.primary)
        mover.admit(service, place)
        if not mover.leads_to(service, place):
            mover.move(service, place)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        group = run.group
        access = group.access or run.primary.access
        if group.service is None or _lacks_access(run):
            return None
        by = f", access {access.ip}" if access else ""
        return context.Done(detail=f"service {group.service.ip}{by}")

    def _service(
        self, run: context.Run, mover: traffic.Mover
    ) -> model.MovableAddress:
        primary, address = run.primary, run.policy.service_address.address
        service, place = mover.find(primary.server_id, address)
        if address is not None:
            self._check_free(run, service)
        run.context.store.save_member(
            dataclasses.replace(primary, port_id=place.port_id)
        )
        return service

    def _check_free(
        self, run: context.Run, service: model.MovableAddress
    ) -> None:
        """See that no other VNFC of the VNF has the address.

        All VNFCs of a VDU have the same policy, which names it.
        """
        for group in run.context.store.groups(vnf_id=run.recovery.vnf_id):
            if group.id != run.recovery.group_id and group.service == service:
                raise context.StepRefused(
                    f"service_address.address: {service.id} leads to "
                    f"{group.vnfc}, and can lead to one VNFC only"
                )

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
    """Have an address that leads NHAM to the member that is joining."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        service, place = _service(run), movers.place_of(run.newcomer)
        access = run.group.access
        if access is not None:
            run.context.vim.point_floating_ip(access.id, place.port_id)
        elif movers.mover_of(run).own_access:
            spread_steps.open_access(run, run.newcomer)
        else:
            raise context.StepFailed("the group has no access address")
        movers.mover_of(run).admit(service, place)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        joining = run.newcomer
        access = run.group.access or joining.access
        if access is not None:
            held = run.context.vim.floating_ips(str(joining.port_id))
            if access.id not in {one.id for one in held}:
                return None
        run.context.watch.refresh(context.subject(joining))
        if access is None:
            return context.Done(detail="it is asked by its fixed address")
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
        mover, service = movers.mover_of(run), _service(run)
        before, releasing = run.args.get("before"), self._releasing(run)
        now = run.context.clock.now()
        if isinstance(before, float) and now > before:
            if releasing is not None:
                # It may have let go, and it goes on serving.
                mover.move(service, movers.place_of(releasing))
            raise context.StepFailed(
                "the application may have gone on before the address moved"
            )
        if releasing is not None:
            mover.let_go(service, movers.place_of(releasing))
        mover.move(service, movers.place_of(run.member), run.group.access)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        service = _service(run)
        place = movers.place_of(run.member)
        if not movers.mover_of(run).leads_to(service, place):
            return None
        return context.Done(detail=f"{service.ip} leads to it")

    def _releasing(self, run: context.Run) -> model.Member | None:
        """Return the member that serves and is to let go first, if any.

        One that has failed was cut off instead.
        """
        return run.primary if run.args.get("releases") else None


def _lacks_access(run: context.Run) -> bool:
    return run.group.access is None and not movers.mover_of(run).own_access
