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

"""Tests of what follows from records and views."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.engine import derive
from nham.tests import base as tests
from nham.tests.unit.engine import base

Health = facts.Health
Step = states.StepState
State = states.RecoveryState
NOW = 10_000.0
PROBATION = 300.0


def recovery(
    began: float,
    ended: float | None = None,
    state: State = State.FAILED,
    steps: tuple[model.StepRecord, ...] = (),
    **fields: Any,
) -> model.Recovery:
    """Return a recovery that began and ended so many seconds ago."""
    values: dict[str, Any] = {"rule": "vm-dead", "rung": "rebuild", **fields}
    return model.Recovery(
        id="r",
        vnf_id="v",
        group_id="g",
        epoch=1,
        fault=model.Fault(
            zone=descriptor.Zone.VM, subject="s", detected_at=NOW - began
        ),
        state=state,
        steps=steps,
        started_at=NOW - began,
        ended_at=None if ended is None else NOW - ended,
        **values,
    )


class TestAttemptsThatCount(tests.TestCase):
    """A probation of five minutes; all times are seconds ago."""

    def count(self, *ended: model.Recovery) -> int:
        """Return how many of these count, newest first."""
        found = derive.that_count(ended, NOW, PROBATION)
        self.assertEqual(list(ended[: len(found)]), found)
        return len(found)

    def test_fault_that_is_over_counts_until_its_probation_is_over(
        self,
    ) -> None:
        over = State.SUCCEEDED
        self.assertEqual(1, self.count(recovery(300.0, 290.0, over)))
        self.assertEqual(0, self.count(recovery(301.0, 290.0, over)))

    def test_slow_failures_in_a_row_are_not_forgotten(self) -> None:
        ended = [recovery(n * 250.0, n * 250.0 - 240.0) for n in (1, 2, 3, 4)]
        self.assertEqual(4, self.count(*ended))

    def test_failure_counts_from_its_end(self) -> None:
        self.assertEqual(1, self.count(recovery(900.0, 250.0)))

    def test_pause_as_long_as_the_probation_ends_the_row(self) -> None:
        self.assertEqual(0, self.count(recovery(310.0, 301.0)))
        ended = [recovery(20.0, 10.0), recovery(340.0, 321.0)]
        self.assertEqual(1, self.count(*ended))

    def test_failures_before_a_success_belong_to_an_older_fault(self) -> None:
        success = recovery(50.0, 40.0, State.SUCCEEDED)
        self.assertEqual(1, self.count(success, recovery(310.0, 60.0)))
        self.assertEqual(2, self.count(success, recovery(290.0, 60.0)))

    def test_none(self) -> None:
        self.assertEqual(0, self.count())


class TestAttempt(tests.TestCase):
    """What an ended recovery means to the ladder."""

    def test_outcomes(self) -> None:
        for state, outcome in (
            (State.SUCCEEDED, member_facts.Outcome.OK),
            (State.ABORTED, member_facts.Outcome.ABORTED),
            (State.FAILED, member_facts.Outcome.FAILED),
        ):
            with self.subTest(state=state):
                found = derive.attempt(recovery(20.0, 10.0, state), NOW)
                self.assertEqual(outcome, found.outcome)
                self.assertEqual("rebuild", found.rung)
                self.assertEqual(20.0, found.age)
                self.assertIsNone(found.checkpoint_id)

    def test_refused(self) -> None:
        steps = (
            base.step("lock", Step.DONE),
            base.step("rebuild_server", Step.REFUSED, checkpoint_id="c"),
        )
        found = derive.attempt(recovery(20.0, 10.0, steps=steps), NOW)
        self.assertEqual(member_facts.Outcome.REFUSED, found.outcome)
        self.assertEqual("c", found.checkpoint_id)


class TestUnrestored(tests.TestCase):
    """Which checkpoint a failed recovery still owes its VNFC."""

    def owed(
        self,
        rebuild: Step,
        moved: Step = Step.DONE,
        state: State = State.FAILED,
        rule: str = "host-dead",
    ) -> str | None:
        """Return it for a move and a rebuild that ended so."""
        steps = (
            base.step("evacuate_server", moved),
            base.step("rebuild_server", rebuild, checkpoint_id="c"),
        )
        ended = recovery(20.0, 10.0, state, steps, rule=rule)
        owed = derive.unrestored(ended)
        flag = derive.attempt(ended, NOW).unrestored
        self.assertEqual(owed is not None, flag)
        return owed

    def test_moved_without_its_state(self) -> None:
        self.assertEqual("c", self.owed(Step.FAILED))
        self.assertEqual("c", self.owed(Step.REFUSED))
        self.assertEqual("c", self.owed(Step.PENDING))

    def test_nothing_is_owed(self) -> None:
        self.assertIsNone(self.owed(Step.DONE))
        self.assertIsNone(self.owed(Step.FAILED, state=State.SUCCEEDED))
        self.assertIsNone(self.owed(Step.FAILED, state=State.ABORTED))

    def test_what_does_not_serve_is_left_to_the_decision(self) -> None:
        self.assertIsNone(self.owed(Step.PENDING, moved=Step.FAILED))

    def test_what_served_before_still_does(self) -> None:
        for rule in ("unrestored", "restore", "replaced-behind"):
            with self.subTest(rule=rule):
                owed = self.owed(Step.FAILED, moved=Step.PENDING, rule=rule)
                self.assertEqual("c", owed)

    def test_plan_without_a_rebuild(self) -> None:
        steps = (base.step("reboot_server", Step.FAILED),)
        ended = recovery(20.0, 10.0, steps=steps, rule="restore")
        self.assertIsNone(derive.unrestored(ended))


class TestMustPause(tests.TestCase):
    """A state that a VNF does not take is given again ever later."""

    def pauses(self, *past: model.Recovery) -> bool:
        """Say whether it is too early."""
        return derive.must_pause(past, NOW)

    def given(self, ago: float, state: State = State.FAILED) -> model.Recovery:
        """Return a try that ended so many seconds ago."""
        return recovery(ago + 1, ago, state, rung="import_state")

    def test_first(self) -> None:
        self.assertFalse(self.pauses())
        self.assertFalse(self.pauses(self.given(0.0, State.SUCCEEDED)))
        self.assertFalse(self.pauses(recovery(1.0, 0.0)))

    def test_twice_as_long_each_time(self) -> None:
        for number, pause in ((1, 5.0), (2, 10.0), (3, 20.0), (8, 300.0)):
            tries = [self.given(pause - 0.1), *[self.given(400.0)] * 7]
            self.assertTrue(self.pauses(*tries[:number]))
            tries[0] = self.given(pause)
            self.assertFalse(self.pauses(*tries[:number]))

    def test_what_went_well_between(self) -> None:
        well = self.given(100.0, State.SUCCEEDED)
        tries = (self.given(5.0), well, self.given(200.0))
        self.assertFalse(self.pauses(*tries))


class TestWaitsFor(tests.TestCase):
    """Whose host alone can carry on with a recovery."""

    def waits_for(self, rung: str, *actions: str, done: int = 0) -> str | None:
        """Return the member, after so many steps."""
        steps = tuple(
            model.StepRecord(
                position=position,
                step=model.Step(
                    id=action,
                    action=action,
                    note="",
                    timeout=180.0,
                    args={"member_id": "s"},
                ),
                state=states.StepState.DONE
                if position < done
                else states.StepState.STARTED,
            )
            for position, action in enumerate(actions)
        )
        running = self.running
        running = dataclasses.replace(running, rung=rung, steps=steps)
        return derive.waits_for(running, "m")

    def setUp(self) -> None:
        super().setUp()
        self.running = model.Recovery(
            id="r",
            vnf_id="v",
            group_id="g",
            epoch=1,
            fault=model.Fault(
                zone=descriptor.Zone.VM, subject="server", detected_at=0.0
            ),
            rule="vm-dead",
            rung="",
            owner="e",
            started_at=0.0,
        )

    def test_a_boot_waits_for_the_member(self) -> None:
        self.assertEqual("m", self.waits_for("hard_reboot", "reboot_hard"))
        self.assertIsNone(self.waits_for("evacuate", "evacuate_server"))

    def test_a_takeover_waits_for_the_other(self) -> None:
        steps = ("confirm_fault", "renew_standby", "move_address")
        for done, found in enumerate((None, "s", None, None)):
            self.assertEqual(
                found, self.waits_for("fail_over", *steps, done=done)
            )
        self.assertIsNone(self.waits_for("refresh_standby", "renew_standby"))


class TestGaveUpStopping(tests.TestCase):
    """Who was stopped for a recovery that nobody wants any more."""

    def ours(
        self,
        ago: float,
        action: str = "park_standby",
        state: Step = Step.STARTED,
        member_id: str = "m",
        ended: float | None = 90.0,
        over: float | None = None,
        said: str = "",
    ) -> bool:
        """Say it of a step that began 100 s ago, and a stop of then."""
        step = model.Step(
            id=action,
            action=action,
            note="",
            timeout=150.0,
            args={"member_id": member_id},
        )
        record = model.StepRecord(
            position=0,
            step=step,
            state=state,
            started_at=NOW - 100.0,
            ended_at=None if over is None else NOW - over,
            detail=said,
        )
        past = recovery(101.0, ended, State.ABORTED, (record,))
        return derive.gave_up_stopping([past], "m", NOW - ago)

    def test_while_it_was_wanted_and_a_while_later(self) -> None:
        for ago, wanted in (
            (103.0, False),
            (102.0, True),
            (90.0, True),
            (30.0, True),
            (29.0, False),
        ):
            with self.subTest(ago=ago):
                self.assertIs(wanted, self.ours(ago))

    def test_which_steps(self) -> None:
        self.assertTrue(self.ours(95.0, "stop_server"))
        self.assertFalse(self.ours(95.0, "start_standby"))
        self.assertFalse(self.ours(95.0, member_id="n"))
        for state in Step:
            given_up = state is Step.STARTED
            self.assertIs(given_up, self.ours(95.0, state=state))

    def test_member_that_was_cut_off_by_a_stop(self) -> None:
        """By Nova, which may carry the stop out when its host is back."""
        for ago, state, wanted in (
            (103.0, Step.DONE, False),
            (101.0, Step.DONE, True),
            (95.0, Step.DONE, True),
            (94.0, Step.DONE, False),
            (35.0, Step.FAILED, True),
            (34.0, Step.FAILED, False),
        ):
            with self.subTest(ago=ago, state=state):
                for said in ("nova: off", "port: 1 (before it, nova: no)"):
                    found = self.isolated(ago, state, said)
                    self.assertIs(wanted, found)
                # Who was cut off by its ports was stopped by somebody else.
                self.assertFalse(self.isolated(ago, state, "port: 1"))

    def isolated(self, ago: float, state: Step, said: str) -> bool:
        """Say it of a member that was cut off 95 s ago, which said so."""
        found = {
            self.ours(ago, action, state, over=95.0, said=said)
            for action in ("isolate_member", "seal_member")
        }
        self.assertEqual(1, len(found))
        return found.pop()

    def test_a_recovery_that_runs_sees_to_it_itself(self) -> None:
        self.assertFalse(self.ours(95.0, ended=None))
