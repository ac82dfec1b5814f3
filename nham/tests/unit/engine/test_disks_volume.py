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

"""What is known of a standby's disk that is a volume."""

from __future__ import annotations

import dataclasses

from nham.core import model
from nham.core import states
from nham.engine import catalogue
from nham.tests.unit.engine import test_disks


class VolumeTest(test_disks.DiskCase):
    """A standby that boots from a volume, and what its disk holds."""

    policy = dataclasses.replace(
        test_disks.POLICY,
        state_protection=dataclasses.replace(
            test_disks.POLICY.state_protection, method="volume_snapshot"
        ),
    )

    def setUp(self) -> None:
        super().setUp()
        volume = self.world.storage.add_volume(0)
        server = self.world.nova.servers[self.ours]
        server.image_id, server.volumes = None, [volume.id]
        self.engine = self.context.engines["volume"]
        self.saved = self.add_checkpoint(
            9, id="of a volume", engine="volume", artifacts=self.taken()
        )
        self.clock.advance(1.0)
        self.vim.rebuild(self.ours, self.image())
        self.clock.advance(10.0)
        now = self.clock.now()
        self.store.note_disk("s", self.saved.sequence, now)
        self.world.nova.touch(server)
        self.look(3.0)
        self.poll()

    def taken(self) -> tuple[model.Artifact, ...]:
        """Return a snapshot of a primary's volume, as it is saved."""
        theirs = self.world.storage.add_volume(9)
        snapshot_id = self.vim.create_snapshot(theirs.id, "nham-9-0")
        self.clock.advance(5.0)
        whole = self.engine.look(
            (
                model.Artifact(
                    kind="snapshot", id=snapshot_id, volume_id=theirs.id
                ),
            )
        )
        return whole or ()

    def image(self) -> str:
        """Return the image that it is restored from."""
        for _time in range(3):
            found = self.engine.restore_image(self.saved)
            self.clock.advance(3.0)
        return str(found)

    def held(self, close: bool = True) -> int:
        """Return what the disk counts as holding when it is looked at."""
        (standby,) = self.seen(close).standbys
        sequence: int = standby.sequence
        return sequence

    def test_as_nham_left_it(self) -> None:
        self.assertEqual(self.saved.sequence, self.held())
        self.keeper.check_disks(self.fleet)
        self.assertEqual(self.saved.sequence, self.member("s").disk_sequence)

    def test_it_holds_no_state(self) -> None:
        self.vim.rebuild(self.ours, self.world.add_image(0))
        self.clock.advance(10.0)
        self.assertEqual(0, self.held())
        self.assertEqual(self.saved.sequence, self.held(close=False))

    def test_cinder_does_not_answer(self) -> None:
        self.world.api_error_once("cinder", "volume")
        self.assertEqual(self.saved.sequence, self.held())

    def test_one_that_is_taken_of_who_was_deposed_meanwhile(self) -> None:
        """It would be the newest, and of a state that is no more."""
        taken = self.add_checkpoint(
            10,
            engine="volume",
            artifacts=self.saved.artifacts,
            state=states.CheckpointState.CREATING,
        )
        self.fail_over()
        looks = catalogue.Catalogue(
            self.context, self.cloud, self.journal, self.settings
        )
        looks.follow(taken)
        self.assertEqual(
            "another member serves by now",
            self.store.checkpoint(taken.id).reason,
        )
