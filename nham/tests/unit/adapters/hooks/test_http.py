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


"""A state comes and goes whole, or not at all, and in time."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
from typing import Any

import fixtures

from nham.adapters import errors
from nham.adapters.hooks import base as hooks_base
from nham.adapters.hooks import http
from nham.tests.conformance import hooks as hooks_suite
from nham.tests.unit.adapters.hooks import server

SOON = 0.3
"""Seconds of a call that is meant to time out."""
MOST = 1000


class ConformanceTest(hooks_suite.HookSuite, server.ServerCase):
    """``HttpHook`` with an application that keeps its state in a field."""

    def setUp(self) -> None:
        super().setUp()
        self.hook: hooks_base.Hook = http.HttpHook()
        self.kept = b""
        self.took: list[str] = []
        self.claims: set[str] = set()
        self.say = self._application
        self.alive = self.endpoint()
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        self.dead = dataclasses.replace(self.alive, port=port, timeout=1.0)

    def give(self, state: bytes) -> None:
        """See base class."""
        self.kept = state

    def has(self) -> bytes:
        """See base class."""
        return self.kept

    def _application(self, connection: socket.socket) -> None:
        method, path, _ = self.line.split()
        if path.startswith("/nham/address/"):
            connection.sendall(server.head(self._claim(method, path)))
        elif self.line.startswith("POST"):
            self.kept = self.body
            self.took = [f"NHAM-Imported: {self.asked['Content-Digest']}"]
            connection.sendall(server.head("204 No Content"))
        elif self.line.startswith("HEAD"):
            connection.sendall(server.head("204 No Content", *self.took))
        else:
            connection.sendall(server.ok(self.kept))

    def _claim(self, method: str, path: str) -> str:
        if method == "PUT":
            self.claims.add(path)
        if path not in self.claims:
            return "404 Not Found"
        if method == "DELETE":
            self.claims.remove(path)
        return "204 No Content"


class ClaimTest(server.ServerCase):
    """What is asked about a service address."""

    def setUp(self) -> None:
        super().setUp()
        self.hook = http.HttpHook()
        self.where = dataclasses.replace(
            self.endpoint(token="s3cret"), claim_path="/vip"
        )

    def test_what_is_asked(self) -> None:
        self.answer(server.head("204 No Content"))
        for ask, method in (
            (self.hook.claim, "PUT"),
            (self.hook.has_claimed, "GET"),
            (self.hook.let_go, "DELETE"),
        ):
            ask(self.where, "10.0.0.50")
            self.assertEqual(f"{method} /vip/10.0.0.50 HTTP/1.1", self.line)
            self.assertEqual("Bearer s3cret", self.asked["Authorization"])

    def test_wrong_answers(self) -> None:
        for status, kind in (
            ("401 Unauthorized", errors.Refused),
            ("400 Bad Request", errors.Refused),
            ("503 Service Unavailable", errors.Unavailable),
        ):
            self.answer(server.head(status, "Content-Length: 0"))
            for ask in (
                self.hook.claim,
                self.hook.has_claimed,
                self.hook.let_go,
            ):
                self.assertRaises(kind, ask, self.where, "10.0.0.50")

    def test_what_nobody_has_cannot_be_claimed(self) -> None:
        self.answer(server.head("404 Not Found", "Content-Length: 0"))
        self.assertRaises(
            errors.Refused, self.hook.claim, self.where, "10.0.0.50"
        )


class ExportTest(server.ServerCase):
    """What an export makes of an answer."""

    def export(self, timeout: float = 20.0) -> hooks_base.Exported:
        """Ask for the state."""
        return http.HttpHook().export_state(self.endpoint(timeout), MOST)

    def refused(self, told: str) -> None:
        """Expect a refusal that says this."""
        failure = self.assertRaises(errors.Refused, self.export)
        self.assertIn(told, str(failure))

    def unavailable(self, timeout: float = 20.0) -> str:
        """Expect that there is no answer now; return the reason."""
        return str(self.assertRaises(errors.Unavailable, self.export, timeout))

    def test_what_is_asked(self) -> None:
        self.answer(server.ok(b"x"))
        endpoint = dataclasses.replace(
            self.endpoint(token="s3cret"), export_path="/a?b=c"
        )
        http.HttpHook().export_state(endpoint, MOST)
        self.assertEqual("GET /a?b=c HTTP/1.1", self.line)
        self.assertEqual("Bearer s3cret", self.asked["Authorization"])
        self.assertEqual("identity", self.asked["Accept-Encoding"])

    def test_no_token_no_header(self) -> None:
        self.answer(server.ok(b"x"))
        self.assertEqual(b"x", self.export().data)
        self.assertNotIn("Authorization", self.asked)

    def test_pause_and_digest(self) -> None:
        self.answer(
            server.ok(
                b"x",
                "NHAM-Pause: 0.012",
                f"Content-Digest: sha-512=:eA==:, {http.digest(b'x')}",
            )
        )
        self.assertEqual(
            hooks_base.Exported(data=b"x", pause=0.012), self.export()
        )

    def test_life(self) -> None:
        digest = http.digest(b"x")
        self.answer(
            server.ok(b"y", "NHAM-Started: 17-a ", f"NHAM-Imported: {digest}")
        )
        found = self.export()
        self.assertEqual("17-a", found.started)
        said = f"sha256:{hashlib.sha256(b'x').hexdigest()}"
        self.assertEqual(said, found.imported)
        for wrong in ("two words", "x" * 65, "\xe9"):
            self.answer(server.ok(b"y", f"NHAM-Started: {wrong}"))
            self.refused("NHAM-Started")

    def test_held(self) -> None:
        hook, endpoint = http.HttpHook(), self.endpoint()
        self.answer(server.ok(b"x", "NHAM-Hold: 7"))
        self.assertEqual(7.0, hook.export_state(endpoint, MOST, 10).held)
        self.assertEqual("10", self.asked["NHAM-Hold"])
        self.answer(server.ok(b"x"))
        self.assertEqual(0.0, hook.export_state(endpoint, MOST, 10).held)
        self.answer(server.ok(b"x"))
        self.export()
        self.assertNotIn("NHAM-Hold", self.asked)

    def test_known_digest(self) -> None:
        # The example of RFC 9530, section 2.
        self.assertEqual(
            "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
            http.digest(b'{"hello": "world"}\n'),
        )

    def test_wrong_digest(self) -> None:
        for value in (http.digest(b"y"), "sha-256=x", "SHA-256=:eA==:"):
            self.answer(server.ok(b"x", f"Content-Digest: {value}"))
            self.refused("Content-Digest")

    def test_wrong_seconds(self) -> None:
        for name in ("NHAM-Pause", "NHAM-Hold"):
            for value in ("soon", "-1", "nan", "inf", ""):
                self.answer(server.ok(b"x", f"{name}: {value}"))
                self.refused(f"{name}: {value!r}")

    def test_chunked(self) -> None:
        start = server.head("200 OK", "Transfer-Encoding: chunked")
        self.answer(start + b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n")
        self.assertEqual(b"abc", self.export().data)

    def test_half_a_body(self) -> None:
        chunked = server.head("200 OK", "Transfer-Encoding: chunked")
        for answer in (
            server.head("200 OK", "Content-Length: 3") + b"ab",
            chunked + b"3\r\nab",
            chunked + b"2\r\nab\r\n",
            chunked,
            chunked + b"-1\r\nab\r\n0\r\n\r\n",
            chunked + b"-5\r\nab\r\n0\r\n\r\n",
            chunked + b"many\r\nab\r\n0\r\n\r\n",
        ):
            self.answer(answer)
            self.refused("a broken body")

    def test_a_body_without_an_end(self) -> None:
        for header in (
            "Server: x",
            "Content-Length: many",
            "Content-Length: -1",
            "Transfer-Encoding: gzip",
        ):
            self.answer(server.head("200 OK", header) + b"ab")
            self.refused("Content-Length")
        self.answer(
            server.head("200 OK", "Content-Length: 1", "Content-Length: 2")
            + b"ab"
        )
        self.refused("Content-Length")

    def test_packed_body(self) -> None:
        self.answer(server.ok(b"x", "Content-Encoding: gzip"))
        self.refused("Content-Encoding: 'gzip'")

    def test_as_large_as_allowed(self) -> None:
        self.answer(server.ok(b"x" * MOST))
        self.assertEqual(MOST, len(self.export().data))

    def test_too_large(self) -> None:
        chunk = b"%x\r\n%s\r\n" % (MOST, b"x" * MOST)
        chunked = server.head("200 OK", "Transfer-Encoding: chunked")
        for answer in (
            server.ok(b"x" * (MOST + 1)),
            server.head("200 OK", f"Content-Length: {'9' * 5000}"),
            chunked + chunk + b"1\r\nx\r\n0\r\n\r\n",
        ):
            self.answer(answer)
            self.refused("larger than 1000 bytes")

    def test_floods(self) -> None:
        chunked = server.head("200 OK", "Transfer-Encoding: chunked")
        for first, again, told in (
            # The library may be the one to say that it is too long.
            (chunked, b"1" * 1000, ""),
            (chunked + b"0\r\n", b"A: b\r\n" * 100, "with its headers"),
            (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "with its headers"),
        ):
            self.flood(first, again)
            self.refused(told)

    def test_wrong_token(self) -> None:
        for status in ("401 Unauthorized", "403 Forbidden"):
            self.answer(server.head(status, "Content-Length: 0"))
            self.refused("the token is not the right one")

    def test_other_answers(self) -> None:
        for status in ("204 None", "206 Part", "404 Not Found", "409 No"):
            self.answer(server.head(status, "Content-Length: 4") + b"why\n")
            self.refused(f"HTTP {status[:3]}: ")

    def test_goes_nowhere_else(self) -> None:
        for place in ("/other", "http://[", "//127.0.0.1:1/"):
            self.answer(
                server.head("302 Found", f"Location: {place}") + b"moved"
            )
            self.refused("HTTP 302: moved")

    def test_cannot_now(self) -> None:
        self.answer(server.head("503 Busy", "Content-Length: 4") + b"busy")
        self.assertIn("HTTP 503: busy", self.unavailable())

    def test_why_is_one_printable_line(self) -> None:
        self.answer(server.head("500 No") + b"a\n\x1b\xff" + b"z" * 999)
        told = self.unavailable()
        self.assertIn("HTTP 500: a", told)
        self.assertTrue(told.isprintable())
        self.assertLess(len(told), 1000)

    def test_no_http(self) -> None:
        for answer in (b"", b"hello\r\n\r\n", b"HTTP/1.1 two\r\n\r\n"):
            self.answer(answer)
            self.unavailable()

    def test_silence(self) -> None:
        for first in (
            b"",
            b"HTTP/1.1 200",
            server.head("200 OK", "Content-Length: 3") + b"ab",
        ):
            self.silence(first)
            self.unavailable(SOON)

    def test_drips(self) -> None:
        chunked = server.head("200 OK", "Transfer-Encoding: chunked")
        length = server.head("200 OK", "Content-Length: 900")
        for first, again in (
            (b"", b"H"),
            (b"HTTP/1.1 200 OK\r\nA: ", b"b"),
            (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
            (length, b"x"),
            (chunked, b"1\r\nx\r\n"),
            (chunked, b"0"),
            (chunked + b"0\r\n", b"A: b\r\n"),
        ):
            self.drip(first, again)
            self.unavailable(SOON)

    def test_error_that_drips_is_still_one(self) -> None:
        self.drip(server.head("404 No", "Content-Length: 900"), b"x")
        failure = self.assertRaises(errors.Refused, self.export, SOON)
        self.assertIn("HTTP 404", str(failure))


class EndpointTest(server.ServerCase):
    """Endpoints that are refused before anything is sent."""

    def refused(self, told: str, **fields: Any) -> str:
        """Expect a refusal that says this; return all of it."""
        endpoint = dataclasses.replace(self.endpoint(), **fields)
        failure = self.assertRaises(
            errors.Refused, http.HttpHook().export_state, endpoint, MOST
        )
        self.assertIn(told, str(failure))
        self.assertEqual("", self.line)
        return str(failure)

    def test_no_address(self) -> None:
        for address in ("localhost", "", "127.0.0.1@example", "127.1"):
            self.refused("address: ", address=address)

    def test_no_path(self) -> None:
        self.refused("path: '@example/'", export_path="@example/")

    def test_no_token(self) -> None:
        for token in ("", "s3 cret", "s3cret\r\nA: b", "s3crét"):
            told = self.refused("token: ", token=token)
            self.assertNotIn("s3", told)

    def test_token_is_not_shown(self) -> None:
        self.assertNotIn("s3cret", repr(self.endpoint(token="s3cret")))

    def test_proxy_of_the_environment(self) -> None:
        self.answer(server.ok(b"x"))
        self.useFixture(
            fixtures.EnvironmentVariable("http_proxy", "http://127.0.0.1:1")
        )
        http.HttpHook().export_state(self.endpoint(), MOST)
        self.assertEqual("GET /nham/state HTTP/1.1", self.line)

    def test_sixth_version(self) -> None:
        endpoint = dataclasses.replace(
            self.endpoint(), address="::1", port=1, timeout=SOON
        )
        failure = self.assertRaises(
            errors.Unavailable, http.HttpHook().export_state, endpoint, MOST
        )
        self.assertIn("http://[::1]:1/nham/state", str(failure))
