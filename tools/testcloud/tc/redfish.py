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

"""BMCs for the test cloud's hosts: sushy-tools' Redfish, our power switch.

Only ``tools/testcloud/redfish`` and tests import this: sushy-tools is no
part of the test cloud.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import dataclasses
import pathlib
import subprocess
import tempfile
import threading
from typing import Any

import bcrypt
from sushy_tools import error
from sushy_tools.emulator import main as emulator
from sushy_tools.emulator.resources.systems import base
from werkzeug import serving

TESTCLOUD = pathlib.Path(__file__).resolve().parents[1] / "testcloud"
HOSTS = ("cmp1", "cmp2")
#: What a ResetType does; a host of the test cloud has no other buttons.
BUTTONS = {"On": "start", "ForceOn": "start", "ForceOff": "kill"}

#: Is given a word (kill, start, status) and a host; returns what it prints.
Switch = Callable[[str, str], str]


def testcloud(word: str, host: str) -> str:
    """Press the test cloud's own switch."""
    done = subprocess.run(
        [str(TESTCLOUD), "host", word, host],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise error.FishyError(f"testcloud host {word}: {done.stderr}")
    return done.stdout.strip()


class Hosts(base.AbstractSystemsDriver):  # type: ignore[misc]
    """The emulator's systems: hosts, each by its name."""

    def __init__(self, names: tuple[str, ...], switch: Switch) -> None:
        super().__init__()
        self._names = names
        self._switch = switch

    @property
    def driver(self) -> str:
        """What the emulator calls this."""
        return "<hosts>"

    @property
    def systems(self) -> list[str]:
        """The names of all hosts."""
        return list(self._names)

    def uuid(self, identity: str) -> str:
        """Return what a host is known by."""
        if identity not in self._names:
            raise error.NotFound(f"There is no host {identity}")
        return identity

    def name(self, identity: str) -> str:
        """Return a host's name."""
        return self.uuid(identity)

    def get_power_state(self, identity: str) -> str:
        """Return On or Off."""
        return self._switch("status", self.uuid(identity)).capitalize()

    def set_power_state(self, identity: str, state: str) -> None:
        """Press the button."""
        if state not in BUTTONS:
            raise error.NotSupportedError(f"There is no {state}")
        self._switch(BUTTONS[state], self.uuid(identity))

    def get_boot_device(self, identity: str) -> str:
        """Return what each system must tell."""
        return "Hdd"

    def set_boot_device(self, identity: str, boot_source: str) -> None:
        """Refuse; the test cloud's hosts do not boot."""
        raise error.NotSupportedError("Hosts boot from nothing else")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How the emulator is reached.

    :ivar port: 0: any that is free.
    :ivar tls: the files of a certificate and its key; None: plain HTTP.
    """

    username: str
    password: str
    address: str = "127.0.0.1"
    port: int = 0
    tls: tuple[str, str] | None = None


class Server:
    """The emulator, until it is closed; one in the life of a process."""

    def __init__(self, hosts: Hosts, settings: Settings) -> None:
        self._folder = tempfile.TemporaryDirectory()
        passwords = pathlib.Path(self._folder.name, "passwords")
        hashed = bcrypt.hashpw(settings.password.encode(), bcrypt.gensalt(4))
        passwords.write_text(f"{settings.username}:{hashed.decode()}\n")
        # It has no other way to be given systems of a kind of our own.
        emulator.Application.systems = hosts
        emulator.app.configure(
            extra_config={
                "SUSHY_EMULATOR_AUTH_FILE": str(passwords),
                "SUSHY_EMULATOR_STATE_DIR": self._folder.name,
            }
        )
        self._server: Any = serving.make_server(
            settings.address,
            settings.port,
            emulator.app,
            threaded=True,
            ssl_context=settings.tls,
        )
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, daemon=True
        )
        self._thread.start()

    def wait(self) -> None:
        """Serve until somebody closes it."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._folder.cleanup()


def main() -> int:
    """Serve the BMCs of the test cloud's hosts."""
    parser = argparse.ArgumentParser(prog="redfish", description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--username", default="admin")
    parser.add_argument("--password", default="testcloud")
    args = parser.parse_args()
    server = Server(
        Hosts(HOSTS, testcloud),
        Settings(
            username=args.username, password=args.password, port=args.port
        ),
    )
    print(f"http://127.0.0.1:{server.port}", flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        server.close()
    return 0
