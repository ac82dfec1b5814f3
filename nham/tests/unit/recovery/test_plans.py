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

"""Whole plans on the simulated cloud, and a crash at each of their points."""

from __future__ import annotations

import contextlib
from typing import Any
from unittest import mock

from nham.core import states
from nham.recovery import runner
from nham.tests.unit.recovery import base

SUCCEEDED = states.RecoveryState.SUCCEEDED

#: What must not be asked of the cloud twice for one fault.
ONCE = ("reboot", "start", "rebuild", "evacuate", "heal")


class Crash(BaseException):
    """The engine is killed."""


class PlansCase(base.RecoveryCase):
    def break_what(self, rung: str) -> None:
        """Let happen what the rung is for."""
        if rung in ("evacuate", "replace"):
            self.world.power_off_host("one")
        elif rung == "soft_reboot":
            self.world.crash_app(self.server_id)
        elif rung == "start":
            self.world.crash_vm(self.server_id)
            self.clock.advance(20.0)
        else:
            self.world.lose_disk(self.server_id)
        if rung == "hard_reboot":
            self.world.nova.disk(
                self.world.nova.get(self.server_id)
            ).lost = False

    def begin(self, rung: str) -> str:
        """Break something and claim the recovery by that rung."""
        checkpoint_id = None
        if rung in ("evacuate", "rebuild", "replace"):
            checkpoint_id = self.add_checkpoint(7)
        self.break_what(rung)
        self.follow_guest()
        steps = self.plan(
            rung,
            checkpoint_id=checkpoint_id,
            host_lost=rung in ("evacuate", "replace"),
        )
        return self.claim(*steps, rung=rung)

    def check(self, rung: str, recovery_id: str) -> None:
        """See that it served its purpose, without harm."""
        recovery = self.store.recovery(recovery_id)
        self.assertIs(SUCCEEDED, recovery.state, recovery.reason)
        server_id = self.world.server_id(self.instance, "VDU1-0")
        self.assertTrue(self.world.serving(server_id))
        restored = rung in ("evacuate", "rebuild", "replace")
        self.assertEqual(7 if restored else 0, self.world.read(server_id))
        (member,) = self.store.members(group_id="g")
        self.assertEqual(server_id, member.server_id)
        self.assertEqual((), self.world.invariants())
        for call in ONCE:
            self.assertLessEqual(self.calls(call), 1, call)
        self.assertIsNone(self.store.group("g").recovery_id)


RUNGS = (
    "soft_reboot",
    "start",
    "hard_reboot",
    "rebuild",
    "evacuate",
    "replace",
)


class WholeTest(PlansCase):
    """One plan each, from the fault to the end."""

    def _whole(self, rung: str) -> None:
        recovery_id = self.begin(rung)
        self.run_to_end(recovery_id)
        self.check(rung, recovery_id)

    def test_soft_reboot(self) -> None:
        self._whole("soft_reboot")

    def test_start(self) -> None:
        self._whole("start")

    def test_hard_reboot(self) -> None:
        self._whole("hard_reboot")

    def test_rebuild(self) -> None:
        self._whole("rebuild")

    def test_evacuate(self) -> None:
        self._whole("evacuate")

    def test_replace(self) -> None:
        self._whole("replace")

    def test_a_member_that_answers_again_is_left_alone(self) -> None:
        for rung in RUNGS:
            recovery_id = self.claim(
                *self.plan(rung, checkpoint_id=None, host_lost=True)
            )
            self.watch.live = lambda: True
            recovery = self.run_to_end(recovery_id)
            self.assertIs(states.RecoveryState.ABORTED, recovery.state)
        for call in (*ONCE, "delete_server", "force_down"):
            self.assertEqual(0, self.calls(call), call)
        self.assertTrue(self.world.physics.host("one").power)


class CrashTest(PlansCase):
    """The engine is killed before or after each write of each plan."""

    def _crash_at(self, rung: str, point: int) -> bool:
        """Run with a crash at one point; return whether it was reached."""
        recovery_id = self.begin(rung)
        count = 0

        def crashing(real: Any) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal count
                count += 1
                if count == point:
                    raise Crash
                result = real(*args, **kwargs)
                count += 1
                if count == point:
                    raise Crash
                return result

            return call

        with contextlib.ExitStack() as patches:
            for name in ("step_started", "step_ended", "end_recovery"):
                changed = crashing(getattr(self.store, name))
                patches.enter_context(
                    mock.patch.object(self.store, name, changed)
                )
            try:
                self.run_to_end(recovery_id)
            except Crash:
                self.clock.advance(3.0)
                self.store.take_over(recovery_id, base.OWNER, "engine-2")
                self.runner = runner.Runner(self.context, "engine-2")
                self.run_to_end(recovery_id)
        self.check(rung, recovery_id)
        return count >= point

    def _crash_everywhere(self, rung: str) -> None:
        point = 1
        while self._crash_at(rung, point):
            point += 1
            self.build()
        # The first step begins, four steps at least end, the recovery does,
        # and each write has a crash before and one after it.
        self.assertGreater(point, 2 * (1 + 4 + 1))

    def test_hard_reboot(self) -> None:
        self._crash_everywhere("hard_reboot")

    def test_evacuate(self) -> None:
        self._crash_everywhere("evacuate")

    def test_replace(self) -> None:
        self._crash_everywhere("replace")


class OutageTest(PlansCase):
    """Each service is away for two minutes in the middle."""

    def _outage(self, rung: str, system: str) -> None:
        recovery_id = self.begin(rung)
        for _look in range(4):
            self.runner.advance(recovery_id)
            self.clock.advance(0.5)
        self.world.api_down(system, 400.0)
        self.run_to_end(recovery_id, 900.0)
        self.check(rung, recovery_id)

    def test_nova(self) -> None:
        self._outage("hard_reboot", "nova")

    def test_nova_while_evacuating(self) -> None:
        self._outage("evacuate", "nova")

    def test_vnfm(self) -> None:
        self._outage("replace", "tacker")
