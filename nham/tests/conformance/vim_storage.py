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

"""What every VIM driver must do with images, snapshots and volumes."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.vim import storage_base
from nham.tests.conformance import vim_case


class StorageSuite(vim_case.VimCase):
    """The storage of a cloud."""

    def whole_image(self, image_id: str) -> storage_base.Image:
        """Wait until an image is active."""

        def look() -> storage_base.Image | None:
            image = self.vim.image(image_id)
            return image if image.status == "active" else None

        return self.until("image is active", look)

    def test_image_and_rebuild(self) -> None:
        image_id = self.vim.create_image(self.image_backed, self.name)
        self.addCleanup(self.vim.delete_image, image_id)
        first = self.server(self.image_backed).image_id
        self.assertIsNone(self.vim.image(image_id).digest)
        image = self.whole_image(image_id)
        self.assertTrue(image.digest)
        self.assertGreater(image.size, 0)
        self.assertEqual([image], list(self.vim.find_images(self.name)))
        server = self.reach(self.image_backed, "ACTIVE")
        self.vim.share_image(image_id, server.project_id)
        self.vim.rebuild(self.image_backed, image_id)
        server = self.reach(self.image_backed, "ACTIVE")
        self.assertEqual(image_id, server.image_id)
        # Whoever rebuilds it next needs an image that is there.
        self.vim.rebuild(self.image_backed, str(first))
        self.reach(self.image_backed, "ACTIVE")
        self.vim.delete_image(image_id)
        self.vim.delete_image(image_id)
        self.assertEqual([], list(self.vim.find_images(self.name)))

    def test_what_was_off_is_off_after_its_rebuild(self) -> None:
        self.vim.stop(self.image_backed)
        server = self.reach(self.image_backed, "SHUTOFF")
        self.vim.rebuild(self.image_backed, str(server.image_id))

        def over() -> bool:
            newest = self.vim.actions(self.image_backed)[0]
            self.assertEqual("rebuild", newest.action)
            return self.vim.is_over(self.image_backed, newest)

        self.until("the rebuild is over", over)
        server = self.server(self.image_backed)
        self.assertEqual(("SHUTOFF", None), (server.status, server.task_state))
        self.vim.start(self.image_backed)
        self.reach(self.image_backed, "ACTIVE")

    def taken_snapshot(self, name: str) -> str:
        """Return a snapshot of the volume of the volume-backed server."""
        (volume_id,) = self.server(self.volume_backed).volumes
        snapshot_id = self.vim.create_snapshot(volume_id, name)
        self.addCleanup(self.vim.delete_snapshot, snapshot_id)

        def look() -> storage_base.Snapshot | None:
            snapshot = self.vim.snapshot(snapshot_id)
            return snapshot if snapshot.status == "available" else None

        snapshot = self.until("snapshot is available", look)
        self.assertEqual(volume_id, snapshot.volume_id)
        self.assertGreater(snapshot.size, 0)
        self.assertEqual([snapshot], list(self.vim.find_snapshots(name)))
        return snapshot_id

    def image_of(self, snapshot_id: str) -> str:
        """Return an image that was made of a snapshot."""
        name = f"{self.name}-image"

        def ask() -> str:
            return self.vim.image_from_snapshot(snapshot_id, name)

        image_id = self.settled(ask)
        self.addCleanup(self.vim.delete_image, image_id)
        self.whole_image(image_id)
        # Once more, to tidy up; it stays the same image.
        self.assertEqual(image_id, self.settled(ask))
        return image_id

    def test_snapshot_to_image_and_rebuild(self) -> None:
        (volume_id,) = self.server(self.volume_backed).volumes
        snapshot_id = self.taken_snapshot(self.name)
        image_id = self.image_of(snapshot_id)
        self.vim.rebuild(self.volume_backed, image_id)
        server = self.reach(self.volume_backed, "ACTIVE")
        self.assertEqual((volume_id,), server.volumes)
        self.assertTrue(server.volume_backed)
        self.vim.delete_snapshot(snapshot_id)
        self.until("snapshot is gone", self.without_snapshot)
        self.vim.delete_snapshot(snapshot_id)

    def without_snapshot(self) -> bool:
        """Say whether no snapshot of this test is left."""
        return not self.vim.find_snapshots(self.name)

    def copied_volume(self, snapshot_id: str | None = None) -> str:
        """Return a copy of the volume of the volume-backed server.

        :param snapshot_id: what it is made of, None: what that one was.
        """
        (like,) = self.server(self.volume_backed).volumes

        def ask() -> str:
            return self.vim.copy_volume(
                like, self.name, "nham of a test", snapshot_id
            )

        volume_id = self.settled(ask)
        self.addCleanup(self.vim.delete_volume, volume_id)
        (volume,) = self.vim.find_volumes(self.name)
        self.assertEqual(
            (volume_id, "available", "nham of a test"),
            (volume.id, volume.status, volume.description),
        )
        self.assertEqual(volume, self.vim.volume(volume_id))
        self.assertEqual(snapshot_id, volume.snapshot_id)
        # Once more: it stays the same, and nothing in between is left.
        self.assertEqual(volume_id, ask())
        self.until("snapshot is gone", self.without_snapshot)
        return volume_id

    def without_volume(self) -> bool:
        """Say whether no volume of this test is left."""
        return not self.vim.find_volumes(self.name)

    def test_copied_volume_is_deleted(self) -> None:
        volume_id = self.copied_volume()
        for _twice in range(2):
            self.vim.delete_volume(volume_id)
            self.until("volume is gone", self.without_volume)

    def test_volume_of_a_snapshot_and_its_image(self) -> None:
        """A server boots from one, and keeps its id and port if renewed."""
        snapshot_id = self.taken_snapshot(f"{self.name}-0")
        volume_id = self.copied_volume(snapshot_id)
        self.assertEqual(
            [volume_id], [one.id for one in self.vim.volumes_of(snapshot_id)]
        )
        port, host = self.copied_port(), self.other_host()
        server_id = self.vim.copy_server(
            self.volume_backed,
            self.name,
            host,
            [port.id],
            volume_id=volume_id,
        )
        self.addCleanup(self.discard, server_id)
        self.reach(server_id, "ACTIVE")
        image_id = self.image_of(snapshot_id)
        self.vim.rebuild(server_id, image_id)
        server = self.reach(server_id, "ACTIVE")
        self.assertEqual((host, (volume_id,)), (server.host, server.volumes))
        self.assertEqual(
            [port.id], [one.id for one in self.vim.ports(server_id)]
        )
        self.assertEqual(image_id, self.vim.volume(volume_id).image_id)
        self.vim.delete_server(server_id, with_volume=True)
        self.until("server is gone", lambda: self.gone(server_id))
        self.until("volume is gone", self.without_volume)
        self.assertEqual([], list(self.vim.volumes_of(snapshot_id)))
        self.vim.delete_snapshot(snapshot_id)
        self.until("snapshot is gone", self.without_checkpoint)

    def without_checkpoint(self) -> bool:
        """Say whether no snapshot is left that stands for a checkpoint."""
        return not self.vim.find_snapshots(f"{self.name}-0")

    def test_copied_volume_with_a_snapshot_is_kept(self) -> None:
        volume_id = self.copied_volume()
        saved = self.vim.create_snapshot(volume_id, f"{self.name}-0")

        def taken() -> bool:
            return self.vim.snapshot(saved).status == "available"

        self.until("snapshot is available", taken)
        self.assertRaises(errors.Conflict, self.vim.delete_volume, volume_id)
        self.vim.delete_snapshot(saved)
        self.until("snapshot is gone", self.without_checkpoint)
        self.vim.delete_volume(volume_id)
        self.until("volume is gone", self.without_volume)

    def test_copied_volume_goes_with_its_server(self) -> None:
        volume_id = self.copied_volume()
        port, host = self.copied_port(), self.other_host()
        server_id = self.vim.copy_server(
            self.volume_backed,
            self.name,
            host,
            [port.id],
            volume_id=volume_id,
        )
        self.addCleanup(self.discard, server_id)
        server = self.reach(server_id, "ACTIVE")
        self.assertEqual((host, (volume_id,)), (server.host, server.volumes))
        self.assertTrue(server.volume_backed)
        (volume,) = self.vim.find_volumes(self.name)
        self.assertEqual("in-use", volume.status)
        self.assertRaises(errors.Conflict, self.vim.delete_volume, volume_id)
        self.vim.delete_server(server_id, with_volume=True)
        self.until("server is gone", lambda: self.gone(server_id))
        self.until("volume is gone", self.without_volume)
        self.assertRaises(
            errors.NotFound, self.vim.copy_volume, vim_case.NOWHERE, self.name
        )
