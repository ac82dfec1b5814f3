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

"""A VNF under Tacker survives failures on a real OpenStack.

One NHAM and one VNF for the whole class; the tests run in the order of
their names, each leaves the VNF well. What they claim is seen from
outside: by a client, by Nova's and by Tacker's own word.
"""

from __future__ import annotations

import time

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
from nham.tests.cloud import vnf_case


class TestImageBacked(vnf_case.RecoveryCase):
    """Everything that may happen to a VNF with a local disk."""

    def test_10_application_hangs(self) -> None:
        recovery = self.recover(lambda: self.crash("hang-httpd"))
        self.assertEqual(
            ("app-dead", "soft_reboot", "vnfc"),
            (recovery.rule, recovery.rung, recovery.zone),
        )

    def test_11_guest_panics(self) -> None:
        self.reports.checkpoint(self.vnf_id)
        before = self.vnf.server_id()
        self.recover(lambda: self.crash("panic"))
        self.assertEqual(before, self.vnf.server_id())

    def test_12_guest_powers_itself_off(self) -> None:
        recovery = self.recover(lambda: self.crash("poweroff"))
        self.assertEqual("hard_reboot", recovery.rung)

    def test_13_qemu_is_killed_while_nova_says_active(self) -> None:
        server_id = self.vnf.server_id()
        with client_.Client(self.vnf.address()) as client:
            killed_at = time.monotonic()
            recovery = self.recover(lambda: bed.kill_vm(server_id))
            seen = client.outage(killed_at, self.note)
        self.assertIn("nova: ACTIVE", recovery.evidence)
        self.assertEqual("vm-dead", recovery.rule)
        self.assertIsNotNone(seen.correct)
        self.assertEqual(server_id, self.vnf.server_id())
        self.assert_record_true()

    def test_14_operator_stops_and_starts(self) -> None:
        known, server_id = self.known(), self.vnf.server_id()
        self.act(self.cloud.compute.stop_server, server_id)
        self.reports.wait_state(self.vnf.instance_id, "stopped", 120)
        self.cloud.compute.start_server(server_id)
        bed.wait("the VNF serves", lambda: self.vnf.get("/health"), 120)
        self.reports.wait_state(self.vnf.instance_id, "protected", 60)
        self.assertEqual(known, self.known())

    def test_15_engine_dies_at_three_steps(self) -> None:
        for words in ("reboot_hard: ", "verify_service: ", "check_record: "):
            with self.subTest(step=words):
                self._die_at(words)

    def _die_at(self, words: str) -> None:
        server_id = self.vnf.server_id()
        reboots = self._reboots(server_id)
        known = self.known()
        self.kill_engine_at(words, lambda: bed.kill_vm(server_id))
        recovery = self.reports.wait_recovered(self.vnf_id, known)
        self.assertEqual("succeeded", recovery.state, recovery.reason)
        self.assertEqual(known + 1, self.known())
        self.assertEqual(reboots + 1, self._reboots(server_id))
        self.assertEqual(self.note, self.vnf.state()["note"])

    def _reboots(self, server_id: str) -> int:
        actions = self.cloud.compute.server_actions(server_id)
        return sum(action.action == "reboot" for action in actions)

    def test_16_operator_restores_a_checkpoint(self) -> None:
        taken = self.reports.checkpoint(self.vnf_id)
        self.vnf.write_note("newer")
        recovery = self.recover(lambda: self.reports.restore(taken.id))
        self.assertEqual("restore", recovery.rule)

    def test_17_somebody_heals_the_vnfc(self) -> None:
        self.reports.checkpoint(self.vnf_id)
        before = self.vnf.server_id()
        recovery = self.recover(lambda: self.tacker.heal(self.vnf))
        # While Tacker worked NHAM did nothing; afterwards it put the
        # state back that the heal had lost.
        self.assertEqual("replaced-behind", recovery.rule)
        self.assertNotEqual(before, self.vnf.server_id())
        self.assert_record_true()

    def test_18_qemu_is_killed_under_an_image(self) -> None:
        # Nova leaves such a server with a task that never ends.
        server_id = self.vnf.server_id()
        self.act(self.cloud.compute.create_server_image, server_id, "test", {})
        images = list(self.cloud.image.images(name="test"))
        self.addCleanup(
            lambda: [self.cloud.image.delete_image(i.id) for i in images]
        )
        recovery = self.recover(lambda: bed.kill_vm(server_id))
        self.assertEqual("hard_reboot", recovery.rung)
        self.assertEqual(server_id, self.vnf.server_id())
        self.assert_record_true()

    def test_20_host_dies_and_tacker_goes_on(self) -> None:
        self.reports.checkpoint(self.vnf_id)
        server_id, host = self.vnf.server_id(), self.vnf.host()
        recovery = self.recover(lambda: bed.power_off(host))
        self.assertEqual("host", recovery.zone)
        self.assertEqual(server_id, self.vnf.server_id())
        self.assertNotEqual(host, self.vnf.host())
        self.assert_record_true()
        bed.power_on(host, self.cloud)
        self.tacker.scale_out(self.vnf)
        known = self.known()
        self.tacker.heal(self.vnf)
        self.reports.wait_recovered(self.vnf_id, known)
        self.assert_record_true()
        self.tacker.terminate(self.vnf)
        self.vnf.instance_id = ""
        bed.wait("NHAM forgets the VNF", self._forgotten, 60)

    def _forgotten(self) -> bool:
        return all(vnf.id != self.vnf_id for vnf in self.reports.all_vnfs())


class TestHooked(vnf_case.RecoveryCase):
    """A VNF without replicas that exports its state itself."""

    policy = "0r-hook.yaml"

    def setUp(self) -> None:
        super().setUp()
        bed.wait("it counts", lambda: self.vnf.get("/cgi-bin/count"), 30)
        self.counter = self._count()
        # What must survive is exported at its own pace.
        self.reports.checkpoint(self.vnf_id)

    def _count(self) -> int:
        """Return what is in the VNF's memory only."""
        return int(self.vnf.state()["counter"])

    def test_10_qemu_is_killed(self) -> None:
        server_id = self.vnf.server_id()
        self.recover(lambda: bed.kill_vm(server_id))
        self.assertGreaterEqual(self._count(), self.counter)

    def test_11_somebody_reboots_it(self) -> None:
        boots = self.vnf.state()["boots"]
        self.act(
            self.cloud.compute.reboot_server, self.vnf.server_id(), "HARD"
        )
        bed.wait(
            "it has booted and has its state again",
            lambda: (
                vnf_.parse_state(self.vnf.get("/cgi-bin/state")).get(
                    "boots", boots
                )
                != boots
                and self._count() >= self.counter
            ),
            120,
        )


class TestVolumeBacked(vnf_case.RecoveryCase):
    """What differs for a VNF whose disk is a Cinder volume."""

    variant = "volume"

    def test_10_host_dies_and_the_newest_disk_is_there(self) -> None:
        host = self.vnf.host()
        recovery = self.recover(lambda: bed.power_off(host))
        self.assertEqual("evacuate", recovery.rung)
        self.assertNotEqual(host, self.vnf.host())
        self.assert_record_true()
        bed.power_on(host, self.cloud)

    def test_11_no_checkpoint_that_could_not_be_put_back(self) -> None:
        # Cinder's NFS driver writes an image beside the file that the
        # guest uses once the volume has had a snapshot.
        said = bed.wait("NHAM tells of it", self._unprotected, 60)
        self.assertIn("NFS", said)

    def _unprotected(self) -> str:
        return "".join(
            event.message
            for event in self.reports.events()
            if event.kind == "state-unprotected"
        )
