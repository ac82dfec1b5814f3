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

"""What an engine asks of ``nham-plugger``, and how that is written.

The plugger has rights that the engine has not, so nothing but these four
requests reaches it, and each is read field by field. A request and its answer
are one packet of JSON each; the sockets that were asked for go with the
answer. Only IPv4 is asked for: it is under such an address that a prober asks
members.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import ipaddress
import json
import re
from typing import Any
from typing import cast
from typing import Literal

LARGEST = 8192
"""Bytes of the longest request."""
MOST_ADDRESSES = 32
MOST_SOCKETS = 64
"""Sockets that one answer brings; the kernel would let 253 through."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}", re.ASCII)
_SMALLEST_MTU = 576
_LARGEST_MTU = 65535

Kind = Literal["icmp", "tcp", "udp"]
KINDS = ("icmp", "tcp", "udp")


class Wrong(ValueError):
    """A request is not as it must be; the text names field and rule."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plug:
    """Join this host to a network, by a port that Neutron has bound to it.

    :ivar addresses: the port's, each with the length of its prefix.
    :ivar mtu: the network's, bytes.
    """

    port: str
    mac: str
    addresses: tuple[str, ...]
    mtu: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Unplug:
    """Leave the network of a port."""

    port: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Open:
    """Open so many sockets of that kind in the network of a port."""

    port: str
    kind: Kind
    count: int = 1


@dataclasses.dataclass(frozen=True, kw_only=True)
class List:
    """Tell of all ports that are plugged here."""


Request = Plug | Unplug | Open | List

_TYPES: Mapping[str, type[Request]] = {
    "plug": Plug,
    "unplug": Unplug,
    "open": Open,
    "list": List,
}
_NAMES = {made: name for name, made in _TYPES.items()}


def pack(request: Request) -> bytes:
    """Return a request as it is sent."""
    fields = {"do": _NAMES[type(request)], **dataclasses.asdict(request)}
    return json.dumps(fields).encode()


def parse(data: bytes) -> Request:
    """Return the request that was sent.

    :raises Wrong: it is none; the text names the field and the rule.
    """
    if len(data) > LARGEST:
        raise Wrong(f"request: at most {LARGEST} bytes")
    fields = _object(data)
    word = fields.pop("do", None)
    made = _TYPES.get(word) if isinstance(word, str) else None
    if made is None:
        raise Wrong(f"do: one of {', '.join(_TYPES)}")
    known = {field.name for field in dataclasses.fields(made)}
    for name in known - fields.keys():
        raise Wrong(f"{name}: {word} needs it")
    if fields.keys() - known:
        raise Wrong(f"request: {word} has no fields but {sorted(known)}")
    read = {name: _READERS[name](one) for name, one in fields.items()}
    return made(**read)


def _object(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as failure:
        raise Wrong("request: JSON") from failure
    if not isinstance(fields, dict):
        raise Wrong("request: a JSON object")
    return fields


def port(value: object) -> str:
    """Return a port's id; :raises Wrong: it is no UUID in small letters."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise Wrong("port: a UUID in small letters")
    return value


def _mac(value: object) -> str:
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise Wrong("mac: of one card, in small letters, with colons")
    return value


def _addresses(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_ADDRESSES:
        raise Wrong(f"addresses: a list of 1 to {MOST_ADDRESSES}")
    return tuple(_address(one) for one in value)


def _address(value: object) -> str:
    text = value if isinstance(value, str) and "/" in value else ""
    try:
        found = ipaddress.IPv4Interface(text)
    except ValueError as failure:
        raise Wrong("addresses: IPv4 with a prefix length") from failure
    if _usable(found.ip) and found.network.prefixlen > 0:
        return str(found)
    raise Wrong(f"addresses: {found.ip} is none that a port can have")


def _usable(address: ipaddress.IPv4Address) -> bool:
    return not (
        address.is_loopback
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )


def _mtu(value: object) -> int:
    if type(value) is int and _SMALLEST_MTU <= value <= _LARGEST_MTU:
        return value
    raise Wrong(f"mtu: {_SMALLEST_MTU} to {_LARGEST_MTU}")


def _kind(value: object) -> Kind:
    if value not in KINDS:
        raise Wrong(f"kind: one of {', '.join(KINDS)}")
    return cast(Kind, value)


def _count(value: object) -> int:
    if type(value) is int and 0 < value <= MOST_SOCKETS:
        return value
    raise Wrong(f"count: 1 to {MOST_SOCKETS}")


_READERS: Mapping[str, Callable[[object], Any]] = {
    "port": port,
    "mac": _mac,
    "addresses": _addresses,
    "mtu": _mtu,
    "kind": _kind,
    "count": _count,
}
