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

"""What the engines do when the cloud lets them down."""

from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.vim import base as vim_base
from nham.core import model
from nham.core import states
from nham.tests.unit.adapters.simulated import base


def checkpoint(*parts: model.Artifact) -> model.Checkpoint:
    """Return a checkpoint of these parts."""
    return model.Checkpoint(
        id="1",
        vnf_id="1",
        group_id="1",
        server_id="1",
        engine="any",
        sequence=1,
        state=states.CheckpointState.AVAILABLE,
        cut_at=0.0,
        artifacts=parts,
    )


class ImageEngineTest(base.WorldCase):
    """``ImageEngine``."""

    def setUp(self) -> None:
        super().setUp()
        self.engine = image.ImageEngine(self.vim)

    def begin(self, server_id: str) -> tuple[model.Artifact, ...]:
        """Ask for a checkpoint named ``mine``."""
        return self.engine.begin(self.vim.server(server_id), "mine")

    def test_refuses_a_volume_backed_server(self) -> None:
        self.assertRaises(errors.Refused, self.begin, self.volume_backed)

    def test_refuses_what_only_an_application_can(self) -> None:
        server_id = self.image_backed
        for call in (
            lambda: self.engine.export_state(server_id),
            lambda: self.engine.import_state(server_id, b"", "VDU1-0"),
            lambda: self.engine.give(checkpoint(), server_id, "VDU1-0"),
        ):
            self.assertRaises(errors.Refused, call)

    def test_lost_answer_does_not_make_two_images(self) -> None:
        self.world.api_error_once("nova", "create_image", after=True)
        self.assertRaises(errors.Unavailable, self.begin, self.image_backed)
        self.begin(self.image_backed)
        self.assertEqual(1, len(self.vim.find_images("mine")))

    def test_killed_image_is_found_too(self) -> None:
        (part,) = self.begin(self.image_backed)
        self.world.storage.image(part.id).status = "killed"
        self.assertEqual((part,), self.engine.find("mine"))

    def test_killed_image_is_asked_for_again(self) -> None:
        (first,) = self.begin(self.image_backed)
        self.clock.advance(5)
        self.world.storage.image(first.id).status = "killed"
        self.assertRaises(errors.Refused, self.engine.look, [first])
        (second,) = self.begin(self.image_backed)
        self.assertNotEqual(first.id, second.id)

    def test_host_that_dies_meanwhile_leaves_it_incomplete(self) -> None:
        parts = self.begin(self.image_backed)
        self.clock.advance(1)
        self.world.power_off_host("one")
        self.clock.advance(600)
        self.assertIsNone(self.engine.look(parts))

    def test_torn_image_is_not_usable(self) -> None:
        parts = self.begin(self.image_backed)
        self.clock.advance(5)
        whole = self.engine.look(parts) or ()
        self.assertEqual("", self.engine.usable(checkpoint(*whole)))
        self.world.corrupt_image(parts[0].id)
        self.assertIn("not what was", self.engine.usable(checkpoint(*whole)))
        self.world.storage.image(parts[0].id).status = "deactivated"
        self.assertIn("deactivated", self.engine.usable(checkpoint(*whole)))

    def test_nothing_is_not_usable(self) -> None:
        self.assertTrue(self.engine.usable(checkpoint()))


class VolumeEngineTest(base.WorldCase):
    """``VolumeEngine``."""

    def setUp(self) -> None:
        super().setUp()
        self.engine = volume.VolumeEngine(self.vim)

    def begin(self, server_id: str) -> tuple[model.Artifact, ...]:
        """Ask for a checkpoint named ``mine``."""
        return self.engine.begin(self.vim.server(server_id), "mine")

    def test_refuses_an_image_backed_server(self) -> None:
        self.assertRaises(errors.Refused, self.begin, self.image_backed)

    def test_every_volume_and_the_root_first(self) -> None:
        more = self.world.storage.add_volume(3).id
        volumes = self.world.nova.get(self.volume_backed).volumes
        volumes.append(more)
        listed = vim_base.Server(
            **{
                **vars(self.vim.server(self.volume_backed)),
                "volumes": tuple(reversed(volumes)),
            }
        )
        parts = self.engine.begin(listed, "mine")
        self.assertEqual(volumes, [part.volume_id for part in parts])

    def test_snapshots_of_a_lost_answer_are_found(self) -> None:
        more = [self.world.storage.add_volume(3).id for _ in range(2)]
        self.world.nova.get(self.volume_backed).volumes.extend(more)
        root, second, third = self.vim.server(self.volume_backed).volumes
        self.world.storage.volume(third).disk.lost = True
        self.assertRaises(errors.Refused, self.begin, self.volume_backed)
        found = self.engine.find("mine")
        self.assertEqual([second, root], [part.volume_id for part in found])
        self.engine.delete(found[:1])
        self.assertEqual(found[1:], self.engine.find("mine"))

    def test_broken_snapshot_is_refused_and_not_usable(self) -> None:
        parts = self.begin(self.volume_backed)
        self.assertIsNone(self.engine.look(parts))
        self.clock.advance(5)
        whole = self.engine.look(parts) or ()
        self.world.corrupt_snapshot(parts[0].id)
        self.assertRaises(errors.Refused, self.engine.look, parts)
        self.assertIn("error", self.engine.usable(checkpoint(*whole)))
        (again,) = self.begin(self.volume_backed)
        self.assertNotEqual(parts[0].id, again.id)

    def test_backend_that_cannot_put_it_back(self) -> None:
        parts = self.begin(self.volume_backed)
        self.clock.advance(5)
        whole = checkpoint(*(self.engine.look(parts) or ()))
        self.assertEqual("", self.engine.usable(whole))
        self.world.storage.reimage_trouble = "it cannot"
        self.assertEqual("it cannot", self.engine.usable(whole))

    def test_restores_what_the_volume_held(self) -> None:
        self.world.write(self.volume_backed, 4)
        parts = self.begin(self.volume_backed)
        self.clock.advance(5)
        self.world.write(self.volume_backed, 5)
        whole = checkpoint(*(self.engine.look(parts) or ()))
        self.assertIsNone(self.engine.restore_image(whole))
        self.clock.advance(1)
        self.assertIsNone(self.engine.restore_image(whole))
        self.clock.advance(3)
        image_id = self.engine.restore_image(whole)
        self.vim.rebuild(self.volume_backed, str(image_id))
        self.clock.advance(10)
        self.assertEqual(4, self.world.read(self.volume_backed))
        self.engine.delete(parts)
        self.assertNotIn(str(image_id), self.world.storage.images)

    def saved(self) -> model.Checkpoint:
        """Return a whole checkpoint."""
        parts = self.begin(self.volume_backed)
        self.clock.advance(5)
        return checkpoint(*(self.engine.look(parts) or ()))

    def restored(self, whole: model.Checkpoint) -> str:
        """Return the image that it is restored from."""
        for _time in range(3):
            image_id = self.engine.restore_image(whole)
            self.clock.advance(3)
        return str(image_id)

    def test_tells_if_a_volume_was_written_from_it(self) -> None:
        whole, server = self.saved(), self.vim.server(self.volume_backed)
        self.assertFalse(self.engine.underlies(whole, server))
        self.vim.rebuild(self.volume_backed, self.restored(whole))
        self.clock.advance(10)
        self.assertTrue(self.engine.underlies(whole, server))
        self.vim.rebuild(self.volume_backed, self.world.add_image())
        self.clock.advance(10)
        self.assertFalse(self.engine.underlies(whole, server))

    def copy(self, whole: model.Checkpoint) -> str:
        """Return a volume that was made of it."""
        root = whole.artifacts[0]

        def ask() -> str:
            return self.vim.copy_volume(
                str(root.volume_id), "copy", "nham", root.id
            )

        self.assertRaises(errors.Conflict, ask)
        self.clock.advance(5)
        return ask()

    def test_tells_if_a_volume_was_made_of_it(self) -> None:
        whole, server = self.saved(), self.vim.server(self.volume_backed)
        made = dataclasses.replace(server, volumes=(self.copy(whole),))
        self.assertTrue(self.engine.underlies(whole, made))
        self.assertFalse(self.engine.underlies(whole, server))

    def test_one_of_which_a_volume_was_made_is_needed(self) -> None:
        whole = self.saved()
        self.assertFalse(self.engine.needed(whole))
        volume_id = self.copy(whole)
        self.assertTrue(self.engine.needed(whole))
        self.assertRaises(errors.Conflict, self.engine.delete, whole.artifacts)
        self.assertEqual("", self.engine.usable(whole))
        self.vim.delete_volume(volume_id)
        self.engine.delete(whole.artifacts)
        self.assertEqual({}, self.world.storage.snapshots)
