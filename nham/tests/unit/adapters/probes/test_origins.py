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

"""Questions that are asked from probe ports, here from this machine again."""

from __future__ import annotations

import errno
import socket
import threading
from unittest import mock

from nham.adapters import errors
from nham.adapters.plugger import base as plugger_
from nham.adapters.probes import base as probes_base
from nham.adapters.probes import echo
from nham.adapters.probes import network
from nham.adapters.probes import sockets
from nham.tests import base
from nham.tests.conformance import base as conformance

HERE = "127.0.0.1"
ORIGIN = probes_base.Origin("p", "1")


class OriginsTest(conformance.Suite):
    """A plugger that gives sockets of this machine, as long as it may."""

    def setUp(self) -> None:
        super().setUp()
        self.plugger = mock.create_autospec(plugger_.Plugger, instance=True)
        self.plugger.open.side_effect = self.open
        self.away = False
        self.prober = network.NetworkProber(plugger=self.plugger)
        self.addCleanup(self.prober.close)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((HERE, 0))
        self.addCleanup(self.udp.close)
        self.tcp = socket.create_server((HERE, 0))
        self.addCleanup(self.tcp.close)

    def open(self, port: str, kind: str, count: int) -> list[socket.socket]:
        """Give sockets."""
        self.assertEqual("p", port)
        if self.away:
            raise errors.Unavailable("away")
        forms = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
        return [
            socket.socket(socket.AF_INET, forms[kind]) for _one in range(count)
        ]

    def target(
        self,
        kind: str = "udp",
        origin: probes_base.Origin | None = ORIGIN,
        key: str = "far",
    ) -> probes_base.Target:
        """Return a target on this machine."""
        asked = self.udp if kind == "udp" else self.tcp
        return probes_base.Target(
            key=key,
            kind=kind,
            address=HERE,
            port=asked.getsockname()[1],
            interval=0.05,
            origin=origin,
        )

    def answer(self) -> None:
        """Answer the next question over UDP."""
        self.udp.settimeout(10.0)
        data, sender = self.udp.recvfrom(512)
        self.udp.sendto(data, sender)

    def gather(self, what: str, count: int = 1) -> set[str]:
        """Wait until something was seen so often; return all that was."""
        seen: list[str] = []

        def enough() -> bool:
            seen.extend(one.what for one in self.prober.collect())
            return seen.count(what) >= count

        self.until(what, enough, 10.0)
        return set(seen)

    def test_one_socket_for_all_echoes_of_a_port(self) -> None:
        self.prober.set_targets([self.target(), self.target(key="other")])
        self.answer()
        self.gather("good")
        self.gather("sent", 6)
        self.plugger.open.assert_called_once_with("p", "udp", 1)

    def test_sockets_for_connections_are_fetched_by_the_dozen(self) -> None:
        self.prober.set_targets([self.target("tcp")])
        self.gather("good", sockets.BATCH + 1)
        self.assertEqual(
            [mock.call("p", "tcp", sockets.BATCH)] * 2,
            self.plugger.open.call_args_list,
        )
        spare = list(self.prober._sockets._spare[ORIGIN])
        self.assertTrue(spare)
        self.prober.set_targets([])
        self.gather_nothing()
        self.assertEqual({-1}, {one.fileno() for one in spare})

    def test_a_connection_that_found_no_way(self) -> None:
        self.replace(
            "asyncio.selector_events.BaseSelectorEventLoop.sock_connect",
            side_effect=OSError(errno.ENETUNREACH, "no way"),
        )
        self.prober.set_targets([self.target("tcp")])
        self.assertEqual({"sent", "unasked"}, self.gather("unasked", 3))

    def test_who_cannot_be_asked_is_not_silent(self) -> None:
        self.away = True
        for kind in ("udp", "tcp"):
            self.prober.set_targets([self.target(kind)])
            self.assertEqual({"unasked"}, self.gather("unasked", 3))
            self.prober.set_targets([])
            self.gather_nothing()
        # That is no reason to doubt all others.
        self.assertLess(self.prober.lag(), 0.05)

    def gather_nothing(self) -> None:
        """Let what was under way pass."""
        done = threading.Event()
        self.prober._loop.call_soon_threadsafe(done.set)
        done.wait(10.0)
        self.prober.collect()

    def test_it_goes_on_when_the_plugger_is_back(self) -> None:
        self.away = True
        self.prober.set_targets([self.target()])
        self.gather("unasked")
        self.away = False
        self.answer()
        self.gather("good")

    def test_a_port_that_lost_its_network(self) -> None:
        self.replace("nham.adapters.probes.echo.Echo.send", return_value=False)
        self.prober.set_targets([self.target()])
        self.assertEqual({"unasked"}, self.gather("unasked", 3))

    def test_this_machine_asks_on_whatever_the_kernel_says(self) -> None:
        self.replace("nham.adapters.probes.echo.Echo.send", return_value=False)
        self.prober.set_targets([self.target(origin=None)])
        self.assertEqual({"sent"}, self.gather("sent", 3))

    def test_another_life_has_another_socket(self) -> None:
        self.prober.set_targets([self.target()])
        self.gather("sent")
        [before] = self.prober._echoes.all()
        later = probes_base.Origin("p", "2")
        self.prober.set_targets([self.target(origin=later)])
        self.gather("sent", 3)
        [after] = self.prober._echoes.all()
        self.assertIsNot(before, after)
        # Else the namespace of the port could not go.
        self.assertEqual(-1, before._socket.fileno())

    def test_renewed(self) -> None:
        self.prober.set_targets([self.target()])
        self.gather("sent")
        before = self.prober._echoes.all()
        self.prober.renew()
        self.answer()
        self.gather("sent", 5)
        self.assertFalse(before & self.prober._echoes.all())

    def test_the_plugger_is_let_go_at_the_end(self) -> None:
        self.prober.close()
        self.plugger.close.assert_called_once_with()

    def test_no_port_without_a_plugger(self) -> None:
        self.assertIsNone(sockets.Sockets(None).stream(HERE, ORIGIN))


class CutOffTest(base.TestCase):
    """What the kernel says where there is no way into the network."""

    def test_a_question_without_a_way(self) -> None:
        opened = mock.create_autospec(socket.socket, instance=True)
        opened.type = socket.SOCK_DGRAM
        one = echo.Echo(
            mock.Mock(),
            echo.form("udp", HERE),
            mock.Mock(),
            opened,
        )
        for trouble, sent in (
            ([errno.ENETUNREACH] * 2, False),
            ([errno.ENETDOWN] * 2, False),
            ([errno.EAGAIN] * 2, False),
            ([errno.EINVAL] * 2, False),
            ([errno.ENOBUFS] * 2, False),
            ([errno.ENETUNREACH, None], True),
            # The error of another question: there is a way.
            ([errno.EHOSTUNREACH] * 2, True),
        ):
            opened.sendto.side_effect = [
                OSError(one, "") if one else 8 for one in trouble
            ]
            self.assertEqual(sent, one.send(HERE, 7, 1))
