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

"""Show what runs, and look for trouble with hints for a cure."""

from collections.abc import Callable
from collections.abc import Iterator
import os
import pathlib
import re
import shutil
import time

from tc import health
from tc import hosts
from tc import infra
from tc import install
from tc import proc
from tc import services
from tc import settings

# (what is wrong, what to do about it); an empty list means all is well
Finding = tuple[str, str]
GIB = 1 << 30
PROGRAMS = (
    "mariadbd",
    "rabbitmq-server",
    "memcached",
    "ovs-vswitchd",
    "ovn-northd",
    "libvirtd",
    "qemu-system-x86_64",
    "ip",
    "nsenter",
    "unshare",
)


def _host_rows() -> Iterator[tuple[str, str, str]]:
    for name in settings.HOSTS:
        if not hosts.is_on(name):
            yield name, "-", "off"
            continue
        for part in hosts.host_services(name):
            state = "up" if hosts.inside(name, "check", part) else "DEAD"
            yield name, part, state


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield where, what and the state of every part."""
    for service in services.all_services():
        if not service.process().pid():
            state = "DEAD"
        elif service.healthy():
            state = "up"
        else:
            state = "SILENT"
        yield "control", service.name, state
    yield from _host_rows()


def status() -> int:
    """Print the state of every part; return 0 if all of it is up."""
    all_up = True
    for where, what, state in rows():
        print(f"{where:8} {what:20} {state}")
        all_up = all_up and state == "up"
    ready = "ready" if settings.READY.exists() else "not ready"
    print(f"the test cloud is {ready}")
    return 0 if all_up and settings.READY.exists() else 1


def _platform() -> list[Finding]:
    found = []
    if os.geteuid() != 0:
        found.append(("this is not root", "run it as root"))
    release = pathlib.Path("/etc/os-release").read_text()
    if "VERSION_CODENAME=bookworm" not in release:
        found.append(
            (
                "this is not Debian 12",
                "package versions may differ; try it elsewhere",
            )
        )
    missing = [
        name
        for name in PROGRAMS
        if not shutil.which(
            name,
            path="/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"
            ":/usr/lib/rabbitmq/bin",
        )
    ]
    if missing:
        found.append(
            (
                f"programs are missing: {' '.join(missing)}",
                'run "testcloud install"',
            )
        )
    if not install.is_installed():
        found.append(
            (
                "the virtual environment is missing or outdated",
                'run "testcloud install"',
            )
        )
    return found


def _kernel() -> list[Finding]:
    found = []
    if not pathlib.Path("/dev/net/tun").exists():
        found.append(("there is no /dev/net/tun", "the kernel needs TUN/TAP"))
    for kind in ("net", "pid", "mnt", "uts", "ipc"):
        if not pathlib.Path(f"/proc/self/ns/{kind}").exists():
            found.append(
                (f"the kernel has no {kind} namespaces", "use another kernel")
            )
    probe = "tcprobe0"
    if not proc.sh("ip", "link", "add", probe, "type", "bridge"):
        found.append(
            (
                "no bridge can be made",
                "the kernel needs bridges, and this must be root",
            )
        )
    proc.sh("ip", "link", "del", probe)
    return found


def _resources() -> list[Finding]:
    found = []
    free = shutil.disk_usage(settings.STATE.parent).free
    if free < 5 * GIB:
        found.append(
            (
                f"{free / GIB:.1f} GiB of disk are free",
                "have at least 5 GiB free",
            )
        )
    memory = pathlib.Path("/proc/meminfo").read_text()
    match = re.search(r"MemAvailable:\s+(\d+) kB", memory)
    available = int(match[1]) * 1024 if match else 0
    wanted = 1 if settings.READY.exists() else 6
    if available < wanted * GIB:
        found.append(
            (
                f"{available / GIB:.1f} GiB of memory are available",
                f"have at least {wanted} GiB, or fewer guests",
            )
        )
    load = os.getloadavg()[0]
    if load > 4 * (os.cpu_count() or 1):
        found.append(
            (
                f"the load is {load:.0f}",
                "time limits may be missed; wait or do less",
            )
        )
    return found


def _ports() -> list[Finding]:
    """Look for strangers on the ports of services that do not run."""
    found = []
    for service in services.all_services():
        port = service.port
        if port and not service.process().pid() and health.port_open(port):
            found.append(
                (
                    f"somebody else has port {port} ({service.name})",
                    "stop that program",
                )
            )
    return found


def _services() -> list[Finding]:
    if not settings.READY.exists():
        return [("the cloud is not up", 'run "testcloud up"')]
    return [
        (
            f"{what} on {where} is {state}",
            f'look at {settings.LOG}/ and run "testcloud up"',
        )
        for where, what, state in rows()
        if state != "up"
    ]


def _switches() -> list[Finding]:
    """Count how often a switch aborted; its monitor starts it again."""
    found = []
    for name in settings.HOSTS:
        log = settings.LOG / f"{name}-ovs-vswitchd.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        aborts = len(re.findall(r"assertion .* failed", text))
        if aborts:
            found.append(
                (
                    f"ovs-vswitchd on {name} aborted {aborts} times",
                    "known fault of OVS 3.1; it restarts, packets of "
                    "that moment are lost",
                )
            )
    return found


def _clock() -> list[Finding]:
    """Compare the clock with the file system's."""
    path = settings.STATE / ".clock"
    if not settings.STATE.exists():
        return []
    path.touch()
    skew = abs(path.stat().st_mtime - time.time())
    path.unlink()
    if skew > 2 or time.time() < settings.TOOL.stat().st_mtime - 86400:
        return [("the clock is wrong", "set it; tokens depend on it")]
    return []


def _stale() -> list[Finding]:
    found = []
    for path in settings.RUN.glob("*.pid"):
        if path.name == "mysql-own.pid":
            continue
        if not proc.Process(path.stem).pid():
            found.append(
                (f"{path} names a dead process", '"testcloud up" clears it')
            )
    helper = infra.NFS_HELPER
    own = (settings.TEMPLATES / "mount.nfs").read_bytes()
    if helper.exists() and helper.read_bytes() != own:
        found.append(
            (f"{helper} is not ours", "remove the package nfs-common")
        )
    for name in settings.HOSTS:
        if (hosts.NETNS / name).exists() and not hosts.is_on(name):
            found.append(
                (
                    f"namespace {name} is left without processes",
                    f'"testcloud host start {name}" makes it anew',
                )
            )
    return found


CHECKS: tuple[tuple[str, Callable[[], list[Finding]]], ...] = (
    ("platform and packages", _platform),
    ("kernel", _kernel),
    ("disk, memory, load", _resources),
    ("ports", _ports),
    ("services", _services),
    ("switches", _switches),
    ("clock", _clock),
    ("stale state", _stale),
)


def run() -> int:
    """Print all findings; return 1 if there are any."""
    trouble = False
    for title, check in CHECKS:
        findings = check()
        print(f"{'ok   ' if not findings else 'LOOK '} {title}")
        for what, cure in findings:
            print(f"        {what}\n          -> {cure}")
        trouble = trouble or bool(findings)
    return 1 if trouble else 0
