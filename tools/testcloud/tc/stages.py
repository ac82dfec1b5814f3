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

"""Bring the whole cloud up or down, stage by stage."""

from collections.abc import Callable
from collections.abc import Iterator
import concurrent.futures
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import time

from tc import config
from tc import guest
from tc import hosts
from tc import infra
from tc import install
from tc import launch
from tc import proc
from tc import schema
from tc import services
from tc import settings

CLOUD = settings.TOOL / "cloud"


class Progress:
    """Prints a line for each stage with the time it took."""

    def __init__(self) -> None:
        self.begin = time.monotonic()

    def run(self, title: str, job: Callable[[], object]) -> None:
        """Do one stage."""
        begin = time.monotonic()
        job()
        now = time.monotonic()
        print(
            f"{now - self.begin:7.1f} s  {title} ({now - begin:.1f} s)",
            flush=True,
        )


@contextlib.contextmanager
def lock() -> Iterator[None]:
    """Keep two commands from changing the cloud at the same time."""
    settings.make_dirs()
    with open(settings.STATE / "lock", "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another testcloud command to end", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _in_cloud(script: str, *args: str, name: str = "") -> None:
    """Run one of our scripts with the environment's Python."""
    config.write_clouds()
    env = settings.base_env() | config.shell_exports()
    proc.run(
        [f"{settings.BIN}/python", str(CLOUD / script), *args],
        settings.LOG / f"{name or script.removesuffix('.py')}.log",
        env=env,
    )


def _once(mark: str, job: Callable[[], object], version: str = "") -> None:
    """Do something once for the life of this cloud's data.

    A job with a version is done again when that has changed.
    """
    path = settings.DATA / "done" / mark
    if not path.exists() or path.read_text() != version:
        job()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(version)


def _schemas_and_hosts() -> None:
    """Make the schemas; the hosts' switches come up meanwhile."""

    def power_on() -> None:
        for name in settings.HOSTS:
            hosts.power_on(name)
            hosts.ensure_service(name, "ovs")
        for name in settings.COMPUTES:
            hosts.ensure_service(name, "libvirtd")

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(schema.up), pool.submit(power_on)]
        for job in jobs:
            job.result()


def _control_plane() -> None:
    launch.ensure(services.first_apis())
    # A cloud of an older checkout gets what has come since.
    script = (CLOUD / "catalog.py").read_bytes()
    _once(
        "catalog",
        lambda: _in_cloud("catalog.py"),
        hashlib.sha256(script).hexdigest(),
    )
    launch.ensure(services.infra())
    launch.ensure(services.other_apis())


def _enable_computes() -> None:
    """Have Nova use every compute host, whatever a test left behind."""
    try:
        _in_cloud("seed.py", "wait", *settings.COMPUTES, name="computes")
    except settings.Failure:
        # A nova-compute that hangs runs, but Nova hears nothing of it.
        for name in settings.COMPUTES:
            hosts.inside(name, "kill", "nova-compute")
            hosts.ensure_service(name, "nova-compute")
        _in_cloud("seed.py", "wait", *settings.COMPUTES, name="computes")


def _computes() -> None:
    for name in settings.COMPUTES:
        hosts.ensure_service(name, "nova-compute")
    _enable_computes()
    _once(
        "discover-hosts",
        lambda: proc.run(
            [
                f"{settings.BIN}/nova-manage",
                "--config-file",
                f"{settings.ETC}/nova/nova.conf",
                "cell_v2",
                "discover_hosts",
            ],
            settings.LOG / "discover-hosts.log",
        ),
    )


def _seed() -> None:
    def job() -> None:
        image = settings.GUEST_IMAGE
        # Packages name the image's digest, so a cloud keeps its image.
        if not guest.is_current(image):
            guest.build(image)
        _in_cloud("seed.py", "seed", str(image))

    # A cloud of an older checkout gets the guest of this one.
    _once("seed", job, guest.digest())


def _tacker() -> None:
    launch.ensure(services.tacker())
    _once("vim", lambda: _in_cloud("vim.py"))


def all_well() -> bool:
    """Tell whether every part runs and answers."""
    if not settings.READY.exists():
        return False
    for service in services.all_services():
        if not service.healthy():
            return False
    return all(
        hosts.inside(name, "check", part)
        for name in settings.HOSTS
        for part in hosts.host_services(name)
    )


def up() -> None:
    """Bring the cloud up; what runs already is left alone."""
    if not install.is_installed():
        raise settings.Failure(
            'packages are missing or outdated; run "testcloud install"'
        )
    settings.make_dirs()
    if all_well():
        _enable_computes()
        _seed()
        print("the test cloud is up already")
        return
    settings.READY.unlink(missing_ok=True)
    progress = Progress()
    progress.run("database, message queue, OVN databases", infra.up)
    progress.run("schemas, hosts, switches", _schemas_and_hosts)
    progress.run("control plane", _control_plane)
    progress.run("compute services", _computes)
    progress.run("image, flavours, networks", _seed)
    progress.run("Tacker and its VIM", _tacker)
    settings.READY.write_text(time.strftime("%FT%TZ\n", time.gmtime()))
    print(
        "the test cloud is up; for a shell: "
        f'eval "$({settings.TOOL}/testcloud env)"'
    )


def _unmount() -> None:
    """Unmount what Cinder mounted below the state folder."""
    for line in reversed(
        pathlib.Path("/proc/mounts").read_text().splitlines()
    ):
        target = line.split()[1]
        if target.startswith(f"{settings.DATA}/"):
            proc.sh("umount", "-l", target)


def _stop_group(group: list[services.Service]) -> None:
    """Ask services to end, all at once, and insist when time is over."""
    begin = time.monotonic()
    for service in group:
        service.process().terminate()
    for service in group:
        left = service.grace - (time.monotonic() - begin)
        service.process().stop(max(0.1, left))


def _stop_services() -> None:
    """Stop the control plane: what uses others first."""
    ground = {s.name for s in services.infra()}
    upper = [s for s in services.all_services() if s.name not in ground]
    _stop_group(upper)
    _stop_group(services.infra())


def _wipe() -> None:
    """Forget the cloud; keep packages and the guest image."""
    for path in (
        settings.DATA,
        settings.ETC,
        settings.LOG,
        settings.RUN,
        settings.OCTAVIA_RUN,
    ):
        shutil.rmtree(path, ignore_errors=True)
        if path.exists():
            raise settings.Failure(f"{path} cannot be removed")
    (settings.STATE / "clouds.yaml").unlink(missing_ok=True)
    for bridge in (settings.BRIDGE, settings.EXT_BRIDGE):
        proc.sh("ip", "link", "del", bridge)
    for name in settings.HOSTS:
        shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)
    template = (settings.TEMPLATES / "mount.nfs").read_bytes()
    helper = infra.NFS_HELPER
    if helper.exists() and helper.read_bytes() == template:
        helper.unlink()


def down(wipe: bool) -> None:
    """Stop everything; with ``wipe`` forget it as well."""
    progress = Progress()
    settings.READY.unlink(missing_ok=True)

    def stop_hosts() -> None:
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(hosts.shut_down, settings.HOSTS))

    progress.run("hosts off", stop_hosts)
    progress.run("services stopped", _stop_services)
    _unmount()
    if wipe:
        progress.run("all state forgotten", _wipe)


def require_root() -> None:
    """Fail early for users who may not make namespaces."""
    if os.geteuid() != 0:
        raise settings.Failure("the test cloud needs root")
