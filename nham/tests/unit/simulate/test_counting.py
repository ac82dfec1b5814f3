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


"""Who counts at an address sees when a saved state is lost."""

from __future__ import annotations

from nham.core import model
from nham.core import states
from nham.simulate import counting
from nham.simulate import lab as lab_
from nham.tests import base


class CounterTest(base.TestCase):
    """One VNFC, and a user who counts at its service address."""

    def setUp(self) -> None:
        super().setUp()
        self.lab = lab_.Lab()
        self.world = self.lab.world
        self.world.add_host("cmp1")
        instance = self.world.add_vnf("fw", {"VDU1": ["cmp1"]})
        self.server_id = self.world.server_id(instance, "VDU1-0")
        service = self.world.add_floating_ip(self.server_id)
        self.lab.store.save_vnf(
            model.Vnf(
                id="v",
                name="fw",
                source="tacker",
                project_id="p",
                instance_id=instance,
            )
        )
        self.lab.store.save_group(
            model.Group(id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1")
        )
        self.place = (instance, "VDU1-0")
        address = self.world.neutron.floating_ip(service).ip
        self.user = counting.Counter(self.lab, self.place, address)
        self.lab.run(7.0)

    def save(self) -> None:
        """Save the number, as an engine does."""
        data = self.world.state(self.server_id) or b""
        kept = self.lab.blobs.put("nham-c", data)
        part = model.Artifact(kind="state", id="nham-c", digest=kept.digest)
        checkpoint = model.Checkpoint(
            id="c",
            vnf_id="v",
            group_id="g",
            server_id=self.server_id,
            engine="hook",
            sequence=1,
            state=states.CheckpointState.AVAILABLE,
            cut_at=self.lab.clock.now(),
            artifacts=(part,),
        )
        self.lab.store.add_checkpoint(checkpoint)
        self.lab.store.update_checkpoint(checkpoint)

    def test_it_counts(self) -> None:
        self.assertEqual(b"3", self.world.state(self.server_id))
        self.assertEqual("", self.user.lost(()))

    def test_what_was_saved_is_lost(self) -> None:
        self.save()
        self.lab.run(2.0)
        self.world.set_state(self.server_id, b"2")
        self.assertEqual("at 2, and 3 was saved", self.user.lost(()))
        self.assertEqual("", self.user.lost({self.place}))

    def test_what_an_image_holds_was_saved(self) -> None:
        def save(image_id: str) -> None:
            part = model.Artifact(kind="image", id=image_id)
            checkpoint = model.Checkpoint(
                id=f"c-{image_id}",
                vnf_id="v",
                group_id="g",
                server_id=self.server_id,
                engine="image",
                sequence=self.lab.store.next_sequence("g"),
                state=states.CheckpointState.AVAILABLE,
                cut_at=self.lab.clock.now(),
                artifacts=(part,),
            )
            self.lab.store.add_checkpoint(checkpoint)
            self.lab.store.update_checkpoint(checkpoint)

        save(self.world.add_image(9))
        # One that is gone proves nothing.
        save("gone")
        self.assertEqual("at 3, and 9 was saved", self.user.lost(()))

    def test_what_is_newer_than_the_save_may_go(self) -> None:
        self.save()
        self.lab.run(2.0)
        self.world.set_state(self.server_id, b"3")
        self.assertEqual("", self.user.lost(()))
