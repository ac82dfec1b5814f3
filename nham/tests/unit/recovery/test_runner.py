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

"""How plans are run: in order, once, and to an end that is written."""

from __future__ import annotations

from typing import Any

from nham.adapters import errors
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.recovery import handlers
from nham.recovery import runner
from nham.tests.unit.recovery import base

State = states.RecoveryState
StepState = states.StepState


class Scripted(handlers.StepHandler):
    """Does as the test says; what it returns or raises comes from lists."""

    def __init__(self) -> None:
        self.asked = 0
        self.looked = 0
        self.known = False
        self.on_do: list[Exception | None] = []
        self.on_look: list[Exception | context.Done | None] = []

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self.known

    def do(self, run: context.Run) -> None:
        """See base class."""
        self.asked += 1
        what = self.on_do.pop(0) if self.on_do else None
        if what is not None:
            raise what

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        self.looked += 1
        what = self.on_look.pop(0) if self.on_look else None
        if isinstance(what, Exception):
            raise what
        return what


DONE = context.Done(detail="it is so")


class RunnerCase(base.RecoveryCase):
    """Two steps whose handlers are scripted."""

    def setUp(self) -> None:
        super().setUp()
        self.first, self.second = Scripted(), Scripted()
        self.replace(
            "nham.recovery.handlers.HANDLERS",
            {"first": self.first, "second": self.second},
        )
        self.recovery_id = self.claim(self.step("first"), self.step("second"))

    def advance(self, seconds: float = 0.0) -> bool:
        """Let time pass and advance once."""
        self.clock.advance(seconds)
        return self.runner.advance(self.recovery_id)

    def recovery(self) -> model.Recovery:
        """Return what is recorded."""
        return self.store.recovery(self.recovery_id)

    def step_states(self) -> list[StepState]:
        """Return the states of both steps."""
        return [record.state for record in self.recovery().steps]


class OrderTest(RunnerCase):
    def test_one_step_after_the_other(self) -> None:
        self.first.on_look = [None, DONE]
        self.second.on_look = [context.Done(detail="seen", at=42.5)]
        self.assertTrue(self.advance())
        self.assertEqual(
            [StepState.STARTED, StepState.PENDING], self.step_states()
        )
        self.assertEqual(0, self.second.asked)
        self.assertFalse(self.advance())
        recovery = self.recovery()
        self.assertIs(State.SUCCEEDED, recovery.state)
        self.assertEqual("it is so", recovery.steps[0].detail)
        self.assertEqual(42.5, recovery.steps[1].ended_at)
        self.assertEqual((1, 2), (self.first.asked, self.first.looked))
        self.assertEqual((1, 1), (self.second.asked, self.second.looked))
        self.assertIsNone(self.store.group("g").recovery_id)

    def test_no_time_is_lost_between_two_steps(self) -> None:
        """What is true leads to the next, up to the one that waits."""
        self.first.on_look = [DONE]
        self.assertTrue(self.advance())
        self.assertEqual(
            [StepState.DONE, StepState.STARTED], self.step_states()
        )
        self.assertEqual((1, 1), (self.second.asked, self.second.looked))

    def test_a_recovery_that_has_ended_is_left(self) -> None:
        self.first.on_look, self.second.on_look = [DONE], [DONE]
        while self.advance():
            pass
        self.assertFalse(self.advance())
        self.assertEqual(1, self.second.asked)


class OutcomeTest(RunnerCase):
    def outcome(
        self, raised: Exception, where: str = "on_look"
    ) -> tuple[State, StepState, str]:
        """Return how it ends when the first step raises this."""
        setattr(self.first, where, [raised])
        self.assertFalse(self.advance())
        recovery = self.recovery()
        self.assertEqual(0, self.second.asked)
        self.assertIsNone(self.store.group("g").recovery_id)
        return recovery.state, recovery.steps[0].state, recovery.reason

    def test_failed(self) -> None:
        self.assertEqual(
            (State.FAILED, StepState.FAILED, "first: no"),
            self.outcome(context.StepFailed("no")),
        )

    def test_refused(self) -> None:
        self.assertEqual(
            (State.FAILED, StepState.REFUSED, "first: never"),
            self.outcome(context.StepRefused("never")),
        )

    def test_refused_by_the_cloud(self) -> None:
        self.assertEqual(
            (State.FAILED, StepState.REFUSED, "first: quota"),
            self.outcome(errors.Refused("quota"), "on_do"),
        )

    def test_not_found(self) -> None:
        self.assertEqual(
            (State.FAILED, StepState.FAILED, "first: gone"),
            self.outcome(errors.NotFound("gone"), "on_do"),
        )

    def test_aborted(self) -> None:
        self.assertEqual(
            (State.ABORTED, StepState.DONE, "well again"),
            self.outcome(context.Aborted("well again")),
        )


class DeadlineTest(RunnerCase):
    def test_not_true_in_time(self) -> None:
        self.assertTrue(self.advance())
        self.assertTrue(self.advance(29.0))
        self.assertFalse(self.advance(2.0))
        self.assertIs(State.FAILED, self.recovery().state)
        self.assertIn("not true after 30 s", self.recovery().reason)

    def test_true_at_the_last_look(self) -> None:
        self.assertTrue(self.advance())
        self.first.on_look = [DONE]
        self.assertTrue(self.advance(100.0))
        self.assertIs(StepState.DONE, self.step_states()[0])

    def test_a_conflict_costs_time(self) -> None:
        self.first.on_do = [errors.Conflict("not yet")] * 100
        self.assertTrue(self.advance())
        self.assertTrue(self.advance(29.0))
        self.assertEqual(2, self.first.asked)
        self.assertFalse(self.advance(2.0))

    def test_a_cloud_that_is_away_costs_no_time(self) -> None:
        self.first.on_do = [errors.Unavailable("down")] * 100
        self.assertTrue(self.advance())
        for _minute in range(60):
            self.assertTrue(self.advance(60.0))
        self.first.on_do = []
        self.assertTrue(self.advance(1.0))
        self.assertTrue(self.advance(28.0))
        self.assertFalse(self.advance(3.0))

    def test_a_wall_clock_that_jumps_costs_no_time(self) -> None:
        self.assertTrue(self.advance())
        self.clock.jump(86400.0)
        self.assertTrue(self.advance(1.0))


class CrashTest(RunnerCase):
    """Another engine goes on where this one stopped."""

    def restart(self, owner: str = "engine-2") -> None:
        """Let another engine take the recovery over."""
        taken = self.store.take_over(self.recovery_id, base.OWNER, owner)
        self.assertTrue(taken)
        self.runner = runner.Runner(self.context, owner)

    def test_what_was_requested_is_not_asked_again(self) -> None:
        self.first.on_do = [errors.Unavailable("the answer was lost")]
        self.assertTrue(self.advance())
        self.first.known = True
        self.restart()
        self.first.on_look = [DONE]
        self.assertTrue(self.advance())
        self.assertEqual(1, self.first.asked)
        self.assertIs(StepState.DONE, self.step_states()[0])

    def test_what_was_not_requested_is_asked(self) -> None:
        self.first.on_do = [errors.Unavailable("it never arrived")]
        self.assertTrue(self.advance())
        self.restart()
        self.first.on_look = [DONE]
        self.assertTrue(self.advance())
        self.assertEqual(2, self.first.asked)

    def test_a_lost_answer_is_not_asked_for_twice(self) -> None:
        """The same engine, too, looks before it asks again."""
        self.first.on_do = [errors.Unavailable("the answer was lost")]
        self.assertTrue(self.advance())
        self.first.known = True
        self.assertTrue(self.advance())
        self.assertEqual(1, self.first.asked)

    def test_a_done_step_is_not_done_again(self) -> None:
        self.first.on_look = [DONE]
        self.advance()
        self.second.known = True
        self.restart()
        self.advance()
        self.assertEqual((1, 1), (self.first.asked, self.second.asked))

    def test_who_dies_at_the_end_ends_no_step_alone(self) -> None:
        """Else the next step would be done by whoever takes over."""
        self.replace(
            "nham.db.store.Store.end_recovery", side_effect=SystemExit
        )
        for end in (context.Aborted("well"), context.StepFailed("no")):
            self.first.on_look = [end]
            self.assertRaises(SystemExit, self.advance)
            self.assertIs(StepState.STARTED, self.step_states()[0])

    def test_the_time_begins_anew(self) -> None:
        self.assertTrue(self.advance())
        self.clock.advance(100.0)
        self.restart()
        self.assertTrue(self.advance())
        self.assertTrue(self.advance(29.0))
        self.assertFalse(self.advance(2.0))

    def test_who_lost_the_claim_does_nothing(self) -> None:
        late = self.runner
        self.restart()
        self.assertFalse(late.advance(self.recovery_id))
        self.assertEqual(0, self.first.asked)
        self.assertEqual([StepState.PENDING] * 2, self.step_states())

    def test_a_claim_that_is_lost_at_the_last_moment(self) -> None:
        """It is lost between the look at the claim and the record."""
        real = self.store.step_started

        def lose(*args: Any) -> bool:
            self.store.take_over(self.recovery_id, base.OWNER, "engine-2")
            return real(*args)

        self.replace("nham.db.store.Store.step_started", side_effect=lose)
        self.advance()
        self.assertFalse(self.advance())
        self.assertEqual((0, 0), (self.first.asked, self.first.looked))
        self.assertEqual([StepState.PENDING] * 2, self.step_states())


class MemoryTest(RunnerCase):
    def test_nothing_is_kept_of_what_is_over(self) -> None:
        for end in (
            context.Aborted("well"),
            context.StepFailed("no"),
            DONE,
        ):
            self.first.on_look = [None, end]
            self.second.on_look = [DONE]
            while self.advance():
                pass
            self.assertEqual({}, self.runner._deadlines)
            self.assertEqual({}, self.runner._looked)
            self.assertEqual(set(), self.runner._asked)
            self.recovery_id = self.claim(
                self.step("first"), self.step("second")
            )

    def test_nothing_is_kept_of_a_claim_that_was_lost(self) -> None:
        self.assertTrue(self.advance())
        self.store.take_over(self.recovery_id, base.OWNER, "engine-2")
        self.assertFalse(self.advance())
        self.assertEqual({}, self.runner._deadlines)
        # Back again, it must look anew: another engine was at it.
        self.store.take_over(self.recovery_id, "engine-2", base.OWNER)
        self.clock.advance(100.0)
        self.first.known = True
        self.assertTrue(self.advance())
        self.assertEqual(1, self.first.asked)
