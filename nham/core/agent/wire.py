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

"""Datagrams: messages signed and packed, and back.

A datagram is ``NHA1`` (four bytes: ours, and the version), the length of
the key's id (one byte), the id (ASCII), HMAC-SHA256 (32 bytes; RFC 2104,
FIPS 180-4) over all other bytes, and the body: a JSON object in UTF-8,
whose ``kind`` names the message. It is signed, not encrypted.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import dataclasses
import enum
import hmac
import json
from typing import Any
from typing import TypeVar

from nham.core import plain
from nham.core.agent import messages
from nham.core.agent import refusals

Reason = refusals.Reason
Message = messages.FromAgent | messages.FromEngine

#: Bytes; with the headers of IP and UDP it fits one frame of Ethernet.
MAX_SIZE = 1400
#: Bytes of a secret: fewer than the digest has would weaken it (RFC 2104).
MIN_SECRET = 32

_MARK = b"NHA"
_VERSION = b"1"
_HEAD = len(_MARK) + len(_VERSION) + 1
_DIGEST = 32
_KINDS: dict[str, type[Message]] = {
    "heartbeat": messages.Heartbeat,
    "guests": messages.Guests,
    "event": messages.GuestEvent,
    "result": messages.Result,
    "ack": messages.Ack,
    "exclusive": messages.Exclusive,
    "command": messages.Command,
}
_TO_TEXT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_DEFAULTS: dict[type[Message], dict[str, Any]] = {
    cls: {field.name: field.default for field in dataclasses.fields(cls)}
    for cls in _KINDS.values()
}
_NAMES = {cls: kind for kind, cls in _KINDS.items()}


@dataclasses.dataclass(frozen=True)
class KeyRing:
    """The keys in force: the first signs, all verify.

    To rotate: add the new one last everywhere, then move it to the front
    everywhere, then take the old one away everywhere.

    :ivar keys: id and secret, in order; the secrets are not shown.
    """

    keys: tuple[tuple[str, bytes], ...] = dataclasses.field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("keys: at least one is needed")
        if len(dict(self.keys)) != len(self.keys):
            raise ValueError("keys: an id is there twice")
        for key_id, secret in self.keys:
            if not (key_id.isascii() and key_id.isprintable()):
                raise ValueError("keys: an id must be printable ASCII")
            if not 0 < len(key_id) <= 64:
                raise ValueError("keys: an id has 1 to 64 characters")
            if len(secret) < MIN_SECRET:
                raise ValueError(
                    f"keys: the secret of {key_id} has fewer than "
                    f"{MIN_SECRET} bytes"
                )


def encode(message: Message, ring: KeyRing) -> bytes:
    """Return the datagram that says this.

    :raises refusals.Refused: it would be longer than MAX_SIZE.
    """
    key_id, secret = ring.keys[0]
    body = _fields(message)
    body["kind"] = _NAMES[type(message)]
    text = _TO_TEXT.encode(body)
    head = _MARK + _VERSION + bytes((len(key_id),)) + key_id.encode("ascii")
    packed = text.encode()
    datagram = head + _sign(secret, head, packed) + packed
    if len(datagram) > MAX_SIZE:
        raise refusals.Refused(Reason.TOO_LONG, f"{len(datagram)} bytes")
    return datagram


def decode(datagram: bytes, ring: KeyRing) -> Message:
    """Return what a datagram says.

    :raises refusals.Refused: it is not one of ours, or damaged.
    """
    body = _parse(_verified(datagram, ring))
    kind = body.pop("kind", None)
    cls = _KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise refusals.Refused(Reason.KIND)
    try:
        return plain.build(cls, body, "message", {})
    except ValueError as error:
        raise refusals.Refused(Reason.FIELD, str(error)) from error


_T = TypeVar("_T")


def parts(items: Iterable[_T]) -> list[tuple[_T, ...]]:
    """Return a list in parts that fit a datagram; at least one."""
    whole = tuple(items)
    size = messages.PART
    return [
        whole[start : start + size]
        for start in range(0, max(len(whole), 1), size)
    ]


def _verified(datagram: bytes, ring: KeyRing) -> bytes:
    """Return the body of a datagram that one of the keys has signed."""
    if len(datagram) > MAX_SIZE:
        raise refusals.Refused(Reason.TOO_LONG)
    if not datagram.startswith(_MARK):
        raise refusals.Refused(Reason.FOREIGN)
    if len(datagram) < _HEAD:
        raise refusals.Refused(Reason.TRUNCATED)
    if datagram[len(_MARK) : _HEAD - 1] != _VERSION:
        raise refusals.Refused(Reason.VERSION)
    signed = _HEAD + datagram[_HEAD - 1]
    begin = signed + _DIGEST
    if len(datagram) < begin:
        raise refusals.Refused(Reason.TRUNCATED)
    head, body = datagram[:signed], datagram[begin:]
    secret = _secret(ring, head[_HEAD:])
    if not hmac.compare_digest(
        _sign(secret, head, body), datagram[signed:begin]
    ):
        raise refusals.Refused(Reason.FORGED)
    return body


def _secret(ring: KeyRing, wanted: bytes) -> bytes:
    for key_id, secret in ring.keys:
        if key_id.encode("ascii") == wanted:
            return secret
    raise refusals.Refused(Reason.UNKNOWN_KEY)


def _sign(secret: bytes, head: bytes, body: bytes) -> bytes:
    return hmac.digest(secret, head + body, "sha256")


def _parse(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise refusals.Refused(Reason.BODY) from error
    if not isinstance(found, dict):
        raise refusals.Refused(Reason.BODY)
    return found


def _fields(message: Message) -> dict[str, Any]:
    """Return what is not as it is by default, as JSON has it."""
    defaults = _DEFAULTS[type(message)]
    return {
        name: _plain(value)
        for name, value in vars(message).items()
        if value != defaults[name]
    }


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, enum.StrEnum):
        return value.value
    return value


def keys_of(document: Mapping[str, str]) -> KeyRing:
    """Return the ring that an operator wrote down: ids and hex secrets.

    :raises ValueError: names what is wrong, never a secret.
    """
    found = []
    for key_id, text in document.items():
        try:
            found.append((key_id, bytes.fromhex(text)))
        except ValueError:
            raise ValueError(
                f"keys: the secret of {key_id} is no hexadecimal number"
            ) from None
    return KeyRing(tuple(found))
