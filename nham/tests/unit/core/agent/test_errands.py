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

import json
from typing import Any

from nham.core.agent import errands
from nham.tests import base

DIGEST = errands.digest_of(b"state")


def made(**changes: Any) -> errands.Errand:
    """Return an errand with these changes."""
    fields: dict[str, Any] = {
        "host": "cmp1",
        "boot": "life",
        "server_id": "s1",
        "command": ("/bin/out", "a b"),
        "environment": ("A=b",),
        "timeout": 2.5,
        "put": 5,
        "digest": DIGEST,
        "fetch": 10,
        **changes,
    }
    return errands.Errand(**fields)


class PackTest(base.TestCase):
    """Errands and replies as bytes and back."""

    def test_there_and_back(self) -> None:
        for errand in (made(), made(put=None, digest="", fetch=None)):
            self.assertEqual(errand, errands.errand(errands.pack(errand)))
        for outcome in errands.Outcome:
            reply = errands.Reply(outcome=outcome, detail="ä", output="a\nb")
            self.assertEqual(reply, errands.reply(errands.pack(reply)))

    def test_what_is_none(self) -> None:
        good = json.loads(errands.pack(made()))
        changes: tuple[dict[str, Any], ...] = (
            {"command": []},
            {"command": ["out"]},
            {"command": "/bin/out"},
            {"timeout": 0},
            {"timeout": "1"},
            {"put": -1},
            {"fetch": 2**31},
            {"more": 1},
            {"host": None},
        )
        for change in changes:
            data = json.dumps(good | change).encode()
            self.assertRaises(errands.Wrong, errands.errand, data)
        for data in (b"", b"[]", b"\xff", b"[" * 100_000):
            self.assertRaises(errands.Wrong, errands.errand, data)
        self.assertRaises(errands.Wrong, errands.reply, b'{"outcome": "x"}')


class WordsTest(base.TestCase):
    """What a command says."""

    def test_all(self) -> None:
        output = (
            f"digest={DIGEST}\npause=0.012\nheld=10\nstarted=x-1\n"
            f"imported={DIGEST}\nclaimed=yes\n"
        )
        self.assertEqual(
            errands.Words(
                digest=DIGEST,
                pause=0.012,
                held=10.0,
                started="x-1",
                imported=DIGEST,
                claimed="yes",
            ),
            errands.words(output),
        )

    def test_lines_for_people(self) -> None:
        for output in ("", "hello", "HOME=/root", "size=5", "a = b", "=\n\n"):
            self.assertEqual(errands.Words(), errands.words(output))

    def test_nothing_imported(self) -> None:
        self.assertEqual("", errands.words("imported=").imported)

    def test_wrong(self) -> None:
        for line in (
            "digest=",
            "digest=abc",
            "pause=-1",
            "pause=nan",
            "held=soon",
            "imported=sha256:AB",
            "claimed=maybe",
            f"started={'x' * 65}",
        ):
            error = self.assertRaises(errands.Wrong, errands.words, line)
            self.assertIn(line.partition("=")[0], str(error))


class TableTest(base.TestCase):
    """Each outcome has a sentence."""

    def test_meanings(self) -> None:
        self.assertEqual(set(errands.Outcome), set(errands.MEANINGS))
