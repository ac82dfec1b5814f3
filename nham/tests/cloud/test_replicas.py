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

"""A VNF with a standby survives failures on a real OpenStack.

One NHAM and one VNF for each class; the tests run in the order of their
names, each leaves the group whole. What they claim is seen by a client at
the service address, by Nova and by Neutron.
"""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
from nham.adapters.vim import openstack
from nham.tests.cloud import vnf_case

#: Seconds; an export is due each second, and takes one at most.
_EXPORTED = 2.5


class ReplicaCase(vnf_case.RecoveryCase):
    """NHAM beside a sample VNF with a standby."""

    address: str
    counter: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        # Whoever serves is here; Tacker's server may be the standby.
        cls.address = cls.vnf.address()
        cls.reports.wait_whole(cls.vnf_id)

    def setUp(self) -> None:
        super().setUp()
        bed.wait("it counts", lambda: self.ask("/cgi-bin/count"), 30)
        self.counter = self.state()["counter"]
        # The state that must survive is exported at its own pace.
        time.sleep(_EXPORTED)

    def write_note(self) -> None:
        """Have whoever serves keep the test's name."""
        bed.wait(
            "it takes a note",
            lambda: self.ask(f"/cgi-bin/note?{self.note}"),
            30,
        )

    def ask(self, path: str) -> str | None:
        """Ask whoever serves."""
        return vnf_.http_get(self.address, path, 5.0)

    def state(self) -> dict[str, str]:
        """Return what whoever serves says of itself."""
        return vnf_.parse_state(self.ask("/cgi-bin/state"))

    def member(self, role: str) -> Any:
        """Return the member in that role."""
        for member in self.reports.group(self.vnf_id)["members"]:
            if member["role"] == role:
                return member
        raise AssertionError(f"no {role}")

    def servers(self) -> list[str]:
        """Return the servers of all members."""
        members = self.reports.group(self.vnf_id)["members"]
        return [member["server_id"] for member in members]

    def assert_kept(self) -> None:
        """The state that was there when the test began is there."""
        state = self.state()
        self.assertEqual(self.note, state["note"])
        self.assertGreaterEqual(int(state["counter"]), int(self.counter))

    def fails_over(
        self,
        fault: Callable[[], object],
        mend: Callable[[], object] = lambda: None,
    ) -> Any:
        """Bring a fault about; return the fail-over that it led to.

        :param mend: is called when the standby has taken over.
        """
        standby, servers = self.member("standby"), self.servers()
        known = self.known()
        with client_.Client(self.address) as client:
            bed.wait("the client knows who serves", client.last, 30)
            fault()
            recovery = self._first_after(known)
            self.assertEqual("succeeded", recovery.state, recovery.reason)
            mend()
            self.reports.wait_whole(self.vnf_id)
        self.assert_kept()
        # It went from one to the other, once and for good.
        self.assertEqual(2, len(client.members()), str(client.members()))
        self.assertEqual(standby["server_id"], client.members()[-1])
        self.assertEqual(
            standby["server_id"], self.member("primary")["server_id"]
        )
        self.assert_one_active(client, servers, 1)
        return recovery

    def _first_after(self, known: int) -> Any:
        """Return the first recovery after so many known ones, ended."""

        def ended() -> Any:
            found = self.reports.recoveries(self.vnf_id)
            if len(found) <= known:
                return None
            first = found[len(found) - known - 1]
            return first if first.ended_at is not None else None

        return bed.wait("NHAM has recovered the VNF", ended, 120)

    def assert_nothing_left(self) -> None:
        """Terminate the VNF: all that NHAM made for it goes with it."""
        self.tacker.terminate(self.vnf)
        self.vnf.instance_id = ""
        bed.wait(
            "NHAM forgets the VNF",
            lambda: all(
                vnf.id != self.vnf_id for vnf in self.reports.all_vnfs()
            ),
            60,
        )
        bed.wait("all of NHAM's own is gone", lambda: not self.own(), 60)

    def kill_primary(self) -> None:
        """Kill the QEMU of the member that serves."""
        bed.kill_vm(self.member("primary")["server_id"])


class TestFed(ReplicaCase):
    """1R-AA: the standby has each saved state at once."""

    policy = "1r-aa.yaml"

    def test_10_primary_dies_and_becomes_the_standby(self) -> None:
        vnfc = self.member("primary")
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual(
            ("vm-dead", "fail_over"), (recovery.rule, recovery.rung)
        )
        self.assertEqual(
            vnfc["server_id"], self.member("standby")["server_id"]
        )
        self.assertEqual(vnfc["server_id"], self.vnf.server_id())

    def test_11_own_server_dies_and_is_made_anew(self) -> None:
        dead = self.member("primary")
        self.assertEqual("server", dead["kind"])
        self.fails_over(self.kill_primary)
        self.assertNotEqual(
            dead["server_id"], self.member("standby")["server_id"]
        )
        self.assertNotIn(dead["name"], self.own())

    def test_12_application_hangs(self) -> None:
        recovery = self.fails_over(
            lambda: self.ask("/cgi-bin/crash?hang-httpd")
        )
        self.assertEqual("app-dead", recovery.rule)

    def test_13_standby_dies_and_the_primary_serves_on(self) -> None:
        known, primary = self.known(), self.member("primary")
        with client_.Client(self.address) as client:
            bed.kill_vm(self.member("standby")["server_id"])
            recovery = self._first_after(known)
            self.assertEqual("standby-missing", recovery.rule)
            self.reports.wait_whole(self.vnf_id)
            bed.wait("the client knows who serves", client.last, 30)
        # How long it waited at most depends on who else has the processor.
        self.assertEqual([primary["server_id"]], client.members())
        self.assert_one_active(client, [primary["server_id"]], 0)
        self.assertEqual(known + 1, self.known())
        self.assert_kept()

    def test_14_switchover_loses_nothing(self) -> None:
        with client_.Counter(self.address) as counter:
            recovery = self.fails_over(
                lambda: self.reports.switchover(self.vnf_id)
            )
        self.assertEqual("switchover", recovery.rule)
        self.assertEqual(0, counter.fell)

    def test_15_engine_dies_at_steps_of_a_fail_over(self) -> None:
        for words in ("isolate_member: ", "move_address: ", "promote: "):
            with self.subTest(step=words):
                self._die_at(words)

    def test_16_engine_dies_at_steps_of_a_repair(self) -> None:
        repairs = {"vnfc": "admit_member: ", "server": "create_member: "}
        for _round in repairs:
            # Each fail-over makes the other one the primary.
            words = repairs[self.member("primary")["kind"]]
            with self.subTest(step=words):
                self._die_at(words)

    def _die_at(self, words: str) -> None:
        standby, servers = self.member("standby"), self.servers()
        with client_.Client(self.address) as client:
            bed.wait("the client knows who serves", client.last, 30)
            self.kill_engine_at(words, self.kill_primary)
            self.reports.wait_whole(self.vnf_id)
        self.assert_kept()
        self.assertEqual(
            standby["server_id"], self.member("primary")["server_id"]
        )
        self.assert_one_active(client, servers, 1)

    def test_20_host_dies(self) -> None:
        host = self.member("primary")["host"]
        recovery = self.fails_over(
            lambda: bed.power_off(host),
            lambda: bed.power_on(host, self.cloud),
        )
        self.assertEqual("host", recovery.zone)

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()


class TestUnfed(ReplicaCase):
    """1R-AS: the standby gets the newest saved state when it takes over."""

    policy = "1r-as.yaml"

    def test_10_primary_dies(self) -> None:
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual("fail_over", recovery.rung)

    def test_20_host_dies(self) -> None:
        host = self.member("primary")["host"]
        # On two hosts a server of NHAM's own has no place meanwhile.
        self.fails_over(
            lambda: bed.power_off(host),
            lambda: bed.power_on(host, self.cloud),
        )


class TestCold(ReplicaCase):
    """1R-AS: the standby is off until it is needed."""

    policy = "1r-as-cold.yaml"

    def parked(self) -> bool:
        """Say whether the standby is off."""
        server: Any = self.cloud.compute.get_server(
            self.member("standby")["server_id"]
        )
        return bool(server.status == "SHUTOFF")

    def test_10_primary_dies(self) -> None:
        bed.wait("the standby is parked", self.parked, 120, 1.0)
        recovery = self.fails_over(self.kill_primary)
        self.assertEqual("fail_over", recovery.rung)
        bed.wait("the next standby is parked", self.parked, 120, 1.0)

    def test_30_nothing_is_left(self) -> None:
        self.assert_nothing_left()


class TestOnDisk(ReplicaCase):
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


class VolumeCase(ReplicaCase):
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
