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


"""Plays a scenario: the cloud, the engines, the events, the users."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from nham.adapters import errors
from nham.adapters.simulated import records
from nham.core import descriptor
from nham.core import model
from nham.simulate import acts
from nham.simulate import checker
from nham.simulate import clients
from nham.simulate import lab as lab_
from nham.simulate import scenario as scenario_

#: More events than any scenario makes.
_ALL = 100000


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the timeline.

    :ivar at: seconds since the start.
    :ivar who: ``scenario``, ``nham`` or ``recovery``.
    """

    at: float
    who: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a scenario came to.

    :ivar seconds: how long it lasted.
    :ivar users: what the users of each VNFC saw.
    """

    title: str
    seed: int
    seconds: float
    lines: tuple[Line, ...]
    recoveries: tuple[model.Recovery, ...]
    users: tuple[clients.Client, ...]
    vnfs: tuple[model.Vnf, ...]
    violations: tuple[records.Violation, ...]
    began: float


class Player:
    """Plays one scenario.

    :param seed: instead of the scenario's own.
    """

    def __init__(
        self, scenario: scenario_.Scenario, seed: int | None = None
    ) -> None:
        self.scenario = scenario
        self.seed = scenario.seed if seed is None else seed
        self.lab = lab_.Lab(seed=self.seed, settings=scenario.settings)
        self.instances: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._lines: list[Line] = []
        self._began = self.lab.clock.now()
        self._auditor = checker.Auditor(self.lab)
        for host, capacity in scenario.hosts.items():
            self.lab.world.add_host(host, capacity)
        if scenario.agents != "none":
            by = (scenario.agents,) if scenario.agents != "heard" else ()
            self.lab.start_agents(*by)
        for vnf in scenario.vnfs:
            self._add(vnf)

    def play(self) -> Outcome:
        """Play it to its end."""
        with lab_.seeded_ids(self.seed):
            users = self._users()
            for _ in range(self.scenario.engines):
                self.lab.start_engine()
            for event in self.scenario.events:
                self._run_to(event["at"])
                self._happen(event)
            self._run_to(self.scenario.duration)
        return Outcome(
            title=self.scenario.title,
            seed=self.seed,
            seconds=self.scenario.duration,
            lines=self._timeline(),
            recoveries=tuple(reversed(self.lab.store.recoveries())),
            users=tuple(users),
            vnfs=tuple(self.lab.store.vnfs()),
            violations=self._auditor.violations,
            began=self._began,
        )

    # -- what acts ask for

    def server_id(self, target: str) -> str:
        """Return the server of ``VNF/VNFC``, or of that member of it, now.

        :raises LookupError: it has no such member.
        """
        vnf, vnfc, *role = target.split("/")
        if not role:
            return self.lab.world.server_id(self.instances[vnf], vnfc)
        group = self.group(f"{vnf}/{vnfc}")
        for member in self.lab.store.members(group_id=group):
            if member.role == role[0]:
                return member.server_id
        raise LookupError(f"{vnf}/{vnfc} has no {role[0]} now")

    def vnf(self, name: str) -> model.Vnf:
        """Return NHAM's record of a VNF.

        :raises LookupError: NHAM does not know it (yet, or any more).
        """
        vnf = self.lab.store.vnf_by_instance(self.instances[name])
        if vnf is None:
            raise LookupError(f"NHAM does not know {name}")
        return vnf

    def group(self, target: str) -> str:
        """Return the id of the group of ``VNF/VNFC``."""
        name, _, vnfc = target.partition("/")
        for group in self.lab.store.groups(vnf_id=self.vnf(name).id):
            if group.vnfc == vnfc:
                return group.id
        raise LookupError(f"NHAM does not know {target}")

    # -- parts

    def _add(self, vnf: scenario_.Vnf) -> None:
        held = {
            vdu: descriptor.policy_for(vdu, vnf.policies) for vdu in vnf.vdus
        }
        policies = {policy.name: policy.to_dict() for policy in vnf.policies}
        self.instances[vnf.name] = self.lab.world.add_vnf(
            vnf.name,
            vnf.vdus,
            vnfd=lab_.policy_bytes(policies),
            volume_backed=vnf.volume_backed,
            affinity=vnf.affinity,
            on_disk=[vdu for vdu, one in held.items() if one and one.on_disk],
        )
        for vdu, hosts in vnf.vdus.items():
            policy = held[vdu]
            address = policy.service_address if policy else None
            for index in range(len(hosts)):
                target = f"{vnf.name}/{vdu}-{index}"
                if address and address.driver != "none":
                    self._addresses[target] = self._address(target, address)

    def _address(self, target: str, address: descriptor.ServiceAddress) -> str:
        """Make a service address of a VNFC; return what its users ask."""
        world = self.lab.world
        service = world.add_floating_ip(self.server_id(target))
        if address.driver == "floating_ip":
            return world.neutron.floating_ip(service).ip
        if address.driver == "vip":
            world.add_vip(self.server_id(target), address.address)
        if address.address is not None:
            return address.address
        project_id = world.tacker.get(
            self.instances[target.split("/")[0]]
        ).project_id
        if address.router is not None:
            world.add_router(address.router, project_id)
            return str(address.address)
        pool_id = world.add_pool(
            str(address.pool), project_id, address.port or 0
        )
        return world.balancers.pool(pool_id).address

    def _users(self) -> list[clients.Client]:
        return [
            clients.Client(
                self.lab,
                self.instances[vnf.name],
                vnf.name,
                f"{vdu}-{index}",
                self._addresses.get(f"{vnf.name}/{vdu}-{index}"),
                writes=not vnf.spread(vdu),
            )
            for vnf in self.scenario.vnfs
            for vdu, hosts in vnf.vdus.items()
            for index in range(len(hosts))
        ]

    def _run_to(self, at: float) -> None:
        self.lab.run(max(at - self.lab.clock.monotonic(), 0.0))

    def _happen(self, event: Mapping[str, Any]) -> None:
        words = [str(event["do"])]
        words += [
            f"{name}={value}" if name != "target" else str(value)
            for name, value in event.items()
            if name not in ("do", "at")
        ]
        text = " ".join(words)
        try:
            acts.ACTS[event["do"]].do(self, event)
        except (errors.AdapterError, LookupError) as error:
            text = f"{text}: did not happen: {error}"
        now = self.lab.clock.monotonic()
        self._lines.append(Line(at=now, who="scenario", text=text))

    def _timeline(self) -> tuple[Line, ...]:
        """Return what happened, and what NHAM said and did, by time."""
        lines = list(self._lines)
        for event in self.lab.store.events(limit=_ALL):
            text = f"{event.kind}: {event.message}"
            lines.append(self._line(event.at, "nham", text))
        for recovery in self.lab.store.recoveries():
            for record in recovery.steps:
                lines += self._step(recovery, record)
        return tuple(sorted(lines, key=lambda line: line.at))

    def _step(
        self, recovery: model.Recovery, record: model.StepRecord
    ) -> list[Line]:
        if record.ended_at is None:
            return []
        text = (
            f"{recovery.rung}, {record.step.id} {record.state}: "
            f"{record.detail}"
        )
        return [self._line(record.ended_at, "recovery", text)]

    def _line(self, at: float, who: str, text: str) -> Line:
        return Line(at=at - self._began, who=who, text=text)
