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

"""The disk of a standby is made of a checkpoint, and made anew."""

from __future__ import annotations

import dataclasses
from unittest import mock

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import replica_case

Role = states.Role
State = states.CheckpointState


class DiskCase(replica_case.ReplicaCase):
    """A group whose standby's disk is made of checkpoints."""

    policy = dataclasses.replace(
        replica_case.ReplicaCase.policy,
        num_backups=1,
        state_protection=descriptor.StateProtection(method="image_snapshot"),
    )

    def save(
        self, value: int, state: states.CheckpointState = State.AVAILABLE
    ) -> model.Checkpoint:
        """Save a checkpoint of a disk that holds a number."""
        sequence = self.store.next_sequence("g")
        image_id = self.world.add_image(value, f"nham-c{sequence}")
        checkpoint = model.Checkpoint(
            id=f"c{sequence}",
            vnf_id="v",
            group_id="g",
            server_id=self.server_id,
            engine="image",
            sequence=sequence,
            state=state,
            cut_at=self.clock.now(),
            artifacts=(
                model.Artifact(
                    kind="image",
                    id=image_id,
                    digest=self.context.vim.image(image_id).digest,
                ),
            ),
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    @property
    def standby(self) -> model.Member:
        """The standby as it is written down now."""
        return self.member(Role.STANDBY)

    def disk(self) -> int:
        """Return what is on the disk of the standby."""
        server = self.world.nova.servers[self.standby.server_id]
        return self.world.nova.disk(server).value

    def join(self) -> None:
        """Have the member that was made become the standby."""
        self.done("reach_member")
        self.done("join_standby")


class MakeTest(DiskCase):
    def test_of_a_checkpoint(self) -> None:
        saved = self.save(7)
        self.done("find_addresses")
        said = self.done("create_member", host="two", checkpoint_id=saved.id)
        self.assertIn("on two, checkpoint c1, ", said)
        self.join()
        self.assertEqual(7, self.disk())
        self.assertEqual(1, self.standby.disk_sequence)
        # What the VNFM made it of is what it is compared with.
        self.assertEqual(self.image_id, self.standby.image_id)

    def test_of_the_image_holds_nothing(self) -> None:
        self.save(7)
        self.make_standby()
        self.assertEqual((0, 0), (self.disk(), self.standby.disk_sequence))

    def test_of_one_that_is_torn(self) -> None:
        saved = self.save(7)
        self.world.corrupt_image(saved.artifacts[0].id)
        self.done("find_addresses")
        said = self.failed("create_member", host="two", checkpoint_id="c1")
        self.assertIn("is not what was saved", said)

    def test_after_each_crash(self) -> None:
        for number in range(1, 40):
            self.build()
            self.save(7)
            plan = self.replica_plan(
                "make_standby", target="two", checkpoint_id="c1"
            )
            ended = self.crashed(number, *plan)
            if ended is None:
                break
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
            self.assertEqual(7, self.disk())
            self.assertEqual(1, self.standby.disk_sequence)
        self.assertGreater(number, 5)


class RenewCase(DiskCase):
    """The disk of the standby holds 7, and 8 was saved since."""

    def build(self) -> None:
        """See base class."""
        super().build()
        self.save(7)
        self.done("find_addresses")
        self.done("create_member", host="two", checkpoint_id="c1")
        self.join()
        self.newer = self.save(8)

    def renew(self, checkpoint_id: str = "c2") -> str:
        """Make its disk anew."""
        return self.done(
            "renew_standby",
            member_id=self.standby.id,
            checkpoint_id=checkpoint_id,
        )

    def renew_fails(self) -> str:
        """Make its disk anew in vain."""
        return self.failed(
            "renew_standby", member_id=self.standby.id, checkpoint_id="c2"
        )


class RenewTest(RenewCase):
    def test_it_keeps_its_id_and_its_ports(self) -> None:
        server = self.standby.server_id
        ports = [one.id for one in self.context.vim.ports(server)]
        self.clock.advance(50.0)
        said = self.renew()
        self.assertIn("ACTIVE on two, checkpoint c2, ", said)
        self.assertEqual(8, self.disk())
        found = self.standby
        self.assertEqual((server, 2), (found.server_id, found.disk_sequence))
        self.assertEqual(self.clock.now(), found.disk_at)
        self.assertEqual(
            ports, [one.id for one in self.context.vim.ports(server)]
        )
        self.assertIn(found.id, self.watch.expected)

    def test_one_that_is_parked_stays_off(self) -> None:
        self.done("park_standby", member_id=self.standby.id)
        self.assertEqual(1, self.standby.disk_sequence)
        self.assertIn("SHUTOFF on two", self.renew())
        self.assertTrue(self.standby.parked)
        self.done("start_standby", member_id=self.standby.id)
        self.assertEqual((8, 2), (self.disk(), self.standby.disk_sequence))

    def test_what_is_torn_is_refused_and_its_disk_left(self) -> None:
        self.world.corrupt_image(self.newer.artifacts[0].id)
        self.assertIn("is not what was saved", self.renew_fails())
        self.assertEqual((7, 1), (self.disk(), self.standby.disk_sequence))

    def test_what_is_being_taken_is_waited_for(self) -> None:
        late = self.save(9, State.CREATING)
        done = dataclasses.replace(late, state=State.AVAILABLE)

        def finish() -> None:
            self.store.update_checkpoint(done)

        self.clock.call_in(9.0, finish)
        self.renew("c3")
        self.assertEqual((9, 3), (self.disk(), self.standby.disk_sequence))

    def test_what_came_to_nothing_is_told(self) -> None:
        failed = dataclasses.replace(
            self.newer, state=State.FAILED, reason="the member failed"
        )
        self.store.update_checkpoint(failed)
        self.assertEqual(
            "checkpoint c2: the member failed", self.renew_fails()
        )

    def test_who_serves_is_left_alone(self) -> None:
        standby = self.standby.id
        self.store.promote("g", standby)
        said = self.failed(
            "renew_standby", member_id=standby, checkpoint_id="c2"
        )
        self.assertEqual("it is the primary by now", said)

    def test_somebody_else_was_faster(self) -> None:
        """What its disk holds then is not what was asked for."""
        server, image = self.standby.server_id, self.world.add_image(0)
        real = self.context.vim.rebuild

        def rebuild(server_id: str, _image_id: str) -> None:
            real(server_id, image)

        self.enterContext(
            mock.patch.object(self.context.vim, "rebuild", rebuild)
        )
        self.assertEqual(
            "its disk was made of another image", self.renew_fails()
        )
        self.assertEqual(image, self.world.nova.servers[server].image_id)

    def test_a_server_in_error(self) -> None:
        real = self.context.vim.rebuild

        def rebuild(server_id: str, image_id: str) -> None:
            real(server_id, image_id)
            self.world.server_error(server_id)

        self.enterContext(
            mock.patch.object(self.context.vim, "rebuild", rebuild)
        )
        record = self.run_step(
            "renew_standby", member_id=self.standby.id, checkpoint_id="c2"
        )
        self.assertIs(states.StepState.REFUSED, record.state)

    def test_after_each_crash(self) -> None:
        for number in range(1, 20):
            self.build()
            plan = self.replica_plan("refresh_standby", checkpoint_id="c2")
            ended = self.crashed(number, *plan)
            if ended is None:
                break
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
            self.assertEqual((8, 2), (self.disk(), self.standby.disk_sequence))
            found = self.context.vim.actions(self.standby.server_id)
            rebuilt = [one for one in found if one.action == "rebuild"]
            self.assertEqual(1, len(rebuilt))
        self.assertGreater(number, 2)


class VolumeTest(DiskCase):
    """The disk of the standby is a volume that holds 7; 8 was saved since."""

    policy = dataclasses.replace(
        DiskCase.policy,
        state_protection=descriptor.StateProtection(method="volume_snapshot"),
    )

    def build(self) -> None:
        """See base class."""
        super().build()
        volume = self.world.storage.add_volume(0, self.image_id)
        volume.status = "in-use"
        server = self.world.nova.servers[self.server_id]
        server.image_id, server.volumes = None, [volume.id]
        self.store.save_member(
            dataclasses.replace(
                self.member(Role.PRIMARY), image_id=None, volume_backed=True
            )
        )
        self.save(7)
        self.done("find_addresses")
        self.done("create_volume", host="two", checkpoint_id="c1")
        self.done("create_member", host="two", checkpoint_id="c1")
        self.join()
        self.save(8)

    def save(
        self, value: int, state: states.CheckpointState = State.AVAILABLE
    ) -> model.Checkpoint:
        """See base class."""
        sequence = self.store.next_sequence("g")
        (root,) = self.world.nova.servers[self.server_id].volumes
        self.world.storage.volume(root).disk.value = value
        engine = self.context.engines["volume"]
        parts = engine.begin(self.server(), f"nham-c{sequence}")
        self.clock.advance(5.0)
        checkpoint = model.Checkpoint(
            id=f"c{sequence}",
            vnf_id="v",
            group_id="g",
            server_id=self.server_id,
            engine="volume",
            sequence=sequence,
            state=state,
            cut_at=self.clock.now(),
            artifacts=engine.look(parts) or (),
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    def renew(self) -> model.StepRecord:
        """Make its volume anew."""
        return self.run_step(
            "renew_standby", member_id=self.standby.id, checkpoint_id="c2"
        )

    def test_it_keeps_its_id_its_ports_and_its_volume(self) -> None:
        before = self.context.vim.server(self.standby.server_id)
        ports = self.context.vim.ports(before.id)
        self.assertEqual((7, 1), (self.disk(), self.standby.disk_sequence))
        self.assertIs(states.StepState.DONE, self.renew().state)
        after = self.context.vim.server(self.standby.server_id)
        self.assertEqual(before.volumes, after.volumes)
        self.assertEqual(ports, self.context.vim.ports(after.id))
        self.assertEqual((8, 2), (self.disk(), self.standby.disk_sequence))

    def test_somebody_else_was_faster(self) -> None:
        image = self.world.add_image(0)
        real = self.context.vim.rebuild

        def rebuild(server_id: str, _image_id: str) -> None:
            real(server_id, image)

        self.enterContext(
            mock.patch.object(self.context.vim, "rebuild", rebuild)
        )
        self.assertEqual(
            "its disk was made of another image", self.renew().detail
        )
        self.assertEqual(1, self.standby.disk_sequence)

    def test_after_each_crash(self) -> None:
        for number in range(1, 20):
            self.build()
            plan = self.replica_plan("refresh_standby", checkpoint_id="c2")
            ended = self.crashed(number, *plan)
            if ended is None:
                break
            self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
            self.assertEqual((8, 2), (self.disk(), self.standby.disk_sequence))
            found = self.context.vim.actions(self.standby.server_id)
            rebuilt = [one for one in found if one.action == "rebuild"]
            self.assertEqual(1, len(rebuilt))
        self.assertGreater(number, 2)


class OtherStepsTest(RenewCase):
    def test_a_repair_leaves_what_is_on_its_disk(self) -> None:
        which = {"member_id": self.standby.id}
        self.done("stop_server", **which)
        self.done("admit_member", **which)
        self.done("start_server", **which)
        self.join()
        self.assertEqual(1, self.standby.disk_sequence)

    def test_but_not_if_that_is_made_of_its_image(self) -> None:
        which = {"member_id": self.standby.id}
        self.done("stop_server", **which)
        self.done("admit_member", **which)
        self.done("rebuild_server", image_id=self.image_id, **which)
        self.join()
        self.assertEqual(0, self.standby.disk_sequence)

    def test_nor_if_it_is_made_on_another_host(self) -> None:
        which = {"member_id": self.standby.id}
        self.world.power_off_host("two")
        self.context.vim.force_down("two", True)
        self.done("admit_member", **which)
        self.done("evacuate_server", host="two", start=True, **which)
        self.join()
        self.assertEqual(0, self.standby.disk_sequence)

    def test_who_failed_holds_nothing(self) -> None:
        theirs = self.member(Role.PRIMARY)
        made = self.replica_plan("fail_over", checkpoint_id="c2")
        self.world.crash_vm(self.server_id)
        ended = self.run_to_end(self.claim(*made))
        self.assertIs(states.RecoveryState.SUCCEEDED, ended.state)
        self.assertEqual(2, self.member(Role.PRIMARY).disk_sequence)
        self.assertEqual(theirs.id, self.member(Role.FAILED).id)
        self.assertEqual(0, self.member(Role.FAILED).disk_sequence)
        repaired = self.replica_plan("repair_standby")
        self.run_to_end(self.claim(*repaired))
        self.assertEqual(theirs.id, self.standby.id)
        self.assertEqual(0, self.standby.disk_sequence)
