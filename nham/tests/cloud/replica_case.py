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

"""What tests of a VNF with a standby share."""

from __future__ import annotations

from collections.abc import Callable
import time
from typing import Any

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import vnf as vnf_
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
