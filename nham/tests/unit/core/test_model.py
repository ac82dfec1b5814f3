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

"""What a checkpoint says of its parts."""

from __future__ import annotations

from nham.core import model
from nham.core import states
from nham.tests import base


def checkpoint(*artifacts: model.Artifact) -> model.Checkpoint:
    """Return a checkpoint of these parts."""
    return model.Checkpoint(
        id="c",
        vnf_id="v",
        group_id="g",
        server_id="s",
        engine="image",
        sequence=1,
        state=states.CheckpointState.AVAILABLE,
        cut_at=1.0,
        artifacts=artifacts,
    )


class CheckpointTest(base.TestCase):
    def test_size_is_that_of_all_parts(self) -> None:
        one = model.Artifact(kind="image", id="i", size=3)
        two = model.Artifact(kind="snapshot", id="s", size=4)
        self.assertEqual(7, checkpoint(one, two).size)
        self.assertEqual(0, checkpoint().size)

    def test_digest_needs_one_of_each_part(self) -> None:
        good = model.Artifact(kind="image", id="i", digest="sha256:a")
        more = model.Artifact(kind="image", id="j", digest="sha256:b")
        bare = model.Artifact(kind="snapshot", id="s")
        self.assertEqual("sha256:a sha256:b", checkpoint(good, more).digest)
        self.assertIsNone(checkpoint(good, bare).digest)
        self.assertIsNone(checkpoint().digest)


class MemberTest(base.TestCase):
    def test_only_a_server_of_nhams_own_that_serves_stands_in(self) -> None:
        standing_in = [
            (kind, role)
            for kind in ("vnfc", "server")
            for role in states.Role
            if model.Member(
                id="m", group_id="g", server_id="s", kind=kind, role=role
            ).stands_in
        ]
        self.assertEqual([("server", states.Role.PRIMARY)], standing_in)
