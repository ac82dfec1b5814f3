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

"""The guest's own program, compiled and run here."""

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
import struct
import subprocess
import tempfile
import time
from unittest import mock

from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf
from nham.tests import base

GUEST = pathlib.Path(__file__).resolve().parents[4] / "tools/testcloud/guest"
CGI = GUEST / "root" / "www" / "cgi-bin"
TOKEN = (GUEST / "root" / "etc" / "vnf-token").read_text().strip()
PATIENCE = 30.0
"""Seconds that the other side may take; only a failure takes as long."""
KEPT = 4096
"""Runs of service that the VNF remembers."""

Answer = tuple[int, Mapping[str, str], bytes]


@functools.cache
def _program() -> tuple[bytes | None, str]:
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
        program, lack = _program()
        if program is None:
            self.skipTest(lack)
        member = Member(self.temp_dir() / "root", program)
        member.port, stop = member.serve("hook")
        self.addCleanup(stop)
        return member


class TestExport(GuestCase):
    """A state is given to who has the token."""

    def test_of_a_new_vnf(self) -> None:
        status, headers, data = self.member.call()
        self.assertEqual((200, state(0, b"", b"")), (status, data))
        self.assertEqual("application/octet-stream", headers["Content-Type"])
        self.assertEqual(str(len(data)), headers["Content-Length"])
        self.assertEqual(digest(data), headers["Content-Digest"])
        self.assertGreaterEqual(float(headers["NHAM-Pause"]), 0.0)

    def test_has_counter_note_and_table(self) -> None:
        self.member.run("vnf", "count")
        self.assertEqual("2\n", self.member.run("vnf", "count"))
        (self.member.root / "var/lib/note").write_bytes(b"hello\n")
        self.member.run("vnf", "flows", "600")
        table = (self.member.root / "tmp" / "table").read_bytes()
        _, headers, data = self.member.call()
        self.assertEqual(state(2, b"hello\n", table), data)
        self.assertEqual(digest(data), headers["Content-Digest"])

    def test_digests_of_all_lengths(self) -> None:
        for size in (*range(130), 8192):
            (self.member.root / "var/lib/note").write_bytes(b"x" * size)
            _, headers, data = self.member.call()
            self.assertEqual(state(0, b"x" * size, b""), data)
            self.assertEqual(digest(data), headers["Content-Digest"])

    def test_token(self) -> None:
        for wrong in (None, TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
            status, _, _ = self.member.call(Authorization=wrong)
            self.assertEqual(401, status, str(wrong))

    def test_without_a_token_in_the_image_nobody_is_let_in(self) -> None:
        (self.member.root / "etc" / "vnf-token").unlink()
        for said in (f"Bearer {TOKEN}", "Bearer ", "Bearer"):
            status, _, _ = self.member.call(Authorization=said)
            self.assertEqual(401, status, said)

    def test_other_paths_and_methods(self) -> None:
        self.assertEqual(404, self.member.call(path="/nham/stat")[0])
        self.assertEqual(405, self.member.call("PUT", b"")[0])

    def test_no_end_of_the_head(self) -> None:
        for head in (b"", b"GET /nham/state", b"x" * 9000):
            self.assertIn(b"HTTP/1.1 400 ", self.member.send(head))


class TestImport(GuestCase):
    """A state is taken as a whole or not at all."""

    def setUp(self) -> None:
        super().setUp()
        self.before = state(7, b"old\n", b"old table")
        self.assertEqual(204, self.member.call("POST", self.before)[0])

    def assert_refused(self, answer: Answer, status: int, word: str) -> None:
        """The answer names the field, and nothing of the request counts."""
        self.assertEqual(status, answer[0], str(answer))
        self.assertIn(word, answer[2].decode())
        self.assertEqual(self.before, self.member.export())
        self.assertEqual("vnf-1\n", self.member.run("vnf", "sender"))
        left = {
            path.name
            for folder in ("tmp", "var/lib")
            for path in (self.member.root / folder).iterdir()
        }
        self.assertEqual({"memory", "table", "note"}, left)

    def test_into_another_member(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.member.run("vnf", "count")
        data = self.member.export()
        other = self.new_member()
        other.run("vnf", "flows", "1000")
        answer = other.call(
            "POST", data, Content_Digest=digest(data), NHAM_Sender="vnf-2"
        )
        self.assertEqual((204, b""), (answer[0], answer[2]))
        self.assertEqual(data, other.export())
        self.assertEqual("8\n", other.run("vnf", "get"))
        self.assertEqual("9\n", other.run("vnf", "count"))
        self.assertEqual("vnf-2\n", other.run("vnf", "sender"))
        note = other.root / "var" / "lib" / "note"
        self.assertEqual("old\n", note.read_text())
        # The first member goes on by itself.
        self.assertEqual("8\n", self.member.run("vnf", "get"))

    def test_smaller_after_larger(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.assertEqual(204, self.member.call("POST", self.before)[0])
        self.assertEqual(self.before, self.member.export())

    def test_wrong_token(self) -> None:
        # Large, so that the answer is there before all has been sent.
        data = state(9, b"", bytes(8 << 20))
        answer = self.member.call("POST", data, Authorization="Bearer x")
        self.assert_refused(answer, 401, "Authorization")

    def test_wrong_digest(self) -> None:
        data = state(9, b"new", b"")
        for wrong in (digest(data + b"x"), "sha-256=::", "nonsense"):
            answer = self.member.call("POST", data, Content_Digest=wrong)
            self.assert_refused(answer, 400, "Content-Digest")

    def test_digest_among_others(self) -> None:
        data = state(9, b"new", b"")
        said = f"sha-512=:{'A' * 86}==:, {digest(data)}"
        answer = self.member.call("POST", data, Content_Digest=said)
        self.assertEqual(204, answer[0])
        self.assertEqual(data, self.member.export())

    def test_half_a_body(self) -> None:
        data = state(9, b"new", bytes(100_000))
        head = (
            "POST /nham/state HTTP/1.1\r\n"
            f"authorization: Bearer {TOKEN}\r\nnham-sender: vnf-2\r\n"
            f"content-length: {len(data)}\r\n\r\n"
        ).encode()
        for size in (0, 5, 30, 70_000, len(data) - 1):
            said = self.member.send(head + data[:size])
            status, text = said[9:12], said.partition(b"\r\n\r\n")[2]
            self.assert_refused((int(status), {}, text), 400, "body")
        # The same request is good once all of it comes.
        self.assertIn(b"HTTP/1.1 204 ", self.member.send(head + data))
        self.assertEqual(data, self.member.export())

    def test_wrong_length(self) -> None:
        data = state(9, b"new", b"")
        for wrong in ("", "-1", "1e3", "9999999999"):
            answer = self.member.call("POST", data, Content_Length=wrong)
            self.assert_refused(answer, 400, "Content-Length")

    def test_wrong_sender(self) -> None:
        data = state(9, b"new", b"")
        for wrong in (None, "", "a b", "x" * 256):
            answer = self.member.call("POST", data, NHAM_Sender=wrong)
            self.assert_refused(answer, 400, "NHAM-Sender")

    def test_what_is_no_state(self) -> None:
        for wrong in (
            b"",
            b"\n",
            b"x" * 200,
            b"vnf-state 2 1 0 0\n",
            b"vnf-state 1 1 0\n",
            b"vnf-state 1 +1 0 0\n",
            b"vnf-state 1 -1 0 0\n",
            b"vnf-state 1 99999999999999999999 0 0\n",
            b"vnf-state 1 1 0 1\n",
            b"vnf-state 1 1 1 0\n",
            b"vnf-state 1 1 1 18446744073709551615\n",
            state(1, b"x" * 8193, b""),
            state(1, b"", b"") + b"more",
            state(1, b"", bytes((50 << 20) + 1)),
        ):
            answer = self.member.call("POST", wrong)
            self.assert_refused(answer, 400, "state")


class TestFlows(GuestCase):
    """The table has the size that was asked for."""

    def test_fill(self) -> None:
        said = self.member.cgi("flows", "512")
        self.assertTrue(said.startswith("Status: 200 "), said)
        path = self.member.root / "tmp" / "table"
        first = path.read_bytes()
        self.assertEqual(512 << 10, len(first))
        words = {first[i : i + 8] for i in range(0, len(first), 8)}
        self.assertEqual(len(first) // 8, len(words))
        self.member.cgi("flows", "512")
        self.assertNotEqual(first, path.read_bytes())

    def test_wrong_size(self) -> None:
        for wrong in ("", "x", "511", "51201", "600k", "-600"):
            said = self.member.cgi("flows", wrong)
            self.assertTrue(said.startswith("Status: 400 flows:"), said)
        self.assertFalse((self.member.root / "tmp" / "table").exists())


class TestServed(GuestCase):
    """The log tells when requests were served."""

    def served(self) -> tuple[list[vnf.Run], int]:
        """Return the log and the VNF's time."""
        text = self.member.cgi("served", "").partition("\n\n")[2]
        return vnf.parse_served(text)

    def test_nothing(self) -> None:
        before = int(time.time() * 1000)
        runs, now = self.served()
        self.assertEqual([], runs)
        self.assertLessEqual(before, now)
        self.assertLessEqual(now, time.time() * 1000)

    def test_every_request_is_in_a_run(self) -> None:
        before = int(time.time() * 1000)
        for _ in range(20):
            self.member.cgi("count", "")
        runs, now = self.served()
        self.assertEqual(20, sum(run.count for run in runs))
        self.assertLessEqual(before, runs[0].first)
        self.assertLessEqual(runs[-1].last, now)
        for run in runs:
            self.assertLessEqual(run.first, run.last)
        for one, other in zip(runs, runs[1:], strict=False):
            self.assertGreater(other.first - one.last, 100)

    def test_a_gap_starts_a_new_run(self) -> None:
        self.member.cgi("count", "")
        [run], _ = self.served()
        earlier = vnf.Run(run.first - 101, run.last - 101, run.count)
        self._write(1, 0, earlier)
        self.member.cgi("count", "")
        runs, _ = self.served()
        self.assertEqual([earlier, mock.ANY], runs)
        self.assertEqual(1, runs[1].count)

    def test_the_newest_runs_are_kept(self) -> None:
        for number in range(KEPT):
            self._write(KEPT, number, vnf.Run(number + 1, number + 1, 1))
        self.member.cgi("count", "")
        runs, _ = self.served()
        self.assertEqual(KEPT, len(runs))
        self.assertEqual([2, 3], [run.first for run in runs[:2]])
        self.assertEqual(KEPT, runs[-2].first)

    def _write(self, runs: int, place: int, run: vnf.Run) -> None:
        """Write a run into the VNF's memory, as memory.h lays it out."""
        memory = self.member.root / "tmp" / "memory"
        with memory.open("r+b" if memory.exists() else "w+b") as file:
            file.seek(8 + 256)
            file.write(struct.pack("=Q", runs))
            file.seek(place * 24, os.SEEK_CUR)
            file.write(struct.pack("=3Q", run.first, run.last, run.count))

    def test_an_export_is_no_service(self) -> None:
        self.member.export()
        self.assertEqual([], self.served()[0])


class TestUdp(GuestCase):
    """A datagram that was answered has been counted."""

    def test_echo(self) -> None:
        port, stop = self.member.serve("udp")
        self.addCleanup(stop)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
            peer.settimeout(PATIENCE)
            peer.connect(("127.0.0.1", port))
            for number in range(1, 4):
                peer.send(b"%d" % number)
                self.assertEqual(b"%d" % number, peer.recv(100))
                self.assertEqual(f"{number}\n", self.member.run("vnf", "get"))
        text = self.member.run("vnf", "served")
        runs, _ = vnf.parse_served(text)
        self.assertEqual(3, sum(run.count for run in runs))


class TestReader(base.TestCase):
    """What the bed makes of the VNF's answers."""

    def test_offset_is_of_the_quickest_answer(self) -> None:
        # Each question takes the time from one reading to the next.
        self.replace(
            "time.time", side_effect=[0.0, 4.0, 10.0, 12.0, 20.0, 29.0]
        )
        self.replace(
            "benchmarks.bed.vnf.http_get",
            side_effect=["now 1", "1 2 3\nnow 11500", "now 1"],
            autospec=True,
        )
        runs, offset = vnf.served("192.0.2.1")
        self.assertEqual([vnf.Run(1, 2, 3)], runs)
        self.assertEqual(500.0, offset)

    def test_no_answer(self) -> None:
        self.replace(
            "benchmarks.bed.vnf.http_get", return_value=None, autospec=True
        )
        self.assertRaises(bed.Bad, vnf.served, "192.0.2.1")
        self.assertRaises(bed.Bad, vnf.set_flows, "192.0.2.1", 512)
