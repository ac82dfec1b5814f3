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

"""Members die at steps of a fail-over, a repair, an export and an import.

The two cases of NHAM paper 3.4 on a real OpenStack: who fails while states
are on their way leaves the group with the newest state that was saved whole,
and no two members ever serve at once. All steps are tried with the simulated
cloud, in ``nham.tests.functional.test_member_dies``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from nham.tests.cloud import replica_case

#: Seconds until a group is whole of which both members died.
_BOTH = 300.0
#: KiB of state in the guest: an export takes long enough to be met.
_FLOWS = 8192
#: What the log says of an address that was moved.
_MOVED = "move_address done"


class TestMemberDies(replica_case.ReplicaCase):
    """1R-AA: the standby is fed all the time."""

    policy = "1r-aa.yaml"

    def setUp(self) -> None:
        # What another test left behind is not this one's failure.
        bed.wait("both are well", self._is_well, _BOTH, 1.0)
        super().setUp()
        self.primary = self.member("primary")
        self.standby = self.member("standby")

    def _dies_at(
        self, words: str, dead: Any, fault: Callable[[], object]
    ) -> None:
        """Bring a fault about; a member dies when NHAM comes to a step."""
        self._survives(
            lambda: self.at_step(
                words, fault, lambda: bed.kill_vm(dead["server_id"])
            )
        )

    def _survives(self, fault: Callable[[], object]) -> None:
        """See that the group becomes whole, with its state."""
        servers, logged = self.servers(), len(self.nham.log)
        with client_.Client(self.address) as client:
            bed.wait("the client knows who serves", client.last, 30)
            known = self.known()
            fault()
            bed.wait("NHAM acts", lambda: self.known() > known, 60)
            bed.wait("both are well again", self._is_well, _BOTH, 1.0)
            bed.wait("it serves", lambda: self.ask("/health"), 30)
        self.assert_kept()
        moves = self.nham.log[logged:].count(_MOVED)
        servers += self.servers()
        self.assert_one_active(client, set(servers), moves)

    def _is_well(self) -> bool:
        """Say whether the group is whole, and both members run.

        Between two recoveries it may look whole while a member is dead.
        """
        group = self.reports.group(self.vnf_id)
        roles = sorted(one["role"] for one in group["members"])
        vnf = self.reports.vnf(self.vnf.instance_id)
        return (
            roles == ["primary", "standby"]
            and not group["recovery_id"]
            and vnf.state == "protected"
            and all(bed.runs(one) for one in self.servers())
        )

    # -- the standby dies while it takes over

    def test_10_standby_at_the_isolation_of_the_primary(self) -> None:
        self._dies_at("isolate_member: ", self.standby, self.kill_primary)

    def test_11_standby_when_it_is_given_the_state(self) -> None:
        self._dies_at("give_state: ", self.standby, self.kill_primary)

    # -- the primary dies while the group gets its standby back

    def test_20_primary_when_the_standby_is_reached(self) -> None:
        self._dies_at("reach_member: ", self.primary, self._kill_standby)

    def test_21_primary_when_the_standby_joins(self) -> None:
        self._dies_at("join_standby: ", self.primary, self._kill_standby)

    def test_22_new_primary_during_the_repair_of_the_old_one(self) -> None:
        # Who was the standby serves then, and dies before it has one.
        # A repair after one that failed makes the disk anew, too.
        repairs = {"vnfc": "admit_member: ", "server": "create_member: "}
        words = repairs[self.primary["kind"]]
        self._dies_at(words, self.standby, self.kill_primary)

    def _kill_standby(self) -> None:
        bed.kill_vm(self.standby["server_id"])

    # -- a member dies while a state is on its way

    def test_30_primary_while_it_exports(self) -> None:
        self._fill()
        self._survives(lambda: self._kill_in_export(self.primary))

    def test_31_standby_while_the_primary_exports(self) -> None:
        self._fill()
        self._survives(lambda: self._kill_in_export(self.standby))

    def test_32_primary_while_the_standby_imports(self) -> None:
        self._fill()
        self._survives(lambda: self._kill_in_import(self.primary))

    def test_33_standby_while_it_imports(self) -> None:
        self._fill()
        self._survives(lambda: self._kill_in_import(self.standby))

    def _fill(self) -> None:
        """Give the VNF a state that takes its time."""
        self.ask(f"/cgi-bin/flows?{_FLOWS}")

    def _kill_in_export(self, dead: Any) -> None:
        def begun() -> bool:
            return self.reports.exporting(self.vnf_id)

        # One that was there already may be over any moment.
        bed.wait("no export runs", lambda: not begun(), 60, 0.02)
        bed.wait("an export has begun", begun, 60, 0.02)
        bed.kill_vm(dead["server_id"])

    def _kill_in_import(self, dead: Any) -> None:
        def exporting() -> bool:
            return self.reports.exporting(self.vnf_id)

        bed.wait("an export runs", exporting, 60, 0.02)
        # What was exported is given to the standby at once.
        bed.wait("the export is whole", lambda: not exporting(), 60, 0.02)
        bed.kill_vm(dead["server_id"])

    # -- the standby dies later while it takes over; a fail-over that failed
    # twice within the probation is not tried a third time

    def test_40_standby_when_the_address_moves(self) -> None:
        self._dies_at("move_address: ", self.standby, self.kill_primary)

    def test_41_standby_when_it_is_promoted(self) -> None:
        self._dies_at("promote: ", self.standby, self.kill_primary)

    def test_90_nothing_is_left(self) -> None:
        self.assert_nothing_left()
