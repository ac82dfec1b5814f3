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

"""Tacker's operations on a VNF of 1R-AA whose service NHAM has moved.

The tests run in the order of their names; each begins with a group that is
whole and whose member that serves is a server of NHAM's own.
"""

from __future__ import annotations

from typing import Any

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from nham.tests.cloud import replica_case

#: What the package that is changed to calls the guest's image.
_NEWER = "nham-vnf-newer"


class TestOperations(replica_case.ReplicaCase):
    """One VNF, whose service has failed over before each operation."""

    policy = "1r-aa.yaml"

    def setUp(self) -> None:
        self.reports.wait_whole(self.vnf_id)
        super().setUp()
        if self.member("primary")["kind"] == "vnfc":
            self.fails_over(self.kill_primary)

    def members(self) -> list[tuple[str, str, str]]:
        """Return kind, role and server of all members, sorted."""
        return sorted(
            (member["kind"], member["role"], member["server_id"])
            for group in self.reports.groups(self.vnf_id)
            for member in group["members"]
        )

    def wait_all_whole(self, groups: int) -> None:
        """Wait until so many groups have all that they should."""

        def whole() -> bool:
            found = self.reports.groups(self.vnf_id)
            pairs = [
                sorted(one["role"] for one in group["members"])
                for group in found
                if not group["recovery_id"]
            ]
            return pairs == [["primary", "standby"]] * groups

        bed.wait(f"{groups} groups are whole", whole, 240, 1.0)

    def is_known(self) -> bool:
        """Say whether NHAM has the server of Tacker's first VNFC."""
        known = [server_id for _, _, server_id in self.members()]
        return self.vnf.server_id() in known

    def assert_agree(self, vnfcs: int = 1) -> None:
        """Tacker, Nova and NHAM name the same servers for the VNFCs."""
        theirs = sorted(self.vnf.server_id(index) for index in range(vnfcs))
        ours = sorted(
            server_id
            for kind, _, server_id in self.members()
            if kind == "vnfc"
        )
        self.assertEqual(theirs, ours)
        for server_id in theirs:
            server = self.cloud.compute.get_server(server_id)
            self.assertEqual("ACTIVE", server.status)
        self.assertEqual([], self.vnf.tacker.unsettled(self.vnf.instance_id))

    def serving(self) -> Any:
        """Return the kind of the first VNFC's member that serves."""
        return self.member("primary")["kind"]

    def test_10_heal(self) -> None:
        before = self.vnf.server_id()
        with client_.Client(self.address) as client:
            self.tacker.heal(self.vnf)
            # Until NHAM has looked again, the group is whole by its record.
            bed.wait("NHAM knows the new server", self.is_known, 60, 1.0)
            self.wait_all_whole(1)
        self.assertNotEqual(before, self.vnf.server_id())
        # Who serves was not disturbed.
        self.assertEqual(1, len(client.members()), str(client.members()))
        self.assertEqual("server", self.serving())
        self.assert_kept()
        self.assert_agree()

    def test_20_scale_out_and_in(self) -> None:
        self.tacker.scale_out(self.vnf)
        self.wait_all_whole(2)
        self.assert_agree(2)
        known = set(self.own())
        second = next(
            group
            for group in self.reports.groups(self.vnf_id)
            if group["vnfc"].endswith("-1")
        )
        bed.kill_vm(self.vnf.server_id(1))
        bed.wait(
            "NHAM's own serves the second VNFC, too",
            lambda: self._kinds(second["id"]) == ("server", "vnfc"),
            240,
            1.0,
        )
        self.tacker.scale_in(self.vnf)
        bed.wait(
            "the group is gone",
            lambda: len(self.reports.groups(self.vnf_id)) == 1,
            120,
            1.0,
        )
        bed.wait(
            "what NHAM made for it is gone",
            lambda: len(set(self.own())) < len(known),
            60,
            1.0,
        )
        self.wait_all_whole(1)
        self.assertEqual("server", self.serving())
        self.assert_kept()
        self.assert_agree()

    def _kinds(self, group_id: str) -> tuple[str, ...]:
        """Return whose the primary and the standby of a group are."""
        for group in self.reports.groups(self.vnf_id):
            if group["id"] == group_id and not group["recovery_id"]:
                kinds = {one["role"]: one["kind"] for one in group["members"]}
                return (kinds.get("primary", ""), kinds.get("standby", ""))
        return ()

    def test_30_change_of_package(self) -> None:
        self._give_image()
        vnfd_id = self.tacker.onboard("image", self._policy(), _NEWER)
        self.tacker.change_package(self.vnf, vnfd_id)
        bed.wait(
            "the VNFC of the new package serves",
            lambda: self.serving() == "vnfc",
            240,
            1.0,
        )
        bed.wait("all run the new image", self._renewed, 240, 1.0)
        self.wait_all_whole(1)
        self.assert_kept()
        self.assert_agree()
        kinds = [event.kind for event in self.reports.events()]
        self.assertEqual(1, kinds.count("package-changed"))

    def _policy(self) -> str:
        folder = bed.ROOT / "samples" / "vnf" / "policies"
        return (folder / str(self.policy)).read_text()

    def _give_image(self) -> None:
        """Have a copy of the guest's image under the other name."""
        images: Any = self.cloud.image
        # A run that was interrupted may have left one, or more.
        for left in list(images.images(name=_NEWER)):
            images.delete_image(left)
        self.cloud.create_image(
            _NEWER,
            filename=str(bed.STATE / "images" / "nham-vnf.qcow2"),
            disk_format="qcow2",
            container_format="bare",
            visibility="public",
            wait=True,
        )
        newer = images.find_image(_NEWER).id
        self.addClassCleanup(images.delete_image, newer)
        self.newer = str(newer)

    def _renewed(self) -> bool:
        """Say whether there are two members, both of the new image."""
        compute: Any = self.cloud.compute
        ids = [server_id for _, _, server_id in self.members()]
        found = [one and compute.find_server(one) for one in ids]
        # One that is being removed, or made, is none.
        images = [server and server.image.id for server in found]
        return images == [self.newer] * 2

    def test_40_terminate(self) -> None:
        self.assert_nothing_left()
