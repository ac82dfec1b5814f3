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

"""Steps of a group whose members all serve: in and out of the distribution.

Source: NHAM paper 3.3.4 (MR-AA).
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from nham.adapters.traffic import base as traffic
from nham.adapters.vim import network_base
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import replica_steps
from nham.recovery.handlers import handler
from nham.recovery.handlers import StepHandler


def spreader_of(run: context.Run) -> traffic.Spreader:
    """Return what spreads the service of a group."""
    driver = run.policy.service_address.driver
    spreader = run.context.spreaders.get(driver)
    if spreader is None:
        raise context.StepRefused(
            f"service_address.driver: this engine has no {driver}"
        )
    return spreader


def _pool(run: context.Run) -> str:
    service = run.group.service
    if service is None:
        raise context.StepFailed("the balancer's pool is not known")
    return service.id


def _takes_part(run: context.Run, member: model.Member) -> bool:
    targets = spreader_of(run).targets(_pool(run))
    return any(
        target.enabled and target.address == member.address
        for target in targets
    )


def _join(run: context.Run, member: model.Member) -> None:
    """Let a member take part, under the address of its port."""
    port = _port(run, member)
    run.context.store.save_member(
        dataclasses.replace(member, port_id=port.id, address=port.addresses[0])
    )
    spreader_of(run).admit(
        _pool(run),
        port.addresses[0],
        run.policy.service_address.port or 0,
        port.network_id,
    )


def _port(run: context.Run, member: model.Member) -> network_base.Port:
    """Return the port by which a member serves: the first, if none is set."""
    ports: Sequence[network_base.Port] = run.context.vim.ports(
        member.server_id
    )
    for port in ports:
        if port.addresses and member.port_id in (None, port.id):
            return port
    raise context.StepRefused("the member has no port with an address")


@handler("find_pool")
class FindPool(StepHandler):
    """Find the pool that spreads the service; the primary is in it."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        group, pool = run.group, run.policy.service_address.spread_over
        pool_id = spreader_of(run).find(pool, run.vnf.project_id)
        run.context.store.save_group(
            dataclasses.replace(
                group, service=model.MovableAddress(id=pool_id, ip=pool[:64])
            )
        )
        _join(run, run.primary)
        open_access(run, run.primary)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.group.service is None or not _takes_part(run, run.primary):
            return None
        return context.Done(detail=f"pool {run.group.service.id}")


@handler("open_access")
class OpenAccess(StepHandler):
    """Have an address by which NHAM reaches the member that is joining."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        open_access(run, run.newcomer)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        newcomer = run.newcomer
        run.context.watch.refresh(context.subject(newcomer))
        if newcomer.access is None:
            return context.Done(detail="it is asked by its fixed address")
        return context.Done(detail=f"{newcomer.access.ip} leads to it")


def open_access(run: context.Run, member: model.Member) -> None:
    """Find a member's floating IP, or make one like the primary's.

    Where the primary has none, NHAM reaches the members directly.
    """
    vim, port = run.context.vim, _port(run, member)
    held = list(vim.floating_ips(port.id))
    like = run.primary.access
    if not held and like is not None:
        name = replica_steps.access_name(member.id)
        held = list(vim.find_floating_ips(name))
        if not held:
            held = [vim.create_floating_ip(like.id, name)]
        vim.point_floating_ip(held[0].id, port.id)
    if held:
        access = model.MovableAddress(id=held[0].id, ip=held[0].ip)
        run.context.store.save_member(
            dataclasses.replace(member, port_id=port.id, access=access)
        )


@handler("await_member")
class AwaitMember(StepHandler):
    """Wait until the member that is joining answers."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.watch.expect(context.subject(run.newcomer))

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        at = replica_steps.answered(run, run.newcomer)
        return None if at is None else context.Done(detail="it answers", at=at)


@handler("join_distribution")
class JoinDistribution(StepHandler):
    """Let a member have its share of the clients."""

    def do(self, run: context.Run) -> None:
        """See base class."""
        _join(run, run.member)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        member = run.member
        if not _takes_part(run, member):
            return None
        return context.Done(detail=f"{member.address} is a target")


@handler("leave_distribution")
class LeaveDistribution(StepHandler):
    """Let a member have no clients any more."""

    def do(self, run: context.Run) -> None:
        """See base class; one that never joined is no error."""
        address = run.member.address
        if address is not None:
            spreader_of(run).withdraw(_pool(run), address)

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        member = run.member
        if member.address is not None and _takes_part(run, member):
            return None
        return context.Done(detail=f"{member.address} is no target")


class _RoleStep(StepHandler):
    """Writes a member's role down.

    :cvar said: what is told of its server then.
    """

    role: states.Role
    said: str

    def do(self, run: context.Run) -> None:
        """See base class."""
        run.context.store.save_member(
            dataclasses.replace(run.member, role=self.role)
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.member.role is not self.role:
            return None
        return context.Done(
            detail=f"server {run.member.server_id} {self.said}"
        )


@handler("fail_member")
class FailMember(_RoleStep):
    """Write down that a member does not serve any more."""

    role = states.Role.FAILED
    said = "is out"


@handler("set_aside")
class SetAside(_RoleStep):
    """Write down that a member waits for its operator to start it."""

    role = states.Role.ASIDE
    said = "is aside"


@handler("join_group")
class JoinGroup(StepHandler):
    """Make the member that was joining one of those that serve."""

    def requested(self, run: context.Run) -> bool:
        """See base class; all may be done but the record of the step."""
        return run.joining is None

    def do(self, run: context.Run) -> None:
        """See base class."""
        newcomer = run.newcomer
        server = run.context.vim.server(newcomer.server_id)
        run.context.store.save_member(
            dataclasses.replace(
                newcomer,
                role=states.Role.ACTIVE,
                host=server.host,
                answered=True,
            )
        )

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        if run.joining is not None:
            return None
        return context.Done(detail="it serves")
