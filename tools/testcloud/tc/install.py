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

"""Install the packages: Debian's and one virtual environment."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

from tc import proc
from tc import settings

APT = (
    "mariadb-server",
    "rabbitmq-server",
    "memcached",
    "openvswitch-switch",
    "ovn-central",
    "ovn-host",
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "libvirt-daemon-system",
    "libvirt-clients",
    "libvirt-dev",
    "qemu-system-x86",
    "qemu-utils",
    "build-essential",
    "pkg-config",
    "busybox-static",
    "cpio",
    "kmod",
    "file",
    "ethtool",
    "iproute2",
    "iptables",
    "extlinux",
    "e2fsprogs",
    "curl",
    "procps",
    "git",
    "util-linux",
)
# Debian's own Python needs these; another Python brings them along.
APT_PYTHON = ("python3-venv", "python3-dev")
CONSTRAINTS = settings.TOOL / "constraints.txt"
REQUIREMENTS = settings.TOOL / "requirements.txt"
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")


def digest() -> str:
    """Return what identifies the wanted set of packages."""
    text = CONSTRAINTS.read_bytes() + REQUIREMENTS.read_bytes()
    return hashlib.sha256(text).hexdigest()


def _mark() -> pathlib.Path:
    return settings.VENV / "testcloud-digest"


def is_installed() -> bool:
    """Tell whether the environment holds just what the files ask for."""
    mark = _mark()
    return mark.exists() and mark.read_text().strip() == digest()


def _wanted_apt() -> list[str]:
    python = (
        []
        if sys.base_prefix not in ("/usr", "/usr/local")
        else list(APT_PYTHON)
    )
    return [*APT, *python]


def _missing_apt() -> list[str]:
    done = proc.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Status}\n", *_wanted_apt()],
        check=False,
    )
    there = {
        line.split()[0]
        for line in done.stdout.splitlines()
        if line.endswith(" ok installed")
    }
    return [name for name in _wanted_apt() if name not in there]


def _apt(names: list[str]) -> None:
    """Install Debian packages without letting a daemon start."""
    log = settings.LOG / "apt.log"
    env = settings.base_env() | {"DEBIAN_FRONTEND": "noninteractive"}
    old = POLICY.read_bytes() if POLICY.exists() else None
    mode = POLICY.stat().st_mode & 0o777 if old is not None else 0
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        # Not tied: a package manager killed half-way leaves a mess.
        proc.run(["dpkg", "--configure", "-a"], log, env=env, tied=False)
        proc.run(["apt-get", "update", "-q"], log, env=env, tied=False)
        proc.run(
            [
                "apt-get",
                "install",
                "-y",
                "-q",
                "-o",
                "DPkg::Lock::Timeout=300",
                "--no-install-recommends",
                *names,
            ],
            log,
            env=env,
            tied=False,
        )
    finally:
        if old is None:
            POLICY.unlink(missing_ok=True)
        else:
            POLICY.write_bytes(old)
            POLICY.chmod(mode)


def apt() -> None:
    """Install the Debian packages that are missing."""
    missing = _missing_apt()
    if missing:
        _apt(missing)


def _works(python: pathlib.Path) -> bool:
    if not python.exists():
        return False
    return (
        subprocess.run(
            [str(python), "-m", "pip", "--version"], capture_output=True
        ).returncode
        == 0
    )


def venv() -> None:
    """Make the environment, or bring an older one to the wanted set."""
    if is_installed():
        return
    log = settings.LOG / "pip.log"
    _mark().unlink(missing_ok=True)
    if not _works(settings.BIN / "python"):
        shutil.rmtree(settings.VENV, ignore_errors=True)
        proc.run([sys.executable, "-m", "venv", str(settings.VENV)], log)
    env = dict(os.environ)
    pip = [
        f"{settings.BIN}/python",
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
    ]
    proc.run(
        [*pip, "-r", str(REQUIREMENTS), "-c", str(CONSTRAINTS)], log, env=env
    )
    _mark().write_text(digest() + "\n")
