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

"""Datagrams there and back, and those that nobody of ours has made."""

from __future__ import annotations

import hmac
import json

import hypothesis
from hypothesis import strategies as st

from nham.core.agent import messages
from nham.core.agent import refusals
from nham.core.agent import wire
from nham.tests import base
from nham.tests.unit.core.agent import samples

Reason = refusals.Reason

#: The longest of all that names can be in DNS.
LONGEST = "h" * 253


def signed(body: bytes, version: bytes = b"NHA1") -> bytes:
    """Return a datagram with any body, signed with the first key."""
    key_id, secret = samples.RING.keys[0]
    head = version + bytes((len(key_id),)) + key_id.encode()
    return head + hmac.digest(secret, head + body, "sha256") + body


class WireTest(base.TestCase):
    def refused(self, datagram: bytes) -> Reason:
        found = self.assertRaises(
            refusals.Refused, wire.decode, datagram, samples.RING
        )
        return found.reason

    def changed(self, **fields: object) -> bytes:
        body = json.loads(wire.encode(samples.heartbeat(), samples.RING)[39:])
        body.update(fields)
        return signed(json.dumps(body).encode())

    def test_says_the_same_on_the_other_side(self) -> None:
        more = (
            samples.ack(lease=3.0, asks=frozenset({messages.Ask.GUESTS})),
            samples.heartbeat(watchdog=5.0, exclusive="x"),
            samples.result(gone=(samples.SERVER,), detail="déjà"),
            samples.command(
                action=messages.Action.STOP_GUEST,
                server_id=samples.SERVER,
                epoch=4,
            ),
        )
        for message in (*(make() for make in samples.ALL), *more):
            datagram = wire.encode(message, samples.RING)
            self.assertEqual(message, wire.decode(datagram, samples.RING))

    def test_every_message_fits_with_the_longest_names(self) -> None:
        part = [samples.SERVER] * messages.PART
        table = tuple((one, messages.GuestState.RUNNING) for one in part)
        ring = wire.KeyRing((("k" * 64, b"1" * 32),))
        for message in (
            samples.guests(host=LONGEST, table=table, sequence=2**62),
            samples.result(host=LONGEST, gone=tuple(part), detail="x" * 250),
            samples.event(host=LONGEST, detail="x" * 250),
            samples.exclusive(
                host=LONGEST, engine="e" * 253, servers=tuple(part)
            ),
            samples.heartbeat(host=LONGEST),
            samples.command(host=LONGEST, engine="e" * 253),
        ):
            wire.encode(message, ring)

    @hypothesis.given(st.data())
    def test_one_flipped_bit_is_refused(self, data: st.DataObject) -> None:
        datagram = bytearray(wire.encode(samples.heartbeat(), samples.RING))
        at = data.draw(st.integers(0, len(datagram) * 8 - 1))
        datagram[at // 8] ^= 1 << at % 8
        self.refused(bytes(datagram))

    @hypothesis.given(st.binary(max_size=1500))
    def test_noise_is_refused(self, noise: bytes) -> None:
        self.refused(noise)
        self.refused(b"NHA1" + noise)

    @hypothesis.given(st.integers(0, 200))
    def test_a_datagram_cut_short_is_refused(self, size: int) -> None:
        datagram = wire.encode(samples.heartbeat(), samples.RING)
        hypothesis.assume(size < len(datagram))
        self.refused(datagram[:size])

    @hypothesis.given(st.binary(max_size=200))
    def test_any_signed_body_is_a_message_or_refused(
        self, body: bytes
    ) -> None:
        self.assertIn(self.refused(signed(body)), (Reason.BODY, Reason.KIND))

    def test_says_why(self) -> None:
        good = wire.encode(samples.heartbeat(), samples.RING)
        foreign = wire.KeyRing((("other", b"1" * 32),))
        stolen_id = wire.KeyRing((("k1", b"3" * 32),))
        for reason, datagram in (
            (Reason.TOO_LONG, good.ljust(wire.MAX_SIZE + 1)),
            (Reason.FOREIGN, b"GET / HTTP/1.1"),
            (Reason.TRUNCATED, b"NHA1"),
            (Reason.TRUNCATED, good[:20]),
            (Reason.VERSION, signed(b"{}", b"NHA2")),
            (Reason.UNKNOWN_KEY, wire.encode(samples.ack(), foreign)),
            (Reason.FORGED, wire.encode(samples.ack(), stolen_id)),
            (Reason.BODY, signed(b"[" * 1000)),
            (Reason.BODY, signed(b"[]")),
            (Reason.BODY, signed(b"\xff")),
            (Reason.KIND, signed(b'{"kind":"order"}')),
            (Reason.KIND, signed(b'{"kind":[]}')),
            (Reason.FIELD, signed(b'{"kind":"heartbeat"}')),
            (Reason.FIELD, self.changed(more=1)),
            (Reason.FIELD, self.changed(sequence=-1)),
            (Reason.FIELD, self.changed(sequence=2**63)),
            (Reason.FIELD, self.changed(sequence=1.0)),
            (Reason.FIELD, self.changed(sent_at=float("nan"))),
            (Reason.FIELD, self.changed(sent_at=float("inf"))),
            (Reason.FIELD, self.changed(host="a\nb")),
            (Reason.FIELD, self.changed(host="\ud800")),
            (Reason.FIELD, self.changed(host="a" * 256)),
            (Reason.FIELD, self.changed(hypervisor_ok=1)),
        ):
            self.assertEqual(reason, self.refused(datagram), repr(datagram))

    def test_nothing_too_long_is_made(self) -> None:
        many = (samples.SERVER,) * 40
        found = self.assertRaises(
            refusals.Refused,
            wire.encode,
            samples.exclusive(servers=many),
            samples.RING,
        )
        self.assertEqual(Reason.TOO_LONG, found.reason)

    def test_a_list_goes_out_in_parts_that_fit(self) -> None:
        many = tuple(str(n) for n in range(2 * messages.PART + 1))
        found = wire.parts(many)
        self.assertEqual(many, sum(found, ()))
        self.assertEqual(3, len(found))
        self.assertEqual([()], wire.parts(()))


class KeyRingTest(base.TestCase):
    def test_a_key_can_be_replaced_with_nobody_left_out(self) -> None:
        old, new = (("old", b"o" * 32), ("new", b"n" * 32))
        rings = [
            wire.KeyRing((old,)),
            wire.KeyRing((old, new)),
            wire.KeyRing((new, old)),
            wire.KeyRing((new,)),
        ]
        message = samples.heartbeat()
        for one, other in zip(rings, rings[1:], strict=False):
            for sender, receiver in ((one, other), (other, one)):
                datagram = wire.encode(message, sender)
                self.assertEqual(message, wire.decode(datagram, receiver))

    def test_wrong_keys_are_refused(self) -> None:
        for keys, says in (
            ((), "at least one"),
            ((("a", b"1" * 31),), "fewer than 32"),
            ((("a", b"1" * 32), ("a", b"2" * 32)), "twice"),
            ((("é", b"1" * 32),), "ASCII"),
            ((("", b"1" * 32),), "1 to 64"),
        ):
            found = self.assertRaises(ValueError, wire.KeyRing, keys)
            self.assertIn(says, str(found))

    def test_a_secret_is_never_shown(self) -> None:
        self.assertNotIn("1111", repr(samples.RING))
        found = self.assertRaises(ValueError, wire.keys_of, {"a": "secret"})
        self.assertEqual(
            "keys: the secret of a is no hexadecimal number", str(found)
        )

    def test_reads_what_the_operator_wrote(self) -> None:
        ring = wire.keys_of({"k1": "31" * 32, "k2": "32" * 32})
        self.assertEqual(samples.RING, ring)
