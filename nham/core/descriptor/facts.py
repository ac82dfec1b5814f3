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

"""What a rule sees and what it says: problems, targets, a policy's data."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any
from typing import Literal

from nham.core import mechanisms
from nham.core.descriptor import words

TargetKind = Literal["vnf", "vdu", "placement_group", "other"]


@dataclasses.dataclass(frozen=True)
class Problem:
    """One sentence about one place of a descriptor.

    :ivar field: the place, like `detection.poll_interval`.
    :ivar rule: the rule that is broken, with what was found.
    :ivar file: file within the package; '' if there is none.
    :ivar line: line in the file, from 1; 0 if it is not known.
    :ivar severity: an error refuses the descriptor, a warning does not.
    """

    field: str
    rule: str
    file: str = ""
    line: int = 0
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """Return `file:line: field: rule`, without what is not known."""
        where = self.file + (f":{self.line}" if self.line else "")
        mark = "warning: " if self.severity == "warning" else ""
        field = f"{self.field}: " if self.field else ""
        text = f"{where + ': ' if where else ''}{mark}{field}{self.rule}"
        # Names come from a stranger's file: no line ends, no colours.
        return "".join(
            char if char.isprintable() else ascii(char)[1:-1] for char in text
        )


@dataclasses.dataclass(frozen=True)
class Target:
    """A node template or group that a policy may name.

    :ivar type_name: its TOSCA type.
    :ivar volume_backed: a VDU that boots from a volume.
    :ivar data_volumes: volumes of a VDU that it does not boot from.
    """

    name: str
    kind: TargetKind
    type_name: str = ""
    volume_backed: bool = False
    data_volumes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Context:
    """What the rules must know of the rest of the descriptor.

    :ivar targets: all node templates and groups beside the policy, by
        name.
    :ivar taken: VDUs that another policy names, so that one on the VNF
        node does not hold for them.
    """

    targets: Mapping[str, Target]
    taken: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class PolicyData:
    """A policy as the descriptor has it, not yet checked.

    :ivar targets: the value of the policy's `targets`.
    :ivar properties: the value of the policy's `properties`.
    """

    name: str
    targets: Any
    properties: Any


@dataclasses.dataclass(frozen=True)
class Facts:
    """The readable part of one policy, which the rules look at.

    :ivar values: values by path; what is wrong by itself is left out.
    :ivar probes: the readable properties of each probe.
    :ivar broken: paths that were given but could not be read.
    """

    name: str
    targets: tuple[str, ...]
    values: Mapping[str, Any]
    probes: tuple[Mapping[str, Any], ...]
    broken: frozenset[str]
    context: Context

    @property
    def mechanism(self) -> words.Mechanism | None:
        """The mechanism, None if it is missing or no word of ours."""
        return self.values.get("redundancy")

    @property
    def spec(self) -> mechanisms.Spec | None:
        """What the mechanism is, None if it is missing or no word of ours."""
        name = self.mechanism
        return None if name is None else mechanisms.of(name)

    def is_broken(self, block: str) -> bool:
        """Return whether a block or a part of it could not be read."""
        return any(_within(block, path) for path in self.broken)

    def has_block(self, block: str) -> bool:
        """Return whether a block was given, readable or not."""
        return self.is_broken(block) or any(
            _within(block, path) for path in self.values
        )

    def vdus(self) -> tuple[Target, ...]:
        """Return the VDUs that the policy holds for."""
        whole = any(
            self.context.targets[name].kind == "vnf"
            for name in self.targets
            if name in self.context.targets
        )
        return tuple(
            target
            for target in self.context.targets.values()
            if target.kind == "vdu"
            and (
                target.name in self.targets
                or (whole and target.name not in self.context.taken)
            )
        )


def _within(block: str, path: str) -> bool:
    return path == block or path.startswith(f"{block}.")
