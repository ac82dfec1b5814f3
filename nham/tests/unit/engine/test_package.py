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


import dataclasses

from nham.adapters.vnfm import base as vnfm_base
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import package
from nham.tests.unit.engine import replica_case

POLICY = replica_case.POLICY
SLOWER = dataclasses.replace(
    POLICY,
    state_protection=dataclasses.replace(
        POLICY.state_protection, interval=9.0
    ),
)
ALONE = dataclasses.replace(POLICY, redundancy=descriptor.Mechanism.ZERO_R)


class TestAdopt(replica_case.ReplicaCase):
    """A VNF of 1R-AA that has its standby; its VNFC runs a newer image."""

    def setUp(self) -> None:
        super().setUp()
        self.before = self.member().image_id
        self.newer = self.world.add_image(0, "newer")
        self.vim.rebuild(self.theirs, self.newer)
        self.clock.advance(30.0)

    def adopt(self, *policies: descriptor.ResiliencyPolicy) -> model.Vnf:
        """Let the VNF have the package ``new`` with these policies."""
        record = vnfm_base.VnfRecord(
            id=self.instance,
            name="v",
            vnfd_id="new",
            project_id="project",
            instantiated=True,
            vnfcs=(
                vnfm_base.VnfcRecord(
                    vnfc_id="any", vdu="VDU1", index=0, server_id=self.theirs
                ),
            ),
        )
        return package.adopt(
            self.context, self.journal, self.store.vnf("v"), record, policies
        )

    def told(self) -> tuple[str, str]:
        """Return how grave the event of it is, and what it says."""
        [event] = [
            one for one in self.store.events() if one.kind == "package-changed"
        ]
        return event.severity.value, event.message

    def test_images_and_policies(self) -> None:
        found = self.adopt(SLOWER)
        self.assertEqual(("new", (SLOWER,)), (found.vnfd_id, found.policies))
        self.assertEqual(found, self.store.vnf("v"))
        self.assertEqual(self.newer, self.member().image_id)
        # By that a decision knows that this one is to be made anew.
        self.assertEqual(self.before, self.member("s").image_id)
        self.assertEqual("info", self.told()[0])

    def test_what_runs_from_a_checkpoint(self) -> None:
        """It tells nothing of the package's own image."""
        taken = dataclasses.replace(
            self.save_state(7),
            id="image",
            sequence=self.store.next_sequence("v/0"),
            artifacts=(model.Artifact(kind="image", id=self.newer),),
        )
        self.store.add_checkpoint(taken)
        self.adopt(POLICY)
        self.assertEqual(self.before, self.member().image_id)

    def test_no_policies(self) -> None:
        found = self.adopt()
        self.assertEqual(("new", (POLICY,)), (found.vnfd_id, found.policies))
        self.assertEqual(
            (
                "warning",
                "v: the VNFM changed its package; it keeps the policies "
                "that it had: the package has none",
            ),
            self.told(),
        )

    def test_policies_that_cannot_hold_now(self) -> None:
        self.store.promote("v/0", "s")
        found = self.adopt(ALONE)
        self.assertEqual(("new", (POLICY,)), (found.vnfd_id, found.policies))
        severity, said = self.told()
        self.assertEqual("warning", severity)
        self.assertIn("redundancy: cannot change while nham-s", said)
        present = {one.role for one in self.store.members()}
        self.assertIn(states.Role.PRIMARY, present)
