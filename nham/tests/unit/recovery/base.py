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

"""A recovery on the simulated cloud, advanced step by step."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.fencing import port
from nham.adapters.simulated import fencing
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import floating_ip
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import plans
from nham.recovery import context
from nham.recovery import runner
from nham.simulate import memory
from nham.tests import base

Health = facts.Health
OWNER = "engine-1"


class FakeWatch:
    """Believes what the test says.

    :ivar live: look at the simulated guest instead of ``seen``.
    """

    def __init__(self) -> None:
        self.seen = context.MemberView(
            app=Health.DEAD, icmp=Health.DEAD, probed=True
        )
        self.live: Callable[[], bool] | None = None
        self.now: Callable[[], float] = lambda: 0.0
        self.expected: list[str] = []
        self.refreshed: list[str] = []

    def view(self, group_id: str) -> context.MemberView:
        """See ``context.MemberWatch``."""
        if self.live is None:
            return self.seen
        health = Health.OK if self.live() else Health.DEAD
        at = self.now() if health is Health.OK else None
        return context.MemberView(
            app=health, icmp=health, last_good_at=at, probed=True
        )

    def expect(self, group_id: str) -> None:
        """See ``context.MemberWatch``."""
        self.expected.append(group_id)

    def refresh(self, group_id: str) -> None:
        """See ``context.MemberWatch``."""
        self.refreshed.append(group_id)


class RecoveryCase(base.TestCase):
    """Two hosts, one VNF with one image-backed VNFC on the first."""

    def setUp(self) -> None:
        super().setUp()
        self.build()

    def build(self) -> None:
        """Make everything anew."""
        self.world = simulated.World(seed=1)
        self.clock = self.world.clock
        self.world.add_host("one")
        self.world.add_host("two")
        self.instance = self.world.add_vnf("vnf", {"VDU1": ["one"]})
        self.server_id = self.world.server_id(self.instance, "VDU1-0")
        self.image_id = self.world.nova.servers[self.server_id].image_id
        self.store = memory.Memory().store
        self.addCleanup(self.store.close)
        self._save_records()
        self.watch: FakeWatch = FakeWatch()
        self.watch.now = self.clock.now
        cloud = vim.SimulatedVim(self.world)
        self.context = context.Context(
            store=self.store,
            vim=cloud,
            vnfms={"tacker": vnfm.SimulatedVnfm(self.world)},
            fencing=[fencing.SimulatedFencing(self.world)],
            member_fencing=[port.PortFencing(cloud)],
            engines={
                "image": image.ImageEngine(cloud),
                "volume": volume.VolumeEngine(cloud),
            },
            watch=self.watch,
            clock=self.clock,
            movers={"floating_ip": floating_ip.FloatingIpMover(cloud)},
        )
        self.runner = runner.Runner(self.context, OWNER)
        self.clock.advance(60.0)

    def _save_records(self) -> None:
        self.store.save_vnf(
            model.Vnf(
                id="v",
                name="vnf",
                source="tacker",
                project_id="project",
                instance_id=self.instance,
            )
        )
        self.store.save_group(
            model.Group(id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1")
        )
        self.store.save_member(
            model.Member(
                id="m",
                group_id="g",
                server_id=self.server_id,
                host="one",
                image_id=self.image_id,
            )
        )

    def follow_guest(self) -> None:
        """Let the watch see what clients see of the present server."""
        self.watch.live = lambda: self.world.serving(
            self.world.server_id(self.instance, "VDU1-0")
        )

    def plan(self, rung: str, **fields: Any) -> tuple[model.Step, ...]:
        """Return a rung's steps for the member."""
        member = member_facts.MemberFacts(
            group_id="g",
            vnf_id="v",
            vnfc="VDU1-0",
            server_id=self.server_id,
            host="one",
            policy=descriptor.ResiliencyPolicy(name="p", targets=("VDU1",)),
            app=Health.DEAD,
            icmp=Health.DEAD,
            **fields.pop("member", {}),
        )
        choice = plans.Choice(
            member=member, host=facts.HostFacts(name="one"), **fields
        )
        return tuple(plans.RUNGS[rung].steps(choice))

    def claim(self, *steps: model.Step, rung: str = "hard_reboot") -> str:
        """Claim a recovery of these steps; return its id."""
        recovery = model.Recovery(
            id=self.world.new_id(),
            vnf_id="v",
            group_id="g",
            epoch=0,
            fault=model.Fault(
                zone=descriptor.Zone.VM,
                subject=self.server_id,
                detected_at=self.clock.now(),
            ),
            rule="vm-dead",
            rung=rung,
            owner=OWNER,
            steps=tuple(
                model.StepRecord(position=position, step=step)
                for position, step in enumerate(steps)
            ),
            started_at=self.clock.now(),
        )
        epoch = self.store.group("g").epoch
        claimed = self.store.claim(recovery, epoch)
        assert claimed is not None
        return claimed.id

    def step(self, action: str, **args: Any) -> model.Step:
        """Return one step."""
        return model.Step(
            id=action, action=action, note="A test.", timeout=30.0, args=args
        )

    def run_to_end(
        self, recovery_id: str, seconds: float = 400.0
    ) -> model.Recovery:
        """Advance until nothing is left, or so long."""
        end = self.clock.monotonic() + seconds
        while self.runner.advance(recovery_id):
            if self.clock.monotonic() > end:
                break
            self.clock.advance(0.5)
        return self.store.recovery(recovery_id)

    def run_step(
        self, action: str, seconds: float = 400.0, **args: Any
    ) -> model.StepRecord:
        """Run a recovery of one step to its end and return the step."""
        recovery_id = self.claim(self.step(action, **args))
        return self.run_to_end(recovery_id, seconds).steps[0]

    def calls(self, call: str) -> int:
        """Return how often a service was asked for something."""
        return sum(one.call == call for one in self.world.gates.log)

    def server(self) -> Any:
        """Return what Nova says of the server now."""
        return self.context.vim.server(self.server_id)

    def add_checkpoint(self, value: int = 7) -> str:
        """Save an available checkpoint whose image holds the number."""
        name = f"checkpoint of {value}"
        image_id = self.world.add_image(value, name)
        found = self.context.vim.image(image_id)
        self.store.add_checkpoint(
            model.Checkpoint(
                id=name,
                vnf_id="v",
                group_id="g",
                server_id=self.server_id,
                engine="image",
                sequence=self.store.next_sequence("g"),
                state=states.CheckpointState.AVAILABLE,
                cut_at=self.clock.now(),
                artifacts=(
                    model.Artifact(
                        kind="image",
                        id=image_id,
                        digest=found.digest,
                        size=found.size,
                    ),
                ),
            )
        )
        return name

    def replace_context(self, **changes: Any) -> None:
        """Give the runner another context."""
        self.context = dataclasses.replace(self.context, **changes)
        self.runner = runner.Runner(self.context, OWNER)
