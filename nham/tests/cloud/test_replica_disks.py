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

"""The disk of a standby, or of who replaces it, holds the newest state.

One NHAM and one VNF for each class; the tests run in the order of their
names, each leaves the group whole.
"""

from __future__ import annotations

from typing import Any

from benchmarks.bed import cloud as bed
from nham.adapters.vim import openstack
from nham.tests.cloud import replica_case


class TestOnDisk(replica_case.ReplicaCase):
    """1R-AS of a VNF without a hook: its state is in images of its disk."""

    policy = "1r-as-image.yaml"

    def setUp(self) -> None:
        super().setUp()
        self.await_state()

    def await_state(self) -> None:
        """Wait until the standby could take over with a state."""
        bed.wait("the standby's disk holds a state", self.holds, 240, 1.0)

    def save(self) -> None:
        """Have a checkpoint taken that is newer than the standby's disk."""
        self.reports.checkpoint(self.vnf_id)

    def assert_kept(self) -> None:
        """See base class; what is only in memory is not kept."""
        self.assertEqual(self.note, self.state()["note"])

    def _first_after(self, known: int) -> Any:
        """See base class; the standby's disk is made anew now and then."""

        def ended() -> Any:
            found = self.reports.recoveries(self.vnf_id)
            for one in reversed(found[: len(found) - known]):
                if one.rung != "refresh_standby":
                    return one if one.ended_at is not None else None
            return None

        return bed.wait("NHAM has recovered the VNF", ended, 180)

    def lose(self) -> None:
        """Write what no checkpoint has; then the primary dies."""
        self.ask("/cgi-bin/note?newer")
        self.kill_primary()

    def holds(self) -> bool:
        """Say whether the standby's disk holds a checkpoint, for good."""
        group = self.reports.group(self.vnf_id)
        held = [one["disk_at"] for one in group["members"]]
        return any(held) and not group["recovery_id"]

    def test_10_primary_dies_and_becomes_the_standby(self) -> None:
        vnfc = self.member("primary")
        self.save()
        recovery = self.fails_over(self.lose)
        self.assertEqual("fail_over", recovery.rung)
        self.assertEqual(
            vnfc["server_id"], self.member("standby")["server_id"]
        )

    def test_11_own_server_dies_and_is_made_anew(self) -> None:
        self.save()
        dead = self.member("primary")
        self.assertEqual("server", dead["kind"])
        self.fails_over(self.lose)
        self.assertNotIn(dead["name"], self.own())

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()


class VolumeCase(replica_case.ReplicaCase):
    """A VNFC that boots from a volume."""

    variant = "volume"

    def volume(self, member: Any) -> Any:
        """Return the volume that a member boots from."""
        server: Any = self.cloud.compute.get_server(member["server_id"])
        (attached,) = server.attached_volumes
        return self.cloud.block_storage.get_volume(attached["id"])


class TestOnVolumeDisk(VolumeCase, TestOnDisk):
    """1R-AS of a VNF without a hook: its state is in snapshots of a volume.

    Where Cinder cannot put a snapshot back in place, as on NFS, NHAM takes
    none. All that there is to see there is that it says so.
    """

    policy = "1r-as-volume.yaml"

    def setUp(self) -> None:
        self.trouble = openstack.OpenStackVim(self.cloud).reimage_trouble(
            self.volume(self.member("primary")).id
        )
        super().setUp()

    def await_state(self) -> None:
        """See base class."""
        if not self.trouble:
            super().await_state()

    def save(self) -> None:
        """See base class."""
        if self.trouble:
            self.skipTest(self.trouble)
        super().save()

    def test_05_what_cannot_be_put_back_is_not_taken(self) -> None:
        if not self.trouble:
            self.skipTest("this cloud can put a snapshot back")

        def told() -> bool:
            return any(
                event.kind == "state-unprotected"
                and self.trouble in event.message
                for event in self.reports.events()
            )

        bed.wait("NHAM says that the state is not protected", told, 60)
        volumes: Any = self.cloud.block_storage
        for role in ("primary", "standby"):
            root = self.volume(self.member(role)).id
            taken = volumes.snapshots(all_projects=True, volume_id=root)
            self.assertEqual([], [one.name for one in taken])

    def test_30_nothing_is_left(self) -> None:
        """A volume goes once the checkpoints of it are gone."""
        if not self.trouble:
            self.skipTest("Tacker cannot delete a volume with snapshots")
        super().test_30_nothing_is_left()


class TestOnVolume(VolumeCase):
    """1R-AA of a VNFC that boots from a volume."""

    policy = "1r-aa.yaml"

    def test_10_primary_dies_and_becomes_the_standby(self) -> None:
        vnfc, ours = self.member("primary"), self.member("standby")
        theirs, volume = self.volume(vnfc), self.volume(ours)
        self.assertNotEqual(theirs.id, volume.id)
        self.assertEqual(
            (ours["name"], theirs.size, theirs.volume_type),
            (volume.name, volume.size, volume.volume_type),
        )
        self.assertEqual([ours["name"]] * 2, self._named(ours["name"]))
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual("fail_over", recovery.rung)
        self.assertEqual(
            vnfc["server_id"], self.member("standby")["server_id"]
        )

    def test_11_own_server_dies_and_is_made_anew(self) -> None:
        dead = self.member("primary")
        self.assertEqual("server", dead["kind"])
        self.fails_over(self.kill_primary)
        self.assertEqual([], self._named(dead["name"]))
        self.assertNotEqual(
            dead["server_id"], self.member("standby")["server_id"]
        )

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()

    def _named(self, name: str) -> list[str]:
        """Return what bears a member's name: its server and its volume."""
        return [one for one in self.own() if one == name]
