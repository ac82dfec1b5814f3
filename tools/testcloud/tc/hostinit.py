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

"""What runs inside a compute host: its init and its services.

``hostinit.py init`` is the first process of the host's pid namespace;
``hostinit.py start|kill|check SERVICE`` is run in the host by nsenter.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time

from tc import hosts
from tc import proc
from tc import settings

RUN = pathlib.Path("/run/testcloud")
OVS_RUN = pathlib.Path("/run/openvswitch")
DB_SOCKET = f"unix:{OVS_RUN}/db.sock"
PARTS = {
    "ovs": ("ovsdb", "ovs-vswitchd", "ovn-controller"),
    "libvirtd": ("libvirtd",),
    "nova-compute": ("nova-compute",),
}


def _name() -> str:
    return os.environ["TESTCLOUD_HOST"]


def _process(part: str) -> proc.Process:
    log = settings.LOG / f"{_name()}-{part}.log"
    return proc.Process(part, RUN, log)


def _wait_for(path: pathlib.Path, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        if time.monotonic() > deadline:
            raise settings.Failure(f"{path} does not appear")
        time.sleep(0.05)


def _mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)


def init() -> None:
    """Be the host's first process: set it up, then reap for ever."""
    name = _name()
    base = hosts.folder(name)
    subprocess.run(["hostname", name], check=True)
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "tmpfs", "/run")
    for part in ("openvswitch", "ovn", "libvirt", "lock", "testcloud"):
        pathlib.Path("/run", part).mkdir()
    for part in ("etc", "var-lib", "var-log", "var-cache"):
        target = "/" + part.replace("-", "/") + "/libvirt"
        pathlib.Path(target).mkdir(parents=True, exist_ok=True)
        _mount("--bind", str(base / f"{part}-libvirt"), target)
    (RUN / "ready").touch()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        try:
            os.wait()
        except ChildProcessError:
            time.sleep(0.2)


def _vsctl(*args: str) -> None:
    proc.run(["ovs-vsctl", f"--db={DB_SOCKET}", "--timeout=20", *args])


def _wait_for_device(name: str, seconds: float = 20) -> None:
    """Wait until the switch has made its own interface again."""
    deadline = time.monotonic() + seconds
    while not proc.sh("ip", "link", "show", name):
        if time.monotonic() > deadline:
            raise settings.Failure(f"{name} does not appear")
        time.sleep(0.1)


def _start_ovsdb() -> None:
    path = hosts.folder(_name()) / "ovs" / "conf.db"
    if not path.exists():
        proc.run(
            [
                "ovsdb-tool",
                "create",
                str(path),
                "/usr/share/openvswitch/vswitch.ovsschema",
            ]
        )
    _process("ovsdb").start(
        [
            "ovsdb-server",
            str(path),
            f"--remote=punix:{OVS_RUN}/db.sock",
            f"--unixctl={OVS_RUN}/ovsdb.ctl",
            "-vconsole:warn",
        ]
    )
    _wait_for(OVS_RUN / "db.sock")


def _external_ids() -> list[str]:
    name = _name()
    gateway = name == settings.GATEWAY
    values = {
        "system-id": name,
        "hostname": name,
        "ovn-remote": f"tcp:{settings.HOST_IP}:6642",
        "ovn-encap-type": "geneve",
        "ovn-encap-ip": hosts.tunnel_address(name),
        "ovn-bridge-datapath-type": "netdev",
        "ovn-bridge-mappings": "physnet1:br-ex",
        "ovn-cms-options": "enable-chassis-as-gw" if gateway else "none",
        "ovn-remote-probe-interval": "30000",
        "ovn-openflow-probe-interval": "0",
    }
    return [f"external_ids:{key}={value}" for key, value in values.items()]


def _make_bridges() -> None:
    datapath = "datapath_type=netdev"
    external = f"--may-exist add-br br-ex -- set bridge br-ex {datapath}"
    uplink = "-- --may-exist add-port br-ex eth1"
    inner = f"--may-exist add-br br-int -- set bridge br-int {datapath}"
    _vsctl(*external.split(), *uplink.split())
    card = hosts.mac(_name(), 1)
    _vsctl("set", "bridge", "br-ex", f'other-config:hwaddr="{card}"')
    _vsctl(*inner.split(), "fail-mode=secure")
    _wait_for_device("br-ex")
    address = f"{hosts.tunnel_address(_name())}/24"
    proc.run(["ip", "addr", "replace", address, "dev", "br-ex"])
    mtu = str(settings.EXT_MTU)
    proc.run(["ip", "link", "set", "br-ex", "mtu", mtu, "up"])


def _start_ovs() -> None:
    # A fresh start of the database must not see the old socket.
    if not _process("ovsdb").pid():
        (OVS_RUN / "db.sock").unlink(missing_ok=True)
    _start_ovsdb()
    _vsctl("--no-wait", "init")
    _vsctl("--no-wait", "set", "Open_vSwitch", ".", *_external_ids())
    # The userspace connection tracking aborts now and then; with
    # --monitor the switch starts itself again.
    _process("ovs-vswitchd").start(
        [
            "ovs-vswitchd",
            DB_SOCKET,
            "--monitor",
            f"--unixctl={OVS_RUN}/vswitchd.ctl",
            f"--pidfile={OVS_RUN}/ovs-vswitchd.pid",
            "-vconsole:warn",
        ]
    )
    _make_bridges()
    # Debian's sometimes ends by a segmentation fault in its first second; a
    # host without it takes no guests, and the gateway reaches none.
    _process("ovn-controller").start(
        ["ovn-controller", DB_SOCKET, "--monitor", "-vconsole:warn"]
    )


def _start_libvirtd() -> None:
    _process("libvirtd").start(["libvirtd", "--listen"])
    _wait_for(pathlib.Path("/run/libvirt/libvirt-sock"))


def _start_nova_compute() -> None:
    conf = settings.ETC / "hosts" / f"{_name()}.conf"
    _process("nova-compute").start(
        [f"{settings.BIN}/nova-compute", "--config-file", str(conf)]
    )


def start(service: str) -> None:
    """Start a service of this host; what runs already is left alone."""
    {
        "ovs": _start_ovs,
        "libvirtd": _start_libvirtd,
        "nova-compute": _start_nova_compute,
    }[service]()


def kill(service: str) -> None:
    """Kill a service of this host; the guests stay."""
    for part in reversed(PARTS[service]):
        _process(part).kill()
    if service == "libvirtd":
        # Its readers wait for the socket to know that it answers.
        pathlib.Path("/run/libvirt/libvirt-sock").unlink(missing_ok=True)


def check(service: str) -> bool:
    """Tell whether a service of this host runs."""
    if service == "init":
        return (RUN / "ready").exists()
    return all(_process(part).pid() for part in PARTS[service])


def shutdown() -> None:
    """Stop nova, let the guests write their disks and end, then stop."""
    _process("nova-compute").kill()
    _process("libvirtd").kill()
    guests = list(pathlib.Path("/run/libvirt/qemu").glob("*.pid"))
    numbers = [int(path.read_text()) for path in guests]
    for pid in numbers:
        proc.signal_pid(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while any(map(proc.start_time, numbers)):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)


def main(argv: list[str]) -> int:
    """Do what the host is asked to do."""
    action, service = argv[0], (argv + [""])[1]
    if action == "init":
        init()
    elif action == "check":
        return 0 if check(service) else 1
    elif action == "shutdown":
        shutdown()
    else:
        {"start": start, "kill": kill}[action](service)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except settings.Failure as failure:
        print(f"{time.strftime('%FT%T')} {failure}", file=sys.stderr)
        sys.exit(1)
