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

"""Compute hosts: sets of namespaces with their own OVS, libvirt and nova.

A host's first process is the init of a pid namespace.  Killing it takes
every process of the host away at once, like a power failure.
"""

from collections.abc import Iterable
import os
import pathlib
import shutil
import signal
import sys
import time

from tc import config
from tc import infra
from tc import proc
from tc import settings

HOST_SERVICES = ("ovs", "libvirtd", "nova-compute")
NETNS = pathlib.Path("/run/netns")
#: The far ends of a host's cables, by what they are for.
CABLES = {"management": "{}-m", "data": "{}-d"}


def check_name(name: str) -> str:
    """Return the name if there is such a host."""
    if name not in settings.HOSTS:
        raise ValueError(
            f'no host "{name}"; there are: {" ".join(settings.HOSTS)}'
        )
    return name


def address(name: str) -> str:
    """Return a host's address on the control network."""
    return f"10.99.0.{10 + settings.host_index(name)}"


def tunnel_address(name: str) -> str:
    """Return a host's address on the external (and tunnel) network."""
    return f"172.24.4.{200 + settings.host_index(name)}"


def mac(name: str, device: int) -> str:
    """Return the MAC address of a host's network card.

    It stays the same when the host is switched off and on, as that of a
    real card: the others remember it for a quarter of an hour.
    """
    return f"02:4e:48:41:{device:02x}:{settings.host_index(name):02x}"


def folder(name: str) -> pathlib.Path:
    """Return the folder with the disk of a host."""
    return settings.DATA / "hosts" / name


def process(name: str) -> proc.Process:
    """Return the handle of the process that holds the host."""
    return proc.Process(f"host-{name}")


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def members(name: str) -> list[int]:
    """Return every living process of a host, by looking at all of them.

    A process is the host's if it is in the host's network namespace and
    in a pid namespace that is not the machine's.
    """
    network = _inode(f"{NETNS}/{name}")
    own = _inode("/proc/self/ns/pid")
    if network is None:
        return []
    found = []
    for pid in proc.pids():
        if _inode(f"/proc/{pid}/ns/net") != network:
            continue
        if _inode(f"/proc/{pid}/ns/pid") != own and proc.start_time(pid):
            found.append(pid)
    return found


def init_pid(name: str) -> int | None:
    """Return the machine's number of a host's first process."""
    for pid in members(name):
        try:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        for line in status.splitlines():
            if line.startswith("NSpid:") and line.split()[-1] == "1":
                return pid
    return None


def is_on(name: str) -> bool:
    """Tell whether anything of the host lives.

    The process that holds the host is asked for too, in case somebody
    removed the name of the network namespace.
    """
    return bool(members(name)) or process(name).pid() is not None


def kill(name: str, timeout: float = 10) -> None:
    """Cut a host's power; return when nothing of it lives any more.

    The cables go first: the kernel would answer pings for a host whose
    processes are all dead.
    """
    deadline = time.monotonic() + timeout
    _cut_cables(name)
    while True:
        first = init_pid(name)
        if first:
            proc.signal_pid(first, signal.SIGKILL)
        alive = members(name)
        if not alive:
            break
        if time.monotonic() > deadline:
            raise settings.Failure(f"{name} still has processes: {alive}")
        time.sleep(0.02)
    process(name).kill()


def _write_files(name: str) -> None:
    base = folder(name)
    for part in (
        "nova/instances",
        "nova/lock",
        "nova/mnt",
        "ovs",
        "var-lib-libvirt",
        "var-log-libvirt",
        "var-cache-libvirt",
    ):
        (base / part).mkdir(parents=True, exist_ok=True)
    libvirt = base / "etc-libvirt"
    if not libvirt.exists():
        shutil.copytree(
            "/etc/libvirt", f"{libvirt}.new", symlinks=True, dirs_exist_ok=True
        )
        # The default network of the package would start dnsmasq.
        shutil.rmtree(f"{libvirt}.new/qemu/networks", ignore_errors=True)
        os.rename(f"{libvirt}.new", libvirt)
    index = settings.host_index(name)
    uuid = f"{index:08x}-aaaa-4bbb-8ccc-{index:012x}"
    config.write(libvirt / "qemu.conf", config.render("qemu.conf"))
    config.write(
        libvirt / "libvirtd.conf",
        config.render("libvirtd.conf", ip=address(name), uuid=uuid),
    )
    _write_compute_conf(name)
    _write_names(name)


def _write_compute_conf(name: str) -> None:
    path = settings.ETC / "hosts" / f"{name}.conf"
    config.write(
        path,
        config.render(
            "nova-compute.conf",
            name=name,
            ip=address(name),
            hostdir=str(folder(name)),
            nova_clients=config.nova_clients(),
            helper=f"{settings.BIN}/privsep-helper --config-file {path}",
            messaging=config.render("_messaging.conf"),
        ),
    )


def _write_names(name: str) -> None:
    """Give the host a hosts file and no name server.

    There is no DNS in a host; each look-up would take ten seconds.
    """
    lines = ["127.0.0.1 localhost", f"{settings.HOST_IP} ctl"]
    lines += [f"{address(host)} {host}" for host in settings.HOSTS]
    etc = pathlib.Path("/etc/netns") / name
    config.write(etc / "hosts", "\n".join(lines) + "\n", 0o644)
    config.write(etc / "resolv.conf", "options timeout:1 attempts:1\n", 0o644)


def _cut_cables(name: str) -> None:
    for cable in CABLES.values():
        proc.sh("ip", "link", "del", cable.format(name))


def plug(name: str, networks: Iterable[str], plugged: bool) -> None:
    """Plug a host's cables in, or pull them out; the host stays on.

    :param networks: their names in ``CABLES``.
    """
    if not is_on(name):
        raise settings.Failure(f"{name} is off")
    for network in networks:
        cable = CABLES[network].format(name)
        proc.run(["ip", "link", "set", cable, "up" if plugged else "down"])


def remove_network(name: str) -> None:
    """Remove a host's namespace and cables."""
    _cut_cables(name)
    if (NETNS / name).exists() and not proc.sh("ip", "netns", "del", name):
        (NETNS / name).unlink(missing_ok=True)


def _cable(name: str, end: str, bridge: str, device: str, mtu: int) -> None:
    proc.run(
        [
            "ip",
            "link",
            "add",
            end,
            "mtu",
            str(mtu),
            "type",
            "veth",
            "peer",
            "name",
            device,
            "netns",
            name,
        ]
    )
    proc.run(
        ["ip", "link", "set", end, "mtu", str(mtu), "master", bridge, "up"]
    )
    infra.offload(end)
    inside = ("ip", "-n", name, "link", "set")
    card = mac(name, int(device[-1]))
    proc.run([*inside, device, "address", card])
    proc.run([*inside, device, "mtu", str(mtu), "up"])
    infra.offload(device, name)


def _make_network(name: str) -> None:
    remove_network(name)
    proc.run(["ip", "netns", "add", name])
    proc.run(["ip", "-n", name, "link", "set", "lo", "up"])
    _cable(name, f"{name}-m", settings.BRIDGE, "eth0", 1500)
    _cable(name, f"{name}-d", settings.EXT_BRIDGE, "eth1", settings.EXT_MTU)
    proc.run(
        ["ip", "-n", name, "addr", "add", f"{address(name)}/24", "dev", "eth0"]
    )
    proc.run(
        ["ip", "-n", name, "route", "add", "default", "via", settings.HOST_IP]
    )


def _hostinit(*words: str) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment of what runs inside a host."""
    script = settings.TOOL / "tc" / "hostinit.py"
    env = settings.base_env() | {"PYTHONPATH": str(settings.TOOL)}
    return [sys.executable, str(script), *words], env


def power_on(name: str) -> None:
    """Switch a host on, without its nova-compute."""
    if is_on(name):
        return
    process(name).kill()
    # The old entries name interfaces that went away with the power.
    (folder(name) / "ovs" / "conf.db").unlink(missing_ok=True)
    _write_files(name)
    _make_network(name)
    command, env = _hostinit("init")
    namespaces = ["--mount", "--uts", "--ipc", "--pid", "--mount-proc"]
    box = [*namespaces, "--fork", "--kill-child=KILL"]
    process(name).start(
        ["ip", "netns", "exec", name, "unshare", *box, *command],
        env | {"TESTCLOUD_HOST": name},
    )
    deadline = time.monotonic() + 15
    while not inside(name, "check", "init"):
        if time.monotonic() > deadline or not process(name).pid():
            raise settings.Failure(
                f"host {name} does not start", process(name).log
            )
        time.sleep(0.1)


def _enter(first: int, command: list[str]) -> list[str]:
    """Return a command that runs another one in the host of a process."""
    where = ["-t", str(first), "-m", "-u", "-i", "-p", "-n"]
    return ["nsenter", *where, "--", *command]


def inside(name: str, action: str, service: str) -> bool:
    """Run a service action inside a host; tell whether it worked."""
    first = init_pid(name)
    if first is None:
        return False
    command, env = _hostinit(action, service)
    done = proc.run(
        _enter(first, command),
        process(name).log,
        env=env | {"TESTCLOUD_HOST": name},
        check=False,
    )
    return done.returncode == 0


def host_services(name: str) -> tuple[str, ...]:
    """Return the services a host has."""
    return ("ovs",) if name == settings.GATEWAY else HOST_SERVICES


def ensure_service(name: str, service: str) -> None:
    """Start a service of a host unless it runs."""
    if not inside(name, "start", service):
        raise settings.Failure(
            f"{service} does not start on {name}", process(name).log
        )


def start(name: str) -> None:
    """Switch a host on with all of its services."""
    power_on(name)
    for service in host_services(name):
        ensure_service(name, service)


def shut_down(name: str) -> None:
    """Stop a host in order: nova first, then the guests, then the rest."""
    if is_on(name):
        inside(name, "shutdown", "init")
    kill(name)
    remove_network(name)


def execute(name: str, command: list[str]) -> int:
    """Run a command in a host, in the foreground; return its code."""
    first = init_pid(name)
    if first is None:
        raise settings.Failure(f"{name} is off")
    os.execvpe("nsenter", _enter(first, command), settings.base_env())
