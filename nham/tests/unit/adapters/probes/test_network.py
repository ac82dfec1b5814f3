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

"""The prober on the real network, here the loopback interface."""

from __future__ import annotations

import contextlib
import http.server
import socket
import struct
import threading

from nham.adapters import errors
from nham.adapters.probes import base as probes_base
from nham.adapters.probes import echo
from nham.adapters.probes import network
from nham.adapters.probes import stream
from nham.tests import base
from nham.tests.conformance import prober as prober_suite

HERE = "127.0.0.1"


class _Pages(http.server.BaseHTTPRequestHandler):
    """``/`` is well, ``/sick`` is not, ``/raw`` is no HTTP."""

    def do_GET(self) -> None:
        """Answer by the path."""
        if self.path == "/raw":
            self.wfile.write(b"hello, is it me you look for\r\n")
            return
        if self.path == "/mute":
            return
        self.send_response(503 if self.path == "/sick" else 200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def _echo(server: socket.socket, asked_by: set[int]) -> None:
    with contextlib.suppress(OSError):
        while True:
            data, sender = server.recvfrom(512)
            if sender is None:
                return
            asked_by.add(sender[1])
            server.sendto(data, sender)


class NetworkProberTest(prober_suite.ProberSuite):
    """``NetworkProber`` against servers of this process."""

    def setUp(self) -> None:
        super().setUp()
        self.prober = network.NetworkProber()
        self.addCleanup(self.prober.close)
        self.pages = http.server.ThreadingHTTPServer((HERE, 0), _Pages)
        self.addCleanup(self.pages.server_close)
        self.addCleanup(self.pages.shutdown)
        threading.Thread(target=self.pages.serve_forever, daemon=True).start()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((HERE, 0))
        self.addCleanup(self.udp.close)
        self.addCleanup(_wake, self.udp)
        self.asked_by: set[int] = set()
        threading.Thread(
            target=_echo, args=[self.udp, self.asked_by], daemon=True
        ).start()
        # Bound, but nobody reads it: silence.
        self.mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.mute.bind((HERE, 0))
        self.addCleanup(self.mute.close)

    def target(
        self, kind: str, port: int | None, path: str = "/"
    ) -> probes_base.Target:
        """Return a target on this machine."""
        return probes_base.Target(
            key=f"{kind} {port} {path}",
            kind=kind,
            address=HERE,
            port=port,
            path=path,
            interval=self.interval,
        )

    def answering(self, kind: str) -> probes_base.Target:
        """See base class."""
        ports = {
            "icmp": None,
            "udp": self.udp.getsockname()[1],
            "tcp": self.pages.server_address[1],
            "http": self.pages.server_address[1],
        }
        self.need_icmp(kind)
        return self.target(kind, ports[kind])

    def need_icmp(self, kind: str) -> None:
        """Skip a test of ICMP where this user may not send it."""
        if kind == "icmp":
            try:
                echo.form("icmp", HERE).open().close()
            except errors.Refused as reason:
                self.skipTest(str(reason))

    def closed(self, kind: str) -> probes_base.Target:
        """See base class."""
        return self.target(kind, self.free_port(kind))

    def free_port(self, kind: str) -> int:
        """Return a port that nobody has."""
        form = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
        with socket.socket(socket.AF_INET, form) as taken:
            taken.bind((HERE, 0))
            port: int = taken.getsockname()[1]
            return port

    def silent(self) -> probes_base.Target:
        """See base class."""
        return self.target("udp", self.mute.getsockname()[1])

    # -- beyond the suite

    def test_http_says_what_is_wrong(self) -> None:
        port = self.pages.server_address[1]
        for path, detail in {
            "/sick": "status 503",
            "/raw": "no HTTP",
            "/mute": "connection closed",
        }.items():
            target = self.target("http", port, path)
            self.prober.set_targets([target])
            seen = self.gather(target.key, "bad", 1)
            self.assertIn(detail, {one.detail for one in seen})

    def test_a_server_that_never_answers_is_silence(self) -> None:
        with socket.create_server((HERE, 0)) as server:
            target = self.target("http", server.getsockname()[1])
            self.prober.set_targets([target])
            # More questions than may be open at once.
            count = 2 * network.MOST_STREAMS
            seen = self.gather(target.key, "sent", count)
            self.assertEqual({"sent"}, {one.what for one in seen})
            self.prober.close()

    def test_asks_as_somebody_new(self) -> None:
        """A router keeps what it knows to whom it knew before."""
        for kind in ("udp", "icmp"):
            target = self.answering(kind)
            self.prober.set_targets([target])
            self.gather(target.key, "good", 2)
            before = self.echoes()
            self.prober.renew()
            self.gather(target.key, "good", 5)
            self.assertFalse(before & self.echoes())
        self.assertGreaterEqual(len(self.asked_by), 2)

    def echoes(self) -> set[echo.Echo]:
        """Return who asks now."""
        assert isinstance(self.prober, network.NetworkProber)
        return self.prober._echoes.all()

    def test_answer_to_who_asked_before_counts(self) -> None:
        """What is under way while it is renewed is no loss."""
        target = self.silent()
        self.mute.settimeout(10.0)
        self.prober.set_targets([target])
        data, sender = self.mute.recvfrom(512)
        self.prober.renew()
        self.mute.sendto(data, sender)
        self.gather(target.key, "good", 1)

    def test_ipv6(self) -> None:
        self.need_icmp("icmp")
        target = probes_base.Target(
            key="six", kind="icmp", address="::1", interval=self.interval
        )
        try:
            self.prober.set_targets([target])
        except OSError as reason:
            self.skipTest(str(reason))
        self.gather("six", "good", 2)

    def test_targets_that_cannot_be_asked(self) -> None:
        for wrong in (
            {"kind": "smoke"},
            {"address": "example.org"},
            {"kind": "tcp", "port": None},
            {"interval": 0.0},
        ):
            fields = {**vars(self.answering("udp")), **wrong}
            target = probes_base.Target(**fields)
            self.assertRaises(ValueError, self.prober.set_targets, [target])

    def test_no_socket_left_shows_as_lag(self) -> None:
        self.replace(
            "nham.adapters.probes.sockets.socket.socket",
            side_effect=OSError("too many open files"),
        )
        target = self.target("tcp", 1)
        self.prober.set_targets([target])
        self.until("lag", lambda: self.prober.lag() >= self.interval)
        self.assertEqual([], list(self.prober.collect()))


class WireTest(base.TestCase):
    """What goes over the wire, byte by byte."""

    def test_icmp_checksum(self) -> None:
        """RFC 1071: the sum of all words, its own among them, is all ones."""
        for number in (1, 0xFFFF, 0xFEDCBA9876543210, 2**64 - 1):
            data = echo.form("icmp", HERE).pack(number, 0xABCD)
            total = sum(struct.unpack(f"!{len(data) // 2}H", data))
            while total >> 16:
                total = (total >> 16) + (total & 0xFFFF)
            self.assertEqual(0xFFFF, total)

    def test_raw_sockets_hear_answers_only(self) -> None:
        """A ping of somebody else costs this process nothing."""
        form = echo.form("icmp", HERE)
        try:
            own = form.open()
        except errors.Refused as reason:
            self.skipTest(str(reason))
        with own:
            if own.type != socket.SOCK_RAW:
                self.skipTest("the kernel itself sees to that here")
            own.settimeout(5.0)
            own.sendto(form.pack(7, 8), (HERE, 0))
            first = own.recv(512)
            self.assertEqual(7, form.answered(first, raw=True))

    def test_an_answer_brings_the_number_back(self) -> None:
        for kind, address, reply in (
            ("icmp", HERE, b"\0"),
            ("icmp", "::1", b"\x81"),
        ):
            form = echo.form(kind, address)
            data = form.pack(77, 2)
            self.assertIsNone(form.answered(data, raw=False))
            self.assertEqual(77, form.answered(reply + data[1:], raw=False))
            self.assertIsNone(form.answered(b"", raw=False))
            self.assertIsNone(form.answered(reply, raw=False))

    def test_raw_sockets_bring_the_header_too(self) -> None:
        form = echo.form("icmp", HERE)
        data = bytes([0x45]) + bytes(19) + b"\0" + form.pack(78, 2)[1:]
        self.assertEqual(78, form.answered(data, raw=True))

    def test_request_of_an_ipv6_host(self) -> None:
        target = probes_base.Target(
            key="a", kind="http", address="::1", port=80, path="/health"
        )
        self.assertIn(b"GET /health HTTP/1.1\r\n", stream.request(target))
        self.assertIn(b"Host: [::1]:80\r\n", stream.request(target))


def _wake(server: socket.socket) -> None:
    """Wake the thread that reads the socket; a close alone does not."""
    with contextlib.suppress(OSError):
        server.shutdown(socket.SHUT_RDWR)
