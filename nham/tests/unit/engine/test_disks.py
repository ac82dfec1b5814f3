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

"""What an engine's parts do about standbys on disks of checkpoints."""

from __future__ import annotations

import dataclasses
from typing import Any
from unittest import mock

from nham.adapters import errors
from nham.core import decision
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import catalogue
from nham.engine import checkpointing
from nham.engine import derive
from nham.engine import gather
from nham.tests import base as tests
from nham.tests.unit.engine import base
from nham.tests.unit.engine import replica_case
from nham.tests.unit.engine import test_derive

Role = states.Role
State = states.CheckpointState
Step = states.StepState
POLICY = dataclasses.replace(
    replica_case.POLICY,
    redundancy=descriptor.Mechanism.ONE_R_AS,
    refresh_interval=60.0,
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=30.0, retention=1
    ),
)


class InVainTest(tests.TestCase):
    """The checkpoint of which a disk was made in vain."""

    def tell(self, making: str, *ended: states.StepState) -> str | None:
        """Say it of a recovery whose two steps ended so."""
        then = {
            "renew_standby": "start_standby",
            "create_member": "join_standby",
            "rebuild_server": "join_standby",
        }
        steps = (
            base.step(making, ended[0], checkpoint_id="c7"),
            base.step(then[making], ended[1]),
        )
        return derive.in_vain(test_derive.recovery(9.0, 1.0, steps=steps))

    def test_one_that_could_not_be_put_on_a_disk(self) -> None:
        for bad in (Step.FAILED, Step.REFUSED):
            self.assertEqual(
                "c7", self.tell("renew_standby", bad, Step.PENDING)
            )

    def test_one_that_did_not_boot(self) -> None:
        for making in ("renew_standby", "create_member", "rebuild_server"):
            self.assertEqual("c7", self.tell(making, Step.DONE, Step.FAILED))

    def test_a_host_without_room_says_nothing(self) -> None:
        found = self.tell("create_member", Step.FAILED, Step.PENDING)
        self.assertIsNone(found)

    def test_what_went_well_or_was_given_up(self) -> None:
        self.assertIsNone(self.tell("renew_standby", Step.DONE, Step.DONE))
        self.assertIsNone(self.tell("renew_standby", Step.DONE, Step.STARTED))
        self.assertIsNone(
            derive.in_vain(test_derive.recovery(9.0, 1.0, steps=()))
        )

    def test_the_ladder_hears_of_it(self) -> None:
        steps = (
            base.step("renew_standby", Step.FAILED, checkpoint_id="c7"),
            base.step("start_standby"),
        )
        recovery = test_derive.recovery(9.0, 1.0, steps=steps)
        attempt = derive.attempt(recovery, test_derive.NOW)
        self.assertEqual("c7", attempt.in_vain)


class HasStateTest(tests.TestCase):
    def member(self, **fields: Any) -> model.Member:
        """Return a member."""
        return model.Member(id="m", group_id="g", server_id="s", **fields)

    def test_by_the_method_that_it_was_given_by(self) -> None:
        disk = self.member(sequence=4, disk_at=10.0)
        memory = self.member(sequence=4)
        hook = replica_case.POLICY
        self.assertEqual(4, derive.has_state(POLICY, disk))
        self.assertEqual(0, derive.has_state(POLICY, memory))
        self.assertEqual(0, derive.has_state(hook, disk))
        self.assertEqual(4, derive.has_state(hook, memory))

    def test_when_its_disk_is_old(self) -> None:
        disk = self.member(sequence=4, disk_at=10.0)
        self.assertFalse(derive.worn(POLICY, disk, 69.9))
        self.assertTrue(derive.worn(POLICY, disk, 70.0))
        self.assertFalse(derive.worn(replica_case.POLICY, disk, 99.0))
        self.assertFalse(derive.worn(POLICY, self.member(), 99.0))


class DiskCase(replica_case.ReplicaCase):
    """A VNFC with a standby; two checkpoints were saved."""

    policy = POLICY

    def setUp(self) -> None:
        super().setUp()
        self.older = self.add_checkpoint(7)
        self.newer = self.add_checkpoint(8)
        self.gatherer = gather.Gatherer(
            self.context,
            self.watch,
            self.cloud,
            self.settings,
            self.hosts,
        )

    def renew(self, checkpoint: model.Checkpoint) -> None:
        """Make the standby's disk of a checkpoint, as the steps do."""
        self.vim.rebuild(self.ours, checkpoint.artifacts[0].id)
        self.clock.advance(10.0)
        now = self.clock.now()
        self.store.note_disk("s", checkpoint.sequence, now)
        self.look(3.0)
        self.poll()

    def seen(self, close: bool = False) -> Any:
        """Return what is seen of the member that serves."""
        wanted = {"v/0"} if close else set()
        [member] = self.gatherer.gather(self.fleet, wanted).members
        return member


class FactsTest(DiskCase):
    def test_what_was_saved(self) -> None:
        self.add_vnf("w", policy=base.STATEFUL)
        self.add_checkpoint(9, "w/0")
        self.add_checkpoint(10, engine="hook")
        saved = [one.id for one in self.entry().saved]
        self.assertEqual(["checkpoint 8", "checkpoint 7"], saved)
        self.assertEqual((), self.entry("w/0").saved)

    def test_at_a_glance_and_close_up(self) -> None:
        self.renew(self.older)
        for close in (False, True):
            found = self.seen(close)
            self.assertEqual(2, found.saved)
            (standby,) = found.standbys
            self.assertEqual((1, False), (standby.sequence, standby.worn))
        self.assertEqual([2, 1], [c.sequence for c in found.checkpoints])
        self.clock.advance(60.0)
        (standby,) = self.seen().standbys
        self.assertTrue(standby.worn)
        self.assertIn("v/0", self.gatherer.troubled(self.fleet))

    def test_a_glance_asks_nobody(self) -> None:
        self.renew(self.older)
        before = len(self.world.gates.log)
        self.seen()
        self.gatherer.troubled(self.fleet)
        self.assertEqual(before, len(self.world.gates.log))

    def test_signs_stay_as_they_are_while_it_waits(self) -> None:
        """Else it would be looked at each time that the watch looks."""
        self.renew(self.older)
        self.clock.advance(60.0)
        signs = self.gatherer.troubled(self.fleet)
        self.clock.advance(1.0)
        self.assertEqual(signs, self.gatherer.troubled(self.fleet))

    def test_what_is_torn_is_not_proved(self) -> None:
        self.world.corrupt_image(self.newer.artifacts[0].id)
        found = self.seen(close=True)
        self.assertEqual(2, found.saved)
        self.assertEqual([1], [c.sequence for c in found.checkpoints])

    def test_a_disk_that_holds_nothing_is_made_anew_at_once(self) -> None:
        seen = self.gatherer.gather(self.fleet, {"v/0"})
        (verdict,) = decision.decide(seen).verdicts
        self.assertEqual("refresh_standby", verdict.rung)
        self.assertEqual("checkpoint 8", verdict.checkpoint_id)


class OtherHandTest(DiskCase):
    """Somebody else made the disk anew."""

    def check(self) -> int:
        """Look once; return what the standby's disk counts as holding."""
        self.poll()
        self.keeper.check_disks(self.fleet)
        return self.member("s").disk_sequence

    def test_it_holds_no_state(self) -> None:
        self.renew(self.newer)
        self.assertEqual(2, self.check())
        image = self.world.add_image(0)
        self.world.nova.rebuild(self.ours, image, "user")
        self.clock.advance(10.0)
        self.assertEqual(0, self.check())

    def test_not_while_nham_is_at_it(self) -> None:
        self.renew(self.older)
        self.vim.rebuild(self.ours, self.newer.artifacts[0].id)
        self.clock.advance(10.0)
        recovery = self.claim(rung="refresh_standby")
        self.assertEqual(1, self.check())
        self.end(recovery)
        self.assertEqual(0, self.check())

    def test_nova_may_not_have_told_yet(self) -> None:
        self.renew(self.older)
        self.store.note_disk("s", 2, self.clock.now())
        self.assertEqual(2, self.check())
        self.clock.advance(5.0)
        self.assertEqual(0, self.check())

    def test_only_disks_of_checkpoints_are_looked_at(self) -> None:
        self.store.note_state("s", 2, None)
        self.poll()
        self.keeper.check_disks(self.fleet)
        self.assertEqual(2, self.member("s").sequence)


class CatalogueTest(DiskCase):
    def setUp(self) -> None:
        super().setUp()
        self.catalogue = catalogue.Catalogue(
            self.context, self.cloud, self.journal, self.settings
        )
        self.checkpointer = checkpointing.Checkpointer(
            self.context,
            self.cloud,
            self.journal,
            self.settings,
            lambda job: job(),
            self.catalogue,
        )

    def finish(self) -> list[str]:
        """Take one more to its end; return the states of all, oldest first."""
        self.checkpointer.take(self.entry(), "demand")
        self.clock.advance(5.0)
        self.catalogue.run(self.store.checkpoints())
        return [one.state.value for one in reversed(self.store.checkpoints())]

    def test_what_a_disk_was_made_of_is_kept(self) -> None:
        """By the record, too: Nova may not have told yet."""
        self.store.note_disk("s", 1, self.clock.now())
        self.assertEqual(["available", "deleting", "available"], self.finish())

    def test_what_a_disk_is_being_made_of_is_kept(self) -> None:
        self.claim(
            base.step("renew_standby", checkpoint_id="checkpoint 7"),
            rung="refresh_standby",
        )
        self.assertEqual(["available", "deleting", "available"], self.finish())

    def test_what_a_volume_was_made_of_is_kept(self) -> None:
        for trouble in (None, errors.Unavailable("no answer")):
            with mock.patch.object(
                type(self.context.engines["image"]),
                "needed",
                autospec=True,
                side_effect=trouble,
                return_value=True,
            ):
                found = self.finish()
            self.assertEqual({"available"}, set(found))
        self.assertEqual(["deleting"] * 4 + ["available"], self.finish())

    def test_all_others_go(self) -> None:
        self.assertEqual(["deleting", "deleting", "available"], self.finish())

    def test_an_image_of_who_was_deposed_meanwhile(self) -> None:
        """It would be the newest, and of a state that is no more."""
        self.checkpointer.take(self.entry(), "demand")
        self.fail_over()
        self.clock.advance(5.0)
        self.catalogue.run(self.store.checkpoints())
        found = self.store.checkpoints()[0]
        self.assertEqual(
            (State.FAILED, "another member serves by now"),
            (found.state, found.reason),
        )

    def test_the_new_primary_is_saved_then(self) -> None:
        self.fail_over()
        self.clock.advance(5.0)
        self.poll()
        self.look(3.0)
        taken = self.checkpointer.take(self.entry(), "demand")
        self.assertEqual(self.ours, taken.server_id)

    def test_not_while_another_boots_to_take_over(self) -> None:
        recovery = self.claim(base.step("start_standby"), rung="fail_over")
        self.store.step_started(
            recovery.id, 0, 0.0, recovery.owner, recovery.epoch
        )
        self.assertRaises(
            checkpointing.NotNow,
            self.checkpointer.take,
            self.entry(),
            "demand",
        )
        self.end(recovery)
        self.claim(rung="refresh_standby")
        self.checkpointer.take(self.entry(), "demand")
