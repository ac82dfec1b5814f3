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

"""Processes that are held on to: a number may be another's tomorrow.

A pidfd stands for one process for ever. It can be waited for like a socket,
takes signals, and, from Linux 6.15 on, tells how the process ended, though
it is no child of ours.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct

from nham.core.agent import deaths

# linux/pidfd.h: PIDFD_GET_INFO = _IOWR(0xFF, 11, struct pidfd_info), in the
# size that the first version of the structure has; a newer kernel takes it.
_SIZE = 64
_GET_INFO = 3 << 30 | _SIZE << 16 | 0xFF << 8 | 11
_INFO_EXIT = 1 << 3
_MASK = struct.Struct("=Q")
_EXIT_CODE = struct.Struct("=i")
_EXIT_CODE_AT = 60


def is_dead(fd: int) -> bool:
    """Say whether the process runs no more; it may not be reaped yet."""
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(0))


def exit_of(fd: int) -> deaths.Exit:
    """Return how the process ended; unknown until it was reaped."""
    buffer = bytearray(_SIZE)
    _MASK.pack_into(buffer, 0, _INFO_EXIT)
    try:
        fcntl.ioctl(fd, _GET_INFO, buffer)
    except OSError:
        return deaths.Exit.UNKNOWN
    if not _MASK.unpack_from(buffer)[0] & _INFO_EXIT:
        return deaths.Exit.UNKNOWN
    code = _EXIT_CODE.unpack_from(buffer, _EXIT_CODE_AT)[0]
    if os.WIFSIGNALED(code):
        return deaths.Exit.SIGNAL
    return deaths.Exit.ERROR if os.WEXITSTATUS(code) else deaths.Exit.CLEAN


def send(fd: int, number: signal.Signals) -> bool:
    """Send a signal; say whether there was a process to send it to.

    :raises PermissionError: CAP_KILL is missing.
    """
    try:
        signal.pidfd_send_signal(fd, number)
    except ProcessLookupError:
        return False
    return True
