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

"""``nham-plugger`` on a chassis of the test cloud.

The engines run elsewhere, but on the same machine: a Unix socket is reached
from any network namespace.
"""

from __future__ import annotations

import os
import pathlib
import signal
import socket
import subprocess

from benchmarks.bed import cloud

#: The network node; it is never killed.
CHASSIS = "net9"
_PYTHON = cloud.STATE / "venv" / "bin" / "python"


class Plugger:
    """Starts and ends it.

    :param folder: for its files; empty.
    :ivar path: its socket.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.path = folder / "plugger.sock"
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Plugger:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        conf = self._folder / "nham.conf"
        conf.write_text(f"[plugger]\nsocket = {self.path}\n")
        with (self._folder / "plugger.log").open("ab") as log:
            self._running = subprocess.Popen(
                [
                    *(str(cloud.TESTCLOUD), "host", "exec", CHASSIS, "env"),
                    *(f"PYTHONPATH={cloud.ROOT}", str(_PYTHON)),
                    *("-m", "nham.cmd.plugger", "--config-file", str(conf)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        cloud.wait("the plugger listens", self._listens, 30)

    @staticmethod
    def abort_switch() -> None:
        """Have the switch die as it does by its own faults.

        Its monitor starts it again.
        """
        pid = "/run/openvswitch/ovs-vswitchd.pid"
        command = f"kill -ABRT $(cat {pid})"
        cloud.testcloud("host", "exec", CHASSIS, "sh", "-c", command)

    def kill(self) -> None:
        """Kill it."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as caller:
            return caller.connect_ex(str(self.path)) == 0

    @property
    def log(self) -> str:
        """What it has written."""
        return (self._folder / "plugger.log").read_text(errors="replace")

    def _end(self, number: signal.Signals) -> None:
        """End it: the only child of what entered the chassis."""
        outside, self._running = self._running, None
        if outside is None:
            return
        task = f"/proc/{outside.pid}/task/{outside.pid}/children"
        for child in pathlib.Path(task).read_text().split():
            os.kill(int(child), number)
        outside.wait(timeout=30)


def namespaces() -> str:
    """Return the names of the chassis' namespaces, line by line."""
    return cloud.testcloud("host", "exec", CHASSIS, "ip", "netns", "list")
