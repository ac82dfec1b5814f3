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

"""NHAM's own processes beside the test cloud."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

from benchmarks.bed import agents as agents_
from benchmarks.bed import cloud as bed

_CONF = """\
[DEFAULT]
state_path = {folder}
transport_url = {transport}
log_file = {folder}/{program}.log

[database]
connection = {database}

[api]
bind_host = {address}
bind_port = {port}
callback_url = http://{address}:{port}/v1/tacker/notifications

[cloud]
cloud = testcloud-service
interface = public

[tacker]
callback_password = {password}
reconcile_interval = {reconcile}

[hooks]
secrets_dir = {folder}/secrets

[fencing]
host_drivers = {hosts}
member_drivers = {members}

[guards]
host_faults = {never}
correlated_members = {never}

[fencing_command]
off = {testcloud} host kill {{host}}
status = {testcloud} host status {{host}}

[keystone_authtoken]
auth_type = password
auth_url = {auth_url}
www_authenticate_uri = {auth_url}
username = nham
password = {password}
project_name = service
user_domain_id = default
project_domain_id = default
"""

#: What is added where the hosts have agents.
_AGENTS = """
[agent]
bind_host = {address}
bind_port = {port}
keys_file = {keys}
need_watchdog = {watchdog}
"""


#: What is added where a plugger joins tenants' networks.
_PLUGGER = """
[detection]
plugger_socket = {path}
"""

#: The sample VNF's token for its hook, by the name its policies use.
SECRET = ("sample-vnf", "testcloud-hook-token")
#: So many faults of a host count against it as never come: a bed breaks the
#: same two hosts over and over, and neither may be put in quarantine.
NEVER = 1000
#: Where the API listens, beside the test cloud's own.
PORT = 9899


class Nham:
    """One process of NHAM; kills and restarts it at will.

    :param program: ``nham-all-in-one`` with a database of its own, or
        ``nham-api`` or ``nham-engine``, which share RabbitMQ and MariaDB.
    :param reconcile: seconds between two looks at all that Tacker has.
    :param agents: those of the hosts, which are told of it.
    :param lease: hosts are fenced by the end of their lease and by nothing
        else, without a watchdog: the hosts of a test cloud have none.
    :param plugger: the socket of the one that joins tenants' networks.
    """

    def __init__(
        self,
        folder: pathlib.Path,
        program: str = "nham-all-in-one",
        reconcile: int = 5,
        agents: agents_.Agents | None = None,
        lease: bool = False,
        plugger: pathlib.Path | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None
        env = bed.environment()
        transport, database = "fake://", f"sqlite:///{folder}/nham.sqlite"
        if program != "nham-all-in-one":
            transport = env["NHAM_TESTCLOUD_TRANSPORT_URL"]
            database = env["NHAM_TESTCLOUD_DB_URL"]
        name, token = SECRET
        secret = folder / "secrets" / name
        secret.parent.mkdir(exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(token)
        self.config = folder / f"{program}.conf"
        self.config.touch(mode=0o600)
        self.config.write_text(
            _CONF.format(
                folder=folder,
                program=program,
                transport=transport,
                database=database,
                address=env["NHAM_TESTCLOUD_HOST_IP"],
                port=PORT,
                password=env["NHAM_TESTCLOUD_PASSWORD"],
                auth_url=env["NHAM_TESTCLOUD_AUTH_URL"],
                testcloud=bed.TESTCLOUD,
                never=NEVER,
                reconcile=reconcile,
                hosts="lease" if lease else "command",
                # What an agent proves does not last.
                members="port" if agents is None else "agent, port",
            )
            + _agents_part(agents, env["NHAM_TESTCLOUD_HOST_IP"], lease)
            + (_PLUGGER.format(path=plugger) if plugger else "")
        )

    def __enter__(self) -> Nham:
        self.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def manage(self, *args: str) -> None:
        """Run ``nham-manage``."""
        subprocess.run(
            [_script("nham-manage"), "--config-file", self.config, *args],
            check=True,
            capture_output=True,
            env=self._environment(),
        )

    def start(self) -> None:
        """Start the process, in a process group of its own."""
        with (self.folder / f"{self.program}.out").open("ab") as out:
            self._process = subprocess.Popen(
                [_script(self.program), "--config-file", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=self._environment(),
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill the process and its workers at once (``kill -9``)."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """Ask the process to end, as an init system does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    @property
    def log(self) -> str:
        """What the process has logged so far."""
        path = self.folder / f"{self.program}.log"
        return path.read_text() if path.exists() else ""

    def wait_log(self, words: str, seconds: float = 60.0) -> None:
        """Wait until the log says something."""
        bed.wait(f"the log says {words!r}", lambda: words in self.log, seconds)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "OS_CLIENT_CONFIG_FILE": str(bed.STATE / "clouds.yaml"),
        }


def _agents_part(
    agents: agents_.Agents | None, address: str, lease: bool
) -> str:
    if agents is None:
        return ""
    return _AGENTS.format(
        address=address,
        port=agents.expect_engine(address),
        keys=agents.keys,
        watchdog=not lease,
    )


def _script(name: str) -> str:
    return str(pathlib.Path(sys.executable).parent / name)
