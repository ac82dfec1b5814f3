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


"""How a state is written down: small, and closed to others if wanted.

A packed state begins with two bytes, the version of this format and its
flags. Then comes the state, compressed if that makes it smaller. With a
key all that is encrypted with AES-256-GCM under a random nonce, which goes
first; the name and the two bytes are bound to it, so that a state put in
another one's place does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import zlib

from cryptography import exceptions as crypto_errors
from cryptography.hazmat.primitives.ciphers import aead

from nham.adapters import errors
from nham.adapters.hooks import secrets

KEY_SIZE = 32

_VERSION = 1
_COMPRESSED = 1
_ENCRYPTED = 2
_HEADER = 2
_NONCE = 12
_LEVEL = 1
"""Of zlib: states are taken often, and time counts for more than bytes."""


def read_key(path: str) -> bytes:
    """Return the key in a file.

    :raises errors.Refused: the file is not there, may be used by everybody,
        or does not hold a key.
    """
    try:
        key = base64.b64decode(secrets.read_file(path), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_SIZE:
        raise errors.Refused(
            f"key_file: {path}: it does not hold {KEY_SIZE} bytes in base64"
        )
    return key


def pack(name: str, data: bytes, key: bytes | None) -> bytes:
    """Return how a state is kept under a name."""
    flags = 0
    smaller = zlib.compress(data, _LEVEL)
    if len(smaller) < len(data):
        flags |= _COMPRESSED
        data = smaller
    if key is None:
        return bytes((_VERSION, flags)) + data
    header = bytes((_VERSION, flags | _ENCRYPTED))
    nonce = os.urandom(_NONCE)
    bound = header + name.encode()
    return header + nonce + aead.AESGCM(key).encrypt(nonce, data, bound)


def unpack(name: str, blob: bytes, key: bytes | None) -> bytes:
    """Return the state that was packed under that name.

    A state that was packed without a key opens with any.

    :raises errors.Refused: it is torn, or does not open with this key.
    """
    header, data = blob[:_HEADER], blob[_HEADER:]
    if len(header) < _HEADER:
        raise errors.Refused(f"{name}: the state kept is torn")
    version, flags = header
    if version != _VERSION or flags & ~(_COMPRESSED | _ENCRYPTED):
        raise errors.Refused(
            f"{name}: the state kept is damaged, or of a newer version"
        )
    if flags & _ENCRYPTED:
        data = _decrypt(name, header, data, key)
    if flags & _COMPRESSED:
        try:
            data = zlib.decompress(data)
        except zlib.error as failure:
            raise errors.Refused(
                f"{name}: the state kept is torn: {failure}"
            ) from failure
    return data


def _decrypt(
    name: str, header: bytes, data: bytes, key: bytes | None
) -> bytes:
    if key is None:
        raise errors.Refused(
            f"{name}: the state kept is encrypted, and [stores] key_file is "
            "not set"
        )
    nonce, closed = data[:_NONCE], data[_NONCE:]
    if len(nonce) < _NONCE:
        raise errors.Refused(f"{name}: the state kept is torn")
    try:
        return aead.AESGCM(key).decrypt(nonce, closed, header + name.encode())
    except crypto_errors.InvalidTag as failure:
        raise errors.Refused(
            f"{name}: the state kept is damaged, another one's, or encrypted "
            "with another key"
        ) from failure
