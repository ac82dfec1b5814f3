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

"""The host's watchdog device: it resets the host if the agent is no more.

A lease that nobody is alive to keep is kept by the watchdog. It is never
disarmed while there are exclusive guests: an agent that ends in order leaves
it running, for its successor to pet.
"""

from __future__ import annotations

import abc
import fcntl
import os
import struct

# linux/watchdog.h: _IOWR('W', 6, int), _IOR('W', 7, int).
_SET_TIMEOUT = 3 << 30 | 4 << 16 | ord("W") << 8 | 6
_GET_TIMEOUT = 2 << 30 | 4 << 16 | ord("W") << 8 | 7
_INT = struct.Struct("=i")
#: What disarms it when it is written last (the "magic close").
_DISARM = b"V"


class Watchdog(abc.ABC):
    """Resets the host unless it is petted in time."""

    @property
    @abc.abstractmethod
    def seconds(self) -> float | None:
        """After how long without a pet; None: never."""

    @abc.abstractmethod
    def pet(self) -> None:
        """Have it count from the beginning; the first time arms it."""

    @abc.abstractmethod
    def close(self, disarm: bool) -> None:
        """Leave it, counting or not."""


class NoWatchdog(Watchdog):
    """There is none."""

    seconds = None

    def pet(self) -> None:
        """See base class."""

    def close(self, disarm: bool) -> None:
        """See base class."""


class DeviceWatchdog(Watchdog):
    """A watchdog of the kernel's, in hardware or in software.

    It is armed by the first pet and not before, so that an agent that
    cannot begin its work resets nothing.

    :param path: e.g. ``/dev/watchdog``.
    :param seconds: the time wanted; the device may have another.
    """

    def __init__(self, path: str, seconds: int) -> None:
        self._path = path
        self._wanted = seconds
        self._fd: int | None = None
        self._seconds: float | None = None

    @property
    def seconds(self) -> float | None:
        """See base class; None until it was armed."""
        return self._seconds

    def pet(self) -> None:
        """See base class.

        :raises OSError: the device cannot be used.
        """
        if self._fd is None:
            self._arm()
        assert self._fd is not None
        os.write(self._fd, b"\0")

    def _arm(self) -> None:
        fd = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        self._fd = fd
        fcntl.ioctl(fd, _SET_TIMEOUT, _INT.pack(self._wanted))
        answer = fcntl.ioctl(fd, _GET_TIMEOUT, _INT.pack(0))
        self._seconds = float(_INT.unpack(answer)[0])

    def close(self, disarm: bool) -> None:
        """See base class."""
        if self._fd is None:
            return
        if disarm:
            os.write(self._fd, _DISARM)
        os.close(self._fd)
        self._fd = None
