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

"""The sample VNF's commands for the guest agent use its own hook."""

from __future__ import annotations

import hashlib
import pathlib
import shutil
import subprocess

from nham.core.agent import errands
from nham.tests.unit.tools import guest

COMMANDS = guest.GUEST / "root" / "usr" / "bin"


class TestCommands(guest.GuestCase):
    """``nham-export`` and ``nham-import``, by busybox as in the guest."""

    def new_member(self) -> guest.Member:
        """See base class."""
        busybox = shutil.which("busybox")
        if busybox is None:
            self.skipTest("there is no busybox")
        member = super().new_member()
        for name in ("wget", "nc", "sed", "stat", "sha256sum", "od"):
            (member.root / "bin" / name).symlink_to(busybox)
        return member

    def ran(
        self, member: guest.Member, name: str, *words: str, **env: str
    ) -> errands.Words:
        """Return what a command says."""
        return errands.words(
            member.run(
                "busybox",
                "sh",
                str(COMMANDS / name),
                *words,
                VNF_HOOK_PORT=str(member.port),
                **env,
            )
        )

    def file(self) -> pathlib.Path:
        """Return where a state goes."""
        return self.temp_dir() / "state"

    def test_a_state_is_carried(self) -> None:
        self.member.run("vnf", "flows", "600")
        self.member.run("vnf", "count")
        other, state = self.new_member(), self.file()
        said = self.ran(self.member, "nham-export", str(state))
        data = state.read_bytes()
        self.assertEqual(self.member.export(), data)
        self.assertEqual(errands.digest_of(data), said.digest)
        self.assertIsNotNone(said.pause)
        self.assertTrue(said.started)
        self.assertEqual("", said.imported)
        self.ran(
            other,
            "nham-import",
            str(state),
            NHAM_DIGEST=said.digest,
            NHAM_SENDER="member 1",
        )
        self.assertEqual(data, other.export())
        self.assertEqual("member%201\n", other.run("vnf", "sender"))
        asked = self.ran(other, "nham-export")
        self.assertEqual(said.digest, asked.imported)
        self.assertEqual("", asked.digest)

    def test_a_state_that_is_held(self) -> None:
        said = self.ran(
            self.member, "nham-export", str(self.file()), NHAM_HOLD="1"
        )
        self.assertEqual(1.0, said.held)

    def code(self, member: guest.Member, name: str, *words: str) -> int:
        """Return by which code a command ends that fails."""
        error = self.assertRaises(
            subprocess.CalledProcessError, self.ran, member, name, *words
        )
        return error.returncode

    def test_a_damaged_state(self) -> None:
        state = self.file()
        state.write_bytes(b"no state")
        self.assertEqual(1, self.code(self.member, "nham-import", str(state)))

    def test_a_state_of_something_else(self) -> None:
        state = self.file()
        state.write_bytes(b"no state")
        error = self.assertRaises(
            subprocess.CalledProcessError,
            self.ran,
            self.member,
            "nham-import",
            str(state),
            NHAM_DIGEST=f"sha256:{hashlib.sha256(b'no state').hexdigest()}",
            NHAM_SENDER="m",
        )
        self.assertEqual(1, error.returncode)
        self.assertIn("state", error.stderr)

    def test_nobody_serves(self) -> None:
        self.member.port = 1
        state = str(self.file())
        self.assertEqual(75, self.code(self.member, "nham-export", state))
