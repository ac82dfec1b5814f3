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


"""What replica groups come to in the simulated cloud, case by case."""

from __future__ import annotations

from collections.abc import Iterator

from nham.core import model
from nham.core import states
from nham.simulate import replicas
from nham.tests.functional import replica_case as case_


class ReplicasTest(case_.ReplicaCase):
    """One VNF with a standby, and one engine that lives."""

    def recoveries(self) -> list[model.Recovery]:
        """Return the recoveries after the first, oldest first."""
        return list(reversed(self.lab.store.recoveries()))[1:]

    def rungs(self) -> list[tuple[str, str]]:
        """Return how each of them was tried, and how that ended."""
        return [(r.rung, r.state.value) for r in self.recoveries()]

    def test_a_vnfc_without_a_disk_is_made_anew_as_the_standby(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        self.hurt(lambda case: case.world.lose_disk(case.server_id))
        self.settle()
        self.assert_whole(7)
        self.assertEqual(
            [
                ("fail_over", "succeeded"),
                ("repair_standby", "failed"),
                ("repair_standby", "succeeded"),
            ],
            self.rungs(),
        )
        steps = [one.step.action for one in self.recoveries()[-1].steps]
        self.assertIn("rebuild_server", steps)

    def test_a_deleted_vnfc_waits_for_a_heal(self) -> None:
        """Long enough for Nova to have left it out of its list."""
        self.bring_up(case_.ONE_R_AS)
        self.hurt(lambda case: case.world.delete_server_behind(case.server_id))
        self.lab.run(400.0)
        self.assertEqual([("fail_over", "succeeded")], self.rungs())
        (vnf,) = self.lab.store.vnfs()
        self.assertIs(states.VnfState.DEGRADED, vnf.state)
        self.assertIn("heal it through the VNFM", vnf.reason)
        self.hurt(lambda case: case.world.user_heal(case.instance, "VDU1-0"))
        self.settle()
        self.assert_whole(7)

    def test_a_state_that_goes_by_the_guest_agents(self) -> None:
        self.bring_up(case_.IN_GUEST)
        self.hurt(case_.crash_primary)
        self.settle()
        self.assert_whole(7)
        self.assertEqual(("fail_over", "succeeded"), self.rungs()[0])

    def test_a_standby_that_takes_in_no_state_does_not_take_over(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        standby = self.member(states.Role.STANDBY)
        self.lab.refusing.add(standby)
        self.hurt(case_.crash_primary)
        self.settle()
        self.assertEqual(
            [
                ("fail_over", "failed"),
                ("fail_over", "failed"),
                ("hard_reboot", "succeeded"),
            ],
            self.rungs(),
        )
        self.assert_whole(7)

    def test_what_a_dead_host_was_asked_to_delete_goes_when_it_is_back(
        self,
    ) -> None:
        self.bring_up(case_.ONE_R_AS)
        standby = self.member(states.Role.STANDBY)
        self.hurt(case_.power_off_standby)
        self.settle()
        self.assert_whole(7)
        server = self.world.nova.servers[standby]
        self.assertEqual("deleting", server.task_state)
        self.world.power_on_host(server.host)
        self.lab.run(60.0)
        self.assertEqual("DELETED", server.status)
        self.assert_whole(7)

    def test_a_host_that_was_fenced_in_vain_is_left_to_come_back(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        for host in self.world.physics.hosts.values():
            # There is no room for one more.
            host.capacity = len(host.guests)
        self.hurt(lambda case: case.world.power_off_host("cmp1"))
        self.lab.run(60.0)
        tried = self.rungs()
        self.assertEqual(("fail_over", "succeeded"), tried[0])
        self.assertGreater(tried.count(("repair_standby", "failed")), 1)
        self.assertEqual([], self._back())
        self.world.power_on_host("cmp1")
        self.settle()
        self.assert_whole(7)
        self.assertEqual(1, len(self._back()))

    def test_one_of_an_affinity_group_finds_another_host(self) -> None:
        self.bring_up(case_.ONE_R_AS, affinity=True)
        self.hurt(lambda case: case.world.power_off_host("cmp1"))
        self.settle()
        self.assert_whole(7)
        self.assertIn(("repair_standby", "succeeded"), self.rungs())

    def _back(self) -> list[str]:
        """Return what was said of hosts that came back."""
        events = self.lab.store.events()
        return [e.message for e in events if e.kind == "host-back"]

    def test_nothing_is_left_of_what_is_terminated(self) -> None:
        for wait in (0.0, 1.0, 3.6, 5.0, 30.0):
            self.bring_up(case_.ONE_R_AA)
            self.hurt(case_.crash_primary)
            self.lab.run(wait)
            self.terminate()
            self.lab.run(60.0)
            self.assert_nothing_left()

    def test_nothing_is_left_of_what_boots_from_a_volume(self) -> None:
        for wait in (0.5, 2.0, 3.0, 5.0, 9.0):
            self.bring_up(case_.ONE_R_AS, paused=True, volume=True)
            self.hurt(case_.act)
            self.lab.run(wait)
            self.terminate()
            self.lab.run(120.0)
            self.assert_nothing_left()

    def test_an_engine_that_dies_while_it_takes_a_group_apart(self) -> None:
        for moment in (
            "after delete_server",
            "after delete_port",
            "after delete_floating_ip",
            "after save_member",
        ):
            self.bring_up(case_.ONE_R_AA)
            self.terminate()
            self.kill_at(moment, 1)
            dead = self.lab.run_until(lambda: not self.lab.alive, 60.0)
            self.assertTrue(dead, moment)
            self.lab.start_engine()
            self.lab.run(90.0)
            self.assert_nothing_left()

    def terminate(self) -> None:
        """Let the VNF's user terminate it."""
        self.world.user_terminate(self.instance)

    def assert_nothing_left(self) -> None:
        """See that nothing of NHAM's own is left, but what is going."""
        self.assertEqual([], list(self.lab.store.vnfs()))
        self.assertEqual([], [*replicas.at_the_end(self.lab)])
        self.assertEqual([], [*self._ours()])
        self.assertEqual((), self.auditor.violations)

    def _ours(self) -> Iterator[str]:
        yield from self.lab.blobs.names()
        for port in self.world.neutron.ports.values():
            if port.name.startswith("nham-"):
                yield port.name
        for floating in self.world.neutron.floating_ips.values():
            if floating.name.startswith("nham-"):
                yield floating.name
        for volume in self.world.storage.volumes.values():
            if volume.name.startswith("nham-"):
                yield volume.name
        for snapshot in self.world.storage.snapshots.values():
            yield snapshot.name
        for server in self.world.nova.servers.values():
            if server.name.startswith("nham-") and server.status != "DELETED":
                yield server.name
