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

"""Bridges, MariaDB, RabbitMQ, memcached and the OVN databases."""

import contextlib
import pathlib
import shutil

from tc import config
from tc import launch
from tc import proc
from tc import services
from tc import settings

NFS_HELPER = pathlib.Path("/sbin/mount.nfs")


def offload(device: str, netns: str = "") -> None:
    """Switch checksum offload off.

    The userspace datapath does not complete partial checksums: packets
    would be dropped.
    """
    prefix = ("ip", "netns", "exec", netns) if netns else ()
    proc.sh(
        *prefix,
        "ethtool",
        "-K",
        device,
        "tx",
        "off",
        "rx",
        "off",
        "gso",
        "off",
        "tso",
        "off",
        "gro",
        "off",
    )


def _bridge(name: str, address: str, mtu: int) -> None:
    if not pathlib.Path(f"/sys/class/net/{name}").exists():
        proc.run(["ip", "link", "add", name, "type", "bridge"])
    # Left alone it takes the lowest address of its ports, so a host that
    # is switched off or on would change it under everybody's feet.
    octets = "".join(f":{int(part):02x}" for part in address.split("."))
    proc.run(["ip", "link", "set", name, "address", f"02:4e{octets}"])
    proc.run(["ip", "addr", "replace", f"{address}/24", "dev", name])
    proc.run(["ip", "link", "set", name, "mtu", str(mtu), "up"])
    offload(name)


def _sysctl(name: str, value: int) -> None:
    """Set a kernel value if there is such a thing and it is another."""
    path = pathlib.Path("/proc/sys") / name
    with contextlib.suppress(OSError):
        path.write_text(str(value))


def network() -> None:
    """Make the two bridges; neither has an uplink."""
    _bridge(settings.BRIDGE, settings.HOST_IP, 1500)
    _bridge(settings.EXT_BRIDGE, settings.EXT_IP, settings.EXT_MTU)
    for name in ("iptables", "ip6tables", "arptables"):
        # Else frames on the bridges would meet the machine's firewall.
        _sysctl(f"net/bridge/bridge-nf-call-{name}", 0)
    inotify = pathlib.Path("/proc/sys/fs/inotify/max_user_instances")
    if int(inotify.read_text()) < 1024:
        _sysctl("fs/inotify/max_user_instances", 1024)


def nfs_helper() -> None:
    """Make "mount -t nfs 127.0.0.1:DIR" a bind mount of DIR.

    Cinder's NFS driver is the real one; only the mount needs no NFS.
    """
    template = (settings.TEMPLATES / "mount.nfs").read_text()
    if NFS_HELPER.exists():
        if NFS_HELPER.read_bytes() != template.encode():
            raise settings.Failure(
                f"{NFS_HELPER} belongs to nfs-common; remove that package"
            )
        return
    NFS_HELPER.write_text(template)
    NFS_HELPER.chmod(0o755)


def _prepare_mariadb() -> None:
    data = settings.DATA / "mysql"
    done = data / ".installed"
    if done.exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    shutil.chown(data, "mysql", "mysql")
    proc.run(
        [
            "mysql_install_db",
            "--no-defaults",
            "--user=mysql",
            f"--datadir={data}",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ],
        settings.LOG / "mysql-install.log",
    )
    done.touch()


def _prepare_rabbit() -> None:
    data = settings.DATA / "rabbit"
    for folder in (data, data / "log", data / "mnesia"):
        folder.mkdir(parents=True, exist_ok=True)
    for path in (data, *data.rglob("*")):
        shutil.chown(path, "rabbitmq", "rabbitmq")


def _prepare_ovn() -> None:
    (settings.DATA / "ovn").mkdir(parents=True, exist_ok=True)
    (settings.RUN / "ovn").mkdir(parents=True, exist_ok=True)
    for short in ("nb", "sb"):
        path = settings.DATA / "ovn" / f"ovn{short}.db"
        if not path.exists():
            proc.run(
                [
                    "ovsdb-tool",
                    "create",
                    str(path),
                    f"/usr/share/ovn/ovn-{short}.ovsschema",
                ]
            )


def up() -> None:
    """Bring the ground floor up."""
    settings.make_dirs()
    settings.OCTAVIA_RUN.mkdir(exist_ok=True)
    config.write_all()
    network()
    nfs_helper()
    _prepare_mariadb()
    if not services.by_name("rabbitmq").process().pid():
        _prepare_rabbit()
    _prepare_ovn()
    # RabbitMQ takes longest and is not needed for the schemas: whoever
    # needs it waits for it.
    launch.ensure(services.infra(), unhurried=("rabbitmq",))
