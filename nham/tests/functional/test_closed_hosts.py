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


"""A host's maintenance and quarantine in the simulated cloud."""

from __future__ import annotations

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.engine import requests
from nham.rpc import errors
from nham.simulate import clients
from nham.simulate import injection
from nham.simulate import lab as lab_
from nham.simulate import replicas
from nham.tests.functional import replica_case as case_

#: A VNFC without a standby.
ALONE = descriptor.ResiliencyPolicy(
    name="policy",
    targets=("VDU1",),
    probes=(descriptor.ProbeSpec(type="http", port=80),),
    detection=descriptor.Detection(poll_interval=0.5, boot_timeout=20.0),
)
#: Seconds without an answer that a planned change may cost.
_MOVE = 1.0


class ClosedCase(case_.ReplicaCase):
    """One VNF with another member, on three hosts."""

    def operator(self) -> requests.Requests:
        """Return what an operator asks, of an engine that lives."""
        engine = self.lab.alive[0].engine
        return requests.Requests(engine, lambda: None)

    def begin(self) -> None:
        """Begin the maintenance of the host of the VNFC."""
        self.operator().begin_maintenance("cmp1", "a new disk", "ann")

    def on(self, host: str) -> list[model.Member]:
        """Return the members that are on a host, by the cloud's word."""
        return [
            member
            for member in self.lab.store.members()
            if self.world.nova.servers[member.server_id].host == host
        ]

    def rungs(self) -> list[str]:
        """Return how the group was recovered, oldest first."""
        found = self.lab.store.recoveries()
        return [one.rung for one in reversed(found)]

    def kinds(self) -> list[str]:
        """Return the kinds of all events."""
        return [one.kind for one in self.lab.store.events()]

    def serving_host(self) -> str:
        """Return where the primary is."""
        vnf = self.lab.store.vnf_by_instance(self.instance)
        (host,) = [
            self.world.nova.servers[member.server_id].host
            for member in self.lab.store.members(vnf_id=vnf.id if vnf else "")
            if member.role is states.Role.PRIMARY
        ]
        return str(host)

    def moved(self) -> bool:
        """Say whether the group is whole without the closed host."""
        roles = {
            member.role
            for member in self.lab.store.members()
            if member not in self.on("cmp1")
        }
        busy = [g for g in self.lab.store.groups() if g.recovery_id]
        beside = {states.Role.STANDBY, states.Role.ACTIVE}
        return (
            states.Role.PRIMARY in roles and bool(beside & roles) and not busy
        )


class MaintenanceTest(ClosedCase):
    def test_members_leave_and_come_back(self) -> None:
        for policy in (case_.ONE_R_AS, case_.ONE_R_AA):
            with self.subTest(policy.redundancy):
                self.bring_up(policy)
                client = clients.Client(
                    self.lab, self.instance, "vnf", "VDU1-0", self.address
                )
                self.begin()
                self.assertTrue(self.lab.run_until(self.moved, 120.0))
                self.assertEqual([], self.lost(client))
                self.work_on_it(client)
                self.operator().end_maintenance("cmp1", "ann")
                self.settle()
                self.assertEqual([], self.lost(client))
                self.assertEqual((), self.auditor.verdict())
                self.assertEqual([], [*replicas.whole(self.lab)])

    def lost(self, client: clients.Client) -> list[clients.Outage]:
        """Return what a client has lost by more than a move."""
        now = self.lab.clock.monotonic()
        return [
            one
            for one in client.outages
            if one.lost or (one.until or now) - one.since > _MOVE
        ]

    def work_on_it(self, client: clients.Client) -> None:
        """Turn the host off; nobody minds, and nobody acts."""
        before = self.rungs()
        self.world.power_off_host("cmp1")
        self.lab.run(90.0)
        self.assertEqual(before, self.rungs())
        calls = {one.call for one in self.world.gates.log}
        self.assertFalse(calls & {"evacuate", "force_down"})
        self.assertEqual([], self.lost(client))
        self.world.power_on_host("cmp1")
        self.lab.run(60.0)
        self.assertEqual(before, self.rungs())

    def test_what_is_left_is_told(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        own = self.world.add_vnf(
            "alone",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": ALONE.to_dict()}),
        )
        self.lab.run(20.0)
        self.begin()
        self.assertTrue(self.lab.run_until(self.moved, 120.0))
        told = {
            (one["role"], one["stage"])
            for one in self.operator().host_members("cmp1")
        }
        self.assertEqual({("primary", "stays"), ("failed", "idle")}, told)
        self.world.crash_vm(self.world.server_id(own, "VDU1-0"))
        self.lab.run(60.0)
        self.assertNotIn("start", self.rungs())
        self.operator().end_maintenance("cmp1", "ann")
        self.lab.run(60.0)
        self.assertIn("start", self.rungs())

    def test_another_engine_goes_on(self) -> None:
        for moment in (
            "after claim",
            "after point_floating_ip",
            "after promote",
        ):
            with self.subTest(moment):
                self.bring_up(case_.ONE_R_AS)
                self.begin()
                self.kill_at(moment, 1)
                dead = self.lab.run_until(lambda: not self.lab.alive, 60.0)
                self.assertTrue(dead, moment)
                self.lab.run(1.0)
                self.lab.start_engine()
                self.assertTrue(self.lab.run_until(self.moved, 200.0))
                self.assertEqual(1, self.rungs().count("switchover"))
                self.assertEqual(7, self.world.read_at(self.address))
                self.assertEqual((), self.auditor.violations)

    def test_a_pause_holds_it(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        self.lab.store.set_setting("paused", "by the test")
        self.begin()
        self.lab.run(30.0)
        self.assertEqual("cmp1", self.serving_host())
        self.assertIn("would-leave-host", self.kinds())
        self.lab.store.set_setting("paused", None)
        self.assertTrue(self.lab.run_until(self.moved, 120.0))

    def test_what_cannot_be_is_refused(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        operator = self.operator()
        self.assertRaises(
            errors.NotFound, operator.begin_maintenance, "cmp9", "x", "ann"
        )
        self.assertRaises(
            errors.Conflict, operator.end_maintenance, "cmp1", "ann"
        )
        self.assertRaises(
            errors.Conflict, operator.release_host, "cmp1", "ann"
        )
        self.begin()
        self.assertRaises(
            errors.Conflict, operator.begin_maintenance, "cmp1", "x", "ann"
        )


class QuarantineTest(ClosedCase):
    def furnish(self) -> None:
        self.others = [
            self.world.add_vnf(
                f"other{index}",
                {"VDU1": ["cmp1"]},
                vnfd=lab_.policy_bytes({"VDU1": ALONE.to_dict()}),
            )
            for index in range(3)
        ]

    def fail_together(self) -> None:
        """Let three members of as many VNFs fail on one host."""
        for instance in self.others:
            self.world.crash_vm(self.world.server_id(instance, "VDU1-0"))
        places = frozenset((one, "VDU1-0") for one in self.others)
        self.auditor.inject(
            injection.Injection(self.lab.clock.now(), "crash", "", places)
        )

    def test_faults_of_several_are_the_hosts(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        self.fail_together()
        self.assertTrue(self.lab.run_until(self.quarantined, 60.0))
        left = self.lab.run_until(lambda: self.serving_host() != "cmp1", 120.0)
        self.assertTrue(left)
        self.assertEqual(1, self.kinds().count("host-quarantined"))
        self.settle()
        self.assertEqual(7, self.world.read_at(self.address))
        self.operator().release_host("cmp1", "ann")
        self.lab.run(30.0)
        self.assertFalse(self.quarantined())
        self.assertEqual((), self.auditor.verdict())

    def test_faults_of_one_vnf_are_its_own(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        for _ in range(3):
            instance = self.others[0]
            self.world.crash_vm(self.world.server_id(instance, "VDU1-0"))
            self.lab.run(15.0)
        self.assertFalse(self.quarantined())

    def quarantined(self) -> bool:
        """Say whether the host is in quarantine."""
        record = self.lab.store.host("cmp1")
        return record is not None and record.quarantined_at is not None
