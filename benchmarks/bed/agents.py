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

"""``nham-agent`` on the hosts of the test cloud."""

from __future__ import annotations

import os
import pathlib
import secrets
import signal
import subprocess

from benchmarks.bed import cloud
from nham.core.agent import wire

HOSTS = ("cmp1", "cmp2")
#: Where each takes commands for its guests.
_DOORS = {"cmp1": "10.99.0.11:9897", "cmp2": "10.99.0.12:9897"}
#: Where engines are reached from the hosts.
CONTROL = "10.99.0.1"
#: Where the first engine of a bed listens; the others at those that follow.
_PORT = 9898
_PYTHON = cloud.STATE / "venv" / "bin" / "python"


class Agents:
    """Starts and ends agents, one for each host.

    :param folder: for their files; empty.
    :ivar engines: what they talk to, each ``host:port``.
    :ivar keys: the file with the keys.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.engines: list[str] = []
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.keys = folder / "agent.keys"
        secret = secrets.token_hex(32)
        self.keys.touch(mode=0o600)
        self.keys.write_text(f"bed {secret}\n")
        self.ring = wire.keys_of({"bed": secret})

    def __enter__(self) -> Agents:
        for host in HOSTS:
            self.start(host)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def expect_engine(self, address: str) -> int:
        """Talk to one more engine; return the port that it is to have."""
        port = _PORT + len(self.engines)
        self.engines.append(f"{address}:{port}")
        return port

    def start(self, host: str) -> None:
        """Start the agent of a host, unless it runs."""
        known = self._running.get(host)
        if known is not None and known.poll() is None:
            return
        log = (self._folder / f"{host}.log").open("ab")
        with log:
            self._running[host] = subprocess.Popen(
                [
                    str(cloud.TESTCLOUD),
                    "host",
                    "exec",
                    host,
                    # As in the unit of the package.
                    "nice",
                    "--adjustment=-10",
                    "env",
                    f"PYTHONPATH={cloud.ROOT}",
                    str(_PYTHON),
                    "-m",
                    "nham.cmd.agent",
                    "--config-file",
                    str(self._write(host)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, host: str) -> None:
        """Kill the agent of a host.

        :raises cloud.Bad: it does not run.
        """
        self._end(host, signal.SIGKILL)

    def stop(self) -> None:
        """End all of them in order."""
        for host in list(self._running):
            if self._running[host].poll() is None:
                self._end(host, signal.SIGTERM)

    def log(self, host: str) -> str:
        """Return what the agent of a host has written."""
        return (self._folder / f"{host}.log").read_text(errors="replace")

    def _end(self, host: str, number: signal.Signals) -> None:
        """End the agent: the only child of what entered the host."""
        outside = self._running[host]
        task = f"/proc/{outside.pid}/task/{outside.pid}/children"
        try:
            children = pathlib.Path(task).read_text().split()
        except OSError:
            children = []
        if not children:
            raise cloud.Bad(f"no agent runs on {host}: {self.log(host)}")
        os.kill(int(children[0]), number)
        outside.wait(timeout=30)
        del self._running[host]

    def _write(self, host: str) -> pathlib.Path:
        path = self._folder / f"{host}.conf"
        path.write_text(
            f"[DEFAULT]\nhost = {host}\n"
            f"[agent]\nkeys_file = {self.keys}\n"
            f"[agent_host]\nengines = {','.join(self.engines)}\n"
            f"state_dir = {self._folder}/{host}\n"
            f"door = {_DOORS[host]}\n"
        )
        return path
