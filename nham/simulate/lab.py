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

The lab calls the engine's loops at the pace at which the service's
threads would, and can kill an engine at any moment. Everything but the
cloud is the code that runs in production.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import json
import logging
from typing import Any

from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.simulated import fencing
from nham.adapters.simulated import prober
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as world_
from nham.core import descriptor
from nham.db import store as store_
from nham.descriptor import reader
from nham.descriptor import topology
from nham.engine import engine as engine_
from nham.engine import settings as settings_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: How finely virtual time is cut; the loops below run on this raster.
TICK = 0.1


class Crash(BaseException):
    """The engine's process is killed; no handler may stop it."""


class CrashingStore(store_.Store):
    """A store that kills its engine before or after a chosen write.

    :ivar before_write: called with the name of each recovery write.
    """

    def __init__(self, connection: str) -> None:
        super().__init__(connection)
        self.on_write: Callable[[str], None] = lambda _name: None

    def step_started(self, *args: Any, **kwargs: Any) -> bool:
        """See base class."""
        self.on_write("before step_started")
        result = super().step_started(*args, **kwargs)
        self.on_write("after step_started")
        return result

    def step_ended(self, *args: Any, **kwargs: Any) -> bool:
        """See base class."""
        self.on_write("before step_ended")
        result = super().step_ended(*args, **kwargs)
        self.on_write("after step_ended")
        return result

    def end_recovery(self, *args: Any, **kwargs: Any) -> bool:
        """See base class."""
        self.on_write("before end_recovery")
        result = super().end_recovery(*args, **kwargs)
        self.on_write("after end_recovery")
        return result


@dataclasses.dataclass
class _Loop:
    every: float
    call: Callable[[], object]
    due: float = 0.0


class Lab:
    """A world, a database and one or more engines.

    :param seed: the same seed gives the same history.
    :ivar policies: resiliency policies by VNFD content.
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
        self.settings = settings or settings_.Settings()
        self.store = CrashingStore("sqlite://")
        self.store.sync()
        self.engine: engine_.Engine | None = None
        self._running: set[str] = set()
        self._loops: list[_Loop] = []
        self._engines = 0

    def start_engine(self) -> engine_.Engine:
        """Start an engine; one that ran before is taken for dead."""
        self._engines += 1
        cloud = vim.SimulatedVim(self.world)
        ctx = context.Context(
            store=self.store,
            vim=cloud,
            vnfms={"tacker": vnfm.SimulatedVnfm(self.world)},
            fencing=[fencing.SimulatedFencing(self.world)],
            engines={
                "image": image.ImageEngine(cloud),
                "volume": volume.VolumeEngine(cloud),
            },
            watch=_NoWatch(),
            clock=self.clock,
        )
        self._running = set()
        self.engine = engine = engine_.Engine(
            ctx,
            prober.SimulatedProber(self.world, f"engine-{self._engines}"),
            self.settings,
            self._running.add,
            read_policy,
        )
        settings = self.settings
        self._loops = [
            _Loop(1.0, engine.beat),
            _Loop(settings.nova_poll_interval, engine.poll),
            _Loop(settings.reconcile_interval, engine.discover),
            _Loop(TICK, engine.look),
            _Loop(settings.checkpoint_tick, engine.checkpoint),
            _Loop(TICK, self._advance_all),
        ]
        for loop in self._loops:
            loop.due = self.clock.monotonic()
        return engine

    def crash_engine(self) -> None:
        """Kill the engine; nothing of its memory is left."""
        self.engine = None
        self._loops = []
        self._running = set()

    def run(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end - 1e-9:
            try:
                self._run_due()
            except Crash:
                LOG.info("the engine was killed")
                self.crash_engine()
            left = end - self.clock.monotonic()
            self.clock.advance(min(TICK, max(left, 0.0)))

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

    def _run_due(self) -> None:
        for loop in list(self._loops):
            if loop.due <= self.clock.monotonic() + 1e-9:
                loop.due = self.clock.monotonic() + loop.every
                loop.call()

    def _advance_all(self) -> None:
        engine = self.engine
        if engine is None:
            return
        for recovery_id in sorted(self._running):
            if not engine.advance(recovery_id):
                self._running.discard(recovery_id)


class _NoWatch:
    """Stands in until the engine has put its own watch there."""

    def view(self, group_id: str) -> context.MemberView:
        """See ``context.MemberWatch``."""
        return context.MemberView()

    def expect(self, group_id: str) -> None:
        """See ``context.MemberWatch``."""

    def refresh(self, group_id: str) -> None:
        """See ``context.MemberWatch``."""


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
