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

"""What a property of a resiliency policy is."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from nham.core.descriptor import durations
from nham.core.descriptor import sizes

#: No duration of a policy is longer, 30 days in seconds.
MONTH = 2592000.0


@dataclasses.dataclass(frozen=True)
class Property:
    """One property of a policy, a detection, a probe or a protection.

    :ivar path: name in the descriptor, with the block before it.
    :ivar kind: duration, size, integer, boolean, string, choice, choices
        (a list), range (two integers), block (a map) or blocks (a list).
    :ivar meaning: one sentence for the operator.
    :ivar attribute: where the value lies in the model; None for a property
        that the model does not keep under its own name.
    :ivar low, high: smallest and largest value; seconds for a duration,
        bytes for a size, None if there is no limit.
    :ivar choices: words that are allowed.
    """

    path: str
    kind: str
    meaning: str
    attribute: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def key(self) -> str:
        """The last part of the path, the key within its block."""
        return self.path.rpartition(".")[2]

    def value_of(self, model: object) -> Any:
        """Return this property's value in an object of the model."""
        return functools.reduce(
            getattr, (self.attribute or self.path).split("."), model
        )

    def render(self, value: Any) -> str:
        """Return a value of the model in the words of a descriptor."""
        if value is None:
            return "-"
        if self.kind == "duration":
            return durations.render(value)
        if self.kind == "size":
            return sizes.render(value)
        if self.kind == "boolean":
            return "true" if value else "false"
        if self.kind in ("choices", "range"):
            return f"[{', '.join(str(item) for item in value)}]"
        return str(value)
