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


"""What every store of states must do."""

from __future__ import annotations

import abc
from concurrent import futures
import functools
import random

from nham.adapters import errors
from nham.adapters.stores import base as stores_base
from nham.tests.conformance import base

KEY = bytes(range(32))
NOISE = random.Random(7).randbytes(70_000)
STATES = (b"", b"\x00", b"a" * 300_000, NOISE)


class StoreSuite(base.Suite):
    """A place for states, and a way to spoil what is in it."""

    @abc.abstractmethod
    def another(self, key: bytes | None = None) -> stores_base.Store:
        """Return one more store on the same place."""

    @abc.abstractmethod
    def kept(self, name: str) -> bytes:
        """Return what the place really holds under a name."""

    @abc.abstractmethod
    def spoil(self, name: str, blob: bytes) -> None:
        """Let the place hold this under a name that it knows."""

    def setUp(self) -> None:
        super().setUp()
        self.states = self.another()

    def refused(
        self, store: stores_base.Store, stored: stores_base.Stored
    ) -> str:
        """Expect that ``one`` does not come back; return the reason."""
        failure = self.assertRaises(
            errors.Refused, store.get, "one", stored.digest
        )
        return str(failure)

    def test_comes_back(self) -> None:
        for key in (None, KEY):
            for state in STATES:
                stored = self.another(key).put("one", state)
                self.assertEqual(len(self.kept("one")), stored.size)
                self.assertEqual(
                    state, self.another(key).get("one", stored.digest)
                )

    def test_digest_is_the_state_s_own(self) -> None:
        digest = (
            "sha256:"
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        )
        for key in (None, KEY):
            stored = self.another(key).put("one", b"abc")
            self.assertEqual(digest, stored.digest)

    def test_takes_less_than_the_state(self) -> None:
        for key in (None, KEY):
            stored = self.another(key).put("one", b"a" * 300_000)
            self.assertLess(stored.size, 10_000)

    def test_unknown(self) -> None:
        self.assertRaises(errors.NotFound, self.states.get, "one", "sha256:0")
        self.states.delete("one")
        self.assertEqual([], list(self.states.names()))

    def test_names(self) -> None:
        wanted = ["A", "_b", "a", "a.b-c_9", "z" * 200]
        for name in reversed(wanted):
            self.states.put(name, name.encode())
        self.assertEqual(wanted, list(self.another().names()))
        self.states.delete("a")
        self.states.delete("a")
        self.assertEqual(
            ["A", "_b", "a.b-c_9", "z" * 200], list(self.states.names())
        )

    def test_names_that_are_none(self) -> None:
        for name in ("", ".", "..", ".a", "a/b", "a b", "a\n", "é", "z" * 201):
            for ask in (
                functools.partial(self.states.put, name, b""),
                functools.partial(self.states.get, name, ""),
                functools.partial(self.states.delete, name),
            ):
                failure = self.assertRaises(errors.Refused, ask)
                self.assertIn(f"name: {name!r}", str(failure))

    def test_put_again(self) -> None:
        first = self.states.put("one", b"first")
        second = self.states.put("one", b"second")
        self.assertEqual(b"second", self.states.get("one", second.digest))
        self.assertIn("state kept has", self.refused(self.states, first))
        self.assertEqual(["one"], list(self.states.names()))

    def test_torn(self) -> None:
        for key in (None, KEY):
            store = self.another(key)
            for state in (b"a" * 5000, NOISE[:5000]):
                stored = store.put("one", state)
                whole = self.kept("one")
                for size in (0, 1, 2, 10, len(whole) // 2, len(whole) - 1):
                    self.spoil("one", whole[:size])
                    self.refused(store, stored)

    def test_damaged(self) -> None:
        for key in (None, KEY):
            store = self.another(key)
            for state in (b"a" * 5000, NOISE[:5000]):
                stored = store.put("one", state)
                whole = self.kept("one")
                for place in (0, 1, 2, 20, len(whole) - 1):
                    other = bytearray(whole)
                    other[place] ^= 0x80
                    self.spoil("one", bytes(other))
                    self.refused(store, stored)

    def test_nobody_reads_it_without_the_key(self) -> None:
        secret = b"the subscriber's number"
        stored = self.another(KEY).put("one", secret)
        self.assertNotIn(secret, self.kept("one"))
        self.assertIn("key_file", self.refused(self.another(), stored))
        other = self.another(KEY[::-1])
        self.assertIn("with another key", self.refused(other, stored))

    def test_same_state_never_looks_the_same(self) -> None:
        store = self.another(KEY)
        store.put("one", b"state")
        first = self.kept("one")
        store.put("one", b"state")
        self.assertNotEqual(first, self.kept("one"))

    def test_another_one_s_place(self) -> None:
        store = self.another(KEY)
        for name in ("one", "two"):
            stored = store.put(name, b"state")
        self.spoil("one", self.kept("two"))
        self.assertIn("another one's", self.refused(store, stored))

    def test_kept_before_there_was_a_key(self) -> None:
        stored = self.states.put("one", b"state")
        self.assertEqual(b"state", self.another(KEY).get("one", stored.digest))

    def test_many_writers(self) -> None:
        def put(number: int) -> stores_base.Stored:
            return self.states.put("one", bytes([number]) * 50_000)

        with futures.ThreadPoolExecutor(4) as pool:
            stored = list(pool.map(put, range(12)))
        came = []
        for each in stored:
            try:
                came.append(self.states.get("one", each.digest))
            except errors.Refused:
                continue
        self.assertEqual(1, len(came))
        self.assertEqual(["one"], list(self.states.names()))
