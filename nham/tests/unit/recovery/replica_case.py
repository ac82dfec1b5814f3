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


from __future__ import annotations

from collections.abc import Callable
import contextlib
import dataclasses
from typing import Any
from unittest import mock

from nham.adapters.checkpoints import hook as hook_engine
from nham.adapters.simulated import blobs
from nham.adapters.simulated import hook
from nham.adapters.simulated import world as simulated
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import plans
from nham.db import store as store_
from nham.recovery import context
from nham.recovery import endpoints
from nham.recovery import runner
from nham.tests.unit.recovery import base


class AddressWatch(base.FakeWatch):
    """Sees who answers at the address that a subject is asked under.

    :param as_clients: the primary is asked at the service address.
    """

    def __init__(
        self, world: simulated.World, store: store_.Store, as_clients: bool
    ) -> None:
        super().__init__()
        self._world = world
        self._store = store
        self._as_clients = as_clients

    def view(self, group_id: str) -> context.MemberView:
        """See ``context.MemberWatch``."""
        group = self._store.group("g")
        kept = group.service if group_id == "g" else group.access
        if group.access is None and (group_id != "g" or not self._as_clients):
            known = self._store.members(group_id="g")
            asked = [m for m in known if context.subject(m) == group_id]
            kept = asked[0].access if asked else kept
        good = kept is not None and self._world.read_at(kept.ip) is not None
        health = base.Health.OK if good else base.Health.DEAD
        return context.MemberView(
            app=health,
            icmp=health,
            last_good_at=self.now() if good else None,
            probed=True,
        )


class ReplicaCase(base.RecoveryCase):
    """A VNFC with a service address; three hosts, and no standby yet.

    The application's state is a number. The policy does not accept its
    loss.
    """

    as_clients = True
    policy = descriptor.ResiliencyPolicy(
        name="p",
        targets=("VDU1",),
        redundancy=descriptor.Mechanism.ONE_R_AS,
        stateful=True,
        accept_state_loss=False,
        service_address=descriptor.ServiceAddress(driver="floating_ip"),
        state_protection=descriptor.StateProtection(
            method="hook", hook=descriptor.Hook(port=8081, timeout=2.0)
        ),
    )

    def build(self) -> None:
        """Make everything anew."""
        super().build()
        self.world.add_host("three")
        self.service_id = self.world.add_floating_ip(self.server_id)
        (port,) = self.context.vim.ports(self.server_id)
        self.port_id = port.id
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=(self.policy,)))
        self.blobs = blobs.SimulatedStore()
        self.hook = hook_engine.HookEngine(
            self.context.vim,
            hook.SimulatedHook(self.world),
            self.blobs,
            endpoints.Endpoints(self.store, self.context.vim, str),
        )
        self.watch = AddressWatch(self.world, self.store, self.as_clients)
        self.watch.now = self.clock.now
        self.replace_context(
            watch=self.watch,
            engines={**self.context.engines, "hook": self.hook},
        )

    def done(self, action: str, **args: Any) -> str:
        """Run a step that comes true; return what it says."""
        record = self.run_step(action, **args)
        self.assertIs(states.StepState.DONE, record.state, record.detail)
        return record.detail

    def failed(self, action: str, **args: Any) -> str:
        """Run a step that fails; return what it says."""
        record = self.run_step(action, **args)
        self.assertIs(states.StepState.FAILED, record.state, record.detail)
        return record.detail

    def make_standby(self) -> model.Member:
        """Let the group have a standby on ``two``."""
        self.done("find_addresses")
        self.done("create_member", host="two")
        self.done("reach_member")
        self.done("join_standby")
        return self.member(states.Role.STANDBY)

    def fail_over(self) -> None:
        """Let the standby take over from the VNFM's server."""
        self.world.crash_vm(self.server_id)
        self.save_state(7)
        ended = self.run_to_end(self.claim(*self.replica_plan("fail_over")))
        self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)

    def replica_plan(self, rung: str, **fields: Any) -> tuple[model.Step, ...]:
        """Return a rung's steps for the group as it is now."""
        primary = self.member(states.Role.PRIMARY)
        standby = None
        for one in self.store.members(group_id="g"):
            if one.role is not states.Role.PRIMARY:
                standby = member_facts.StandbyFacts(
                    member_id=one.id,
                    server_id=one.server_id,
                    host=one.host,
                    role=one.role,
                    kind=one.kind,
                )
        member = member_facts.MemberFacts(
            group_id="g",
            vnf_id="v",
            vnfc="VDU1-0",
            server_id=primary.server_id,
            host=primary.host,
            policy=self.policy,
            app=base.Health.DEAD,
            icmp=base.Health.DEAD,
            member_id=primary.id,
            standbys=(standby,) if standby else (),
        )
        choice = plans.Choice(
            member=member,
            host=facts.HostFacts(name=str(primary.host)),
            **fields,
        )
        return tuple(plans.RUNGS[rung].steps(choice))

    def member(self, role: states.Role) -> model.Member:
        """Return the only member in that role."""
        members = self.store.members(group_id="g")
        (found,) = [one for one in members if one.role is role]
        return found

    def roles(self) -> dict[str, str]:
        """Return the role of each server that is in the group."""
        return {
            one.server_id: one.role.value
            for one in self.store.members(group_id="g")
        }

    def leads_to(self, floating_ip_id: str) -> str | None:
        """Return the port that a floating IP leads to."""
        port = self.world.neutron.floating_ip(floating_ip_id).port
        return None if port is None else port.id

    def enabled(self, server_id: str) -> list[bool]:
        """Say of each port of a server whether it is enabled."""
        return [p.enabled for p in self.context.vim.ports(server_id)]

    def save_state(self, value: int) -> model.Checkpoint:
        """Save an available checkpoint of the application's state."""
        sequence = self.store.next_sequence("g")
        name = f"state-{sequence}"
        kept = self.blobs.put(name, str(value).encode())
        checkpoint = model.Checkpoint(
            id=name,
            vnf_id="v",
            group_id="g",
            server_id=self.server_id,
            engine="hook",
            sequence=sequence,
            state=states.CheckpointState.AVAILABLE,
            cut_at=self.clock.now(),
            artifacts=(
                model.Artifact(
                    kind="state", id=name, digest=kept.digest, size=kept.size
                ),
            ),
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    def state_of(self, server_id: str) -> str:
        """Return what a server's application has in memory."""
        return (self.world.state(server_id) or b"").decode()

    def crashed(
        self, number: int, *steps: model.Step
    ) -> model.Recovery | None:
        """Run steps, with a crash after so many changes to the outside.

        :returns: how the recovery ended that another engine went on with;
            None if there were less changes.
        """
        left = number

        def dying(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal left
                result = real(*args, **kwargs)
                left -= 1
                if not left:
                    raise Killed
                return result

            return call

        recovery_id = self.claim(*steps)
        owners: tuple[object, ...] = (self.store, self.context.vim, self.hook)
        with contextlib.ExitStack() as stack, contextlib.suppress(Killed):
            for owner in owners:
                for name in CHANGES:
                    if hasattr(owner, name):
                        fake = dying(getattr(owner, name))
                        stack.enter_context(
                            mock.patch.object(owner, name, fake)
                        )
            self.run_to_end(recovery_id)
        if left > 0:
            return None
        self.store.take_over(recovery_id, base.OWNER, "engine-2")
        self.runner = runner.Runner(self.context, "engine-2")
        return self.run_to_end(recovery_id)


class MakeCase(ReplicaCase):
    """The addresses are found."""

    def setUp(self) -> None:
        super().setUp()
        self.done("find_addresses")

    def ours(self) -> list[str]:
        """Return the servers in the cloud that are NHAM's own."""
        return [
            one.id
            for one in self.context.vim.changed_servers(None)
            if one.name.startswith("nham-")
        ]

    def own_ports(self) -> list[str]:
        """Return the names of the ports that are NHAM's own."""
        ports = self.world.neutron.ports.values()
        return [p.name for p in ports if p.name.startswith("nham-")]


#: What changes something outside the process.
CHANGES = (
    "allow_address",
    "claim",
    "copy_port",
    "copy_server",
    "copy_volume",
    "create_floating_ip",
    "delete_port",
    "delete_server",
    "enable_port",
    "end_recovery",
    "give",
    "give_address",
    "let_go",
    "note_state",
    "point_floating_ip",
    "promote",
    "save_group",
    "save_member",
    "start",
    "step_ended",
    "step_started",
    "stop",
    "take_address",
)


class Killed(BaseException):
    """The engine's process is no more."""
