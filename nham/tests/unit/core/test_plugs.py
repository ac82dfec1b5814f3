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

"""What reaches the plugger, and what does not."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import plugs
from nham.tests import base

PORT = "6f1a0a52-9d0e-4a3b-8f3e-2b7c5d9e1f00"
PLUG: dict[str, Any] = {
    "do": "plug",
    "port": PORT,
    "mac": "fa:16:3e:00:00:07",
    "addresses": ["10.0.0.5/24"],
    "mtu": 1442,
}

uuids = st.uuids().map(str)
macs = st.integers(0, 2**47 - 1).map(
    lambda number: ":".join(
        f"{byte:02x}" for byte in (number << 1 & 0xFE << 40 | 7).to_bytes(6)
    )
)
addresses = st.builds(
    lambda number, prefix: f"{ipaddress.IPv4Address(number)}/{prefix}",
    st.integers(int(ipaddress.IPv4Address("10.0.0.0")), 2**31 - 2**24 - 1),
    st.integers(1, 32),
)
requests = st.one_of(
    st.builds(
        plugs.Plug,
        port=uuids,
        mac=macs,
        addresses=st.lists(addresses, min_size=1, max_size=32).map(tuple),
        mtu=st.integers(576, 65535),
    ),
    st.builds(plugs.Unplug, port=uuids),
    st.builds(
        plugs.Open,
        port=uuids,
        kind=st.sampled_from(plugs.KINDS),
        count=st.integers(1, 64),
    ),
    st.builds(plugs.List),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


class PlugsTest(base.TestCase):
    """Requests as packets."""

    @hypothesis.given(requests)
    def test_what_is_sent_is_what_is_read(self, one: plugs.Request) -> None:
        self.assertEqual(one, plugs.parse(plugs.pack(one)))

    @hypothesis.given(st.binary(max_size=200))
    def test_no_packet_does_harm(self, data: bytes) -> None:
        self.assertRaises(plugs.Wrong, plugs.parse, data)

    @hypothesis.given(st.sampled_from(sorted(PLUG)), anything)
    def test_no_field_takes_anything(self, name: str, value: object) -> None:
        """Whatever it is, it is refused by the field's own name."""
        hypothesis.assume(not (name == "mtu" and type(value) is int))
        hypothesis.assume(value not in (None, "unplug", "list", "open"))
        wrong = json.dumps({**PLUG, name: value}).encode()
        error = self.assertRaises(plugs.Wrong, plugs.parse, wrong)
        self.assertTrue(str(error).startswith(f"{name}: "), str(error))

    def test_each_field_by_its_rule(self) -> None:
        for name, values in {
            "port": ("", PORT.upper(), f"{PORT}\n", "../../etc", 7, None),
            "mac": ("fa:16:3e:00:00", "01:00:5e:00:00:01", "FA:16:3E:0:0:7"),
            "addresses": (
                [],
                ["10.0.0.5"],
                ["10.0.0.5/0"],
                ["127.0.0.1/8"],
                ["224.0.0.1/4"],
                ["0.0.0.0/8"],
                ["255.255.255.255/32"],
                ["fd00::5/64"],
                ["10.0.0.5/24; reboot"],
                [5],
                "10.0.0.5/24",
                ["10.0.0.5/24"] * 33,
            ),
            "mtu": (575, 65536, True, "1442", 1442.0),
            "do": ("reboot", ["plug"], None),
        }.items():
            for value in values:
                wrong = json.dumps({**PLUG, name: value}).encode()
                error = self.assertRaises(plugs.Wrong, plugs.parse, wrong)
                self.assertTrue(str(error).startswith(f"{name}: "), value)

    def test_fields_that_are_missing_or_too_many(self) -> None:
        for name in set(PLUG) - {"do"}:
            left = {key: one for key, one in PLUG.items() if key != name}
            error = self.assertRaises(
                plugs.Wrong, plugs.parse, json.dumps(left).encode()
            )
            self.assertEqual(f"{name}: plug needs it", str(error))
        for wrong in (
            {"do": "list", "port": PORT},
            {**PLUG, "gateway": "10.0.0.1"},
        ):
            error = self.assertRaises(
                plugs.Wrong, plugs.parse, json.dumps(wrong).encode()
            )
            self.assertIn("has no fields but", str(error))

    def test_kinds(self) -> None:
        others: list[object] = ["raw", None, ["tcp"], {}]
        for kind in others:
            wrong = {"do": "open", "port": PORT, "kind": kind, "count": 1}
            error = self.assertRaises(
                plugs.Wrong, plugs.parse, json.dumps(wrong).encode()
            )
            self.assertEqual("kind: one of icmp, tcp, udp", str(error))

    def test_counts(self) -> None:
        for count in (0, 65, True, "1"):
            wrong = {"do": "open", "port": PORT, "kind": "tcp", "count": count}
            error = self.assertRaises(
                plugs.Wrong, plugs.parse, json.dumps(wrong).encode()
            )
            self.assertEqual("count: 1 to 64", str(error))

    def test_too_long(self) -> None:
        for data in (b" " * (plugs.LARGEST + 1), b"[" * plugs.LARGEST):
            self.assertRaises(plugs.Wrong, plugs.parse, data)
