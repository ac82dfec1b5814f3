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

from __future__ import annotations

import socket

from nham.agent import resolve
from nham.tests import base


class ResolveTest(base.TestCase):
    """The engines' names."""

    def test_host_and_port(self) -> None:
        for text, found in (
            ("ctl1:9898", ("ctl1", 9898)),
            ("10.0.0.1:1", ("10.0.0.1", 1)),
            ("[fd00::1]:9898", ("fd00::1", 9898)),
        ):
            self.assertEqual(found, resolve.split(text))

    def test_what_is_neither_is_refused(self) -> None:
        for text in ("ctl1", "ctl1:", ":9898", "fd00::1:9898", "a:0", "a:x"):
            error = self.assertRaises(ValueError, resolve.split, text)
            self.assertIn(text, str(error))

    def test_an_address_of_each_family(self) -> None:
        self.assertEqual(
            ("127.0.0.1", 7), resolve.look_up("127.0.0.1:7", socket.AF_INET)
        )
        self.assertEqual(
            ("::ffff:127.0.0.1", 7),
            resolve.look_up("127.0.0.1:7", socket.AF_INET6),
        )

    def test_what_is_not_found_is_said_once(self) -> None:
        look_up = self.replace(
            "socket.getaddrinfo", side_effect=OSError("no such name")
        )
        warning = self.replace("nham.agent.resolve.LOG.warning")
        found: list[tuple[str, tuple[str, int]]] = []
        one = resolve.Resolver(
            ["ctl1:1"],
            socket.AF_INET,
            lambda where, address: found.append((where, address)),
        )
        self.assertFalse(one.look())
        self.assertFalse(one.look())
        self.assertEqual(1, warning.call_count)
        look_up.side_effect = None
        look_up.return_value = [(0, 0, 0, "", ("10.0.0.1", 1))]
        self.assertTrue(one.look())
        self.assertEqual([("ctl1:1", ("10.0.0.1", 1))], found)
