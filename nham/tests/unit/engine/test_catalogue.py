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

"""Tests of how checkpoints are followed, kept and removed."""

from __future__ import annotations

import dataclasses

from nham import metrics
from nham.adapters.simulated import storage
from nham.core import model
from nham.core import states
from nham.db import errors as db_errors
from nham.engine import checkpointing
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_checkpointing

State = states.CheckpointState


class CatalogueCase(test_checkpointing.CheckpointCase):
    """Nothing is taken but on demand."""

    def run_now(self) -> None:
        """Do what is due for the checkpoints."""
        self.catalogue.run(self.store.checkpoints())

    def run_in(self, seconds: float) -> None:
        """Let time pass, then run once."""
        self.clock.advance(seconds)
        self.run_now()


class TestFollow(CatalogueCase):
    """Whether a checkpoint is whole by now."""

    def follow_in(self, seconds: float) -> model.Checkpoint:
        """Let time pass, run, and return the first of ``v/0``."""
        self.run_in(seconds)
        found = self.store.checkpoints(group_id="v/0")
        return min(found, key=lambda one: one.sequence)

    def test_whole_one_is_proved(self) -> None:
        self.world.write(self.server_id(), 7)
        taken = self.take()
        self.assertIs(State.CREATING, self.follow_in(1.0).state)
        found = self.follow_in(test_checkpointing.WHOLE)
        self.assertIs(State.AVAILABLE, found.state)
        self.assertEqual(self.clock.now(), found.completed_at)
        self.assertEqual(taken.cut_at, found.cut_at)
        self.assertEqual(storage.SIZE, found.size)
        image = self.vim.image(taken.artifacts[0].id)
        self.assertEqual(image.digest, found.digest)

    def test_whole_one_is_counted(self) -> None:
        def count() -> float:
            found = metrics.registry.get_sample_value(
                "nham_checkpoints_total",
                {"engine": "image", "state": "available"},
            )
            return found or 0.0

        before = count()
        self.take()
        self.follow_in(test_checkpointing.WHOLE)
        self.assertEqual(1.0, count() - before)

    def test_image_store_that_does_not_answer_proves_nothing(self) -> None:
        self.take()
        self.world.api_down("glance", 20.0)
        self.assertIs(
            State.CREATING, self.follow_in(test_checkpointing.WHOLE).state
        )
        self.assertIs(State.AVAILABLE, self.follow_in(20.0).state)

    def test_image_that_is_gone(self) -> None:
        taken = self.take()
        self.vim.delete_image(taken.artifacts[0].id)
        found = self.follow_in(0.5)
        self.assertIs(State.FAILED, found.state)
        self.assertIn("is gone", found.reason)
        self.assertIn("checkpoint-failed", self.kinds())

    def test_member_that_failed_meanwhile(self) -> None:
        taken = self.take()
        self.world.hang_guest(self.server_id())
        self.look(base.SILENCE)
        found = self.follow_in(0.0)
        self.assertIs(State.FAILED, found.state)
        self.assertEqual("the member failed while it was taken", found.reason)
        self.assertEqual(taken.artifacts[0].id, found.artifacts[0].id)
        self.assertIsNotNone(found.digest)

    def test_not_whole_in_time(self) -> None:
        self.world.partition_host("one")
        self.take()
        self.assertIs(State.CREATING, self.follow_in(100.0).state)
        self.assertIs(State.FAILED, self.follow_in(1.0).state)

    def test_engine_died_while_it_asked(self) -> None:
        self.add_checkpoint(1, state=State.CREATING, artifacts=())
        self.assertIs(State.CREATING, self.follow_in(60.0).state)
        self.assertIs(State.FAILED, self.follow_in(0.5).state)

    def test_another_engine_waits_for_the_cloud(self) -> None:
        self.world.api_slow("glance", 1.0, delay=5.0)
        self.clock.call_in(4.5, self.run_now)
        taken = self.take()
        found = self.follow_in(test_checkpointing.WHOLE)
        self.assertEqual((taken.id, State.AVAILABLE), (found.id, found.state))

    def test_let_go_while_it_is_looked_at(self) -> None:
        taken = self.take()
        self.clock.advance(test_checkpointing.WHOLE)
        self.world.api_slow("glance", 1.0, delay=2.0)
        self.clock.call_in(1.0, lambda: self.catalogue.delete(taken))
        self.run_now()
        self.assertEqual(["deleting"], self.states())

    def test_let_go_while_it_fails(self) -> None:
        taken = self.take()
        self.vim.delete_image(taken.artifacts[0].id)
        self.world.api_slow("glance", 1.0, delay=2.0)
        self.clock.call_in(1.0, lambda: self.catalogue.delete(taken))
        self.run_now()
        self.assertEqual(["deleting"], self.states())
        self.assertEqual([], self.kinds())

    def test_vnfc_that_is_gone(self) -> None:
        self.take()
        self.store.delete_vnf("v")
        self.clock.advance(test_checkpointing.WHOLE)
        self.assertRaises(db_errors.NotFound, self.run_now)


class KeepCase(CatalogueCase):
    """A policy that keeps two checkpoints."""

    def ids(self, group_id: str = "v/0") -> list[str]:
        """Return the checkpoints that are not on their way out."""
        return [
            one.id
            for one in self.store.checkpoints(group_id=group_id)
            if one.state is not State.DELETING
        ]

    def complete(self, group_id: str = "v/0") -> str:
        """Take a checkpoint and see it whole; return its id."""
        taken = self.take(group_id)
        self.clock.advance(test_checkpointing.WHOLE)
        self.run_now()
        self.assertIs(State.AVAILABLE, self.store.checkpoint(taken.id).state)
        return taken.id


class TestRetention(KeepCase):
    """What the policy does not keep goes."""

    def test_newest_are_kept(self) -> None:
        first, second, third = (self.complete() for _ in range(3))
        self.assertEqual([third, second], self.ids())
        self.assertIs(State.DELETING, self.store.checkpoint(first).state)

    def test_no_more_than_fit_are_kept(self) -> None:
        self.complete()
        size = self.store.checkpoints(group_id="v/0")[0].size
        for total, kept in ((2 * size, 2), (2 * size - 1, 1), (1, 1)):
            self.protect(retention=3, max_total=total)
            for _ in range(3):
                newest = self.complete()
            self.assertEqual(kept, len(self.ids()), str(total))
            self.assertEqual(newest, self.ids()[0])

    def test_other_groups_are_left_alone(self) -> None:
        other = self.complete("v/1")
        for _ in range(3):
            self.complete()
        self.assertEqual([other], self.ids("v/1"))

    def test_failed_one_costs_no_good_one(self) -> None:
        good = [self.complete(), self.complete()]
        taken = self.take()
        self.vim.delete_image(taken.artifacts[0].id)
        self.run_now()
        self.assertEqual([taken.id, *reversed(good)], self.ids())

    def test_failed_one_goes_when_a_good_one_came_after_it(self) -> None:
        self.add_checkpoint(1, state=State.FAILED)
        good = self.complete()
        self.assertEqual([good], self.ids())

    def test_vnf_that_no_policy_protects_any_more_keeps_one(self) -> None:
        self.complete()
        taken = self.take()
        vnf = self.store.vnf("v")
        self.store.save_vnf(dataclasses.replace(vnf, policies=()))
        self.clock.advance(test_checkpointing.WHOLE)
        self.run_now()
        self.assertEqual([taken.id], self.ids())

    def test_image_that_a_server_was_rebuilt_from_stays(self) -> None:
        used = self.add_checkpoint(1)
        self.vim.rebuild(self.server_id(), used.artifacts[0].id)
        self.clock.advance(20.0)
        self.poll()
        self.look(5.0)
        second, third = self.complete(), self.complete()
        self.assertEqual([third, second, used.id], self.ids())
        self.vim.rebuild(self.server_id(), self.image_of(third))
        self.clock.advance(20.0)
        self.poll()
        self.look(5.0)
        self.assertEqual([self.complete(), third], self.ids())

    def image_of(self, checkpoint_id: str) -> str:
        """Return the image of a checkpoint."""
        return self.store.checkpoint(checkpoint_id).artifacts[0].id


class TestRemoval(KeepCase):
    """A checkpoint that is being deleted."""

    def setUp(self) -> None:
        super().setUp()
        self.checkpoint: model.Checkpoint = self.add_checkpoint()

    def images(self) -> bool:
        """Say whether its image is still there."""
        return bool(self.vim.find_images("checkpoint"))

    def test_image_goes_then_the_record(self) -> None:
        self.catalogue.delete(self.checkpoint)
        self.assertEqual(["deleting"], self.states())
        self.assertTrue(self.images())
        self.run_now()
        self.assertEqual([], self.states())
        self.assertFalse(self.images())

    def test_record_stays_until_the_image_is_gone(self) -> None:
        self.catalogue.delete(self.checkpoint)
        self.world.api_error_once("glance", "delete_image")
        self.run_now()
        self.assertEqual(["deleting"], self.states())
        self.run_now()
        self.assertEqual([], self.states())

    def test_image_that_is_gone_already(self) -> None:
        self.vim.delete_image(self.checkpoint.artifacts[0].id)
        self.catalogue.delete(self.checkpoint)
        self.run_now()
        self.assertEqual([], self.states())

    def test_one_that_stays_keeps_nobody_else(self) -> None:
        other = self.add_checkpoint(8)
        for one in (self.checkpoint, other):
            self.catalogue.delete(one)
        self.world.api_error_once("glance", "delete_image")
        self.run_now()
        self.assertEqual(["deleting"], self.states())


class TestLostParts(KeepCase):
    """The cloud's answer that named the parts of a checkpoint was lost."""

    def images(self) -> list[str]:
        """Return the checkpoints' images that no record names."""
        known = {
            part.id
            for checkpoint in self.store.checkpoints()
            for part in checkpoint.artifacts
        }
        return [
            image.id
            for image in self.world.storage.images.values()
            if image.name.startswith("nham-") and image.id not in known
        ]

    def test_answer_was_lost(self) -> None:
        self.world.api_error_once("nova", "create_image", after=True)
        self.assertRaises(checkpointing.NotNow, self.take)
        self.assertEqual(["failed"], self.states())
        self.assertEqual(1, len(self.images()))
        self.clock.advance(test_checkpointing.WHOLE)
        good = self.complete()
        self.assertEqual([good], self.ids())
        self.run_in(100.0)
        self.assertEqual([], self.images())

    def test_engine_died_before_the_answer(self) -> None:
        died = self.add_checkpoint(1, state=State.CREATING, artifacts=())
        name = died.name
        self.vim.create_image(self.server_id(), name)
        self.run_in(100.5)
        self.assertIs(State.FAILED, self.store.checkpoint(died.id).state)
        self.clock.advance(test_checkpointing.WHOLE)
        self.run_now()
        self.complete()
        self.run_now()
        self.assertEqual([], self.vim.find_images(name))

    def test_record_stays_until_it_is_known(self) -> None:
        self.world.api_error_once("nova", "create_image", after=True)
        self.assertRaises(checkpointing.NotNow, self.take)
        [failed] = self.store.checkpoints()
        self.catalogue.delete(failed)
        self.clock.advance(100.5)
        self.world.api_error_once("glance", "find_images")
        self.run_now()
        self.assertEqual(["deleting"], self.states())
        self.run_now()
        self.assertEqual([], self.states())
        self.assertEqual([], self.images())
