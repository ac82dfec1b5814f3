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

"""The guest's own program, compiled and run on this machine."""

from __future__ import annotations

import base64
from collections.abc import Callable
from collections.abc import Mapping
import functools
import hashlib
from http import client
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from nham.tests import base

GUEST = pathlib.Path(__file__).resolve().parents[4] / "tools/testcloud/guest"
CGI = GUEST / "root" / "www" / "cgi-bin"
TOKEN = (GUEST / "root" / "etc" / "vnf-token").read_text().strip()
PATIENCE = 30.0
"""Seconds that the other side may take; only a failure takes as long."""

Answer = tuple[int, Mapping[str, str], bytes]


@functools.cache
def compiled() -> tuple[bytes | None, str]:
    """Return the compiled program, or None and why there is none."""
    if shutil.which("gcc") is None:
        return None, "there is no gcc"
    with tempfile.TemporaryDirectory(prefix="nham-test-") as folder:
        out = pathlib.Path(folder) / "vnf"
        probe = subprocess.run(
            ["gcc", "-static", "-x", "c", "-o", str(out), "-"],
            input=b"int main(void) { return 0; }",
            capture_output=True,
            check=False,
        )
        if probe.returncode:
            return None, "gcc makes no static program here"
        subprocess.run(["bash", GUEST / "compile.sh", out], check=True)
        return out.read_bytes(), ""


def digest(data: bytes) -> str:
    """Return what ``Content-Digest`` says of these bytes."""
    value = base64.b64encode(hashlib.sha256(data).digest()).decode()
    return f"sha-256=:{value}:"


def state(counter: int, note: bytes, table: bytes) -> bytes:
    """Return a state as the VNF writes it."""
    head = f"vnf-state 1 {counter} {len(note)} {len(table)}\n"
    return head.encode() + note + table


class Member:
    """A sample VNF with a folder of its own."""

    def __init__(self, root: pathlib.Path, program: bytes) -> None:
        self.root = root
        for name in ("tmp", "var/lib", "etc", "bin"):
            (root / name).mkdir(parents=True)
        (root / "etc" / "vnf-token").write_text(f"{TOKEN}\n")
        vnf_ = root / "bin" / "vnf"
        vnf_.write_bytes(program)
        vnf_.chmod(0o700)
        self._env = {
            "VNF_ROOT": str(root),
            "PATH": f"{root}/bin:{os.environ['PATH']}",
        }
        self.port = 0

    def run(self, *words: str, **env: str) -> str:
        """Run a program of the guest's and return what it prints."""
        return subprocess.run(
            words,
            env=self._env | env,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def cgi(self, name: str, query: str) -> str:
        """Return what a CGI script answers."""
        return self.run("sh", str(CGI / name), QUERY_STRING=query)

    def serve(self, what: str) -> tuple[int, Callable[[], None]]:
        """Start a server of the program's; return its port and its end."""
        process = subprocess.Popen(
            [self.root / "bin" / "vnf", what, "0"],
            env=self._env,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with process.stdout as told:
            port = int(told.readline().partition(b"=")[2])

        def stop() -> None:
            process.kill()
            process.wait()

        return port, stop

    def call(
        self,
        method: str = "GET",
        body: bytes | None = None,
        path: str = "/nham/state",
        **headers: str | None,
    ) -> Answer:
        """Send a request; a header that is None is left out."""
        found = {
            "Authorization": f"Bearer {TOKEN}",
            "NHAM-Sender": "vnf-1",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {k: v for k, v in found.items() if v is not None}
        http = client.HTTPConnection("127.0.0.1", self.port, PATIENCE)
        try:
            http.request(method, path, body, sent)
            answer = http.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            http.close()

    def export(self) -> bytes:
        """Return the state, of a good export."""
        status, headers, data = self.call()
        if status != 200:
            raise AssertionError(f"{status}: {data!r}")
        return data

    def send(self, data: bytes) -> bytes:
        """Send bytes and nothing more; return all that is answered."""
        address = ("127.0.0.1", self.port)
        with socket.create_connection(address, PATIENCE) as peer:
            peer.sendall(data)
            peer.shutdown(socket.SHUT_WR)
            parts = iter(lambda: peer.recv(65536), b"")
            return b"".join(parts)


class GuestCase(base.TestCase):
    """A test with one sample VNF."""

    def setUp(self) -> None:
        super().setUp()
        self.member = self.new_member()

    def new_member(self) -> Member:
        """Return a VNF that knows nothing yet and serves its hook."""
        program, lack = compiled()
        if program is None:
            self.skipTest(lack)
        member = Member(self.temp_dir() / "root", program)
        member.port, stop = member.serve("hook")
        self.addCleanup(stop)
        return member
