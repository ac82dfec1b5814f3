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

"""NHAM as operators run it: an API, two engines, an agent on each host.

They share RabbitMQ and MariaDB with the rest of the cloud.
"""

from __future__ import annotations

import contextlib
import pathlib
import types

from benchmarks.bed import agents as agents_
from benchmarks.bed import cloud as bed
from benchmarks.bed import service


class Deployment(contextlib.AbstractContextManager["Deployment"]):
    """All processes of NHAM; each can be killed by itself.

    :param folder: for their configuration and logs.
    :param lease: hosts are fenced by the end of their lease alone.
    """

    def __init__(self, folder: pathlib.Path, lease: bool = False) -> None:
        self.cloud = bed.connect("testcloud-admin")
        self.lease = lease
        self._agents = agents_.Agents(folder / "agents")
        self.api = service.Nham(folder / "api", "nham-api")
        self.engines = [
            service.Nham(
                folder / name, "nham-engine", agents=self._agents, lease=lease
            )
            for name in ("engine1", "engine2")
        ]

    def __enter__(self) -> Deployment:
        self.api.manage("db", "sync")
        self.api.start()
        for engine in self.engines:
            engine.start()
        self._agents.__enter__()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: types.TracebackType | None,
    ) -> None:
        self._agents.stop()
        for process in (*self.engines, self.api):
            process.stop()

    def kill_agent(self, host: str) -> None:
        """Kill the agent of a host."""
        self._agents.kill(host)

    def start_agent(self, host: str) -> None:
        """Start the agent of a host, which may run already."""
        self._agents.start(host)
