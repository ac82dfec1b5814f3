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

"""Where everything of the test cloud lies and which addresses it uses."""

import os
import pathlib
import secrets

TOOL = pathlib.Path(__file__).resolve().parent.parent
REPO = TOOL.parent.parent
STATE = pathlib.Path(
    os.environ.get("NHAM_TESTCLOUD_STATE") or "/var/lib/nham-testcloud"
)
VENV = STATE / "venv"
BIN = VENV / "bin"
ETC = STATE / "etc"
LOG = STATE / "log"
RUN = STATE / "run"
DATA = STATE / "data"
IMAGES = STATE / "images"
READY = STATE / "READY"
TEMPLATES = TOOL / "templates"
SHIMS = TOOL / "shims"
# Octavia's provider library knows this folder only.
OCTAVIA_RUN = pathlib.Path("/var/run/octavia")

# The control plane listens on its own bridge, not on 127.0.0.1, because
# the compute hosts live in network namespaces and have to reach it.
HOST_IP = "10.99.0.1"
BRIDGE = "aio0"
EXT_BRIDGE = "aio1"
EXT_IP = "172.24.4.1"
EXT_MTU = 1600
AUTH_URL = f"http://{HOST_IP}:5000/v3"
GUEST_IMAGE = IMAGES / "nham-vnf.qcow2"

COMPUTES = ("cmp1", "cmp2")
# The gateway chassis is a host of its own that is never killed: OVN with
# two gateway chassis does not fail over when one of the two dies.
GATEWAY = "net9"
HOSTS = (GATEWAY, *COMPUTES)


class Failure(Exception):
    """A step failed; ``log`` is the file that tells why."""

    def __init__(self, text: str, log: pathlib.Path | None = None):
        super().__init__(text)
        self.log = log


def host_index(name: str) -> int:
    """Return the number in a host's name; addresses are made from it."""
    return int("".join(c for c in name if c.isdigit()))


def make_dirs() -> None:
    """Make the folders of the state folder."""
    for folder in (STATE, ETC, LOG, RUN, DATA, IMAGES):
        folder.mkdir(parents=True, exist_ok=True)
    # MariaDB and RabbitMQ run as their own users and need to pass.
    STATE.chmod(0o755)
    RUN.chmod(0o777)


def password() -> str:
    """Return the one password of this cloud, made at its first start."""
    path = ETC / "password"
    if not path.exists():
        ETC.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as out:
            out.write(secrets.token_hex(12))
    text = path.read_text().strip()
    if not text:
        path.unlink()
        return password()
    return text


def db_url(name: str, user: str = "root", charset: str = "utf8") -> str:
    """Return the SQLAlchemy URL of a database of the cloud."""
    return (
        f"mysql+pymysql://{user}:{password()}@{HOST_IP}/{name}"
        f"?charset={charset}"
    )


def transport_url() -> str:
    """Return the oslo.messaging URL of the cloud's RabbitMQ."""
    return f"rabbit://openstack:{password()}@{HOST_IP}:5672/"


def base_env() -> dict[str, str]:
    """Return the environment all services and tools run with.

    Nothing of the caller's OS_* variables may leak into a service.
    """
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("OS_") and key != "PYTHONPATH"
    }
    path = env.get("PATH", "/usr/bin:/bin")
    env["PATH"] = (
        f"{SHIMS}:{BIN}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin:{path}"
    )
    env["PYTHONWARNINGS"] = "ignore"
    env["LC_ALL"] = "C.UTF-8"
    return env
