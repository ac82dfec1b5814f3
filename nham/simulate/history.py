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


"""Seeded histories: chance makes a cloud, breaks it, and mends it again.

After the last fault everything outside NHAM is mended, and some time
passes; then every VNF must be well, or NHAM must say what it waits for.
"""

from __future__ import annotations

from collections.abc import Callable
import random

from nham.adapters import errors
from nham.adapters.simulated import records
from nham.core import descriptor
from nham.core import facts
from nham.core import mechanisms
from nham.core import states
from nham.db import errors as db_errors
from nham.engine import settings as settings_
from nham.simulate import agent_mishaps
from nham.simulate import checker
from nham.simulate import counting
from nham.simulate import ending
from nham.simulate import injection as injection_
from nham.simulate import lab as lab_
from nham.simulate import mishaps
from nham.simulate import policies

#: Coarser than an operator would have it: it costs detection time only.
SETTINGS = settings_.Settings(
    watch_interval=0.5,
    runner_poll=0.25,
    host_probe_interval=1.0,
    checkpoint_tick=1.0,
    reconcile_interval=10.0,
    checkpoint_timeout=60.0,
    guard_window=30.0,
    limits=facts.Limits(share=0.5),
)
#: The share of VNFs with standbys.
_REPLICATED = 0.3
#: The share of days with host agents.
_WITH_AGENTS = 0.4
#: What engines fence by on such days: whether power can be cut, and which
#: drivers work by the agents.
_FENCING_BY: tuple[tuple[bool, tuple[str, ...]], ...] = (
    (True, ()),
    (True, ("lease",)),
    (True, ("agent", "lease")),
    (False, ("lease",)),
)
#: After these the application may start anew, with nothing in memory, and
#: NHAM has nothing to do with it.
_EXCUSES = ("panic_guest", "mend_app", "user_stop", "started_again")
#: Seconds until each VNFC has a checkpoint, and each standby a detector that
#: knows how fast it answers.
_WARM_UP = 20.0
_TROUBLE = 90.0
#: More than is counted in any history.
_MANY = 1000000
#: Longer than a VNFM's operation that hangs, and than any probation here.
_CALM = 400.0
#: What is well for so long stays well.
_STEADY = 12.0


class History:
    """One cloud's bad day.

    :param seed: the same seed gives the same day.
    :ivar fencing: what its engines fence hosts by.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(f"{seed}/history")  # nosec B311
        self.lab = lab_.Lab(seed=seed, settings=SETTINGS)
        self.policies = policies.Policies(self.chance)
        self.world = self.lab.world
        self.auditor = checker.Auditor(self.lab)
        self.hosts = [f"cmp{i}" for i in range(self.chance.randint(2, 4))]
        for host in self.hosts:
            self.world.add_host(host)
        # A chance of their own, so that a day without agents stays the same.
        self.agents_chance = random.Random(f"{seed}/agents")  # nosec B311
        self.fencing = self._start_agents()
        self.counters: list[counting.Counter] = []
        self.instances = [
            self._add_vnf(f"vnf{i}") for i in range(self.chance.randint(1, 5))
        ]

    def play(self) -> tuple[records.Violation, ...]:
        """Live through the day; return the rules that were broken."""
        with lab_.seeded_ids(self.seed):
            for _ in range(self.chance.choice((1, 1, 2))):
                self.lab.start_engine()
            self._write(1)
            self.lab.run(_WARM_UP)
            self._write(2)
            agent_mishaps.listen_to_leases(self)
            agent_mishaps.trouble_agents(self, _TROUBLE)
            for pause in self._pauses():
                self.lab.run(pause)
                self._mishap()
            self._mend()
            self._calm_down()
            self._check_counts()
            return self.auditor.verdict()

    def _start_agents(self) -> str:
        """Start agents on some days; return what is fenced by."""
        if self.agents_chance.random() >= _WITH_AGENTS:
            return "power, no agents"
        power, by_agents = self.agents_chance.choice(_FENCING_BY)
        self.lab.start_agents(*by_agents)
        if not power:
            self.lab.fencing.clear()
        return ", ".join(["power"] * power + [*by_agents])

    def _add_vnf(self, name: str) -> str:
        replicated = self.chance.random() < _REPLICATED
        volume = self.chance.random() < 0.3
        policy = self.policies.alone(volume)
        places = self.chance.choices(
            self.hosts, k=self.chance.choice((1, 1, 2))
        )
        if replicated:
            policy = self.policies.replicated(policy, name, len(places))
            volume = volume and policy.on_disk
        instance_id = self.world.add_vnf(
            name,
            {"VDU1": places},
            vnfd=lab_.policy_bytes({"VDU1": policy.to_dict()}),
            volume_backed=["VDU1"] if volume else [],
            affinity=["VDU1"] if self.chance.random() < 0.2 else [],
            on_disk=["VDU1"] if policy.on_disk else [],
        )
        if replicated:
            self._add_addresses(instance_id, policy)
        return instance_id

    def _add_addresses(
        self, instance_id: str, policy: descriptor.ResiliencyPolicy
    ) -> None:
        """Give each VNFC a service address, at which somebody counts."""
        instance = self.world.tacker.get(instance_id)
        wanted = policy.service_address
        if wanted.pool is not None:
            self.world.add_pool(wanted.pool, instance.project_id, 80)
        if wanted.router is not None:
            self.world.add_router(wanted.router, instance.project_id)
        for vnfc in instance.vnfcs:
            service = self.world.add_floating_ip(vnfc.server_id)
            if wanted.driver == "vip":
                self.world.add_vip(vnfc.server_id, wanted.address)
            # Where all serve each question meets another member.
            if (
                policy.stateful
                and not mechanisms.of(policy.redundancy).spreads
            ):
                at = self.world.neutron.floating_ip(service).ip
                self.counters.append(
                    counting.Counter(
                        self.lab,
                        (instance_id, vnfc.record().name),
                        wanted.address or at,
                        begins=_WARM_UP,
                        first=_MANY,
                    )
                )

    def _write(self, value: int) -> None:
        for instance_id in self.instances:
            for vnfc in self.world.tacker.get(instance_id).vnfcs:
                self.world.write(vnfc.server_id, value)

    def _pauses(self) -> list[float]:
        """Return the times between mishaps; often two come at once."""
        count = self.chance.randint(1, 6)
        at = sorted(self.chance.uniform(0, _TROUBLE) for _ in range(count))
        if self.chance.random() < 0.5:
            at = [round(one / 12.0) * 12.0 for one in at]
        return [b - a for a, b in zip([0.0, *at], at, strict=False)]

    def _mishap(self) -> None:
        """Let something go wrong; what is impossible now does not."""
        make: Callable[..., injection_.Injection]
        make = self.chance.choices(mishaps.MISHAPS, weights=mishaps.WEIGHTS)[0]
        now = self.lab.clock.now()
        try:
            injection = make(self, now)
        except (errors.AdapterError, db_errors.DatabaseDown, LookupError):
            return
        self.auditor.inject(injection)

    def _check_counts(self) -> None:
        """See that no state was lost that NHAM had saved."""
        excused = {
            place
            for injection in self.auditor.injections
            if injection.what in _EXCUSES
            for place in injection.hurts
        }
        excused |= self.lab.corrupted | self._unproved()
        for counter in self.counters:
            lost = counter.lost(excused)
            if lost:
                self.auditor.violate(
                    "state lost", "/".join(counter.place), lost
                )

    def _unproved(self) -> set[injection_.Place]:
        """Return who went on without a checkpoint that could not be proved.

        The service comes first; the recovery tells what it passed over.
        """
        return {
            place
            for place, group in injection_.places(self.lab).items()
            for one in self.lab.store.recoveries(group_id=group.id)
            if any("is not usable" in said for said in one.refused)
        }

    def _mend(self) -> None:
        """Make everything whole that NHAM is not there to make whole."""
        world = self.world
        self.lab.memory.down = False
        self.lab.store.set_setting("paused", None)
        for vnf in self.lab.store.vnfs():
            self.lab.store.set_paused(vnf.id, False)
        for host in self.hosts:
            self.lab.store.end_maintenance(host)
            self.lab.store.release(host, self.lab.clock.now())
        world.no_fence.clear()
        world.broken_fence.clear()
        world.blind.clear()
        for machine in world.physics.hosts.values():
            if machine.partitioned:
                world.heal_partition(machine.name)
            if not machine.power:
                world.power_on_host(machine.name)
            elif not machine.compute:
                world.start_compute(machine.name)
        self.keep_alive()

    def _see_to_hosts(self) -> None:
        """Do what NHAM leaves to whose hosts they are, when it is at rest.

        What it has cut off is switched on again, and what is not clean
        gets its nova-compute restarted.
        """
        if self.lab.store.recoveries(state=states.RecoveryState.RUNNING):
            return
        for machine in self.world.physics.hosts.values():
            if not machine.power:
                self.world.power_on_host(machine.name)
            elif machine.evacuated:
                self.world.kill_compute(machine.name)
                self.world.start_compute(machine.name)

    def keep_alive(self) -> None:
        """Start an engine if none runs."""
        if not self.lab.alive:
            self.lab.start_engine()

    def _calm_down(self) -> None:
        """Wait until all is well for a while, or for long enough."""
        end = self.lab.clock.monotonic() + _CALM
        self.lab.run(_STEADY * 2)
        since = self.lab.clock.monotonic()
        while self.lab.clock.monotonic() < end:
            self.lab.run(2.0)
            self._see_to_hosts()
            now = self.lab.clock.monotonic()
            if ending.hopeless(self.lab) or not ending.settled(self.lab):
                since = now
            elif now - since >= _STEADY:
                return
        # What is hopeless is tried again now and then.
        self.lab.run_until(lambda: ending.settled(self.lab), _CALM)
