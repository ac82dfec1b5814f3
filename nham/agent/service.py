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

"""The agent as the configuration wants it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import socket
import uuid

from oslo_config import cfg

from nham import metrics
from nham import version
from nham.adapters import errors
from nham.adapters.agents import keys
from nham.agent import agent as agent_
from nham.agent import door as door_
from nham.agent import errands
from nham.agent import loop as loop_
from nham.agent import processes
from nham.agent import promises as promises_
from nham.agent import resolve
from nham.agent import watchdog as watchdog_
from nham.agent.hypervisor import base as hypervisor_
from nham.agent.hypervisor import guest_agents as guest_agents_
from nham.agent.hypervisor import libvirt
from nham.agent.hypervisor import libvirt_guest_agents
from nham.core.agent import door as door_places

_NO_LIBRARY = (
    "libvirt-python is missing; install nham[agent], or the distribution's "
    "python3-libvirt"
)


class Wrong(Exception):
    """The agent cannot begin; the text names the option and the rule."""


def settings(conf: cfg.ConfigOpts) -> agent_.Settings:
    """Return what the agent goes by, in a new life.

    :raises Wrong: an option or the file of the keys is not as it must be.
    """
    try:
        ring = keys.read(conf.agent.keys_file)
    except errors.Refused as refused:
        raise Wrong(f"[agent] keys_file: {refused}") from refused
    return agent_.Settings(
        host=conf.host,
        boot=uuid.uuid4().hex,
        engines=tuple(engines(conf.agent_host.engines)),
        ring=ring,
        interval=conf.agent.heartbeat_interval,
        patience=conf.agent_host.reason_wait,
        version=version.version_string(),
        door=_place(conf.agent_host.door),
    )


def _place(where: str | None) -> str:
    try:
        if where:
            door_places.place(where)
    except ValueError as error:
        raise Wrong(f"[agent_host] door: {error}") from error
    return where or ""


def engines(named: Sequence[str]) -> list[str]:
    """Return the engines' addresses, each once.

    :raises Wrong: there are none, or one is not host:port.
    """
    if not named:
        raise Wrong("[agent_host] engines: at least one is needed")
    for where in named:
        try:
            resolve.split(where)
        except ValueError as error:
            raise Wrong(f"[agent_host] engines: {error}") from error
    return list(dict.fromkeys(named))


def hypervisor(conf: cfg.ConfigOpts) -> hypervisor_.Hypervisor:
    """Return the source of the hypervisor's words.

    :raises Wrong: its library is missing.
    """
    try:
        return libvirt.LibvirtHypervisor(conf.agent_host.hypervisor_uri)
    except ImportError as error:
        raise Wrong(_NO_LIBRARY) from error


def guest_agents(conf: cfg.ConfigOpts) -> guest_agents_.GuestAgents:
    """Return what reaches the guest agents of this host's guests.

    :raises Wrong: its library is missing.
    """
    try:
        return libvirt_guest_agents.LibvirtGuestAgents(
            conf.agent_host.hypervisor_uri
        )
    except ImportError as error:
        raise Wrong(_NO_LIBRARY) from error


def door(conf: cfg.ConfigOpts, chosen: agent_.Settings) -> door_.Door | None:
    """Return what takes commands for guests; None: nothing does.

    :raises Wrong: it cannot be had.
    """
    if not chosen.door:
        return None
    runner = errands.Runner(guest_agents(conf))
    try:
        listener = door_.listen(chosen.door)
    except OSError as error:
        raise Wrong(f"[agent_host] door: {error}") from error
    return door_.Door(listener, runner, chosen.ring, chosen.host, chosen.boot)


def promises(conf: cfg.ConfigOpts) -> promises_.Promises:
    """Return what the agent has promised.

    :raises Wrong: the directory cannot be used.
    """
    try:
        return promises_.Promises(conf.agent_host.state_dir)
    except promises_.Unusable as error:
        raise Wrong(f"[agent_host] state_dir: {error}") from error


def bind(conf: cfg.ConfigOpts) -> socket.socket:
    """Return the agent's socket.

    :raises Wrong: it cannot be had.
    """
    section = conf.agent_host
    try:
        return loop_.bind(section.bind_address, section.bind_port)
    except OSError as error:
        raise Wrong(f"[agent_host] bind_address: {error}") from error


def watchdog(conf: cfg.ConfigOpts) -> watchdog_.Watchdog:
    """Return the host's watchdog, not armed yet."""
    section = conf.agent_host
    if section.watchdog is None:
        return watchdog_.NoWatchdog()
    return watchdog_.DeviceWatchdog(section.watchdog, section.watchdog_seconds)


class Service:
    """The agent with all it works on.

    :raises Wrong: something is not as it must be.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        chosen = settings(conf)
        self._metrics = conf.metrics
        self._hypervisor = hypervisor(conf)
        kept = promises(conf)
        self._door = door(conf, chosen)
        self._loop = loop_.Loop(bind(conf))
        ports = agent_.Ports(
            send=self._loop.send,
            processes=processes.Processes(
                conf.agent_host.run_dir, processes.PROC
            ),
            promises=kept,
            watchdog=watchdog(conf),
        )
        try:
            self.agent = agent_.Agent(chosen, ports, loop_.now())
        except promises_.Unusable as error:
            raise Wrong(f"[agent_host] state_dir: {error}") from error

    def run(self) -> None:
        """Run until ``stop``.

        :raises Wrong: the metrics' address cannot be listened at.
        """
        end = self._show_metrics()
        if self._door is not None:
            self._door.start()
        self._loop.run(self.agent, self._hypervisor)
        if self._door is not None:
            self._door.stop()
        self.agent.close()
        self._loop.close()
        end()

    def _show_metrics(self) -> Callable[[], None]:
        own = self._metrics
        if not own.bind_port:
            return lambda: None
        try:
            return metrics.serve(own.bind_host, own.bind_port)
        except OSError as error:
            raise Wrong(f"[metrics] bind_port: {error}") from error

    def stop(self) -> None:
        """End; from any thread or signal handler."""
        self._loop.stop()
