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

"""A member of a VNFC that boots from a volume boots from one of its own."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.core import states
from nham.recovery import volume_steps
from nham.tests.unit.recovery import replica_case

Role = states.Role


class VolumeCase(replica_case.MakeCase):
    """The VNFC boots from a volume, which was made of an image."""

    def setUp(self) -> None:
        super().setUp()
        self.on_a_volume()

    def on_a_volume(self) -> None:
        """Let the VNFC boot from a volume."""
        storage = self.world.storage
        server = self.world.nova.servers[self.server_id]
        volume = storage.add_volume(5, self.image_id)
        volume.status = "in-use"
        server.image_id, server.volumes = None, [volume.id]
        self.store.save_member(
            dataclasses.replace(
                self.member(Role.PRIMARY), image_id=None, volume_backed=True
            )
        )
        self.theirs = volume.id

    def own_volumes(self) -> list[str]:
        """Return the names of the volumes that are NHAM's own."""
        found = self.world.storage.volumes.values()
        return [one.name for one in found if one.id != self.theirs]

    def make(self) -> None:
        """Make a member on ``two``, as the steps of a recovery do."""
        self.done("create_volume", host="two")
        self.done("create_member", host="two")


class CreateTest(VolumeCase):
    """The volume comes before the server, and after the record."""

    def test_like_the_primary(self) -> None:
        self.make()
        member = self.member(Role.JOINING)
        self.assertTrue(member.volume_backed)
        server = self.context.vim.server(member.server_id)
        [volume] = self.context.vim.find_volumes(member.name)
        self.assertEqual((volume.id,), server.volumes)
        self.assertEqual(f"nham-member-{member.id}", volume.description)
        self.assertEqual([member.name], self.own_volumes())

    def test_without_an_image_it_is_made_of_what_is_there(self) -> None:
        self.world.storage.images.clear()
        self.make()
        [volume] = self.context.vim.find_volumes(
            self.member(Role.JOINING).name
        )
        self.assertEqual(5, self.world.storage.volumes[volume.id].disk.value)
        self.assertEqual({}, self.world.storage.snapshots)

    def save(self) -> str:
        """Save a checkpoint of a volume that holds 7; return its id."""
        self.world.storage.volume(self.theirs).disk.value = 7
        engine = self.context.engines["volume"]
        begun = engine.begin(self.context.vim.server(self.server_id), "nham-c")
        self.clock.advance(5.0)
        self.world.storage.volume(self.theirs).disk.value = 8
        self.store.add_checkpoint(
            model.Checkpoint(
                id="c",
                vnf_id="v",
                group_id="g",
                server_id=self.server_id,
                engine="volume",
                sequence=self.store.next_sequence("g"),
                state=states.CheckpointState.AVAILABLE,
                cut_at=self.clock.now(),
                artifacts=engine.look(begun) or (),
            )
        )
        return begun[0].id

    def test_of_a_checkpoint(self) -> None:
        snapshot_id = self.save()
        self.done("create_volume", host="two", checkpoint_id="c")
        self.done("create_member", host="two", checkpoint_id="c")
        member = self.member(Role.JOINING)
        [volume] = self.context.vim.find_volumes(member.name)
        self.assertEqual(snapshot_id, volume.snapshot_id)
        self.assertEqual(7, self.world.storage.volumes[volume.id].disk.value)
        self.assertEqual(1, member.disk_sequence)
        # No image is made for that.
        self.assertEqual(0, self.calls("image_from_snapshot"))

    def test_of_one_that_is_torn(self) -> None:
        self.world.corrupt_snapshot(self.save())
        said = self.failed("create_volume", host="two", checkpoint_id="c")
        self.assertIn("error", said)
        self.assertEqual([], self.own_volumes())

    def test_answers_are_lost(self) -> None:
        self.world.api_error_once("cinder", "copy_volume", after=True)
        self.make()
        self.assertEqual(1, len(self.own_volumes()))

    def test_primary_has_no_volume(self) -> None:
        self.world.nova.servers[self.server_id].volumes = []
        said = self.failed("create_volume", host="two")
        self.assertIn("has no volume", said)

    def test_volume_is_gone_before_the_server_is_made(self) -> None:
        self.done("create_volume", host="two")
        volume_steps.delete_volumes(
            self.context.vim, self.member(Role.JOINING).name
        )
        said = self.failed("create_member", host="two")
        self.assertIn("volume is gone", said)

    def test_removed_while_it_is_made(self) -> None:
        recovery_id = self.claim(self.step("create_volume", host="two"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.store.save_member(
            dataclasses.replace(self.member(Role.JOINING), role=Role.RETIRED)
        )
        ended = self.run_to_end(recovery_id)
        self.assertIs(states.RecoveryState.FAILED, ended.state)
        self.assertIn("removed meanwhile", ended.reason)
        self.assertEqual([], self.own_volumes())


class DeleteTest(VolumeCase):
    """The volume goes with the member, and nothing else does."""

    def remove(self) -> None:
        """Remove the member, as the steps of a recovery do."""
        member = self.member(Role.JOINING)
        self.done("remove_member", member_id=member.id)
        self.clock.advance(10.0)

    def test_with_its_server(self) -> None:
        self.make()
        self.remove()
        self.assertEqual(([], []), (self.own_volumes(), self.own_ports()))
        self.assertIn(self.theirs, self.world.storage.volumes)

    def test_without_a_server(self) -> None:
        self.done("create_volume", host="two")
        self.remove()
        self.assertEqual([], self.own_volumes())

    def test_while_it_is_made(self) -> None:
        recovery_id = self.claim(self.step("create_volume", host="two"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.end(recovery_id)
        self.assertEqual(1, len(self.own_volumes()))
        self.remove()
        self.assertEqual([], self.own_volumes())

    def test_one_of_which_checkpoints_were_taken_is_left(self) -> None:
        """They may be the newest, and Cinder would refuse."""
        self.make()
        [volume] = self.context.vim.find_volumes(
            self.member(Role.JOINING).name
        )
        self.context.vim.create_snapshot(volume.id, "nham-c-0")
        self.clock.advance(5.0)
        self.remove()
        self.assertEqual(([volume.id], []), (self.free(), self.own_ports()))
        self.assertEqual(1, len(self.world.storage.snapshots))

    def free(self) -> list[str]:
        """Return NHAM's own volumes that no server has."""
        found = self.world.storage.volumes.values()
        return [one.id for one in found if one.status == "available"]

    def test_snapshot_in_between(self) -> None:
        self.world.storage.images.clear()
        recovery_id = self.claim(self.step("create_volume", host="two"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.end(recovery_id)
        self.assertEqual(1, len(self.world.storage.snapshots))
        self.remove()
        self.assertEqual({}, self.world.storage.snapshots)

    def end(self, recovery_id: str) -> None:
        """Let a recovery end as if its engine had given it up."""
        recovery = self.store.recovery(recovery_id)
        self.store.end_recovery(
            recovery_id,
            states.RecoveryState.FAILED,
            self.clock.now(),
            "given up",
            recovery.owner,
            recovery.epoch,
        )

    def test_off_a_dead_host(self) -> None:
        """Its volume goes with the server, once the host is back."""
        self.make()
        self.world.partition_host("two")
        self.remove()
        self.assertEqual(1, len(self.own_volumes()))
        self.clock.advance(60.0)
        self.world.heal_partition("two")
        self.clock.advance(60.0)
        self.assertEqual([], self.own_volumes())


class CrashTest(VolumeCase):
    """The engine dies after each change; another one goes on."""

    def test_each_moment(self) -> None:
        number = 1
        while True:
            ended = self.crashed(
                number,
                self.step("create_volume", host="two"),
                self.step("create_member", host="two"),
            )
            if ended is None:
                break
            self.assertIs(
                states.RecoveryState.SUCCEEDED, ended.state, ended.reason
            )
            member = self.member(Role.JOINING)
            self.assertEqual([member.name], self.own_volumes())
            self.assertEqual([member.server_id], self.ours())
            number += 1
            self.build()
            self.done("find_addresses")
            self.on_a_volume()
        self.assertGreater(number, 6)
