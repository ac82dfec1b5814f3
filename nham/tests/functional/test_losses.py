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


"""What NHAM does without something that it depends on."""

from __future__ import annotations

from nham.core import descriptor
from nham.core import states
from nham.simulate import lab as lab_
from nham.tests import base
from nham.tests.functional import replica_case as case_

#: Seconds; longer than a fail-over, and than an engine's lease.
_DOWN = 20.0


class LossesTest(case_.ReplicaCase):
    """One VNF with a standby, which takes over in the end."""

    def setUp(self) -> None:
        super().setUp()
        self.bring_up(case_.ONE_R_AS)
        self.before = {one.id for one in self.lab.store.recoveries()}

    def rungs(self) -> list[str]:
        """Return what was begun since all was well.

        In no order: by the clock of the day they may come in any.
        """
        return sorted(
            one.rung
            for one in self.lab.store.recoveries()
            if one.id not in self.before
        )

    def assert_recovered_once(self) -> None:
        """See that the standby has taken over, and nothing twice."""
        self.settle()
        self.assertEqual(["fail_over", "repair_standby"], self.rungs())
        self.assert_whole(7)

    def test_the_database_before_a_claim(self) -> None:
        primary = self.member(states.Role.PRIMARY)
        self.lab.memory.down = True
        self.hurt(lambda case: case.world.crash_vm(primary))
        asked = len(self.world.gates.log)
        self.lab.run(_DOWN)
        calls = {one.call for one in self.world.gates.log[asked:]}
        self.assertFalse(calls & {"enable_port", "point_floating_ip"})
        self.lab.memory.down = False
        self.assertEqual([], self.rungs())
        self.assert_recovered_once()

    def test_the_database_in_the_middle(self) -> None:
        times = 0

        def on_moment(reached: str) -> None:
            nonlocal times
            times += reached == "after point_floating_ip"
            if times == 1 and reached == "after point_floating_ip":
                self.lab.memory.down = True

        self.runner.process.on_moment = on_moment
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN)
        self.assertTrue(self.lab.memory.down)
        # What was asked for is done, and clients do not wait for us.
        self.assertEqual(7, self.world.read_at(self.address))
        self.lab.memory.down = False
        self.assert_recovered_once()

    def test_neutron(self) -> None:
        self.world.api_down("neutron", _DOWN)
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN / 2)
        newest = self.lab.store.recoveries(limit=1)[0]
        self.assertIs(states.RecoveryState.RUNNING, newest.state)
        self.assertIsNone(self.world.read_at(self.address))
        self.lab.run(_DOWN)
        self.assert_recovered_once()

    def test_keystone(self) -> None:
        """No token is left, so that no service of the cloud answers."""
        for system in ("nova", "neutron", "glance", "cinder", "tacker"):
            self.world.api_down(system, _DOWN)
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN / 2)
        self.assertIsNone(self.world.read_at(self.address))
        self.lab.run(_DOWN)
        self.assert_recovered_once()

    def test_tacker(self) -> None:
        self.world.api_down("tacker", 4 * _DOWN)
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN)
        self.assertEqual(7, self.world.read_at(self.address))
        self.lab.run(4 * _DOWN)
        self.assert_recovered_once()

    def test_an_engine_that_is_not_heard_of(self) -> None:
        """It stands still, and goes on when another has its work."""

        def on_moment(reached: str) -> None:
            if reached == "after claim":
                self.runner.freeze(_DOWN)

        self.lab.start_engine()
        self.lab.run(2.0)
        self.runner.process.on_moment = on_moment
        self.hurt(case_.crash_primary)
        self.lab.run(_DOWN - 2.0)
        self.assertLess(self.lab.clock.monotonic(), self.runner.frozen_until)
        self.assertEqual(7, self.world.read_at(self.address))
        self.assert_recovered_once()

    def test_the_clock(self) -> None:
        for seconds in (3600.0, -7200.0):
            self.lab.clock.jump(seconds)
            self.lab.run(_DOWN)
            self.assertEqual([], self.rungs())
        self.hurt(case_.crash_primary)
        self.assert_recovered_once()


class NetworkTest(base.TestCase):
    """Members without replicas, all on one network."""

    def test_the_network_is_lost_and_the_hosts_are_not(self) -> None:
        """They are not asked at the same moment, so one is silent first."""
        lab = lab_.Lab(seed=1)
        policy = descriptor.ResiliencyPolicy(
            name="policy",
            targets=("VDU1",),
            probes=(descriptor.ProbeSpec(type="http", port=80),),
        )
        vnfd = lab_.policy_bytes({"VDU1": policy.to_dict()})
        hosts = [f"cmp{number}" for number in range(3)]
        for host in hosts:
            lab.world.add_host(host)
        for number in range(6):
            places = {"VDU1": [hosts[number % 3]]}
            lab.world.add_vnf(f"vnf{number}", places, vnfd=vnfd)
        lab.start_engine()
        lab.run(_DOWN)
        guests = [
            guest
            for server in lab.world.nova.servers.values()
            for guest in lab.world.physics.guests_of(server.id)
        ]
        for plugged in (False, True):
            for guest in guests:
                guest.plugged = plugged
            lab.run(_DOWN)
        self.assertEqual(6, len(guests))
        self.assertEqual([], list(lab.store.recoveries()))
        told = [one.kind for one in lab.store.events()]
        self.assertIn("network-lost", told)
