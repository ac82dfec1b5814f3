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

"""Read the raw properties of a policy by the table of the schema.

Finds what is wrong with one property alone: an unknown name, a wrong type,
a value out of its limits. What concerns several is found by `rules`.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from nham.core.descriptor import durations
from nham.core.descriptor import facts
from nham.core.descriptor import properties
from nham.core.descriptor import schema
from nham.core.descriptor import sizes
from nham.core.descriptor import words


class _Reader:
    """Collects values and problems while it walks over a policy."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.problems: list[facts.Problem] = []
        self.broken: set[str] = set()

    def refuse(self, path: str, rule: str) -> None:
        self.problems.append(facts.Problem(path, rule))
        self.broken.add(path)

    def block(
        self, prefix: str, raw: Any, table: Sequence[properties.Property]
    ) -> None:
        """Read one map whose allowed keys are those of the table."""
        if not isinstance(raw, Mapping):
            self.refuse(prefix, "must be a map of properties")
            return
        lead = f"{prefix}." if prefix else ""
        known = {prop.key: prop for prop in table}
        for key, value in raw.items():
            prop = known.get(key) if isinstance(key, str) else None
            if prop is None:
                self.refuse(
                    f"{lead}{_name(key)}",
                    f"is unknown; known are {', '.join(known)}",
                )
            elif prop.kind == "block":
                self.block(prop.path, value, schema.BLOCKS[prop.path])
            elif prop.kind == "blocks":
                self.blocks(prop.path, value)
            else:
                self.leaf(f"{lead}{key}", value, prop)
        for key, prop in known.items():
            if prop.required and key not in raw:
                self.refuse(f"{lead}{key}", "is required")

    def blocks(self, path: str, raw: Any) -> None:
        """Read a list of maps."""
        if not isinstance(raw, list) or not raw:
            self.refuse(path, "must be a list with at least one entry")
            return
        self.values[path] = len(raw)
        for index, item in enumerate(raw):
            self.block(f"{path}[{index}]", item, schema.BLOCKS[path])

    def leaf(self, path: str, raw: Any, prop: properties.Property) -> None:
        """Read one value."""
        try:
            self.values[path] = _KINDS[prop.kind](raw, prop)
        except ValueError as error:
            found = _shown(raw)
            self.refuse(path, f"{error}, found {found}")


def read(
    data: facts.PolicyData, context: facts.Context
) -> tuple[facts.Facts, list[facts.Problem]]:
    """Return the readable part of a policy and what is wrong with the rest."""
    reader = _Reader()
    properties = {} if data.properties is None else data.properties
    reader.block("", properties, schema.TOP)
    targets = _targets(reader, data.targets)
    count = reader.values.pop("probes", 0)
    probes = []
    for index in range(count):
        lead = f"probes[{index}]."
        probes.append(
            {
                path.removeprefix(lead): value
                for path, value in reader.values.items()
                if path.startswith(lead)
            }
        )
    return facts.Facts(
        name=data.name,
        targets=targets,
        values=reader.values,
        probes=tuple(probes),
        broken=frozenset(reader.broken),
        context=context,
    ), reader.problems


def _targets(reader: _Reader, raw: Any) -> tuple[str, ...]:
    if (
        not isinstance(raw, list)
        or not raw
        or not all(isinstance(item, str) for item in raw)
    ):
        reader.refuse("targets", "must be a list with at least one name")
        return ()
    return tuple(raw)


def _integer(raw: Any, prop: properties.Property) -> int:
    # bool is an int to Python, not to TOSCA.
    if (
        isinstance(raw, bool)
        or not isinstance(raw, int)
        or not _within(raw, prop)
    ):
        raise ValueError(f"must be an integer from {prop.low} to {prop.high}")
    return raw


def _duration(raw: Any, prop: properties.Property) -> float:
    seconds = durations.parse(raw)
    if not _within(seconds, prop):
        low, high = (
            durations.render(limit or 0.0) for limit in (prop.low, prop.high)
        )
        raise ValueError(f"must be from {low} to {high}")
    return seconds


def _size(raw: Any, prop: properties.Property) -> int:
    size = sizes.parse(raw)
    if not _within(size, prop):
        low, high = (
            sizes.render(int(limit or 0)) for limit in (prop.low, prop.high)
        )
        raise ValueError(f"must be from {low} to {high}")
    return size


def _boolean(raw: Any, prop: properties.Property) -> bool:
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")
    return raw


def _string(raw: Any, prop: properties.Property) -> str:
    if not isinstance(raw, str) or not raw or not raw.isprintable():
        raise ValueError("must be a text that is not empty")
    return raw


def _choice(raw: Any, prop: properties.Property) -> str:
    if not isinstance(raw, str) or raw not in prop.choices:
        raise ValueError(f"must be one of {', '.join(prop.choices)}")
    return words.Mechanism(raw) if prop.path == "redundancy" else raw


def _choices(raw: Any, prop: properties.Property) -> tuple[words.Zone, ...]:
    if (
        not isinstance(raw, list)
        or not raw
        or any(
            not isinstance(item, str) or item not in prop.choices
            for item in raw
        )
    ):
        raise ValueError(
            f"must be a list with at least one of {', '.join(prop.choices)}"
        )
    return tuple(words.Zone(item) for item in raw)


def _range(raw: Any, prop: properties.Property) -> tuple[int, int]:
    rule = (
        f"must be two integers from {prop.low} to {prop.high}, the lower first"
    )
    if not isinstance(raw, list) or len(raw) != 2:
        raise ValueError(rule)
    try:
        low, high = (_integer(item, prop) for item in raw)
    except ValueError:
        raise ValueError(rule) from None
    if low > high:
        raise ValueError(rule)
    return low, high


_KINDS = {
    "integer": _integer,
    "duration": _duration,
    "size": _size,
    "boolean": _boolean,
    "string": _string,
    "choice": _choice,
    "choices": _choices,
    "range": _range,
}


def _within(number: float, prop: properties.Property) -> bool:
    return (prop.low is None or number >= prop.low) and (
        prop.high is None or number <= prop.high
    )


def _name(key: Any) -> str:
    plain = isinstance(key, str) and key.isprintable()
    return str(key) if plain else ascii(key)


def _shown(raw: Any) -> str:
    """Return a value as one short line, whatever it is."""
    if (
        isinstance(raw, Mapping)
        and len(raw) == 1
        and any(str(key).startswith("get_") for key in raw)
    ):
        return f"the function {next(iter(raw))} (a value must be written out)"
    text = repr(raw)
    return text if len(text) <= 60 else text[:57] + "..."
