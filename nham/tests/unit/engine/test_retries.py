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

import dataclasses
from typing import Any

from nham.core import facts
from nham.core import model
from nham.core import states
from nham.engine import retries
from nham.tests.unit.engine import base

State = states.CheckpointState


class TestRetrier(base.EngineCase):
    """A heal that failed while Nova took an image of the server."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(policy=base.STATEFUL)
        self.old = self.server_id()
        self.retrier = retries.Retrier(
            self.context, self.journal, self.settings
        )
        self.operation_id = self.world.user_heal(self.instance, "VDU1-0")
        self.clock.advance(10.0)
        image_id = self.vim.create_image(self.old, "checkpoint")
        self.taken = self.add_checkpoint(
            state=State.CREATING,
            artifacts=(model.Artifact(kind="image", id=image_id),),
        )
        self.clock.advance(2.0)

    def operation(self) -> str:
        """Return the heal's state."""
        return self.world.tacker.get(self.instance).operations[0].state

    def change(self, **fields: Any) -> None:
        """Change the record of the image."""
        self.taken = dataclasses.replace(self.taken, **fields)
        self.store.update_checkpoint(self.taken)

    def finish(self, state: states.CheckpointState = State.AVAILABLE) -> None:
        """Let the image be there."""
        self.clock.advance(5.0)
        self.change(state=state, completed_at=self.clock.now())

    def told(self) -> list[str]:
        """Return what was said of it."""
        events = self.store.events()
        return [e.message for e in events if e.kind == "operation-retried"]

    def assert_left(self) -> None:
        """See that nothing is tried again."""
        self.retrier.run()
        self.assertEqual("FAILED_TEMP", self.operation())
        self.assertEqual([], self.told())

    def test_once_the_image_is_there(self) -> None:
        self.assert_left()
        self.finish()
        for _twice in range(2):
            self.retrier.run()
            self.assertEqual("PROCESSING", self.operation())
        self.clock.advance(60.0)
        self.assertEqual("COMPLETED", self.operation())
        self.assertNotEqual(
            self.old, self.world.server_id(self.instance, "VDU1-0")
        )
        self.retrier.run()
        self.assertEqual(1, self.calls("retry_operation"))
        (message,) = self.told()
        self.assertIn(f"HEAL {self.operation_id}", message)

    def test_an_image_that_came_to_nothing(self) -> None:
        self.finish(State.FAILED)
        self.change(completed_at=None)
        self.retrier.run()
        self.assertEqual("PROCESSING", self.operation())

    def test_an_engine_that_died_before_it_asked(self) -> None:
        self.finish()
        self.world.api_error_once("tacker", "retry_operation")
        self.retrier.run()
        self.assertEqual("FAILED_TEMP", self.operation())
        self.retrier.run()
        self.assertEqual("PROCESSING", self.operation())
        self.assertEqual(1, len(self.told()))

    def test_an_answer_that_was_lost(self) -> None:
        self.finish()
        self.world.api_error_once("tacker", "retry_operation", after=True)
        for _twice in range(2):
            self.retrier.run()
            self.assertEqual("PROCESSING", self.operation())
        self.assertEqual(1, self.calls("retry_operation"))

    def test_an_image_that_is_not_ours(self) -> None:
        self.finish()
        ours, other = (
            self.taken,
            (
                {"server_id": "another"},
                {"engine": "volume"},
                {"cut_at": self.clock.now()},
                {"cut_at": 0.0, "completed_at": 1.0},
            ),
        )
        for fields in other:
            with self.subTest(fields=fields):
                self.taken = ours
                self.change(**fields)
                self.assert_left()

    def test_what_failed_otherwise(self) -> None:
        self.finish()
        tacker = self.world.tacker
        instance = tacker.get(self.instance)
        for error in ("", "No valid host", "while it is in task_state None"):
            tacker.end(instance, self.operation_id, "FAILED_TEMP", error)
            self.assert_left()

    def test_nothing_is_done_against_an_operators_will(self) -> None:
        self.finish()
        self.store.set_setting("paused", "why")
        self.assert_left()
        self.store.set_setting("paused", None)
        self.store.set_paused("v", True)
        self.assert_left()
        self.store.set_paused("v", False)
        limits = facts.Limits(fail_stuck=False)
        self.retrier = retries.Retrier(
            self.context,
            self.journal,
            dataclasses.replace(self.settings, limits=limits),
        )
        self.assert_left()

    def test_a_recovery_sees_to_its_own(self) -> None:
        self.finish()
        claimed = self.claim()
        self.assert_left()
        self.end(claimed)
        self.retrier.run()
        self.assertEqual("PROCESSING", self.operation())

    def test_a_vnfm_that_does_not_answer(self) -> None:
        self.finish()
        self.world.api_down("tacker", 1.0)
        self.assert_left()
