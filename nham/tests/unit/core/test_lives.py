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

"""Tests of the signs that an application has lost its state."""

from __future__ import annotations

from nham.core import lives
from nham.core import model
from nham.core import states
from nham.tests import base


def _checkpoint(
    started: str, imported: str = "", server_id: str = "s"
) -> model.Checkpoint:
    part = model.Artifact(
        kind="state", id="x", started=started, imported=imported
    )
    return model.Checkpoint(
        id="c",
        vnf_id="v",
        group_id="g",
        server_id=server_id,
        engine="hook",
        sequence=1,
        state=states.CheckpointState.AVAILABLE,
        cut_at=1.0,
        artifacts=(part,),
    )


class TestWhyLost(base.TestCase):
    """Each sign, and what speaks against it."""

    def lost(
        self,
        saved: model.Checkpoint,
        taken: model.Checkpoint,
        given: bool = False,
    ) -> str:
        """Return why the state is lost."""
        return lives.why_lost(saved, taken, given)

    def test_another_life(self) -> None:
        first = _checkpoint("1")
        self.assertEqual("", self.lost(first, _checkpoint("1")))
        self.assertIn("started anew", self.lost(first, _checkpoint("2")))
        fed = _checkpoint("2", "sha256:a")
        self.assertEqual("", self.lost(first, fed))
        self.assertIn("started anew", self.lost(fed, _checkpoint("3")))

    def test_same_life_on_another_server(self) -> None:
        """The application keeps the word with its state."""
        moved = _checkpoint("1", server_id="other")
        self.assertEqual("", self.lost(_checkpoint("1"), moved))

    def test_application_that_tells_only_what_it_took_in(self) -> None:
        fed = _checkpoint("", "sha256:a")
        self.assertIn("it was given", self.lost(fed, _checkpoint("")))
        self.assertEqual("", self.lost(fed, fed))
        self.assertEqual("", self.lost(_checkpoint(""), fed))

    def test_one_that_begins_to_tell(self) -> None:
        self.assertEqual("", self.lost(_checkpoint(""), _checkpoint("1")))

    def test_application_that_tells_nothing(self) -> None:
        here, there = _checkpoint(""), _checkpoint("", server_id="other")
        self.assertEqual("", self.lost(here, here))
        self.assertIn("replaced", self.lost(here, there))
        self.assertEqual("", self.lost(here, there, given=True))
