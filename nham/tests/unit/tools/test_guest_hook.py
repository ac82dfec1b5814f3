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

"""The sample VNF gives its state away and takes another one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.adapters.hooks import http
from nham.tests.unit.tools import guest


class TestAddress(guest.GuestCase):
    """A service address is taken only in a network that is there.

    The program runs on this machine, which must keep its addresses: only
    such are asked for that are of no network but the loopback's.
    """

    NOWHERE = "/nham/address/127.0.0.9"

    def status(self, method: str, path: str) -> int:
        """Return how a call is answered."""
        return self.member.call(method, path=path)[0]

    def test_of_no_network_here(self) -> None:
        for path in (self.NOWHERE, "/nham/address/", "/nham/address/1;ls"):
            self.assertEqual(400, self.status("PUT", path))
            self.assertEqual(404, self.status("GET", path))
            self.assertEqual(204, self.status("DELETE", path))

    def test_own_address_is_none_to_let_go(self) -> None:
        self.assertEqual(204, self.status("DELETE", "/nham/address/127.0.0.1"))

    def test_another_method(self) -> None:
        self.assertEqual(405, self.status("PATCH", self.NOWHERE))


class TestExport(guest.GuestCase):
    """A state is given to who has the token."""

    def test_of_a_new_vnf(self) -> None:
        status, headers, data = self.member.call()
        self.assertEqual((200, guest.state(0, b"", b"")), (status, data))
        self.assertEqual("application/octet-stream", headers["Content-Type"])
        self.assertEqual(str(len(data)), headers["Content-Length"])
        self.assertEqual(guest.digest(data), headers["Content-Digest"])
        self.assertGreaterEqual(float(headers["NHAM-Pause"]), 0.0)

    def test_has_counter_note_and_table(self) -> None:
        self.member.run("vnf", "count")
        self.assertEqual("2\n", self.member.run("vnf", "count"))
        (self.member.root / "var/lib/note").write_bytes(b"hello\n")
        self.member.run("vnf", "flows", "600")
        table = (self.member.root / "tmp" / "table").read_bytes()
        _, headers, data = self.member.call()
        self.assertEqual(guest.state(2, b"hello\n", table), data)
        self.assertEqual(guest.digest(data), headers["Content-Digest"])

    def locked(self) -> bool:
        """Say whether what would change the state has to wait."""
        with (self.member.root / "tmp" / "memory").open("rb") as memory:
            try:
                fcntl.flock(memory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def test_its_life(self) -> None:
        """It ends with what is in memory, and not with the program."""
        _, first, _ = self.member.call()
        self.assertNotIn("NHAM-Imported", first)
        port, stop = self.member.serve("hook")
        self.addCleanup(stop)
        self.member.port = port
        state = guest.state(7, b"", b"")
        self.member.call("POST", state)
        for method in ("GET", "HEAD"):
            _, again, _ = self.member.call(method)
            self.assertEqual(first["NHAM-Started"], again["NHAM-Started"])
            self.assertEqual(guest.digest(state), again["NHAM-Imported"])
        (self.member.root / "tmp" / "memory").unlink()
        self.member.port, stop = self.member.serve("hook")
        self.addCleanup(stop)
        _, other, _ = self.member.call()
        self.assertNotEqual(first["NHAM-Started"], other["NHAM-Started"])
        self.assertNotIn("NHAM-Imported", other)

    def test_held(self) -> None:
        _, headers, _ = self.member.call(NHAM_Hold="30")
        self.assertEqual("30", headers["NHAM-Hold"])
        self.assertTrue(self.locked())

    def test_held_no_longer_than_was_asked(self) -> None:
        _, headers, data = self.member.call(NHAM_Hold="1")
        self.assertEqual(guest.digest(data), headers["Content-Digest"])
        # It waits for the end, and would wait for ever.
        self.assertEqual("1\n", self.member.run("vnf", "count"))

    def test_not_held(self) -> None:
        _, headers, _ = self.member.call()
        self.assertNotIn("NHAM-Hold", headers)
        self.assertFalse(self.locked())
        for wrong in ("0", "31", "-1", "1.5", "soon", ""):
            status, _, text = self.member.call(NHAM_Hold=wrong)
            self.assertEqual(400, status)
            self.assertIn(b"NHAM-Hold", text)
            self.assertFalse(self.locked())

    def test_digests_of_all_lengths(self) -> None:
        for size in (*range(130), 8192):
            (self.member.root / "var/lib/note").write_bytes(b"x" * size)
            _, headers, data = self.member.call()
            self.assertEqual(guest.state(0, b"x" * size, b""), data)
            self.assertEqual(guest.digest(data), headers["Content-Digest"])

    def test_token(self) -> None:
        for wrong in (
            None,
            guest.TOKEN,
            f"Basic {guest.TOKEN}",
            f"Bearer {guest.TOKEN}x",
        ):
            status, _, _ = self.member.call(Authorization=wrong)
            self.assertEqual(401, status, str(wrong))

    def test_without_a_token_in_the_image_nobody_is_let_in(self) -> None:
        (self.member.root / "etc" / "vnf-token").unlink()
        for said in (f"Bearer {guest.TOKEN}", "Bearer ", "Bearer"):
            status, _, _ = self.member.call(Authorization=said)
            self.assertEqual(401, status, said)

    def test_other_paths_and_methods(self) -> None:
        self.assertEqual(404, self.member.call(path="/nham/stat")[0])
        self.assertEqual(405, self.member.call("PUT", b"")[0])

    def test_no_end_of_the_head(self) -> None:
        for head in (b"", b"GET /nham/state", b"x" * 9000):
            self.assertIn(b"HTTP/1.1 400 ", self.member.send(head))


class TestImport(guest.GuestCase):
    """A state is taken as a whole or not at all."""

    def setUp(self) -> None:
        super().setUp()
        self.before = guest.state(7, b"old\n", b"old table")
        self.assertEqual(204, self.member.call("POST", self.before)[0])

    def files(self) -> set[str]:
        """Return the files that the VNF keeps."""
        return {
            path.name
            for folder in ("tmp", "var/lib")
            for path in (self.member.root / folder).iterdir()
        }

    def assert_refused(
        self, answer: guest.Answer, status: int, word: str
    ) -> None:
        """The answer names the field, and nothing of the request counts."""
        self.assertEqual(status, answer[0], str(answer))
        self.assertIn(word, answer[2].decode())
        self.assertEqual(self.before, self.member.export())
        self.assertEqual("vnf-1\n", self.member.run("vnf", "sender"))
        self.assertEqual({"memory", "table", "note"}, self.files())

    def test_into_another_member(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.member.run("vnf", "count")
        data = self.member.export()
        other = self.new_member()
        other.run("vnf", "flows", "1000")
        answer = other.call(
            "POST",
            data,
            Content_Digest=guest.digest(data),
            NHAM_Sender="vnf-2",
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

    def test_what_a_dead_import_left_is_removed(self) -> None:
        dead = subprocess.Popen(["true"])
        dead.wait()
        for name in ("tmp/table", "var/lib/note"):
            (self.member.root / f"{name}.{dead.pid}").write_bytes(b"half")
        alive = self.member.root / "tmp" / f"table.{os.getpid()}"
        alive.write_bytes(b"being written")
        self.assertEqual(204, self.member.call("POST", self.before)[0])
        self.assertTrue(alive.exists())
        alive.unlink()
        self.assertEqual({"memory", "table", "note"}, self.files())

    def test_smaller_after_larger(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.assertEqual(204, self.member.call("POST", self.before)[0])
        self.assertEqual(self.before, self.member.export())

    def test_wrong_token(self) -> None:
        # Large, so that the answer is there before all has been sent.
        data = guest.state(9, b"", bytes(8 << 20))
        answer = self.member.call("POST", data, Authorization="Bearer x")
        self.assert_refused(answer, 401, "Authorization")

    def test_wrong_digest(self) -> None:
        data = guest.state(9, b"new", b"")
        for wrong in (guest.digest(data + b"x"), "sha-256=::", "nonsense"):
            answer = self.member.call("POST", data, Content_Digest=wrong)
            self.assert_refused(answer, 400, "Content-Digest")

    def test_digest_among_others(self) -> None:
        data = guest.state(9, b"new", b"")
        said = f"sha-512=:{'A' * 86}==:, {guest.digest(data)}"
        answer = self.member.call("POST", data, Content_Digest=said)
        self.assertEqual(204, answer[0])
        self.assertEqual(data, self.member.export())

    def test_half_a_body(self) -> None:
        data = guest.state(9, b"new", bytes(100_000))
        head = (
            "POST /nham/state HTTP/1.1\r\n"
            f"authorization: Bearer {guest.TOKEN}\r\nnham-sender: vnf-2\r\n"
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
        data = guest.state(9, b"new", b"")
        for wrong in ("", "-1", "1e3", "9999999999"):
            answer = self.member.call("POST", data, Content_Length=wrong)
            self.assert_refused(answer, 400, "Content-Length")

    def test_wrong_sender(self) -> None:
        data = guest.state(9, b"new", b"")
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
            guest.state(1, b"x" * 8193, b""),
            guest.state(1, b"", b"") + b"more",
            guest.state(1, b"", bytes((50 << 20) + 1)),
        ):
            answer = self.member.call("POST", wrong)
            self.assert_refused(answer, 400, "state")


class TestOurSide(guest.GuestCase):
    """NHAM's hook and the VNF's understand each other."""

    def endpoint(
        self, member: guest.Member, token: str = guest.TOKEN
    ) -> hooks.Endpoint:
        """Return where a VNF is asked."""
        return hooks.Endpoint(
            address="127.0.0.1",
            port=member.port,
            token=token,
            timeout=guest.PATIENCE,
        )

    def test_state_is_carried(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.member.run("vnf", "count")
        other, hook = self.new_member(), http.HttpHook()
        exported = hook.export_state(self.endpoint(self.member), 1 << 20)
        assert exported.pause is not None
        hook.import_state(self.endpoint(other), exported.data, "member 1")
        self.assertEqual(self.member.export(), other.export())
        self.assertEqual("member%201\n", other.run("vnf", "sender"))
        self.assertEqual("", hook.imported(self.endpoint(self.member)))
        said = f"sha256:{hashlib.sha256(exported.data).hexdigest()}"
        other.run("vnf", "count")
        self.assertEqual(said, hook.imported(self.endpoint(other)))

    def test_wrong_token(self) -> None:
        hook, endpoint = http.HttpHook(), self.endpoint(self.member, "x")
        self.assertRaises(errors.Refused, hook.export_state, endpoint, 1000)
        self.assertRaises(
            errors.Refused, hook.import_state, endpoint, b"", "member 1"
        )
