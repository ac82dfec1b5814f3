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


"""Reads a scenario: a cloud, its VNFs, and what goes wrong when.

Strict, as descriptors are: an unknown key or a wrong value is refused with
file, line, field and rule, and a policy by the checks of a descriptor.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import pathlib
from typing import Any

from nham.core import descriptor
from nham.core import mechanisms
from nham.core.descriptor import durations
from nham.descriptor import document
from nham.descriptor import errors
from nham.engine import settings as settings_
from nham.simulate import acts
from nham.simulate import reading
from nham.simulate import values

Path = document.Path


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vnf:
    """A VNF of the scenario.

    :ivar vdus: for each VDU the host of each of its VNFCs.
    :ivar volume_backed: VDUs that boot from a volume.
    :ivar affinity: VDUs in a server group with affinity.
    """

    name: str
    vdus: Mapping[str, Sequence[str]]
    volume_backed: tuple[str, ...]
    affinity: tuple[str, ...]
    policies: tuple[descriptor.ResiliencyPolicy, ...]

    def spread(self, vdu: str) -> bool:
        """Say whether all members of a VDU's VNFCs serve at once."""
        policy = descriptor.policy_for(vdu, self.policies)
        return policy is not None and mechanisms.of(policy.redundancy).spreads

    def replicated(self, vdu: str) -> bool:
        """Say whether the VNFCs of a VDU have standbys."""
        policy = descriptor.policy_for(vdu, self.policies)
        return policy is not None and policy.num_backups > 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scenario:
    """A whole scenario; times are seconds.

    :ivar hosts: how many guests fit on each.
    :ivar events: in order of time; each has ``at``, ``do``, ``target``
        and what else its act needs.
    :ivar agents: one of ``AGENTS``.
    """

    title: str
    duration: float
    hosts: Mapping[str, int]
    vnfs: tuple[Vnf, ...]
    events: tuple[Mapping[str, Any], ...]
    settings: settings_.Settings
    seed: int = 0
    engines: int = 1
    agents: str = "none"


def read(source: str) -> Scenario:
    """Read a scenario file.

    :raises errors.NotReadableError: it cannot be read.
    :raises errors.DescriptorError: it is wrong; all problems are told.
    """
    try:
        text = pathlib.Path(source).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        problem = descriptor.Problem("file", f"cannot be read: {why}", source)
        raise errors.NotReadableError([problem]) from error
    found, problems = document.load(source, source, text, lambda _node: None)
    reader = _Reader(found)
    scenario = reader.scenario()
    problems = [*problems, *reader.problems]
    if problems or scenario is None:
        raise errors.DescriptorError(problems)
    return scenario


#: Whether hosts have agents, and what the engines fence by them: nothing,
#: their obedience, or their leases.
AGENTS = ("none", "heard", "agent", "lease")
_TOP = (
    "title",
    "seed",
    "duration",
    "engines",
    "agents",
    "hosts",
    "vnfs",
    "settings",
    "limits",
    "events",
)


class _Reader(reading.Reader):
    """Walks over a scenario and collects what is wrong."""

    def scenario(self) -> Scenario | None:
        data = self.source.data
        self.keys((), data, _TOP, ("duration", "hosts", "vnfs"))
        hosts = self._hosts(data.get("hosts", {}))
        vnfs = tuple(
            vnf
            for index, raw in enumerate(self.sequence(("vnfs",), data))
            if (vnf := self._vnf(("vnfs", index), raw, hosts)) is not None
        )
        engines = self.value(("engines",), data, values.integer, 1)
        fields: dict[str, Any] = {
            "title": self.value(("title",), data, values.text, ""),
            "seed": self.value(("seed",), data, values.integer, 0),
            "engines": engines,
            "agents": self.value(
                ("agents",), data, values.one_of(*AGENTS), "none"
            ),
            "duration": self.value(("duration",), data, durations.parse, 0.0),
            "settings": self._settings(data),
        }
        names = _Names(hosts, vnfs)
        events = [
            event
            for index, raw in enumerate(self.sequence(("events",), data))
            if (event := self._event(("events", index), raw, names))
        ]
        if self.problems:
            return None
        events.sort(key=lambda event: event["at"])
        return Scenario(**fields, hosts=hosts, vnfs=vnfs, events=tuple(events))

    # -- parts

    def _hosts(self, raw: Any) -> dict[str, int]:
        if isinstance(raw, list):
            raw = {name: {} for name in raw if isinstance(name, str)}
        if not isinstance(raw, dict) or not raw:
            self.refuse(("hosts",), "must be a list or a map of hosts")
            return {}
        hosts = {}
        for name, fields in raw.items():
            path = ("hosts", str(name))
            fields = {} if fields is None else fields
            if self.keys(path, fields, ("capacity",)):
                capacity = (*path, "capacity")
                hosts[str(name)] = self.value(
                    capacity, fields, values.integer, 100
                )
        return hosts

    def _vnf(
        self, path: Path, raw: Any, hosts: Mapping[str, int]
    ) -> Vnf | None:
        wanted = ("name", "vdus", "policies")
        if not self.keys(path, raw, wanted, wanted):
            return None
        vdus, volumes, affinity = {}, [], []
        for vdu, fields in self.mapping((*path, "vdus"), raw).items():
            here = (*path, "vdus", vdu)
            known = ("hosts", "boot", "affinity")
            if not self.keys(here, fields, known, ("hosts",)):
                continue
            places = self.sequence((*here, "hosts"), fields)
            for index, host in enumerate(places):
                if host not in hosts:
                    self.refuse((*here, "hosts", index), f"no host {host}")
            vdus[vdu] = places
            boot = self.value(
                (*here, "boot"),
                fields,
                values.one_of("image", "volume"),
                "image",
            )
            if boot == "volume":
                volumes.append(vdu)
            if self.value((*here, "affinity"), fields, values.boolean, False):
                affinity.append(vdu)
        return Vnf(
            name=self.value((*path, "name"), raw, values.text, ""),
            vdus=vdus,
            volume_backed=tuple(volumes),
            affinity=tuple(affinity),
            policies=self._policies(path, raw, vdus, volumes),
        )

    def _policies(
        self, path: Path, raw: Any, vdus: Mapping[str, Any], volumes: list[str]
    ) -> tuple[descriptor.ResiliencyPolicy, ...]:
        """Read the policies with the checks of a descriptor."""
        targets = {
            vdu: descriptor.Target(vdu, "vdu", volume_backed=vdu in volumes)
            for vdu in vdus
        }
        context = descriptor.Context(targets)
        found = []
        for index, one in enumerate(self.sequence((*path, "policies"), raw)):
            here = (*path, "policies", index)
            wanted = ("name", "targets", "properties")
            if not self.keys(here, one, wanted, wanted):
                continue
            data = descriptor.PolicyData(
                str(one["name"]), one["targets"], one["properties"]
            )
            problems = [
                problem
                for problem in descriptor.check(data, context)
                if problem.severity == "error"
            ]
            for problem in problems:
                self._refuse_policy(here, problem)
            if not problems:
                found.append(descriptor.build(data, context))
        return tuple(found)

    def _refuse_policy(self, path: Path, problem: descriptor.Problem) -> None:
        """Tell a policy's problem at its place in this file."""
        parts: list[str | int] = []
        for part in problem.field.split("."):
            name, _, index = part.partition("[")
            parts.append(name)
            if index:
                parts.append(int(index.rstrip("]")))
        inner: Path = tuple(parts)
        if parts[0] != "targets":
            inner = ("properties", *parts)
        self.refuse((*path, *inner), problem.rule)

    def _settings(self, data: Mapping[str, Any]) -> settings_.Settings:
        wanted = settings_.Settings(watch_interval=0.1)
        settings = self._fields(("settings",), data, wanted, ("limits",))
        limits = self._fields(("limits",), data, wanted.limits)
        whole: settings_.Settings = dataclasses.replace(
            settings, limits=limits
        )
        return whole

    def _fields(
        self, path: Path, data: Any, default: Any, leave: Sequence[str] = ()
    ) -> Any:
        """Return a data class with what the file gives of its fields."""
        raw = self.mapping(path, data)
        names = [
            field.name
            for field in dataclasses.fields(default)
            if field.name not in leave
        ]
        self.keys(path, raw, names)
        given = {}
        for name in names:
            if name in raw:
                now = getattr(default, name)
                read = values.reader_of(name, now)
                given[name] = self.value((*path, name), raw, read, now)
        return dataclasses.replace(default, **given)

    def _event(
        self, path: Path, raw: Any, names: _Names
    ) -> Mapping[str, Any] | None:
        if not isinstance(raw, dict):
            self.refuse(path, "must be a map")
            return None
        act = acts.ACTS.get(str(raw.get("do")))
        if act is None:
            self.refuse(
                (*path, "do"), f"must be one of {', '.join(acts.ACTS)}"
            )
            return None
        wanted = ["at", "do", *(["target"] if act.target else []), *act.needs]
        if not self.keys(path, raw, wanted, wanted):
            return None
        event: dict[str, Any] = {
            "do": raw["do"],
            "at": self.value((*path, "at"), raw, durations.parse, 0.0),
        }
        for name, kind in act.needs.items():
            event[name] = self.value(
                (*path, name), raw, values.KINDS[kind], None
            )
        if act.target:
            event["target"] = raw["target"]
            rule = names.why_not(act.target, raw["target"])
            if rule:
                self.refuse((*path, "target"), rule)
        return event


@dataclasses.dataclass(frozen=True)
class _Names:
    """What an event may name."""

    hosts: Mapping[str, int]
    vnfs: Sequence[Vnf]

    def why_not(self, kind: str, target: Any) -> str:
        """Return what is wrong with a target, empty if nothing is."""
        if kind == "engine":
            good = isinstance(target, int) and target > 0
            return "" if good else "must be the number of an engine, from 1"
        vnfcs = [
            (f"{vnf.name}/{vdu}-{index}", vnf.replicated(vdu))
            for vnf in self.vnfs
            for vdu, hosts in vnf.vdus.items()
            for index in range(len(hosts))
        ]
        names = [name for name, _replicated in vnfcs]
        known = {
            "host": list(self.hosts),
            "vnf": [vnf.name for vnf in self.vnfs],
            "vnfc": names,
            "server": [
                *names,
                *(
                    f"{name}/{role}"
                    for name, replicated in vnfcs
                    for role in acts.ROLES
                    if replicated
                ),
            ],
        }[kind]
        if target in known:
            return ""
        return f"must be one of {', '.join(known)}, found {target!r}"
