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

"""A policy with some properties changed: how an operator sets them.

What a policy gives is written out as in a descriptor, the changes are put
in, and the whole is read by the rules that hold for every descriptor.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import re
from typing import Any

from nham.core.descriptor import blocks
from nham.core.descriptor import durations
from nham.core.descriptor import facts
from nham.core.descriptor import model
from nham.core.descriptor import properties
from nham.core.descriptor import schema
from nham.core.descriptor import sizes

_PATH = re.compile(r"[a-z_]+(\[[0-9]{1,3}\])?(\.[a-z_]+(\[[0-9]{1,3}\])?)*")
_PART = re.compile(r"[a-z_]+|[0-9]+")
_ENTRY = re.compile(r"probes\[([0-9]+)\]\.([a-z_]+)")
_LEAVES = {prop.path: prop for prop in (*schema.POLICY, *blocks.HOOK)}
_PROBE = {prop.path: prop for prop in blocks.PROBE}
#: A policy that gives the first has the value under the second.
_COOLDOWN, _INTERVAL = "cooldown", "state_protection.interval"

_Parts = tuple[str | int, ...]


def override(
    policy: model.ResiliencyPolicy,
    values: Mapping[str, Any],
    unset: Iterable[str],
) -> facts.PolicyData:
    """Return a policy with some of its properties changed, not yet checked.

    :param values: by path, like ``probes[0].port``, in the words of a
        descriptor; a path may be that of a block.
    :param unset: paths that are to have their default again.
    :raises ValueError: a path is wrong; its text names the path.
    """
    if _COOLDOWN in values and _INTERVAL in values:
        raise ValueError(f"{_COOLDOWN}: is {_INTERVAL}, which is set too")
    properties = given(policy)
    for path in unset:
        if path in values:
            raise ValueError(f"{path}: is both set and unset")
        _unset(properties, _INTERVAL if path == _COOLDOWN else path)
    for path, value in values.items():
        _set(properties, _INTERVAL if path == _COOLDOWN else path, value)
    return facts.PolicyData(policy.name, list(policy.targets), properties)


def given(policy: model.ResiliencyPolicy) -> dict[str, Any]:
    """Return the properties that a policy gives, as in a descriptor."""
    properties: dict[str, Any] = {}
    if policy.probes:
        properties["probes"] = [{} for _ in policy.probes]
    for path in sorted(policy.given):
        entry = _ENTRY.fullmatch(path)
        if entry is not None:
            probe = policy.probes[int(entry[1])]
            value = _written(_PROBE[entry[2]], probe)
        elif path in _LEAVES:
            value = _written(_LEAVES[path], policy)
        else:
            # `cooldown`, see above, and `quiesce`, which is always false.
            continue
        _set(properties, path, value)
    return properties


def _written(prop: properties.Property, source: object) -> Any:
    """Return a property's value in the words of a descriptor."""
    value = prop.value_of(source)
    if prop.kind == "duration":
        return durations.render(value)
    if prop.kind == "size":
        return sizes.render(value)
    return model.plain(value)


def _parts(path: str) -> _Parts:
    """Return the keys and indices of a path.

    :raises ValueError: it is none.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(
            f"{path}: must be the path of a property, like probes[0].port"
        )
    return tuple(
        int(part) if part.isdecimal() else part for part in _PART.findall(path)
    )


def _set(properties: dict[str, Any], path: str, value: Any) -> None:
    """Put a value in its place; blocks that it needs are made.

    :raises ValueError: there can be no such place.
    """
    parts = _parts(path)
    inner: Any = properties
    for part, following in zip(parts, parts[1:], strict=False):
        empty: Any = [] if isinstance(following, int) else {}
        inner = _enter(inner, part, path, empty)
    _enter(inner, parts[-1], path, value)
    inner[parts[-1]] = value


def _enter(inner: Any, part: str | int, path: str, empty: Any) -> Any:
    """Return what lies in one place of a block, made if it is missing."""
    if isinstance(part, int):
        if not isinstance(inner, list):
            raise ValueError(f"{path}: [{part}] stands after no list")
        if part > len(inner):
            raise ValueError(
                f"{path}: the list has {len(inner)} entries, counted from 0"
            )
        if part == len(inner):
            inner.append(empty)
        return inner[part]
    if not isinstance(inner, dict):
        raise ValueError(f"{path}: {part} stands in no block")
    return inner.setdefault(part, empty)


def _unset(properties: dict[str, Any], path: str) -> None:
    """Remove a value, and the blocks that are empty without it.

    :raises ValueError: it is not given.
    """
    way: list[tuple[Any, str | int]] = []
    inner: Any = properties
    for part in _parts(path):
        there = (
            part in inner
            if isinstance(inner, dict) and isinstance(part, str)
            else isinstance(inner, list)
            and isinstance(part, int)
            and part < len(inner)
        )
        if not there:
            raise ValueError(f"{path}: is not given, it has its default")
        way.append((inner, part))
        inner = inner[part]
    for block, part in reversed(way):
        del block[part]
        if block:
            break
