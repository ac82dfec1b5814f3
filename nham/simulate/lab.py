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


"""A simulated cloud with real engines on it, driven in virtual time.

The engines' loops run at the pace at which the service's threads would,
and an engine can be killed at any moment. Everything but the cloud is the
code that runs in production. While one loop waits for a slow service, the
others go on, as threads do.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
import dataclasses
import json
import logging
import random
from typing import Any
from unittest import mock
import uuid

from nham.adapters.agents import base as agents_base
from nham.adapters.agents import none
from nham.adapters.fencing import base as fencing_base
from nham.adapters.simulated import agents as agents_
from nham.adapters.simulated import blobs
from nham.adapters.simulated import fencing
from nham.adapters.simulated import prober
from nham.adapters.simulated import world as world_
from nham.core import descriptor
from nham.core import model
from nham.db import errors as db_errors
from nham.descriptor import reader
from nham.descriptor import topology
from nham.engine import engine as engine_
from nham.engine import settings as settings_
from nham.simulate import drivers
from nham.simulate import memory as memory_
from nham.simulate import process as process_

LOG = logging.getLogger(__name__)

#: How often virtual time is looked at by ``run_until``, seconds.
TICK = 0.1
#: Seconds that a loop waits after it failed, as in the service.
_BREATH = 1.0


class Runner:
    """One engine's process: its loops, as events of the virtual clock.

    :ivar frozen_until: the process stands still before this moment.
    :ivar stumbles: what its loops did not expect: name, time, and words.
    """

    def __init__(self, lab: Lab, name: str) -> None:
        self._lab = lab
        self._clock = lab.clock
        self._settings = lab.settings
        self.name = name
        self.process = process_.Process(name)
        self.store = memory_.LabStore(lab.memory, self.process)
        self.frozen_until = 0.0
        self._looking = False
        self.stumbles: list[tuple[str, float, str]] = []
        self._busy = 0
        self._queue: list[str] = []
        self._prober = prober.SimulatedProber(lab.world, name)
        self._agents: agents_base.Agents = none.NoAgents()
        if lab.agents is not None:
            self._agents = lab.agents.join(name, self._look_now)
        self.engine = engine_.Engine(
            drivers.context_of(lab, self.process, self.store, self._agents),
            self._prober,
            lab.settings,
            self._enqueue,
            read_policy,
        )
        every = lab.settings
        self._loop(1.0, self.engine.beat)
        self._loop(every.nova_poll_interval, self.engine.poll)
        self._loop(every.reconcile_interval, self.engine.discover)
        self._loop(every.reconcile_interval, self.engine.collect)
        self._loop(every.watch_interval, self._look)
        if lab.agents is not None:
            self._loop(every.grant_interval, self.engine.grant)
        self._loop(every.checkpoint_tick, self.engine.checkpoint)

    def kill(self) -> None:
        """Kill the process; nothing of its memory is left."""
        LOG.info("engine %s is killed", self.name)
        self.process.kill()
        self._prober.close()
        self._agents.close()

    def freeze(self, seconds: float) -> None:
        """Let the process stand still for so long, its prober too."""
        self.frozen_until = self._clock.monotonic() + seconds
        self._lab.world.stall_observer(self.name, seconds)

    def _look_now(self) -> None:
        """Look at once, as the service does when an agent has news."""

        def look() -> None:
            self._guarded(self._look, 0.0)

        self._clock.call_in(0.0, look)

    def _look(self) -> None:
        """Look, once at a time: the service has one thread for it."""
        if self._looking:
            return
        self._looking = True
        try:
            self.engine.look()
        finally:
            self._looking = False

    def _loop(self, every: float, call: Callable[[], object]) -> None:
        def turn() -> None:
            began = self._clock.monotonic()
            pause = self._guarded(call, every)
            if pause is not None:
                took = self._clock.monotonic() - began
                self._clock.call_in(max(pause - took, 0.0), turn)

        self._clock.call_in(0.0, turn)

    def _guarded(
        self, call: Callable[[], object], pause: float
    ) -> float | None:
        """Call once; return after how long to call again, if ever."""
        if not self.process.alive:
            return None
        still = self.frozen_until - self._clock.monotonic()
        if still > 0:
            return still
        try:
            call()
        except process_.Crash:
            return None
        except db_errors.DatabaseDown:
            return max(pause, _BREATH)
        except Exception as error:
            LOG.exception("engine %s stumbled", self.name)
            kind = type(error).__name__
            self.stumbles.append(
                (self.name, self._clock.now(), f"{kind}: {error}")
            )
            return max(pause, _BREATH)
        return pause

    def _enqueue(self, recovery_id: str) -> None:
        """Run a recovery as soon as a worker is free."""
        self._queue.append(recovery_id)
        self._work()

    def _work(self) -> None:
        while self._queue and self._busy < self._settings.workers:
            self._busy += 1
            self._recover(self._queue.pop(0))

    def _recover(self, recovery_id: str) -> None:
        left = True

        def advance() -> None:
            nonlocal left
            left = self.engine.advance(recovery_id)

        def turn() -> None:
            pause = self._guarded(advance, self._settings.runner_poll)
            if pause is None:
                return
            if left:
                self._clock.call_in(pause, turn)
            else:
                self._busy -= 1
                self._work()

        self._clock.call_in(0.0, turn)


class Lab:
    """A world, a database and one or more engines.

    :param seed: the same seed gives the same history.
    :param loss: the share of probes that get lost, 0 to 1.
    :ivar agents: the hosts' agents; None: there are none.
    :ivar fencing: the means that engines started from now on have.
    :ivar blobs: the states that applications handed out.
    :ivar corrupted: VNFCs of which a checkpoint went bad, each by its VNF
        instance and its name.
    :ivar refusing: servers whose applications take in no state.
    :ivar engines: all that were started, dead ones too.
    """

    def __init__(
        self,
        seed: int = 0,
        settings: settings_.Settings | None = None,
        loss: float = 0.0,
    ) -> None:
        self.world = world_.World(seed=seed)
        self.world.loss = loss
        self.clock = self.world.clock
        self.settings = settings or settings_.Settings(watch_interval=TICK)
        self.memory = memory_.Memory()
        self.store = memory_.LabStore(
            self.memory, process_.Process("onlooker")
        )
        self.fencing: list[fencing_base.HostFencing] = [
            fencing.SimulatedFencing(self.world)
        ]
        self.agents: agents_.AgentNet | None = None
        self.by_agents: tuple[str, ...] = ()
        self.blobs = blobs.SimulatedStore()
        self.corrupted: set[tuple[str, str]] = set()
        self.refusing: set[str] = set()
        self.engines: list[Runner] = []

    @property
    def alive(self) -> list[Runner]:
        """The engines that run."""
        return [one for one in self.engines if one.process.alive]

    def start_agents(self, *fencing_by: str) -> None:
        """Start an agent on each host that there is.

        Engines started from now on cut members off by them first.

        :param fencing_by: the drivers, ``agent`` and ``lease``, that
            engines started from now on have beside the others.
        """
        self.agents = agents_.AgentNet(self.world)
        self.by_agents = fencing_by

    def start_engine(self) -> Runner:
        """Start one more engine."""
        runner = Runner(self, f"engine-{len(self.engines) + 1}")
        self.engines.append(runner)
        return runner

    def say_fenced(self, host: str, who: str) -> None:
        """Take an operator's word that a host cannot serve any more."""
        known = self.store.host(host) or model.HostRecord(name=host)
        self.store.save_host(
            dataclasses.replace(known, fenced_at=self.clock.now(), proof=who)
        )

    def corrupt(self, checkpoint: model.Checkpoint) -> None:
        """Let what a checkpoint holds go bad where it is kept."""
        group = self.store.group(checkpoint.group_id)
        vnf = self.store.vnf(group.vnf_id)
        self.corrupted.add((str(vnf.instance_id), group.vnfc))
        for part in checkpoint.artifacts:
            if part.kind == "image":
                self.world.corrupt_image(part.id)
            elif part.kind == "state":
                whole = self.blobs.blobs[part.id]
                self.blobs.blobs[part.id] = whole[: len(whole) // 2]
            else:
                self.world.corrupt_snapshot(part.id)

    def run(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        self.clock.advance(seconds)

    def run_until(
        self, true: Callable[[], bool], seconds: float = 300.0
    ) -> bool:
        """Let time pass until something is true; say whether it is."""
        end = self.clock.monotonic() + seconds
        while not true():
            if self.clock.monotonic() >= end:
                return False
            self.run(TICK)
        return True


@contextlib.contextmanager
def seeded_ids(seed: int) -> Iterator[None]:
    """Let the ids of records come from a seed, not from chance.

    Records are ordered by their ids where nothing else orders them, so
    without this a seed would not give the same history twice.
    """
    chance = random.Random(f"{seed}/record ids")  # nosec B311

    def make() -> uuid.UUID:
        return uuid.UUID(int=chance.getrandbits(128), version=4)

    with mock.patch.object(uuid, "uuid4", make):
        yield


def policy_bytes(policies: Mapping[str, Any]) -> bytes:
    """Return what stands for a VNFD in the simulated VNFM.

    :param policies: a policy's ``to_dict()`` by VDU.
    """
    return json.dumps(policies, sort_keys=True).encode()


def read_policy(data: bytes) -> reader.Descriptor:
    """Return the descriptor that ``policy_bytes`` stands for."""
    policies = tuple(
        descriptor.ResiliencyPolicy.from_dict(policy)
        for policy in json.loads(data).values()
    )
    vdus = {
        vdu: topology.VduInfo(
            name=vdu, volume_backed=False, image=None, instances=1
        )
        for vdu in json.loads(data)
    }
    return reader.Descriptor(
        vnfd_id=None,
        provider=None,
        product=None,
        vdus=vdus,
        policies=policies,
        digest="",
    )
