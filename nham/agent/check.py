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

"""``nham-agent --check``: is all there that the agent needs?"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses
import os
import signal

from oslo_config import cfg

from nham.agent import pidfd
from nham.agent import processes
from nham.agent import promises
from nham.agent import resolve
from nham.agent import service
from nham.core.agent import deaths

#: What the machine's hypervisor is asked by.
Ask = Callable[[cfg.ConfigOpts], str]


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was looked at, and what is wrong with it.

    :ivar fatal: the agent does not begin, or does no good.
    """

    what: str
    problem: str = ""
    fatal: bool = True


def ask_hypervisor(conf: cfg.ConfigOpts) -> str:
    """Return what is wrong with the hypervisor.

    :raises service.Wrong: its library is missing.
    """
    return service.hypervisor(conf).check()


def run(conf: cfg.ConfigOpts, ask: Ask = ask_hypervisor) -> list[Finding]:
    """Look at everything; nothing is sent, stopped or armed."""
    return [
        _tried("keys and options", lambda: _settings(conf)),
        _tried("hypervisor", lambda: ask(conf)),
        _tried("guests' processes", lambda: _processes(conf)),
        _tried("right to end guests", lambda: _right(conf)),
        _tried("promises", lambda: _promises(conf)),
        _tried("watchdog", lambda: _watchdog(conf)),
        dataclasses.replace(
            _tried("engines' names", lambda: _engines(conf)), fatal=False
        ),
        Finding("how processes end", _exits(), fatal=False),
    ]


def _tried(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except service.Wrong as wrong:
        return Finding(what, str(wrong))


def _settings(conf: cfg.ConfigOpts) -> str:
    service.settings(conf)
    service.bind(conf).close()
    return ""


def _processes(conf: cfg.ConfigOpts) -> str:
    folder = conf.agent_host.run_dir
    if os.access(folder, os.R_OK | os.X_OK):
        return ""
    return f"[agent_host] run_dir: {folder} cannot be read"


@contextlib.contextmanager
def _pidfd(pid: int) -> Iterator[int]:
    fd = os.pidfd_open(pid)
    try:
        yield fd
    finally:
        os.close(fd)


def _right(conf: cfg.ConfigOpts) -> str:
    """Try the right on the guests that there are, with no signal at all."""
    found = processes.Processes(conf.agent_host.run_dir, processes.PROC)
    try:
        for fd, server_id in found.scan(()):
            try:
                signal.pidfd_send_signal(fd, 0)
            except PermissionError:
                return f"guest {server_id}: CAP_KILL is missing"
            except ProcessLookupError:
                continue
    finally:
        found.close()
    return ""


def _promises(conf: cfg.ConfigOpts) -> str:
    """Read them; an agent that runs has them, and that is well."""
    folder = conf.agent_host.state_dir
    there = folder if os.path.exists(folder) else os.path.dirname(folder)
    if not os.path.isdir(there):
        return f"[agent_host] state_dir: {there} is no directory"
    if not os.access(there, os.R_OK | os.W_OK | os.X_OK):
        return f"[agent_host] state_dir: {there} cannot be written to"
    try:
        promises.read_duty(folder)
    except promises.Unusable as error:
        return f"[agent_host] state_dir: {error}"
    return ""


def _watchdog(conf: cfg.ConfigOpts) -> str:
    """Look at the device without opening it, which would arm it."""
    path = conf.agent_host.watchdog
    if path is None or os.access(path, os.W_OK):
        return ""
    return f"[agent_host] watchdog: {path} cannot be written to"


def _engines(conf: cfg.ConfigOpts) -> str:
    with service.bind(conf) as sock:
        for where in service.engines(conf.agent_host.engines):
            try:
                resolve.look_up(where, sock.family)
            except OSError as error:
                return f"{where}: {error}"
    return ""


def _exits() -> str:
    """Try whether this kernel tells how a process ended."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    with _pidfd(pid) as fd:
        os.waitpid(pid, 0)
        told = pidfd.exit_of(fd)
    if told is deaths.Exit.CLEAN:
        return ""
    return (
        "this kernel does not tell (Linux 6.15 does); a crash is known when "
        "libvirt tells, or [agent_host] reason_wait is over"
    )
