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

"""Whether something answers at a port or a URL."""

from collections.abc import Iterable
import pathlib
import socket
import urllib.error
import urllib.request

from tc import settings

# The flag of a listening socket in /proc/net/unix.
ACCEPTS = "00010000"


def port_open(port: int, host: str = settings.HOST_IP) -> bool:
    """Tell whether something accepts connections on a port."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def sockets_open(paths: Iterable[str]) -> bool:
    """Tell whether a living process listens on every Unix socket named.

    The kernel is asked instead of the listener, which may fork for
    each connection; files of dead listeners do not deceive it.
    """
    listening = set()
    for line in pathlib.Path("/proc/net/unix").read_text().splitlines():
        fields = line.split(maxsplit=7)
        if len(fields) == 8 and fields[3] == ACCEPTS:
            listening.add(fields[7])
    return listening.issuperset(paths)


def http_answers(url: str, timeout: float = 10) -> bool:
    """Tell whether a URL gives an answer that is no server error."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout):
            return True
    except urllib.error.HTTPError as exc:
        return exc.code < 500
    except (OSError, ValueError):
        return False
