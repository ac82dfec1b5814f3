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

"""What every checkpoint engine must do."""

from __future__ import annotations

import uuid

from nham.adapters import errors
from nham.adapters.checkpoints import base as checkpoints_base
from nham.adapters.vim import base as vim_base
from nham.core import model
from nham.core import states
from nham.tests.conformance import base


class CheckpointSuite(base.Suite):
    """An engine, and a server that it can keep the state of."""

    engine: checkpoints_base.CheckpointEngine
    vim: vim_base.Vim
    server_id: str
    trouble = ""
    """Why this cloud cannot restore even a whole checkpoint."""

    def setUp(self) -> None:
        super().setUp()
        self.name = f"nham-conformance-{uuid.uuid4()}"

    def begin(self) -> tuple[model.Artifact, ...]:
        """Ask for this test's checkpoint."""
        parts = self.settled(
            lambda: self.engine.begin(
                self.vim.server(self.server_id), self.name
            )
        )
        self.addCleanup(self.engine.delete, parts)
        return parts

    def take(self) -> model.Checkpoint:
        """Take a whole checkpoint."""
        parts = self.begin()
        whole = self.until(
            "checkpoint is whole", lambda: self.engine.look(parts)
        )
        return model.Checkpoint(
            id="1",
            vnf_id="1",
            group_id="1",
            server_id=self.server_id,
            engine=self.engine.name,
            sequence=1,
            state=states.CheckpointState.AVAILABLE,
            cut_at=self.now(),
            artifacts=whole or (),
        )

    def test_begin_again_finds_what_was_asked_for(self) -> None:
        first = self.begin()
        self.assertTrue(first)
        again = self.begin()
        self.assertEqual(
            [part.id for part in first], [part.id for part in again]
        )
        self.until("checkpoint is whole", lambda: self.engine.look(first))

    def test_parts_are_found_by_their_name(self) -> None:
        self.assertEqual((), self.engine.find(self.name))
        wanted = [
            (part.kind, part.id, part.volume_id)
            for part in reversed(self.take().artifacts)
        ]
        found = self.engine.find(self.name)
        self.assertEqual(
            wanted, [(part.kind, part.id, part.volume_id) for part in found]
        )
        self.engine.delete(found)
        self.until("parts are gone", lambda: not self.engine.find(self.name))

    def test_whole_checkpoint_has_digests_and_sizes(self) -> None:
        checkpoint = self.take()
        self.assertTrue(checkpoint.digest)
        self.assertGreater(checkpoint.size, 0)
        self.assertEqual(self.trouble, self.engine.usable(checkpoint))

    def test_restore_image_is_made_once(self) -> None:
        checkpoint = self.take()

        def look() -> str | None:
            return self.engine.restore_image(checkpoint)

        image_id = self.until("restore image", look)
        self.assertEqual("active", self.vim.image(str(image_id)).status)
        self.assertEqual(image_id, look())

    def test_deleted_checkpoint_is_of_no_use(self) -> None:
        checkpoint = self.take()
        self.engine.delete(checkpoint.artifacts)

        def useless() -> str:
            return self.engine.usable(checkpoint)

        self.assertTrue(self.until("no longer usable", useless))

        def refused() -> bool:
            try:
                self.engine.look(checkpoint.artifacts)
            except errors.Refused:
                return True
            return False

        self.until("look refuses", refused)
        self.engine.delete(checkpoint.artifacts)

    def test_other_digest_is_not_usable(self) -> None:
        checkpoint = self.take()
        parts = tuple(
            model.Artifact(
                kind=part.kind,
                id=part.id,
                volume_id=part.volume_id,
                digest="sha512:0",
                size=part.size,
            )
            for part in checkpoint.artifacts
        )
        other = model.Checkpoint(**{**vars(checkpoint), "artifacts": parts})
        self.assertIn("not what was saved", self.engine.usable(other))
