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


"""Stores: where the states that applications hand out are kept.

A state is kept under a name that NHAM gives it, packed (see ``packing``),
and is given back only if it is, byte for byte, what was put there.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
import dataclasses
import hashlib
import re

from nham.adapters import errors
from nham.adapters.stores import packing

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stored:
    """What was kept.

    :ivar size: bytes that it takes in the store.
    :ivar digest: of the state itself; ``get`` wants it back.
    """

    size: int
    digest: str


class Store(abc.ABC):
    """One place for states; safe for threads and for many processes.

    Every method may raise ``errors.Unavailable``: the place cannot be
    reached or is full; and ``errors.Refused``: the name is none.

    :ivar name: what the configuration calls the driver.
    :param key: encrypts what is put, 32 bytes; None: nothing is encrypted.
    """

    name: str

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key

    def put(self, name: str, data: bytes) -> Stored:
        """Keep a state, in place of one of that name.

        It is durable upon return. If this fails, what was kept before
        under that name is whole, or the new state is.
        """
        _check_name(name)
        blob = packing.pack(name, data, self._key)
        stored = Stored(size=len(blob), digest=_digest(data))
        self._write(name, blob, stored.digest)
        return stored

    def get(self, name: str, digest: str) -> bytes:
        """Return a state.

        :param digest: what ``put`` said.
        :raises errors.NotFound: there is none of that name.
        :raises errors.Refused: it is torn, another one, or does not open
            with this key.
        """
        _check_name(name)
        data = packing.unpack(name, self._read(name), self._key)
        found = _digest(data)
        if found != digest:
            raise errors.Refused(
                f"{name}: the state kept has {found}, not {digest}"
            )
        return data

    def delete(self, name: str) -> None:
        """Remove a state; one that is gone is no error."""
        _check_name(name)
        self._remove(name)

    @abc.abstractmethod
    def names(self) -> Sequence[str]:
        """Return the names of all states that are kept, in order."""

    @abc.abstractmethod
    def _write(self, name: str, blob: bytes, digest: str) -> None:
        """Keep a blob, wholly or not at all."""

    @abc.abstractmethod
    def _read(self, name: str) -> bytes:
        """Return a blob."""

    @abc.abstractmethod
    def _remove(self, name: str) -> None:
        """Remove a blob."""


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _check_name(name: str) -> None:
    if _NAME.fullmatch(name) is None:
        raise errors.Refused(
            f"name: {name!r} is not 1 to 200 letters, digits, _, - and ., "
            "or begins with a dot"
        )
