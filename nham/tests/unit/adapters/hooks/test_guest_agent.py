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

"""The hook by the guest agent, with a real door and a guest of the test's."""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.agents import none
from nham.adapters.hooks import base as hooks_base
from nham.adapters.hooks import guest_agent
from nham.agent import door as door_
from nham.agent import errands as runner_
from nham.agent.hypervisor import guest_agents
from nham.core.agent import errands
from nham.core.agent import wire
from nham.tests import base
from nham.tests.conformance import hooks as hooks_suite
from nham.tests.unit.agent import guest as guest_

A, B = (f"{one}0000000-0000-4000-8000-000000000000" for one in "ab")
RING = wire.KeyRing((("k1", b"1" * 32), ("k2", b"2" * 32)))
MOST = 1 << 20
PATIENCE = 20.0


class OneDoor(none.NoAgents):
    """Agents of which the test knows where their doors are."""

    def __init__(self) -> None:
        self.doors: dict[str, agents_.Door] = {}

    def door(self, server_id: str) -> agents_.Door:
        """See base class."""
        try:
            return self.doors[server_id]
        except KeyError:
            raise errors.Unavailable(f"nobody runs {server_id}") from None


class DoorCase(base.TestCase):
    """One host with a door and one guest."""

    def setUp(self) -> None:
        super().setUp()
        self.reached = guest_.FakeGuestAgents()
        self.guest = guest_.FakeGuest(self.temp_dir())
        self.addCleanup(self.guest.close)
        self.reached.guests[A] = self.guest
        self.agents = OneDoor()
        self.agents.doors[A] = self.open("cmp1", "life")
        self.hook: hooks_base.Hook = guest_agent.GuestAgentHook(self.agents)
        self.alive = self.endpoint(A)

    def open(self, host: str, boot: str) -> agents_.Door:
        """Open a door to the guests, as an agent does."""
        listener = door_.listen(f"127.0.0.1:{_free_port()}")
        runner = runner_.Runner(self.reached)
        made = door_.Door(listener, runner, RING, host, boot)
        made.start()
        self.addCleanup(made.stop)
        port = listener.getsockname()[1]
        return agents_.Door(
            host=host, where=f"127.0.0.1:{port}", boot=boot, ring=RING
        )

    def endpoint(self, server_id: str) -> hooks_base.Endpoint:
        """Return how a server is asked."""
        return hooks_base.Endpoint(
            guest=hooks_base.Guest(
                server_id=server_id,
                export_command=("/app", "export"),
                import_command=("/app", "import"),
                claim_command=("/app",),
            ),
            timeout=PATIENCE,
        )

    def refused(self, kind: type[Exception], words: str) -> None:
        """See that an export fails in a way, and what is said of it."""
        error = self.assertRaises(
            kind, self.hook.export_state, self.alive, MOST
        )
        self.assertIn(words, str(error))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


class HookTest(DoorCase, hooks_suite.HookSuite):
    """``GuestAgentHook``."""

    def setUp(self) -> None:
        super().setUp()
        self.dead = self.endpoint(B)

    def give(self, state: bytes) -> None:
        """See base class."""
        self.guest.inside("/state").write_bytes(state)

    def has(self) -> bytes:
        """See base class."""
        return self.guest.inside("/state").read_bytes()

    def test_a_state_of_many_parts(self) -> None:
        state = bytes(range(256)) * 4096 * 3 + b"and some"
        self.hook.import_state(self.alive, state, "m1")
        self.assertEqual(state, self.export(len(state)))
        self.assertEqual(0, self.guest.open_files())

    def test_what_the_command_says(self) -> None:
        self.give(b"state")
        found = self.hook.export_state(self.alive, MOST, hold=7)
        self.assertEqual(
            (b"state", 7.0, "once", None),
            (found.data, found.held, found.started, found.pause),
        )
        self.hook.import_state(self.alive, b"x", "VDU1 two")
        sender = self.guest.inside("/sender").read_text()
        self.assertEqual("VDU1 two\n", sender)


class FaultTest(DoorCase):
    """What goes wrong in the guest, on its host, and on the way."""

    def program(self, text: str) -> None:
        """Have the commands do this."""
        self.guest.program("/app", f"#!/bin/sh\n{text}\n")

    def test_exit_codes(self) -> None:
        self.program("echo no room >&2; exit 3")
        self.refused(errors.Refused, "exit code 3: no room")
        self.program("exit 75")
        self.refused(errors.Unavailable, "it cannot now")
        self.program("kill -9 $$")
        self.refused(errors.Refused, "signal 9")

    def test_a_command_that_is_not_there(self) -> None:
        self.guest.inside("/app").unlink()
        self.refused(errors.Refused, "may not or cannot")

    def test_a_state_that_is_not_what_the_command_says(self) -> None:
        """An old file, or one that something writes to, is no state."""
        self.program(f"echo digest=sha256:{'0' * 64}; echo old > $2")
        self.refused(errors.Refused, f"says sha256:{'0' * 64}")
        self.program("exit 0")
        self.refused(errors.Refused, "says no digest")

    def test_words_that_are_none(self) -> None:
        self.program("echo pause=soon; > $2")
        self.refused(errors.Refused, "pause: 'soon' is not")

    def test_no_guest_agent(self) -> None:
        for outcome, words in (
            (errands.Outcome.NO_GUEST_AGENT, "No guest agent answers"),
            (errands.Outcome.HYPERVISOR, "The hypervisor does not answer"),
        ):
            trouble = guest_agents.Trouble(outcome, "so it is")
            self.guest.wrong["guest-exec"] = trouble
            self.refused(errors.Unavailable, words)

    def test_a_guest_agent_that_talks_nonsense(self) -> None:
        infinite = {"pid": float("inf")}
        answers: tuple[Any, ...] = (None, {}, [], {"pid": "x"}, infinite)
        for answer in answers:
            self.guest.says["guest-exec"] = answer
            self.refused(errors.Refused, "an answer is not in order")

    def test_a_disk_that_is_full(self) -> None:
        self.guest.says["guest-file-write"] = {"count": 1}
        error = self.assertRaises(
            errors.Refused, self.hook.import_state, self.alive, b"123", "m"
        )
        self.assertIn("only 1 of 3 bytes", str(error))
        self.assertEqual(0, self.guest.open_files())
        self.assertNotIn("guest-exec", self.guest.asked)

    def test_one_that_ends_too_late_is_not_overtaken(self) -> None:
        self.leave_one()
        self.refused(errors.Unavailable, "an earlier command")
        self.open_gate()
        self.guest.wait()
        self.program("exit 4")
        self.refused(errors.Refused, "exit code 4")

    def test_a_guest_that_was_started_anew_knows_no_earlier_one(self) -> None:
        self.leave_one()
        anew = guest_.FakeGuest(self.temp_dir())
        self.addCleanup(anew.close)
        self.reached.guests[A] = anew
        self.assertEqual("", self.hook.imported(self.alive))

    def test_one_at_a_time_in_a_guest(self) -> None:
        self.wait_at_gate("echo > here;")
        first = threading.Thread(
            target=self.refused, args=(errors.Refused, "exit code 3")
        )
        first.start()
        self.guest.inside("/here").read_text()
        self.refused(errors.Unavailable, "a command runs in the guest")
        self.open_gate()
        first.join()

    def leave_one(self) -> None:
        """Let the time of a command be over that goes on."""
        self.wait_at_gate("")
        over = guest_agents.Trouble(errands.Outcome.TIMED_OUT, "by a test")
        self.guest.wrong["guest-exec-status"] = over
        self.refused(errors.Unavailable, "time was over")
        self.guest.wrong.clear()

    def wait_at_gate(self, first: str) -> None:
        """Have the command do this, wait, and fail."""
        for name in ("/gate", "/here"):
            os.mkfifo(self.guest.inside(name))
        self.program(f"cd $(dirname $0); {first} read x < gate; exit 3")

    def open_gate(self) -> None:
        """Let the command go on."""
        self.guest.inside("/gate").write_text("go\n")

    def test_a_host_without_room(self) -> None:
        self.replace("nham.agent.door.AT_ONCE", 0)
        self.agents.doors[A] = self.open("cmp1", "life")
        self.refused(errors.Unavailable, "0 commands run on this host")
        self.replace("nham.agent.door.MOST", 0)
        self.agents.doors[A] = self.open("cmp1", "life")
        self.refused(errors.Unavailable, "cmp1: ")
        self.assertEqual([], self.guest.asked)

    def test_another_life_of_the_agent(self) -> None:
        at = self.agents.doors[A]
        for host, boot in (("cmp2", "life"), ("cmp1", "before")):
            self.agents.doors[A] = agents_.Door(
                host=host, where=at.where, boot=boot, ring=RING
            )
            self.refused(errors.Unavailable, "for another host")
            error = self.assertRaises(
                errors.Unavailable,
                self.hook.import_state,
                self.alive,
                bytes(3 << 20),
                "m1",
            )
            self.assertIn("for another host", str(error))
        self.assertEqual([], self.guest.asked)

    def test_another_key(self) -> None:
        at = self.agents.doors[A]
        ring = wire.KeyRing((("k1", b"3" * 32),))
        self.agents.doors[A] = agents_.Door(
            host=at.host, where=at.where, boot=at.boot, ring=ring
        )
        self.refused(errors.Unavailable, "closed the connection")
        self.assertEqual([], self.guest.asked)

    def test_the_second_key_does_as_well(self) -> None:
        at = self.agents.doors[A]
        ring = wire.KeyRing(RING.keys[1:])
        self.agents.doors[A] = agents_.Door(
            host=at.host, where=at.where, boot=at.boot, ring=ring
        )
        self.assertEqual("", self.hook.imported(self.alive))

    def test_nobody_at_the_door(self) -> None:
        at = self.agents.doors[A]
        self.agents.doors[A] = agents_.Door(
            host=at.host,
            where=f"127.0.0.1:{_free_port()}",
            boot=at.boot,
            ring=RING,
        )
        self.refused(errors.Unavailable, "on cmp1")

    def test_no_commands(self) -> None:
        bare = hooks_base.Endpoint(address="192.0.2.1", port=1)
        self.assertRaises(errors.Refused, self.hook.imported, bare)
        assert self.alive.guest is not None
        silent = hooks_base.Endpoint(
            guest=hooks_base.Guest(
                server_id=A, export_command=("/a",), import_command=("/a",)
            )
        )
        error = self.assertRaises(
            errors.Refused, self.hook.claim, silent, "192.0.2.7"
        )
        self.assertIn("no claim_command", str(error))

    def test_a_claim_that_says_nothing(self) -> None:
        self.program("exit 0")
        error = self.assertRaises(
            errors.Refused, self.hook.has_claimed, self.alive, "192.0.2.7"
        )
        self.assertIn("neither claimed=yes nor", str(error))
