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

"""The door of a host agent: how an engine and an agent prove themselves.

Datagrams carry no state, so what runs in guests goes by TCP. A connection
is one errand. The engine greets with a number that it has drawn, the agent
answers with one of its own, each signed with a key of the ring; from both
follows a key that is this connection's alone. From then on each frame has
a signature over the number of the frames before it and its direction: what
was recorded, left out, doubled or sent back is not believed. So an engine
hands a state to nobody who has not proved that he has the key, and the
agent runs nothing that was not said to it now.

Signed with HMAC-SHA256 (RFC 2104, FIPS 180-4), not encrypted.
"""

from __future__ import annotations

import contextlib
import enum
import hmac
import ipaddress
import struct

from nham.core.agent import wire

#: Bytes of a number that is drawn for a connection.
NONCE = 32
#: Bytes of a frame's content; a state comes in many.
MAX_FRAME = 1 << 20
#: Bytes before the content of a frame.
HEAD = 4 + 32

_MARK = b"NHD1"
_DIGEST = 32
#: Bytes of a greeting that tell how long it is.
GREETING_START = len(_MARK) + 1
#: Bytes of an agent's answer.
WELCOME = NONCE + _DIGEST


class Wrong(Exception):
    """The other side does not prove itself, or breaks the form."""


class Kind(enum.Enum):
    """What a frame holds: its first byte."""

    ERRAND = b"E"
    STATE = b"S"
    REPLY = b"R"


class Side(enum.Enum):
    """Who has sent a frame."""

    ENGINE = b"e"
    AGENT = b"a"


def place(where: str) -> tuple[str, int]:
    """Return address and port of ``address:port``; IPv6 in brackets.

    :raises ValueError: it is none; names would have to be looked up.
    """
    text, _, port = where.rpartition(":")
    inner = text[1:-1] if text[:1] + text[-1:] == "[]" else text
    version = 0
    with contextlib.suppress(ValueError):
        version = ipaddress.ip_address(inner).version
    wrong = not version or (version == 6) is (inner == text)
    if wrong or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{where}: must be address:port")
    return inner, int(port)


def greeting(ring: wire.KeyRing, nonce: bytes) -> bytes:
    """Return what an engine says first.

    :param nonce: drawn at random for this connection.
    """
    key_id, secret = ring.keys[0]
    name = key_id.encode("ascii")
    said = _MARK + bytes((len(name),)) + name + nonce
    return said + _sign(secret, b"greeting", said)


def greeting_size(start: bytes) -> int:
    """Return how long a greeting is in all.

    :param start: its first bytes, ``GREETING_START`` of them.
    :raises Wrong: it is none.
    """
    if len(start) != GREETING_START or not start.startswith(_MARK):
        raise Wrong("it is no greeting of this version")
    return GREETING_START + start[-1] + NONCE + _DIGEST


def secret_of(ring: wire.KeyRing, greeted: bytes) -> bytes:
    """Return the secret by which an engine greeted.

    :raises Wrong: it is not in the ring, or the signature is not right.
    """
    end = GREETING_START + greeted[GREETING_START - 1]
    secrets = {name.encode("ascii"): secret for name, secret in ring.keys}
    secret = secrets.get(greeted[GREETING_START:end])
    if secret is None:
        raise Wrong("the key is not in the ring")
    said, signature = greeted[:-_DIGEST], greeted[-_DIGEST:]
    if not hmac.compare_digest(_sign(secret, b"greeting", said), signature):
        raise Wrong("the signature is not that of the key")
    return secret


def welcome(secret: bytes, greeted: bytes, nonce: bytes) -> bytes:
    """Return what an agent answers.

    :param nonce: drawn at random for this connection.
    """
    return nonce + _sign(secret, b"welcome", greeted + nonce)


def check_welcome(secret: bytes, greeted: bytes, said: bytes) -> None:
    """See that an answer is from somebody who has the key, and is new.

    :raises Wrong: it is not.
    """
    nonce, signature = said[:NONCE], said[NONCE:]
    wanted = _sign(secret, b"welcome", greeted + nonce)
    if not hmac.compare_digest(wanted, signature):
        raise Wrong("the agent's signature is not that of the key")


class Frames:
    """The frames of one connection, in both directions.

    :param side: whose they are.
    :param said: the welcome.
    """

    def __init__(
        self, side: Side, secret: bytes, greeted: bytes, said: bytes
    ) -> None:
        self._key = _sign(secret, b"frames", greeted + said)
        self._side = side
        self._other = Side.AGENT if side is Side.ENGINE else Side.ENGINE
        self._sent = self._taken = 0

    def seal(self, kind: Kind, content: bytes) -> list[bytes]:
        """Return a frame as parts that are to be sent one after another.

        :raises ValueError: the content is longer than MAX_FRAME.
        """
        if len(content) > MAX_FRAME:
            raise ValueError(f"a frame of {len(content)} bytes")
        size = struct.pack(">I", len(content) + 1)
        sign = self._signature(self._side, self._sent, kind.value, content)
        self._sent += 1
        return [size + sign + kind.value, content]

    def size(self, head: bytes) -> int:
        """Return how many bytes come behind a frame's head.

        :param head: its first ``HEAD`` bytes.
        :raises Wrong: they are too many, or none.
        """
        (size,) = struct.unpack(">I", head[:4])
        if not 0 < size <= MAX_FRAME + 1:
            raise Wrong(f"a frame of {size} bytes")
        return int(size)

    def open(self, head: bytes, body: bytes) -> tuple[Kind, bytes]:
        """Return what a frame holds.

        :raises Wrong: it is not the next one of the other side's.
        """
        mark, content = body[:1], body[1:]
        wanted = self._signature(self._other, self._taken, mark, content)
        if not hmac.compare_digest(wanted, head[4:]):
            raise Wrong("the signature of a frame is not right")
        self._taken += 1
        try:
            return Kind(mark), content
        except ValueError as error:
            raise Wrong("a frame of an unknown kind") from error

    def _signature(
        self, side: Side, number: int, mark: bytes, content: bytes
    ) -> bytes:
        made = hmac.new(self._key, side.value, "sha256")
        made.update(struct.pack(">Q", number) + mark)
        made.update(content)
        return made.digest()


def _sign(secret: bytes, what: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, what + b"\0" + said, "sha256")
