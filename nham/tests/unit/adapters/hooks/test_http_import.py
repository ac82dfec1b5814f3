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

"""A state that is given goes whole, or not at all, and in time."""

from __future__ import annotations

import dataclasses
import socket

from nham.adapters import errors
from nham.adapters.hooks import http
from nham.tests.unit.adapters.hooks import server

SOON = 0.3
"""Seconds of a call that is meant to time out."""
MOST = 1000


class ImportedTest(server.ServerCase):
    """What an application says of the state that it took in."""

    def imported(self) -> str:
        """Ask for it."""
        return http.HttpHook().imported(self.endpoint(token="s3cret"))

    def test_what_is_asked(self) -> None:
        self.answer(
            server.head("200 OK", f"NHAM-Imported: {http.digest(b'x')}")
        )
        self.assertEqual(
            "sha256:2d711642b726b04401627ca9fbac32f5"
            "c8530fb1903cc4db02258717921a4881",
            self.imported(),
        )
        self.assertEqual("HEAD /nham/state HTTP/1.1", self.line)
        self.assertEqual("Bearer s3cret", self.asked["Authorization"])

    def test_it_says_nothing(self) -> None:
        self.answer(server.head("200 OK", "Content-Length: 12"))
        self.assertEqual("", self.imported())

    def test_it_says_what_is_no_digest(self) -> None:
        for value in ("", "x", "sha-256=:A:", "sha-512=:eA==:"):
            self.answer(server.head("200 OK", f"NHAM-Imported: {value}"))
            self.assertEqual("", self.imported())

    def test_it_will_not_be_asked(self) -> None:
        self.answer(server.head("405 No"))
        self.assertRaises(errors.Refused, self.imported)


class ImportTest(server.ServerCase):
    """What an import sends, and makes of an answer."""

    def hand_over(self, data: bytes = b"abc", timeout: float = 20.0) -> None:
        """Import a state."""
        http.HttpHook().import_state(
            self.endpoint(timeout, "s3cret"), data, "v1/VDU1-0 é\r\n"
        )

    def test_what_is_sent(self) -> None:
        for status in ("200 OK", "201 Created", "204 No Content"):
            self.answer(server.head(status))
            self.hand_over()
        self.assertEqual("POST /nham/state HTTP/1.1", self.line)
        self.assertEqual(b"abc", self.body)
        self.assertEqual(
            "application/octet-stream", self.asked["Content-Type"]
        )
        self.assertEqual(http.digest(b"abc"), self.asked["Content-Digest"])
        self.assertEqual("Bearer s3cret", self.asked["Authorization"])
        self.assertEqual(
            "v1%2FVDU1-0%20%C3%A9%0D%0A", self.asked["NHAM-Sender"]
        )

    def test_refused(self) -> None:
        for status in ("202 Later", "302 Found", "401 No", "422 Torn"):
            self.answer(server.head(status) + b"no")
            failure = self.assertRaises(errors.Refused, self.hand_over)
            self.assertIn(f"HTTP {status[:3]}", str(failure))

    def test_cannot_now(self) -> None:
        self.answer(server.head("503 Busy"))
        self.assertRaises(errors.Unavailable, self.hand_over)

    def test_nobody_reads(self) -> None:
        # More than the buffers of both sides hold.
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            endpoint = dataclasses.replace(
                self.endpoint(SOON), port=deaf.getsockname()[1]
            )
            self.assertRaises(
                errors.Unavailable,
                http.HttpHook().import_state,
                endpoint,
                bytes(32 * 1024 * 1024),
                "m1",
            )
