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

"""One socket that asks many: ICMP echo, and echo over UDP.

Each question carries a number that the answer, or the ICMP error about
it, brings back. So one socket serves all targets, and no answer is taken
for another's. Errors come from the socket's error queue (``ip(7)``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
import dataclasses
import errno
import functools
import ipaddress
import os
import socket
import struct

from nham.adapters import errors

_RECVERR = {socket.AF_INET: (0, 11), socket.AF_INET6: (41, 25)}
"""Level and option that switch a family's error queue on."""
_EXTENDED_ERROR = struct.Struct("=IBBBBII")
_ICMP = struct.Struct("!BBHHHQ")
_NUMBER = struct.Struct("!Q")
_REQUEST = {socket.AF_INET: 8, socket.AF_INET6: 128}
_REPLY = {socket.AF_INET: 0, socket.AF_INET6: 129}
_OFFENDER = {socket.AF_INET: (4, 4), socket.AF_INET6: (8, 16)}
"""Where an address lies in a socket address, and its size."""
_READS = 64
"""Packets read at once before others get their turn."""
_FILTER = {
    # From linux/icmp.h and linux/icmpv6.h: a bit that is set is a type of
    # message that is kept out; all are but the answers.
    socket.AF_INET: (255, 1, struct.pack("=I", 0xFFFFFFFF & ~(1 << 0))),
    socket.AF_INET6: (
        socket.IPPROTO_ICMPV6,
        1,
        struct.pack(
            "=8I", *(0xFFFFFFFF & ~(2 * (word == 4)) for word in range(8))
        ),
    ),
}
"""Level, option and value that let a raw socket hear answers only."""

REFUSED = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "connection reset",
}
"""Errors by which the target itself says that nobody listens."""

_UNREACHABLE = {
    errno.EHOSTUNREACH: "no route to host",
    errno.ENETUNREACH: "network is unreachable",
    errno.EACCES: "forbidden on the way",
}
"""Errors by which a router says so. This machine does it too, where
nobody answers to ARP; but that is silence, and no answer."""

UNSENT = {
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.ENODEV,
    errno.EADDRNOTAVAIL,
    errno.EAGAIN,
    errno.ENOBUFS,
    errno.ENOMEM,
    errno.EINVAL,
}
"""Errors by which the kernel says that it has no way into the network, or no
room left: for what waits for neighbours that are dead, or for one neighbour
more, which older kernels call invalid."""

_LOCAL = 1
"""``ee_origin`` of an error that this machine made by itself."""

Heard = Callable[[int, str, str], None]


@dataclasses.dataclass(frozen=True)
class Form:
    """What goes over the wire for one kind of question."""

    family: socket.AddressFamily
    icmp: bool

    def open(self) -> socket.socket:
        """Open a socket; ICMP works without rights where that is allowed.

        :raises errors.Refused: this process may not send ICMP.
        """
        if not self.icmp:
            return socket.socket(self.family, socket.SOCK_DGRAM)
        v4 = self.family is socket.AF_INET
        protocol = socket.IPPROTO_ICMP if v4 else socket.IPPROTO_ICMPV6
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
            try:
                found = socket.socket(self.family, kind, protocol)
            except PermissionError:
                continue
            if kind == socket.SOCK_RAW:
                # Else it hears all pings of this machine, and to it.
                found.setsockopt(*_FILTER[self.family])
            return found
        raise errors.Refused(
            "no right to send ICMP: set net.ipv4.ping_group_range or give "
            "the process CAP_NET_RAW"
        )

    def pack(self, number: int, identifier: int) -> bytes:
        """Return the question that carries a number.

        :param identifier: of the exchange that an ICMP echo belongs to;
            the kernel writes its own where it serves without rights.
        """
        if not self.icmp:
            return _NUMBER.pack(number)
        kind, sequence = self._request, number & 0xFFFF
        # The Internet checksum (RFC 1071) of the words that follow.
        total = (kind << 8) + identifier + 2 * sequence
        for shift in (16, 32, 48):
            total += number >> shift & 0xFFFF
        total = (total >> 16) + (total & 0xFFFF)
        checksum = ~(total + (total >> 16)) & 0xFFFF
        return _ICMP.pack(kind, 0, checksum, identifier, sequence, number)

    def answered(self, data: bytes, raw: bool) -> int | None:
        """Return the number that an answer carries, None if it is none."""
        if not data:
            return None
        start = 0
        if self.icmp:
            if raw and self.family is socket.AF_INET:
                start = (data[0] & 0x0F) * 4
            if data[start : start + 1] != self._reply:
                return None
            start += 8
        return _number(data, start)

    def number(self, data: bytes) -> int | None:
        """Return the number in a question as it was sent."""
        return _number(data, 8 if self.icmp else 0)

    @functools.cached_property
    def _request(self) -> int:
        return _REQUEST[self.family]

    @functools.cached_property
    def _reply(self) -> bytes:
        return bytes([_REPLY[self.family]])


class Echo:
    """The socket of one form, read by an event loop.

    :param heard: told the number, the address, and what came instead of
        an answer (empty for an answer).
    :param opened: a socket of that form, which is ours from now on.
    :param routed: routers are on the way, and can tell of an end of it.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        form: Form,
        heard: Heard,
        opened: socket.socket,
        routed: bool = True,
    ) -> None:
        self._form = form
        self._identifier = int.from_bytes(os.urandom(2))
        self._heard = heard
        self._loop = loop
        self._socket = opened
        self._routed = routed
        self._raw = self._socket.type == socket.SOCK_RAW
        self._socket.setblocking(False)
        self._socket.setsockopt(*_RECVERR[form.family], 1)
        loop.call_soon_threadsafe(
            loop.add_reader, self._socket, self._readable
        )

    def send(self, address: str, port: int, number: int) -> bool:
        """Send one question; return whether there was a way for it.

        An earlier question's error may show up here instead: then the
        second try sends. What fails twice counts as lost on the way.
        """
        data = self._form.pack(number, self._identifier)
        trouble: int | None = None
        for _attempt in range(2):
            try:
                self._socket.sendto(data, (address, port))
                return True
            except OSError as failure:
                trouble = failure.errno
        return trouble not in UNSENT

    def close(self) -> None:
        """Stop reading and close; called in the loop's thread."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _readable(self) -> None:
        # It is errors that wake us where there are no answers to read.
        if not self._read_answers():
            for _packet in range(_READS):
                try:
                    self._read_error()
                except OSError:
                    return

    def _read_answers(self) -> bool:
        """Take the answers in; return whether there were any."""
        for count in range(_READS):
            try:
                data, sender = self._socket.recvfrom(512)
            except BlockingIOError:
                return count > 0
            except OSError:
                # The error of a question; its queue tells which.
                return False
            number = self._form.answered(data, self._raw)
            if number is not None:
                self._heard(number, _plain(sender[0]), "")
        return True

    def _read_error(self) -> None:
        data, notes, _flags, target = self._socket.recvmsg(
            512, 512, socket.MSG_ERRQUEUE
        )
        number = self._form.number(data)
        for _level, _kind, note in notes:
            if len(note) < _EXTENDED_ERROR.size or number is None:
                continue
            code, origin, *_rest = _EXTENDED_ERROR.unpack_from(note)
            trouble = REFUSED.get(code, "")
            if code in _UNREACHABLE and self._routed and not self._own(note):
                trouble = _UNREACHABLE[code]
            if origin != _LOCAL and trouble:
                self._heard(number, _plain(target[0]), trouble)

    def _own(self, note: bytes) -> bool:
        """Say whether an error comes from an address of this machine.

        The sender's socket address follows the error (``ip(7)``,
        SO_EE_OFFENDER): an address can be bound only where it lives.
        """
        start, size = _OFFENDER[self._form.family]
        start += _EXTENDED_ERROR.size
        sender = note[start : start + size]
        if len(sender) < size:
            return True
        address = socket.inet_ntop(self._form.family, sender)
        try:
            with socket.socket(self._form.family, socket.SOCK_DGRAM) as own:
                own.bind((address, 0))
        except OSError:
            return False
        return True


def form(kind: str, address: str) -> Form:
    """Return the form for a kind and an address.

    :raises ValueError: the address is no IP address.
    """
    return Form(family_of(address), kind == "icmp")


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of an IP address; :raises ValueError: it is none."""
    version = ipaddress.ip_address(address).version
    return socket.AF_INET if version == 4 else socket.AF_INET6


def _plain(address: str) -> str:
    """Return an address without the zone that IPv6 may add."""
    return address.partition("%")[0] if "%" in address else address


def _number(data: bytes, start: int) -> int | None:
    if len(data) < start + _NUMBER.size:
        return None
    number: int = _NUMBER.unpack_from(data, start)[0]
    return number
