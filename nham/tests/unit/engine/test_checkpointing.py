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

"""Tests of how checkpoints are begun."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any
from unittest import mock

from nham import metrics
from nham.adapters import errors
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.engine import catalogue
from nham.engine import checkpointing
from nham.engine import settings
from nham.recovery import context
from nham.tests.unit.engine import base

State = states.CheckpointState
#: Longer than the simulated Nova needs for an image.
WHOLE = 5.0


class CheckpointCase(base.EngineCase):
    """A stateful VNF with a VNFC on each of two hosts; all is well."""

    settings = settings.Settings(
        checkpoints_parallel=2, checkpoint_timeout=100.0, lease=3.0
    )

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(
            hosts=("one", "two"), policy=base.STATEFUL
        )
        self.jobs: list[Callable[[], None]] = []
        self.catalogue = catalogue.Catalogue(
            self.context, self.cloud, self.journal, self.settings
        )
        self.checkpointer = self.make()
        self.settle()

    def make(self, **fields: Any) -> checkpointing.Checkpointer:
        """Return one for which these settings are other ones."""
        chosen = dataclasses.replace(self.settings, **fields)
        return checkpointing.Checkpointer(
            self.context,
            self.cloud,
            self.journal,
            chosen,
            self.jobs.append,
            self.catalogue,
        )

    def run_in(self, seconds: float) -> None:
        """Let time pass, then run once."""
        self.clock.advance(seconds)
        self.checkpointer.run(self.fleet, base.SHARD)

    def take(self, group_id: str = "v/0") -> model.Checkpoint:
        """Begin a checkpoint on demand."""
        return self.checkpointer.take(self.entry(group_id), "demand")

    def states(self, group_id: str = "v/0") -> list[str]:
        """Return the states of a group's checkpoints, newest first."""
        found = self.store.checkpoints(group_id=group_id)
        return [one.state.value for one in found]

    def protect(self, group_id: str = "v/0", **fields: Any) -> None:
        """Change how the state of all VNFCs is kept."""
        vnf = self.store.vnf(self.entry(group_id).vnf.id)
        how = dataclasses.replace(base.STATEFUL.state_protection, **fields)
        policy = dataclasses.replace(base.STATEFUL, state_protection=how)
        self.store.save_vnf(dataclasses.replace(vnf, policies=(policy,)))

    def refused(self, group_id: str = "v/0") -> str:
        """Return why no checkpoint is taken now."""
        before = self.store.checkpoints()
        refusal = self.assertRaises(checkpointing.NotNow, self.take, group_id)
        self.assertEqual(before, self.store.checkpoints())
        return str(refusal)


class TestTake(CheckpointCase):
    """A checkpoint is asked for."""

    def test_record_and_image(self) -> None:
        began = self.clock.now()
        taken = self.take()
        self.assertEqual(taken, self.store.checkpoint(taken.id))
        self.assertEqual(
            ("v", "v/0", "image", 1, State.CREATING, began, "demand"),
            (
                taken.vnf_id,
                taken.group_id,
                taken.engine,
                taken.sequence,
                taken.state,
                taken.cut_at,
                taken.trigger,
            ),
        )
        self.assertEqual(self.server_id(), taken.server_id)
        [image] = self.vim.find_images(taken.name)
        self.assertEqual([image.id], [part.id for part in taken.artifacts])

    def test_sequence_goes_on(self) -> None:
        self.take()
        self.clock.advance(WHOLE)
        self.assertEqual(2, self.take().sequence)

    def test_another_engine_does_it(self) -> None:
        self.clock.advance(2 * WHOLE)
        self.checkpointer.run(self.fleet, base.Idle(base.OWNER))
        self.assertEqual([], self.jobs)
        self.assertEqual([], self.states())
        self.run_in(0.0)
        self.assertEqual(["creating"], self.states())

    def test_policy_protects_no_state(self) -> None:
        self.protect(method="none")
        self.assertEqual("the policy protects no state", self.refused())

    def test_recovery_is_running(self) -> None:
        self.claim()
        self.assertEqual("a recovery of it is running", self.refused())

    def test_nova_is_at_work(self) -> None:
        self.vim.reboot(self.server_id(), hard=False)
        self.assertEqual("Nova says REBOOT, task rebooting", self.refused())

    def test_one_is_being_taken(self) -> None:
        self.take()
        self.assertEqual(
            "Nova says ACTIVE, task image_snapshot", self.refused()
        )

    def test_server_is_off(self) -> None:
        self.world.user_stop(self.server_id())
        self.clock.advance(5.0)
        self.assertEqual("Nova says SHUTOFF, task None", self.refused())

    def test_member_does_not_answer(self) -> None:
        self.world.hang_app(self.server_id())
        self.look(base.SILENCE)
        self.assertEqual("it does not answer", self.refused())

    def test_member_that_answers_no_echo_and_serves(self) -> None:
        view = context.MemberView(app=facts.Health.OK, icmp=facts.Health.DEAD)
        with mock.patch.object(
            self.watch, "view", autospec=True, return_value=view
        ):
            self.assertIs(State.CREATING, self.take().state)

    def test_member_that_was_never_asked(self) -> None:
        self.watch.set_members([])
        self.assertIs(State.CREATING, self.take().state)

    def test_nova_is_down(self) -> None:
        self.world.api_error_once("nova", "server")
        self.assertRaises(errors.Unavailable, self.take)
        self.assertEqual([], self.states())

    def test_not_while_the_vnfm_needs_the_server(self) -> None:
        tacker = self.world.tacker
        instance = tacker.get(str(self.store.vnf("v").instance_id))
        heal = tacker.begin(instance, "HEAL")
        self.assertIn("VNFM runs an operation", self.refused())
        tacker.end(instance, heal, "FAILED_TEMP")
        self.take()

    def test_a_dead_vnfm_needs_nothing(self) -> None:
        self.world.api_down("tacker", 60.0)
        self.take()

    def test_refusal_by_the_cloud_is_told(self) -> None:
        self.world.api_error_once("nova", "create_image")
        self.assertRaises(checkpointing.NotNow, self.take)
        [failed] = self.store.checkpoints()
        self.assertIs(State.FAILED, failed.state)
        self.assertIn("create_image failed once", failed.reason)
        self.assertEqual(["checkpoint-failed"], self.kinds())

    def test_given_up_meanwhile(self) -> None:
        self.world.api_slow("glance", 1.0, delay=101.0)
        self.clock.call_in(
            100.5, lambda: self.checkpointer.run((), base.SHARD)
        )
        refusal = self.assertRaises(checkpointing.NotNow, self.take)
        self.assertIn("given up", str(refusal))
        self.assert_goes()

    def test_let_go_meanwhile(self) -> None:
        def let_go() -> None:
            self.catalogue.delete(self.store.checkpoints()[0])
            self.checkpointer.run((), base.SHARD)

        self.world.api_slow("glance", 1.0, delay=2.0)
        self.clock.call_in(1.0, let_go)
        self.assertRaises(checkpointing.NotNow, self.take)
        self.assert_goes()

    def assert_goes(self) -> None:
        """Check that the only checkpoint goes, and its image with it."""
        [checkpoint] = self.store.checkpoints()
        self.assertIs(State.DELETING, checkpoint.state)
        name = checkpoint.name
        self.assertEqual(1, len(self.vim.find_images(name)))
        self.checkpointer.run((), base.SHARD)
        self.assertEqual([], self.store.checkpoints())
        self.assertEqual([], self.vim.find_images(name))


class TestUnfit(CheckpointCase):
    """A volume whose checkpoint could never be put back."""

    def setUp(self) -> None:
        super().setUp()
        policy = dataclasses.replace(
            base.STATEFUL,
            state_protection=dataclasses.replace(
                base.STATEFUL.state_protection, method="volume_snapshot"
            ),
        )
        self.add_vnf("w", ("three",), policy, volume_backed=["VDU1"])

    def test_fit_one_is_taken(self) -> None:
        taken = self.take("w/0")
        self.assertEqual("volume", taken.engine)
        self.run_in(WHOLE)
        self.assertEqual(["available"], self.states("w/0"))

    def test_is_told_once(self) -> None:
        self.world.storage.reimage_trouble = "it is on NFS"
        for _ in range(2):
            self.assertEqual("it is on NFS", self.refused("w/0"))
        [event] = self.store.events()
        self.assertEqual("state-unprotected", event.kind)
        self.assertEqual("w VDU1-0: it is on NFS", event.message)
        self.world.storage.reimage_trouble = "no room"
        self.refused("w/0")
        self.assertEqual(2, len(self.kinds()))


class TestSchedule(CheckpointCase):
    """What is due, and when."""

    def taken(self) -> dict[str, int]:
        """Return how many checkpoints each group has had."""
        found = self.store.checkpoints()
        return {
            group.id: sum(one.group_id == group.id for one in found)
            for group in self.store.groups()
        }

    def test_at_once_then_by_the_interval(self) -> None:
        self.protect(retention=9)
        self.run_in(0.0)
        self.assertEqual({"v/0": 1, "v/1": 1}, self.taken())
        self.assertEqual("scheduled", self.store.checkpoints()[0].trigger)
        self.run_in(WHOLE)
        self.run_in(60.0 - WHOLE - 0.5)
        self.assertEqual({"v/0": 1, "v/1": 1}, self.taken())
        self.run_in(0.5)
        self.assertEqual({"v/0": 2, "v/1": 2}, self.taken())

    def test_not_while_one_is_being_taken(self) -> None:
        self.take("v/0")
        self.world.api_down("glance", 60.0)
        self.run_in(WHOLE)
        self.assertEqual(["creating"], self.states("v/0"))
        self.assertEqual({"v/0": 1, "v/1": 1}, self.taken())

    def test_so_many_at_once_and_oldest_first(self) -> None:
        self.add_vnf("w", ("three", "three"), base.STATEFUL)
        self.poll()
        now = self.clock.now()
        for value, group_id in enumerate(("v/0", "v/1", "w/0", "w/1")):
            age = (70.0, 90.0, 80.0, 100.0)[value]
            self.add_checkpoint(value, group_id, cut_at=now - age)
        self.run_in(0.0)
        self.assertEqual(
            {"v/0": 1, "v/1": 2, "w/0": 1, "w/1": 2}, self.taken()
        )
        self.run_in(0.5)
        self.assertEqual(1, self.taken()["w/0"])
        self.run_in(WHOLE)
        self.run_in(0.5)
        self.assertEqual(
            {"v/0": 2, "v/1": 2, "w/0": 2, "w/1": 2}, self.taken()
        )

    def test_age_of_the_state_is_measured(self) -> None:
        self.add_checkpoint()
        self.run_in(30.0)
        age = metrics.registry.get_sample_value(
            "nham_state_age_seconds", {"vnf": "v", "vnfc": "VDU1-0"}
        )
        self.assertEqual(30.0, age)

    def test_state_that_is_too_old_is_told_of(self) -> None:
        self.add_checkpoint()
        self.world.api_down("nova", 1000.0)
        oldest = self.fleet[0].policy.state_protection.oldest
        self.run_in(oldest + 1.0)
        kinds = [event.kind for event in self.store.events()]
        self.assertEqual(1, kinds.count("state-too-old"))

    def test_state_of_a_former_policy_does_not_count(self) -> None:
        self.add_checkpoint(7, "v/0")
        self.add_checkpoint(8, "v/1", engine="hook")
        self.run_in(0.0)
        self.assertEqual({"v/0": 1, "v/1": 2}, self.taken())

    def test_paused_vnf(self) -> None:
        self.store.set_paused("v", True)
        self.run_in(0.0)
        self.assertEqual({"v/0": 0, "v/1": 0}, self.taken())

    def test_stateless_vnf(self) -> None:
        self.protect(method="none")
        self.run_in(0.0)
        self.assertEqual({"v/0": 0, "v/1": 0}, self.taken())

    def test_refused_one_is_tried_again_later(self) -> None:
        self.world.api_error_once("nova", "create_image")
        self.run_in(0.0)
        self.assertEqual({"v/0": 1, "v/1": 1}, self.taken())
        self.run_in(4.5)
        self.assertEqual(["failed"], self.states("v/0"))
        self.run_in(0.5)
        self.assertEqual(["creating", "failed"], self.states("v/0"))

    def test_refused_one_leaves_its_place_to_others(self) -> None:
        self.checkpointer = self.make(checkpoints_parallel=1)
        self.world.user_stop(self.server_id("v/0"))
        self.run_in(WHOLE)
        self.assertEqual({"v/0": 0, "v/1": 1}, self.taken())

    def test_nova_down_is_no_error(self) -> None:
        self.world.api_down("nova", 2.0)
        self.run_in(0.0)
        self.assertEqual({"v/0": 0, "v/1": 0}, self.taken())
        self.run_in(5.0)
        self.assertEqual({"v/0": 1, "v/1": 1}, self.taken())
