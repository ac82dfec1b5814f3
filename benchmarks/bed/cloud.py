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

"""The test cloud as its operator sees it."""

from __future__ import annotations

from collections.abc import Callable
import logging
import os
import pathlib
import signal
import subprocess
import time
from typing import TypeVar

import openstack
from openstack import connection

ROOT = pathlib.Path(__file__).resolve().parents[2]
TESTCLOUD = ROOT / "tools" / "testcloud" / "testcloud"
STATE = pathlib.Path(
    os.environ.get("NHAM_TESTCLOUD_STATE", "/var/lib/nham-testcloud")
)

#: Of each request, if nobody takes it.
RETRIES = 3
#: Seconds in which Nova hears of a nova-compute that was started.
_STARTED = 60.0

T = TypeVar("T")


class Bad(Exception):
    """The cloud did not do what the bed needs."""


def testcloud(*args: str) -> str:
    """Run the test cloud's command and return what it printed."""
    done = subprocess.run(
        [str(TESTCLOUD), *args], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Bad(f"testcloud {' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def environment() -> dict[str, str]:
    """Return what ``testcloud env`` exports, without PATH."""
    found = {}
    for line in testcloud("env").splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if name != "PATH":
            found[name] = value.strip("'\"")
    return found


def connect(cloud: str = "testcloud-service") -> connection.Connection:
    """Return a connection to the test cloud."""
    # A service that is not up yet is asked again; no need to tell of it.
    logging.getLogger("keystoneauth").setLevel(logging.ERROR)
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(STATE / "clouds.yaml")
    # A server that closes a connection just as it is used again.
    return openstack.connect(cloud=cloud, connect_retries=RETRIES)


def wait(
    what: str, true: Callable[[], T | None], seconds: float, every: float = 0.2
) -> T:
    """Ask until something is true; return it.

    :raises Bad: it was not true in time.
    """
    end = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > end:
            raise Bad(f"{what}: not after {seconds:g} s")
        time.sleep(every)


def kill_vm(server_id: str) -> None:
    """Kill the QEMU of one server, as a crash would.

    :raises Bad: it does not run.
    """
    pid = _qemu(server_id)
    if pid is None:
        raise Bad(f"no QEMU runs server {server_id}")
    os.kill(pid, signal.SIGKILL)


def runs(server_id: str) -> bool:
    """Say whether a QEMU runs a server, whatever Nova says."""
    return _qemu(server_id) is not None


def _qemu(server_id: str) -> int | None:
    """Return the process of one server.

    It is found by the server's own id on its command line, so no other
    process can be hit.
    """
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"qemu-system" in words[0] and server_id.encode() in words:
            return int(entry.parent.name)
    return None


def power_off(host: str) -> None:
    """Cut a host's power."""
    testcloud("host", "kill", host)


def power_on(host: str, cloud: connection.Connection) -> None:
    """Switch a host on and wait until it may serve again.

    A nova-compute that hangs is killed and started: under eventlet its
    threads block each other now and then when guests end as it starts.
    """
    testcloud("host", "start", host)

    def up() -> bool:
        return any(
            service.host == host and service.state == "up"
            for service in cloud.compute.services(binary="nova-compute")
        )

    what = f"nova-compute of {host} is up"
    try:
        wait(what, up, _STARTED, 1.0)
    except Bad:
        print(f"nova-compute of {host} hangs, it is started again", flush=True)
        restart_nova_compute(host)
        wait(what, up, 2 * _STARTED, 1.0)


def restart_nova_compute(host: str) -> None:
    """Kill the nova-compute of a host, and start another one."""
    for action in ("kill", "start"):
        testcloud("service", action, host, "nova-compute")


def made_by_nham(cloud: connection.Connection) -> list[str]:
    """Return the names of all that NHAM made for members of its own.

    Servers, ports, volumes, snapshots in between, and addresses.
    """
    servers = cloud.compute.servers(all_projects=True)
    volumes = cloud.block_storage.volumes(all_projects=True)
    snapshots = cloud.block_storage.snapshots(all_projects=True)
    made = (*servers, *cloud.network.ports(), *volumes, *snapshots)
    names = [one.name for one in made]
    names += [one.description for one in cloud.network.ips()]
    return [
        name
        for name in names
        if str(name).startswith(("nham-VDU", "nham-access"))
    ]
