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

import dataclasses
from typing import Any

from nham.adapters.checkpoints import hook as hook_engine
from nham.adapters.simulated import blobs
from nham.adapters.simulated import hook
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import housekeeping
from nham.recovery import endpoints
from nham.recovery import replica_steps
from nham.tests.unit.engine import base

Role = states.Role

POLICY = dataclasses.replace(
    base.POLICY,
    redundancy=descriptor.Mechanism.ONE_R_AA,
    num_backups=1,
    stateful=True,
    accept_state_loss=False,
    service_address=descriptor.ServiceAddress(driver="floating_ip"),
    state_protection=descriptor.StateProtection(
        method="hook",
        interval=1.0,
        retention=2,
        hook=descriptor.Hook(port=8081, timeout=2.0),
    ),
)


class ReplicaCase(base.EngineCase):
    """A VNF whose VNFC has a service address, and a hook for its state.

    :cvar standby: it has a standby on ``two``, too.
    """

    policy = POLICY
    standby = True

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(policy=self.policy)
        self.theirs = self.server_id()
        self.service_id = self.world.add_floating_ip(self.theirs)
        [port] = self.vim.ports(self.theirs)
        self.port_id = port.id
        self.blobs = blobs.SimulatedStore()
        self.hook = hook_engine.HookEngine(
            self.vim,
            hook.SimulatedHook(self.world),
            self.blobs,
            endpoints.Endpoints(self.store, self.vim, str),
        )
        self.context = dataclasses.replace(
            self.context, engines={**self.context.engines, "hook": self.hook}
        )
        self.keeper = housekeeping.Housekeeper(
            self.context,
            self.watch,
            self.cloud,
            self.journal,
            self.settings,
            base.OWNER,
            self.started.append,
        )
        if self.standby:
            self.add_standby()
        self.settle()

    def add_standby(self) -> None:
        """Make a standby on ``two``, as the steps of a recovery do."""
        name = replica_steps.access_name("v/0")
        access = self.vim.create_floating_ip(self.service_id, name)
        port_id = self.vim.copy_port(self.port_id, "nham-s-0")
        self.ours = self.vim.copy_server(
            self.theirs, "nham-s", "two", [port_id], self.member().image_id
        )
        self.clock.advance(15.0)
        self.vim.point_floating_ip(access.id, port_id)
        service = self.world.neutron.floating_ip(self.service_id)
        self.store.save_group(
            dataclasses.replace(
                self.group,
                service=model.MovableAddress(id=service.id, ip=service.ip),
                access=model.MovableAddress(id=access.id, ip=access.ip),
            )
        )
        self.change("v/0/m", port_id=self.port_id)
        self.store.save_member(
            model.Member(
                id="s",
                group_id="v/0",
                server_id=self.ours,
                role=Role.STANDBY,
                host="two",
                image_id=self.member().image_id,
                kind="server",
                name="nham-s",
                port_id=port_id,
            )
        )

    @property
    def group(self) -> model.Group:
        """The group as the database has it now."""
        return self.store.group("v/0")

    def member(self, member_id: str = "v/0/m") -> model.Member:
        """Return a member as the database has it now."""
        return next(m for m in self.store.members() if m.id == member_id)

    def change(self, member_id: str, **fields: Any) -> None:
        """Change a member's record."""
        member = self.member(member_id)
        self.store.save_member(dataclasses.replace(member, **fields))

    def roles(self) -> dict[str, str]:
        """Return the role of each server that is in the group."""
        found = self.store.members(group_id="v/0")
        return {member.server_id: member.role.value for member in found}

    def fail_over(self) -> None:
        """Let the standby serve, as the steps of a recovery do."""
        self.vim.enable_port(self.port_id, False)
        assert self.group.access is not None
        self.vim.point_floating_ip(self.group.access.id, None)
        port_id = self.member("s").port_id
        self.vim.point_floating_ip(self.service_id, port_id)
        self.store.promote("v/0", "s")

    def poll(self) -> None:
        """Ask Nova, and watch all members and hosts."""
        self.cloud.poll()
        self.keeper.watch_members(self.fleet)
        self.keeper.watch_hosts()

    def save_state(self, value: int) -> model.Checkpoint:
        """Save an available checkpoint of the application's state."""
        sequence = self.store.next_sequence("v/0")
        name = f"state-{sequence}"
        kept = self.blobs.put(name, str(value).encode())
        part = model.Artifact(
            kind="state", id=name, digest=kept.digest, size=kept.size
        )
        checkpoint = model.Checkpoint(
            id=name,
            vnf_id="v",
            group_id="v/0",
            server_id=self.theirs,
            engine="hook",
            sequence=sequence,
            state=states.CheckpointState.AVAILABLE,
            cut_at=self.clock.now(),
            artifacts=(part,),
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    def state_of(self, server_id: str) -> str:
        """Return what a server's application has in memory."""
        return (self.world.state(server_id) or b"").decode()

    def leads_to(self, floating_ip_id: str) -> str | None:
        """Return the port that a floating IP leads to."""
        port = self.world.neutron.floating_ip(floating_ip_id).port
        return None if port is None else port.id

    def enabled(self, server_id: str) -> list[bool]:
        """Say of each port of a server whether it is enabled."""
        return [port.enabled for port in self.vim.ports(server_id)]
