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


"""What every hook must do."""

from __future__ import annotations

import abc
import hashlib

from nham.adapters import errors
from nham.adapters.hooks import base as hooks_base
from nham.tests.conformance import base

MOST = 1024 * 1024


class HookSuite(base.Suite):
    """A hook, and an application that it can reach."""

    hook: hooks_base.Hook
    alive: hooks_base.Endpoint
    """Where the application answers."""
    dead: hooks_base.Endpoint
    """Where nobody answers."""

    @abc.abstractmethod
    def give(self, state: bytes) -> None:
        """Let the application have this state."""

    @abc.abstractmethod
    def has(self) -> bytes:
        """Return the state that the application has."""

    def export(self, most: int = MOST) -> bytes:
        """Return what the hook hands out."""
        return self.hook.export_state(self.alive, most).data

    def test_what_is_imported_is_exported(self) -> None:
        for state in (b"first", b"", bytes(range(256)) * 1000):
            self.hook.import_state(self.alive, state, "m1")
            self.assertEqual(state, self.has())
            self.assertEqual(state, self.export())

    def test_an_export_changes_nothing(self) -> None:
        self.give(b"state")
        self.export()
        self.assertEqual(b"state", self.export())

    def test_it_says_what_it_took_in(self) -> None:
        self.assertEqual("", self.hook.imported(self.alive))
        for state in (b"first", b"second"):
            self.hook.import_state(self.alive, state, "m1")
            said = f"sha256:{hashlib.sha256(state).hexdigest()}"
            self.assertEqual(said, self.hook.imported(self.alive))
            self.give(b"moved on")
            self.assertEqual(said, self.hook.imported(self.alive))

    def test_an_import_may_be_said_twice(self) -> None:
        for _ in range(2):
            self.hook.import_state(self.alive, b"state", "m1")
        self.assertEqual(b"state", self.has())

    def test_limit(self) -> None:
        self.give(b"12345")
        self.assertEqual(b"12345", self.export(5))
        self.assertRaises(errors.Refused, self.export, 4)

    def test_nobody_there(self) -> None:
        self.assertRaises(
            errors.Unavailable, self.hook.export_state, self.dead, MOST
        )
        self.assertRaises(
            errors.Unavailable, self.hook.import_state, self.dead, b"x", "m1"
        )
        self.assertRaises(errors.Unavailable, self.hook.imported, self.dead)
        address = "192.0.2.7"
        for ask in (self.hook.claim, self.hook.has_claimed, self.hook.let_go):
            self.assertRaises(errors.Unavailable, ask, self.dead, address)

    def test_an_address_is_claimed_until_it_is_let_go(self) -> None:
        first, second = "192.0.2.7", "192.0.2.8"
        self.assertFalse(self.hook.has_claimed(self.alive, first))
        for _again in range(2):
            self.hook.claim(self.alive, first)
            self.assertTrue(self.hook.has_claimed(self.alive, first))
        self.assertFalse(self.hook.has_claimed(self.alive, second))
        for _again in range(2):
            self.hook.let_go(self.alive, first)
            self.assertFalse(self.hook.has_claimed(self.alive, first))
