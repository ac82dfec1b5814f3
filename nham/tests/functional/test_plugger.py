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

"""The plugger with real namespaces, beside a switch of the test's own.

It needs root, and neither a cloud nor Open vSwitch.
"""

from __future__ import annotations

import collections
import errno
import functools
import http.server
import os
import shutil
import socket
import threading
import time
import unittest
import uuid

from nham.adapters import errors
from nham.adapters.plugger import base as plugger_base
from nham.adapters.plugger import unix
from nham.adapters.probes import base as probes_base
from nham.adapters.probes import network
from nham.core import plugs
from nham.plugger import commands
from nham.plugger import door as door_
from nham.plugger import namespaces
from nham.plugger import ports
from nham.plugger import switch
from nham.tests import base
from nham.tests.conformance import plugger as suite

MAC = "fa:16:3e:00:00:07"
OWN = "10.123.45.6/24"
THEIRS = "10.123.45.7"
MTU = 1300


class Cables(switch.Switch):
    """Joins each device to a namespace by a cable, in place of a switch."""

    def __init__(self, far: str) -> None:
        self._far = far
        self.far = ("ip", "-n", far)
        self.mac = self.peer = ""

    def attach(self, device: str, port: str, mac: str) -> None:
        """See base class."""
        self.mac = mac
        peer = self.peer = f"far{device[3:]}"
        cable = ("link", "add", device, "type", "veth", "peer", "name", peer)
        commands.run("ip", *cable, "netns", self._far)
        far = self.far
        commands.run(*far, "addr", "add", f"{THEIRS}/24", "dev", peer)
        commands.run(*far, "link", "set", peer, "up")

    def detach(self, device: str) -> None:
        """See base class; a cable ends with one of its ends."""
        peer = f"far{device[3:]}"
        try:
            commands.run(*self.far, "link", "del", peer)
        except commands.Failed:
            return

    def host(self) -> str:
        """See base class."""
        return "here"

    def die(self) -> None:
        """Let go of the newest cable, as a switch in user space does."""
        commands.run(*self.far, "link", "set", self.peer, "down")


class _Pages(http.server.BaseHTTPRequestHandler):
    """Answers well."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


def can_make_namespaces() -> bool:
    """Say whether this machine lets the test make namespaces."""
    if os.geteuid() or not (shutil.which("ip") and shutil.which("ethtool")):
        return False
    name = f"nhamtry-{uuid.uuid4().hex[:8]}"
    try:
        commands.run("ip", "netns", "add", name)
        commands.run("ip", "netns", "del", name)
    except commands.Failed:
        return False
    return True


@unittest.skipUnless(can_make_namespaces(), "no right to make namespaces")
class PluggerCase(base.TestCase):
    """A plugger, and a namespace with a member behind its switch."""

    plugger: plugger_base.Plugger

    def setUp(self) -> None:
        super().setUp()
        # A machine that is busy with other tests is no trouble here.
        self.replace("nham.adapters.plugger.unix.SOON", 10.0)
        self.mark = uuid.uuid4().hex[:6]
        self.far = namespaces.Namespaces(f"nhamfar{self.mark}-")
        self.addCleanup(self.far.close)
        self.far.make("m")
        self.addCleanup(self.far.remove, "m")
        self.cables = Cables(self.far.whole("m"))
        self.spaces = namespaces.Namespaces(f"nham{self.mark}-")
        self.addCleanup(self.spaces.close)
        self.path = str(self.temp_dir() / "plugger.sock")
        self.port = str(uuid.uuid4())
        self.addCleanup(self.leave)
        self.open_door()
        self.plugger = unix.UnixPlugger(self.path)
        self.addCleanup(self.plugger.close)

    def open_door(self) -> None:
        """Start a plugger."""
        self.ports = ports.Ports(self.spaces, self.cables)
        self.door = door_.Door(door_.listen(self.path), self.ports)
        thread = threading.Thread(target=self.door.run, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.door.close)

    def leave(self) -> None:
        """Remove what the test has plugged."""
        for port in self.spaces.names():
            self.ports.unplug(port)

    def plug(self) -> str:
        """Plug the port."""
        wish = plugs.Plug(port=self.port, mac=MAC, addresses=(OWN,), mtu=MTU)
        return self.plugger.plug(wish)

    def pages(self) -> int:
        """Serve HTTP in the far namespace; return the port."""
        server = self.far.inside(
            "m",
            lambda: http.server.ThreadingHTTPServer((THEIRS, 0), _Pages),
        )
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        number: int = server.server_address[1]
        return number


class UnixPluggerTest(PluggerCase, suite.PluggerSuite):
    """The driver and the plugger together, as every plugger is."""

    def break_port(self, port: str) -> None:
        """See base class."""
        self.cables.detach(ports.device_of(port))


class PluggerTest(PluggerCase):
    """Plugging, sockets, and what is left afterwards."""

    def test_sockets_lie_in_the_network_of_the_port(self) -> None:
        life = self.plug()
        number = self.pages()
        own = os.stat("/proc/self/ns/net").st_ino
        (connection,) = self.plugger.open(self.port, "tcp")
        with connection:
            connection.settimeout(5.0)
            connection.connect((THEIRS, number))
            self.assertEqual(OWN.split("/")[0], connection.getsockname()[0])
        (asking,) = self.plugger.open(self.port, "udp")
        with asking:
            asking.connect((THEIRS, 7))
            self.assertEqual(OWN.split("/")[0], asking.getsockname()[0])
        (asking,) = self.plugger.open(self.port, "icmp")
        with asking:
            # One of this kind hears its own answers only.
            self.assertEqual(socket.SOCK_DGRAM, asking.type)
        self.assertEqual(own, os.stat("/proc/self/ns/net").st_ino)
        self.assertEqual({self.port: life}, self.plugger.standing().lives)

    def test_a_device_is_as_its_port(self) -> None:
        self.plug()
        device = ports.device_of(self.port)
        link = self.spaces.inside(
            self.port, lambda: commands.run("ip", "link", "show", device)
        )
        self.assertIn(f"mtu {MTU} ", link)
        self.assertIn(MAC, link)
        self.assertEqual(MAC, self.cables.mac)
        self.assertEqual("here", self.plugger.standing().host)
        # Neither IPv6 nor a way out of the network.
        for words in (["-6", "address"], ["route", "show", "default"]):
            found = self.spaces.inside(
                self.port, functools.partial(commands.run, "ip", *words)
            )
            self.assertEqual("", found)

    def test_no_socket_of_what_broke(self) -> None:
        self.plug()
        self.cables.detach(ports.device_of(self.port))
        self.assertRaises(errors.Refused, self.plugger.open, self.port, "icmp")
        self.plug()
        (opened,) = self.plugger.open(self.port, "tcp")
        opened.close()

    def test_a_switch_that_died_leaves_no_silence(self) -> None:
        before = self.plug()
        self.pages()
        (asking,) = self.plugger.open(self.port, "udp")
        self.cables.die()
        self.assertEqual({self.port: ""}, self.plugger.standing().lives)
        self.assertRaises(errors.Refused, self.plugger.open, self.port, "udp")
        with asking:
            self.assertTrue(self._is_refused(asking))
        after = self.plug()
        self.assertNotIn(after, ("", before))
        (asking,) = self.plugger.open(self.port, "udp")
        with asking:
            self.assertEqual(1, asking.sendto(b"?", (THEIRS, 7)))

    @staticmethod
    def _is_refused(asking: socket.socket) -> bool:
        """Say whether the kernel has come to refuse what cannot go."""
        until = time.monotonic() + 10.0
        while time.monotonic() < until:
            try:
                asking.sendto(b"?", (THEIRS, 7))
            except OSError as failure:
                return failure.errno == errno.ENETUNREACH
            time.sleep(0.01)
        return False

    def test_it_finds_all_when_it_was_started_again(self) -> None:
        life = self.plug()
        self.door.close()
        self.plugger.close()
        self.open_door()
        self.assertEqual({self.port: life}, self.plugger.standing().lives)
        self.assertEqual(life, self.plug())

    def test_nothing_is_left(self) -> None:
        self.plug()
        self.plugger.unplug(self.port)
        self.assertEqual([], self.spaces.names())
        self.assertRaises(errors.Refused, self.plugger.open, self.port, "udp")


class ProberTest(PluggerCase):
    """One prober, whose sockets lie behind the port."""

    def setUp(self) -> None:
        super().setUp()
        self.life = self.plug()
        self.own = unix.UnixPlugger(self.path)
        self.prober = network.NetworkProber(plugger=self.own)
        self.addCleanup(self.prober.close)

    def target(
        self, kind: str, port: int | None = None, address: str = THEIRS
    ) -> probes_base.Target:
        """Return a target behind the port."""
        return probes_base.Target(
            key=f"{kind} {address}",
            kind=kind,
            address=address,
            port=port,
            interval=0.05,
            origin=probes_base.Origin(self.port, self.life),
        )

    def seen(
        self, seconds: float = 1.0
    ) -> dict[str, collections.Counter[str]]:
        """Return how often what was seen of each, within some time."""
        self.prober.collect()
        time.sleep(seconds)
        found: dict[str, collections.Counter[str]] = {}
        for one in self.prober.collect():
            found.setdefault(one.key, collections.Counter())[one.what] += 1
        return found

    def ask(self) -> None:
        """Ask in all ways."""
        number = self.pages()
        self.prober.set_targets(
            [
                self.target("icmp"),
                self.target("tcp", number),
                self.target("http", number),
            ]
        )

    def test_a_member_behind_the_port_answers(self) -> None:
        self.ask()
        for counts in self.seen(2.0).values():
            self.assertEqual({"sent", "good"}, set(counts))

    def test_its_end_is_silence_and_no_answer(self) -> None:
        """The own kernel's word of a neighbour that is gone is none."""
        self.ask()
        self.seen()
        flush = ("address", "flush", "dev", self.cables.peer)
        commands.run(*self.cables.far, *flush)
        # Longer than the kernel looks for a neighbour.
        self.seen(4.0)
        for counts in self.seen(2.0).values():
            self.assertEqual({"sent"}, set(counts))

    def test_a_device_that_is_gone_is_not_silence(self) -> None:
        self.ask()
        self.seen()
        self.cables.detach(ports.device_of(self.port))
        self.seen(0.5)
        # Where connections were to be made it shows a little later.
        for counts in self.seen().values():
            self.assertLessEqual(set(counts), {"sent", "unasked"})
            self.assertGreater(counts["unasked"], 0)
            self.assertLessEqual(counts["sent"], counts["unasked"] + 1)

    def test_many_who_are_dead_keep_nobody_from_being_asked(self) -> None:
        """What waits for their cards must not fill the socket."""
        dead = [
            self.target("icmp", address=f"10.123.45.{number}")
            for number in range(10, 250)
        ]
        alive = self.target("icmp")
        self.prober.set_targets([alive, *dead])
        self.seen(3.0)
        found = self.seen(3.0)[alive.key]
        self.assertEqual({"sent", "good"}, set(found))
        self.assertGreater(found["good"], 0.9 * found["sent"])
