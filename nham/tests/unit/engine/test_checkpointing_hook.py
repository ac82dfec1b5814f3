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

"""Tests of how states are exported, which is taking one by a hook."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import Any

from nham.adapters import errors
from nham.adapters.hooks import base as hooks
from nham.core import model
from nham.core import states
from nham.engine import catalogue
from nham.engine import checkpointing
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case

State = states.CheckpointState


class ExportCase(replica_case.ReplicaCase):
    """A VNFC whose state is exported each second."""

    def setUp(self) -> None:
        super().setUp()
        self.jobs: list[Callable[[], None]] = []
        self.checkpointer = self.make()
        self.world.set_state(self.theirs, b"7")

    def make(self, **fields: Any) -> checkpointing.Checkpointer:
        """Return one for which these settings are other ones."""
        chosen = dataclasses.replace(self.settings, **fields)
        return checkpointing.Checkpointer(
            self.context,
            self.cloud,
            self.journal,
            chosen,
            self.jobs.append,
            catalogue.Catalogue(
                self.context, self.cloud, self.journal, chosen
            ),
        )

    def run_in(self, seconds: float = 0.0) -> int:
        """Let time pass and run once; return how many jobs there were."""
        self.clock.advance(seconds)
        self.checkpointer.run(self.fleet, base.SHARD)
        jobs, self.jobs[:] = list(self.jobs), []
        for job in jobs:
            job()
        return len(jobs)

    def saved(self) -> list[tuple[int, str]]:
        """Return number and state of the checkpoints, newest first."""
        found = self.store.checkpoints(group_id="v/0")
        return [(one.sequence, one.state.value) for one in found]

    def during_export(self, what: Callable[[], object]) -> None:
        """Let something happen while the VNFC next exports."""
        todo = [what]
        real = self.hook._hook.export_state

        def export(
            endpoint: hooks.Endpoint, max_size: int, hold: int
        ) -> hooks.Exported:
            if todo:
                todo.pop()()
            return real(endpoint, max_size, hold)

        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.export_state",
            side_effect=export,
        )


class TestExport(ExportCase):
    """A state is saved, and given to the standby."""

    def test_saved_and_fed(self) -> None:
        self.assertEqual(1, self.run_in())
        self.assertEqual([(1, "available")], self.saved())
        [checkpoint] = self.store.checkpoints()
        self.assertEqual(self.clock.now(), checkpoint.completed_at)
        self.assertEqual(self.theirs, checkpoint.server_id)
        self.assertEqual("7", self.state_of(self.ours))
        self.assertEqual(1, self.member("s").sequence)

    def test_by_the_interval(self) -> None:
        self.run_in()
        self.assertEqual([0, 1, 0], [self.run_in(0.5) for _ in range(3)])

    def test_nobody_waits_for_it(self) -> None:
        """One that is slow is asked once, and keeps no other waiting."""
        self.checkpointer.run(self.fleet, base.SHARD)
        self.clock.advance(5.0)
        self.checkpointer.run(self.fleet, base.SHARD)
        self.assertEqual(1, len(self.jobs))
        self.assertEqual([], self.saved())
        self.jobs.pop()()
        self.assertEqual(1, self.run_in(1.0))

    def test_exports_need_no_place_among_the_images(self) -> None:
        self.checkpointer = self.make(checkpoints_parallel=0)
        self.assertEqual(1, self.run_in())

    def test_nova_is_not_asked(self) -> None:
        before = self.calls("server")
        for _ in range(3):
            self.run_in(1.0)
        self.assertEqual(before, self.calls("server"))

    def test_server_that_nova_has_not_named_yet(self) -> None:
        self.cloud._servers.clear()
        self.run_in()
        self.assertEqual([(1, "available")], self.saved())

    def test_what_the_policy_keeps(self) -> None:
        for _ in range(4):
            self.run_in(1.0)
        kept = [n for n, state in self.saved() if state == "available"]
        self.assertEqual([4, 3], kept)
        self.checkpointer.run((), base.SHARD)
        self.assertEqual(2, len(self.blobs.names()))

    def test_on_demand(self) -> None:
        taken = self.checkpointer.take(self.entry(), "demand")
        found = self.store.checkpoint(taken.id)
        self.assertIs(State.AVAILABLE, found.state)

    def test_paused(self) -> None:
        self.store.set_paused("v", True)
        self.assertEqual(0, self.run_in())

    def test_group_is_removed_meanwhile(self) -> None:
        self.checkpointer.run(self.fleet, base.SHARD)
        self.store.delete_vnf("v")
        for job in self.jobs:
            job()
        self.assertEqual([], self.saved())

    def test_a_bug_does_not_end_the_exports(self) -> None:
        self.during_export(lambda: int("bug"))
        self.assertRaises(ValueError, self.run_in)
        self.during_export(lambda: None)
        self.assertEqual(1, self.run_in(8.0))


class TestTrouble(ExportCase):
    """No export, or one that is of no use."""

    def test_it_does_not_answer(self) -> None:
        self.run_in()
        self.world.crash_app(self.theirs)
        self.run_in(1.0)
        self.assertEqual([(2, "failed"), (1, "available")], self.saved())
        self.assertEqual(["checkpoint-failed"], self.kinds())

    def test_standby_is_fed_all_the_same(self) -> None:
        """What was saved last reaches who joined after it."""
        self.run_in()
        self.store.note_state("s", 0, None)
        self.world.crash_app(self.theirs)
        self.run_in(1.0)
        self.assertEqual(1, self.member("s").sequence)

    def test_one_that_is_believed_dead_is_not_asked(self) -> None:
        self.world.hang_app(self.theirs)
        self.look(base.SILENCE)
        before = self.calls("export_state")
        self.run_in()
        self.assertEqual(before, self.calls("export_state"))

    def test_store_is_full(self) -> None:
        self.replace(
            "nham.adapters.simulated.blobs.SimulatedStore._write",
            side_effect=errors.Unavailable("full"),
        )
        self.run_in()
        self.assertEqual([(1, "failed")], self.saved())

    def test_engine_died_while_it_exported(self) -> None:
        """Others wait for the hook's time-out, and not for the cloud's."""
        self.store.add_checkpoint(
            model.Checkpoint(
                id="dead",
                vnf_id="v",
                group_id="v/0",
                server_id=self.theirs,
                engine="hook",
                sequence=self.store.next_sequence("v/0"),
                state=State.CREATING,
                cut_at=self.clock.now(),
            )
        )
        self.assertEqual(0, self.run_in(1.9))
        self.assertEqual(1, self.run_in(6.0))
        self.assertEqual([(2, "available"), (1, "creating")], self.saved())
        self.run_in(self.settings.checkpoint_timeout)
        self.assertNotIn((1, "creating"), self.saved())


class TestEmpty(ExportCase):
    """What has lost its state hands out one that is of no use."""

    def test_what_was_saved_stays(self) -> None:
        self.run_in()
        self.world.restart_app(self.theirs)
        self.run_in(1.0)
        self.assertEqual([(2, "deleting"), (1, "available")], self.saved())
        [(group_id, lost)] = self.checkpointer.emptied
        self.assertEqual("v/0", group_id)
        self.assertIn("started anew", lost)
        self.assertEqual(1, self.member("s").sequence)
        self.checkpointer.run((), base.SHARD)
        self.assertEqual(1, len(self.blobs.names()))

    def test_on_demand(self) -> None:
        self.run_in()
        self.world.restart_app(self.theirs)
        error = self.assertRaises(
            checkpointing.NotNow, self.checkpointer.take, self.entry(), "x"
        )
        self.assertIn("has no state", str(error))

    def test_of_a_former_policy(self) -> None:
        """An image says nothing of the life of an application."""
        self.run_in()
        [saved] = self.store.checkpoints()
        self.store.delete_checkpoint(saved.id)
        self.store.add_checkpoint(dataclasses.replace(saved, engine="image"))
        self.world.restart_app(self.theirs)
        self.run_in(1.0)
        self.assertEqual((2, "available"), self.saved()[0])

    def test_server_that_was_given_none(self) -> None:
        """It says nothing of its life, but it was given no state."""
        self.replace(
            "nham.adapters.simulated.records.Guest.started",
            new="",
        )
        self.run_in()
        self.world.restart_app(self.ours)
        self.fail_over()
        self.store.note_state("s", 0, None)
        self.poll()
        self.run_in(1.0)
        [(_group_id, lost)] = self.checkpointer.emptied
        self.assertIn("replaced", lost)
        self.store.note_state("s", 1, None)
        self.run_in(6.0)
        self.assertEqual((3, "available"), self.saved()[0])


class TestRecovery(ExportCase):
    """What goes on while the VNFC is recovered."""

    def test_while_its_standby_is_made(self) -> None:
        """It serves, and its state moves on."""
        for rung in ("make_standby", "remake_standby", "repair_standby"):
            recovery = self.claim(rung=rung)
            self.run_in(1.0)
            self.end(recovery)
        self.assertEqual(3, len(self.saved()))

    def test_not_while_another_takes_over(self) -> None:
        for rung in ("fail_over", "switchover", "hard_reboot"):
            recovery = self.claim(rung=rung)
            self.run_in(1.0)
            self.end(recovery)
        self.assertEqual([], self.saved())
        self.assertEqual(0, self.calls("export_state"))

    def test_while_a_standby_is_started(self) -> None:
        """It serves until that one can take over."""
        recovery = self.claim(
            base.step("start_standby"),
            dataclasses.replace(base.step("give_state"), position=1),
            rung="switchover",
        )
        self.run_in(1.0)
        self.assertEqual(0, len(self.saved()))
        for position, count in ((0, 1), (1, 1)):
            self.store.step_started(
                recovery.id, position, 0.0, recovery.owner, recovery.epoch
            )
            self.run_in(1.0)
            self.assertEqual(count, len(self.saved()))

    def test_standby_is_not_fed_then(self) -> None:
        self.run_in()
        self.store.note_state("s", 0, None)
        self.claim(rung="fail_over")
        self.run_in(1.0)
        self.assertEqual(0, self.member("s").sequence)

    def test_fleet_from_before_a_fail_over(self) -> None:
        """The access address may lead to one that is being made."""
        stale = self.fleet
        self.end(self.claim(rung="fail_over"))
        self.fail_over()
        for rung in (None, "make_standby"):
            if rung is not None:
                self.claim(rung=rung)
            self.checkpointer.run(stale, base.SHARD)
            self.jobs.pop()()
            self.assertEqual([], self.saved())
            self.clock.advance(6.0)
        self.assertEqual(0, self.calls("export_state"))

    def test_one_that_began_while_it_was_exported(self) -> None:
        """Who starts anew hands out an empty state, too."""
        self.run_in()
        self.during_export(lambda: self.claim(rung="hard_reboot"))
        self.run_in(1.0)
        self.assertEqual([(2, "failed"), (1, "available")], self.saved())

    def test_one_that_began_and_ended_while_it_was_exported(self) -> None:
        self.run_in()
        self.during_export(lambda: self.end(self.claim(rung="hard_reboot")))
        self.run_in(1.0)
        self.assertEqual([(2, "failed"), (1, "available")], self.saved())
        self.clock.advance(6.0)
        self.run_in()
        self.assertEqual((3, "available"), self.saved()[0])

    def test_standby_that_is_made_meanwhile_spoils_nothing(self) -> None:
        self.during_export(lambda: self.claim(rung="make_standby"))
        self.run_in()
        self.assertEqual([(1, "available")], self.saved())

    def test_new_primary_is_asked(self) -> None:
        self.run_in()
        self.fail_over()
        self.world.set_state(self.ours, b"8")
        self.poll()
        self.run_in(1.0)
        newest = self.store.checkpoints(group_id="v/0")[0]
        self.assertEqual(self.ours, newest.server_id)
        part = newest.artifacts[0]
        self.assertEqual(b"8", self.blobs.get(part.id, str(part.digest)))
