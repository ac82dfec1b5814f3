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

"""Questions over TCP: a connection, and what HTTP answers on it."""

from __future__ import annotations

import asyncio
import re
import socket

from nham.adapters.probes import base
from nham.adapters.probes import echo

_STATUS = re.compile(rb"HTTP/\d(?:\.\d)? (\d{3})\b")
UNSENT = "unsent"
_LINE = 16
"""Bytes that tell the status of an answer."""


async def ask(connection: socket.socket, target: base.Target) -> str | None:
    """Ask once over a new, non-blocking socket, which the caller closes.

    :returns: what came instead of a good answer, empty if it was good,
        None if nothing came from there, `UNSENT` if its probe port let
        nothing out.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(target.patience):
            await loop.sock_connect(connection, (target.address, target.port))
            if target.kind == "http":
                return await _http(loop, connection, target)
    except TimeoutError:
        return None
    except OSError as failure:
        if target.origin is not None and failure.errno in echo.UNSENT:
            return UNSENT
        return echo.REFUSED.get(failure.errno or 0)
    return ""


async def _http(
    loop: asyncio.AbstractEventLoop,
    connection: socket.socket,
    target: base.Target,
) -> str:
    await loop.sock_sendall(connection, request(target))
    answer = b""
    while len(answer) < _LINE and b"\n" not in answer:
        data = await loop.sock_recv(connection, 512)
        if not data:
            break
        answer += data
    if not answer:
        return "connection closed"
    status = _STATUS.match(answer)
    if status is None:
        return "no HTTP"
    lowest, highest = target.expect_status
    code = int(status.group(1))
    return "" if lowest <= code <= highest else f"status {code}"


def request(target: base.Target) -> bytes:
    """Return the HTTP request of a target."""
    host = f"[{target.address}]" if ":" in target.address else target.address
    return (
        f"GET {target.path} HTTP/1.1\r\nHost: {host}:{target.port}\r\n"
        "User-Agent: nham\r\nConnection: close\r\n\r\n"
    ).encode()
