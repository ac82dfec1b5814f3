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

"""An engine's parts on the simulated cloud, with virtual time."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from typing import Any

from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.fencing import port
from nham.adapters.simulated import fencing
from nham.adapters.simulated import prober
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import floating_ip
from nham.core import descriptor
from nham.core import model
from nham.core import shards
from nham.core import states
from nham.engine import cloud
from nham.engine import engine
from nham.engine import fleet as fleet_
from nham.engine import host_view
from nham.engine import journal
from nham.engine import settings
from nham.engine import targets
from nham.engine import watch
from nham.recovery import context
from nham.simulate import lab
from nham.simulate import memory
from nham.tests import base

OWNER = "engine-1"
SHARD = shards.Shard(OWNER)


class Idle(shards.Shard):
    """The shard of an engine that has nothing to do."""

    def has(self, key: str) -> bool:
        """See base class."""
        return False


#: Long enough for three misses and for the time-out of the last.
SILENCE = 10.0

POLICY = descriptor.ResiliencyPolicy(
    name="p",
    targets=("VDU1",),
    detection=descriptor.Detection(
        initial_timeout=0.5, min_timeout=0.5, boot_timeout=20.0
    ),
    probes=(descriptor.ProbeSpec(type="http", port=80),),
)
STATEFUL = dataclasses.replace(
    POLICY,
    stateful=True,
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=60.0, retention=2
    ),
)


class EngineCase(base.TestCase):
    """Three hosts and a database; each test adds its VNFs."""

    settings = settings.Settings()

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=1)
        self.clock = self.world.clock
        for name in ("one", "two", "three"):
            self.world.add_host(name)
        self.store = memory.Memory().store
        self.addCleanup(self.store.close)
        self.prober = prober.SimulatedProber(self.world)
        self.watch = watch.Watch(self.prober, self.clock, self.settings)
        self.vim = vim.SimulatedVim(self.world)
        self.vnfm = vnfm.SimulatedVnfm(self.world)
        self.context = context.Context(
            store=self.store,
            vim=self.vim,
            vnfms={"tacker": self.vnfm},
            fencing=[fencing.SimulatedFencing(self.world)],
            member_fencing=[port.PortFencing(self.vim)],
            engines={
                "image": image.ImageEngine(self.vim),
                "volume": volume.VolumeEngine(self.vim),
            },
            watch=self.watch,
            clock=self.clock,
            movers={"floating_ip": floating_ip.FloatingIpMover(self.vim)},
        )
        self.cloud = cloud.CloudView(self.vim, self.clock)
        self.hosts = host_view.HostView(
            self.context, self.watch, self.cloud, self.settings
        )
        self.journal = journal.Journal(self.store, self.clock)
        self.started: list[str] = []
        self.failed_back: list[str] = []

    def fail_back(self, group_id: str, _reason: str) -> None:
        """Note which group is to give the service back."""
        self.failed_back.append(group_id)

    def add_vnf(
        self,
        name: str = "v",
        hosts: Sequence[str] = ("one",),
        policy: descriptor.ResiliencyPolicy = POLICY,
        **fields: Any,
    ) -> str:
        """Add a VNF to the cloud and to our record.

        Its id is its name, and so is that of its instance in Tacker. Its
        groups are ``<name>/0`` and so on.
        """
        instance = self.add_instance(name, hosts, policy, **fields)
        self.store.save_vnf(
            model.Vnf(
                id=name,
                name=name,
                source="tacker",
                project_id="project",
                instance_id=instance,
                vnfd_id=self.world.tacker.get(instance).vnfd_id,
                policies=(policy,),
                state=states.VnfState.PROTECTED,
            )
        )
        for index, host in enumerate(hosts):
            self.save_vnfc(name, instance, index, host)
        return instance

    def add_instance(
        self,
        name: str = "v",
        hosts: Sequence[str] = ("one",),
        policy: descriptor.ResiliencyPolicy = POLICY,
        **fields: Any,
    ) -> str:
        """Add a VNF to the cloud only."""
        vnfd = lab.policy_bytes({"VDU1": policy.to_dict()})
        return self.world.add_vnf(name, {"VDU1": hosts}, vnfd, **fields)

    def save_vnfc(
        self, vnf_id: str, instance: str, index: int, host: str
    ) -> None:
        """Write a VNFC of the cloud into our record."""
        server_id = self.world.server_id(instance, f"VDU1-{index}")
        server = self.vim.server(server_id)
        group_id = f"{vnf_id}/{index}"
        self.store.save_group(
            model.Group(
                id=group_id, vnf_id=vnf_id, vnfc=f"VDU1-{index}", vdu="VDU1"
            )
        )
        self.store.save_member(
            model.Member(
                id=f"{group_id}/m",
                group_id=group_id,
                server_id=server_id,
                host=host,
                image_id=server.image_id,
                volume_backed=server.volume_backed,
            )
        )

    @property
    def fleet(self) -> tuple[fleet_.Entry, ...]:
        """The fleet as the database has it now."""
        return fleet_.load(self.store)

    def entry(self, group_id: str = "v/0") -> fleet_.Entry:
        """Return one entry of the fleet."""
        return next(e for e in self.fleet if e.group.id == group_id)

    def server_id(self, group_id: str = "v/0") -> str:
        """Return the server that serves a group."""
        return self.entry(group_id).member.server_id

    def poll(self) -> None:
        """Ask Nova, and watch the members and hosts that it names."""
        self.cloud.poll()
        known = [
            (e, self.cloud.server(e.member.server_id)) for e in self.fleet
        ]
        self.watch.set_members(
            targets.Watched(
                group_id=entry.group.id,
                policy=entry.policy,
                addresses=server.addresses,
            )
            for entry, server in known
            if server is not None
        )
        self.watch.set_hosts(
            {
                name: str(service.address)
                for name, service in self.cloud.services().items()
            }
        )

    def look(self, seconds: float) -> None:
        """Let time pass while the watch looks."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            self.clock.advance(0.25)
            self.watch.tick()

    def settle(self) -> None:
        """Poll, and look until everything has answered."""
        self.poll()
        self.look(3.0)

    def calls(self, call: str) -> int:
        """Return how often a service was asked for something."""
        return sum(one.call == call for one in self.world.gates.log)

    def kinds(self) -> list[str]:
        """Return the kinds of all events, oldest first."""
        return [event.kind for event in self.store.events()]

    def vnf_state(self, vnf_id: str = "v") -> tuple[str, str]:
        """Return a VNF's state and reason."""
        vnf = self.store.vnf(vnf_id)
        return vnf.state.value, vnf.reason

    def add_checkpoint(
        self, value: int = 7, group_id: str = "v/0", **fields: Any
    ) -> model.Checkpoint:
        """Save a checkpoint whose image exists; available by default."""
        found = self.vim.image(self.world.add_image(value, "checkpoint"))
        part = model.Artifact(
            kind="image", id=found.id, digest=found.digest, size=found.size
        )
        checkpoint = model.Checkpoint(
            **{
                "id": f"checkpoint {value}",
                "vnf_id": self.entry(group_id).vnf.id,
                "group_id": group_id,
                "server_id": self.server_id(group_id),
                "engine": "image",
                "sequence": self.store.next_sequence(group_id),
                "state": states.CheckpointState.AVAILABLE,
                "cut_at": self.clock.now(),
                "artifacts": (part,),
                **fields,
            }
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    def recovery(
        self, *steps: model.StepRecord, **fields: Any
    ) -> model.Recovery:
        """Return a recovery of ``v/0`` that is not yet claimed."""
        now = self.clock.now()
        return model.Recovery(
            **{
                "id": self.world.new_id(),
                "vnf_id": "v",
                "group_id": "v/0",
                "epoch": 0,
                "fault": model.Fault(
                    zone=descriptor.Zone.VM,
                    subject=self.server_id(),
                    detected_at=now,
                ),
                "rule": "vm-dead",
                "rung": "hard_reboot",
                "owner": OWNER,
                "steps": steps,
                "started_at": now,
                **fields,
            }
        )

    def claim(self, *steps: model.StepRecord, **fields: Any) -> model.Recovery:
        """Claim a recovery of ``v/0``."""
        wanted = self.recovery(*steps, **fields)
        epoch = self.store.group(wanted.group_id).epoch
        claimed = self.store.claim(wanted, epoch)
        assert claimed is not None
        return claimed

    def end(
        self,
        recovery: model.Recovery,
        state: states.RecoveryState = states.RecoveryState.SUCCEEDED,
    ) -> model.Recovery:
        """End a claimed recovery; return it as it is then."""
        assert self.store.end_recovery(
            recovery.id,
            state,
            self.clock.now(),
            "",
            recovery.owner,
            recovery.epoch,
        )
        return self.store.recovery(recovery.id)


def step(
    action: str,
    state: states.StepState = states.StepState.PENDING,
    **args: Any,
) -> model.StepRecord:
    """Return a step of a recovery, in that state."""
    return model.StepRecord(
        position=0,
        step=model.Step(
            id=action, action=action, note="A test.", timeout=30.0, args=args
        ),
        state=state,
    )


class WholeCase(EngineCase):
    """A whole engine, whose loops the test calls."""

    read = staticmethod(lab.read_policy)

    def setUp(self) -> None:
        super().setUp()
        self.make_engine()

    def make_engine(self) -> None:
        """Make an engine of the present context."""
        self.engine = engine.Engine(
            self.context,
            self.prober,
            self.settings,
            self.started.append,
            self.read,
        )
        self.watch = self.engine.watch
        self.cloud = self.engine.cloud

    def discover(self, seconds: float = 5.0) -> None:
        """Let the engine find what there is, and all of it answer."""
        self.engine.discover()
        self.engine.poll()
        self.look(seconds)

    def group_id(self, vnfc: str = "VDU1-0") -> str:
        """Return the group of a VNFC."""
        return next(g.id for g in self.store.groups() if g.vnfc == vnfc)

    def advance(self, recovery_id: str, seconds: float = 200.0) -> None:
        """Advance a recovery to its end while the loops go on."""
        end = self.clock.monotonic() + seconds
        while self.engine.advance(recovery_id):
            assert self.clock.monotonic() < end, "it does not end"
            self.look(0.5)
            self.engine.poll()
