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

"""Typed values from plain data, strict: one clear error; and back again.

What a dataclass says of its fields is the schema. No input or output:
the caller parses the file.
"""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import enum
import functools
import math
import types
import typing
from typing import Any
from typing import TypeVar

T = TypeVar("T")


def build(
    cls: type[T], data: object, where: str, defaults: Mapping[str, Any]
) -> T:
    """Return a dataclass filled from a mapping.

    :param where: what the mapping is called in an error.
    :param defaults: values of fields that the mapping does not give.
    :raises ValueError: a key is unknown or missing, a value is wrong.
    """
    hints = _hints(typing.cast(Any, cls))
    given = _known(data, hints, where)
    values = dict(defaults)
    for key, value in given.items():
        hint = hints[key]
        # Most are what they should be; thousands come each second.
        if hint not in _EXACT or type(value) is not hint:
            value = _value(hint, value, f"{where}.{key}")
        values[key] = value
    required = _required(typing.cast(Any, cls))
    if not values.keys() >= required.keys():
        name = next(name for name in required if name not in values)
        raise ValueError(f"{where}: {name} is missing")
    return cls(**values)


def _known(
    data: object, hints: Mapping[str, Any], where: str
) -> Mapping[str, Any]:
    """Return the data if it is a mapping with no keys but these."""
    if isinstance(data, dict) and data.keys() <= hints.keys():
        return data
    given = mapping(data, where)
    for key in given:
        if key not in hints:
            known = ", ".join(sorted(hints))
            raise ValueError(f"{where}: unknown key {key}; known: {known}")
    return given


def dump(
    value: Any, always: Collection[str] = (), never: Collection[str] = ()
) -> dict[str, Any]:
    """Return a dataclass as the plain mapping that ``build`` fills it from.

    What has its default is left out, so that a file says what is special.

    :param always: fields to write even so, as the reader has others.
    :param never: fields to leave out whatever they are.
    """
    found: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        one = getattr(value, field.name)
        if field.name in never:
            continue
        if field.name in always or one != field.default:
            found[field.name] = _plain(one)
    return found


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return dump(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(_plain(one) for one in value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def mapping(data: object, where: str) -> Mapping[str, object]:
    """Return the data if it is a mapping with names as its keys."""
    if not isinstance(data, Mapping) or not all(
        isinstance(key, str) for key in data
    ):
        raise ValueError(f"{where}: must be a mapping, found {_found(data)}")
    return data


def sequence(data: object, where: str) -> Sequence[object]:
    """Return the data if it is a list."""
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{where}: must be a list, found {_found(data)}")
    return data


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


@functools.cache
def _required(cls: type) -> dict[str, None]:
    """Return the names of the fields without a default, in order."""
    return {
        field.name: None
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    }


#: Types of which any value is a right one.
_EXACT = (str, int, bool)


def _found(value: object) -> str:
    return "nothing" if value is None else repr(value)


def _value(hint: Any, value: object, where: str) -> Any:
    """Return the value as the type hint wants it."""
    if hint is float:
        return _scalar(hint, value, where)
    origin = typing.get_origin(hint)
    inner = typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (hint,) = [one for one in inner if one is not types.NoneType]
        return _value(hint, value, where)
    if origin is typing.Literal:
        return _word(inner, value, where)
    if origin in (tuple, frozenset):
        return _items(origin, inner, value, where)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type, hint), value, where, {})
    if isinstance(hint, type) and issubclass(hint, enum.StrEnum):
        return hint(_word([one.value for one in hint], value, where))
    return _scalar(hint, value, where)


def _word(words: Sequence[str], value: object, where: str) -> str:
    if not isinstance(value, str) or value not in words:
        raise ValueError(
            f"{where}: must be one of {', '.join(words)}, "
            f"found {_found(value)}"
        )
    return value


def _items(
    origin: type, inner: tuple[Any, ...], value: object, where: str
) -> Any:
    found = sequence(value, where)
    fixed = origin is tuple and inner[-1] is not Ellipsis
    if fixed and len(found) != len(inner):
        raise ValueError(f"{where}: must be a list of {len(inner)}")
    hints = inner if fixed else [inner[0]] * len(found)
    return origin(
        _value(hint, item, f"{where}[{index}]")
        for index, (hint, item) in enumerate(zip(hints, found, strict=True))
    )


_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
}


def _scalar(hint: Any, value: object, where: str) -> Any:
    if hint is float and type(value) is float and math.isfinite(value):
        return value
    wanted: tuple[type, ...] = (int, float) if hint is float else (hint,)
    fits = isinstance(value, wanted)
    if isinstance(value, bool) and hint is not bool:
        fits = False
    if isinstance(value, float) and not math.isfinite(value):
        fits = False
    if not fits:
        raise ValueError(
            f"{where}: must be {_NAMES[hint]}, found {_found(value)}"
        )
    return hint(value)
