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

"""Host agents: what their word speeds up, and what a lease proves."""

from __future__ import annotations

import dataclasses

from nham.adapters.simulated import agents
from nham.adapters.simulated import host_agent
from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.tests.functional import replica_case as case_

#: Seconds until a lost host is suspected, its guests are ended and what it
#: had serves elsewhere.
_MOVED = 90.0


class AgentCase(case_.ReplicaCase):
    """A VNF with a standby on hosts with agents."""

    fencing_by: tuple[str, ...] = ("lease",)

    def furnish(self) -> None:
        for host in ("cmp1", "cmp2", "cmp3"):
            self.world.forbid_fence(host)
        self.lab.start_agents(*self.fencing_by)

    @property
    def net(self) -> agents.AgentNet:
        assert self.lab.agents is not None
        return self.lab.agents

    def recoveries(self) -> list[tuple[str, str]]:
        """Return rule and rung of all recoveries but the first standby's."""
        return [
            (one.rule, one.rung)
            for one in reversed(self.lab.store.recoveries())
            if one.rung != "make_standby"
        ]


class WordTest(AgentCase):
    """A guest's process dies."""

    def test_a_death_is_decided_on_at_once(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        began = self.lab.clock.now()
        self.hurt(case_.crash_primary)
        self.lab.run(0.1)
        (newest,) = self.lab.store.recoveries(limit=1)
        self.assertEqual("qemu-died", newest.rule)
        self.assertLess(newest.fault.detected_at - began, 0.1)
        self.assertIn("agent", " ".join(newest.fault.evidence))
        self.settle()
        self.assert_whole(7)

    def test_nobody_is_asked_before_the_data_plane_acts(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.world.api_down("nova", 30.0)
        self.world.api_down("tacker", 30.0)
        self.hurt(case_.crash_primary)
        self.lab.run(0.1)
        (newest,) = self.lab.store.recoveries(limit=1)
        self.assertEqual("fail_over", newest.rung)

    def test_what_its_user_stops_has_not_died(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.hurt(
            lambda case: case.world.user_stop(case.member(states.Role.PRIMARY))
        )
        self.lab.run(60.0)
        self.assertEqual([], self.recoveries())

    def test_an_engine_that_starts_later_hears_of_it_too(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.runner.kill()
        self.hurt(case_.crash_primary)
        self.lab.run(3.0)
        self.lab.start_engine()
        self.lab.run(10.0)
        self.assertEqual(("qemu-died", "fail_over"), self.recoveries()[0])


class SilenceTest(AgentCase):
    """Agents that say nothing, though their hosts are well."""

    def health(self) -> facts.Health:
        return self.runner.engine.context.agents.health("cmp1")

    def test_an_agent_that_dies_is_an_alarm_only(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.net.agents["cmp1"].kill(restarts=True)
        self.lab.run(host_agent.WATCHDOG + 10.0)
        self.assertIs(facts.Health.OK, self.health())
        self.assertEqual([], self.recoveries())

    def test_what_was_recorded_and_noise_change_nothing(self) -> None:
        self.bring_up(case_.ONE_R_AA)
        self.hurt(case_.crash_primary)
        self.settle()
        known = self.recoveries()
        self.net.agents["cmp1"].kill(restarts=True)
        for _ in range(5):
            self.net.replay()
            self.net.flood(100)
            self.lab.run(2.0)
        self.lab.run(30.0)
        self.assertEqual(known, self.recoveries())
        self.assertIs(facts.Health.OK, self.health())
        kinds = [event.kind for event in self.lab.store.events(limit=1000)]
        self.assertEqual(1, kinds.count("agent-datagrams-refused"))


class LeaseTest(AgentCase):
    """A host that nobody reaches, and no means but its lease."""

    def bring_up_alone(self, engines: int = 1) -> None:
        """Bring up a VNFC without a standby: it must be evacuated."""
        self.bring_up(
            dataclasses.replace(
                case_.ONE_R_AS,
                redundancy=descriptor.Mechanism.ZERO_R,
                num_backups=0,
            )
        )
        for _ in range(1, engines):
            self.lab.start_engine()
        self.lab.run(10.0)

    def lose(self) -> None:
        self.hurt(lambda case: case.world.partition_host("cmp1"))

    @property
    def record(self) -> model.HostRecord | None:
        return self.lab.store.host("cmp1")

    def assert_moved(self) -> None:
        """See that it serves elsewhere, by the lease, and never twice."""
        assert self.record is not None
        self.assertIn("lease", self.record.proof)
        (guest,) = self.world.physics.guests()
        self.assertNotEqual("cmp1", guest.host)
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual((), self.auditor.violations)

    def test_it_is_moved_once_the_lease_has_ended(self) -> None:
        self.bring_up_alone()
        self.lose()
        began = self.lab.clock.now()
        self.lab.run(_MOVED)
        self.assert_moved()
        assert self.record is not None
        wait = self.net.terms.wait(host_agent.WATCHDOG)
        self.assertGreater(self.record.fenced_at or 0.0, began + wait)

    def test_the_agent_dies_first(self) -> None:
        self.bring_up_alone()
        self.lose()
        self.net.agents["cmp1"].kill(restarts=False)
        self.lab.run(_MOVED)
        self.assert_moved()

    def test_who_has_not_heard_the_agent_proves_nothing(self) -> None:
        self.bring_up_alone()
        self.lose()
        self.lab.run(8.0)
        assert self.record is not None
        self.assertIsNotNone(self.record.lease_withdrawn_at)
        self.runner.kill()
        self.lab.start_engine()
        self.lab.run(_MOVED)
        self.assertIsNone(self.record.fenced_at)
        self.assertEqual((), self.auditor.violations)
        self.world.heal_partition("cmp1")
        self.settle()
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertIsNone(self.record.lease_withdrawn_at)

    def test_two_engines_wait_for_one_end(self) -> None:
        self.bring_up_alone(engines=2)
        self.lose()
        self.lab.run(_MOVED)
        self.assert_moved()

    def test_the_one_of_two_that_waits_is_killed(self) -> None:
        self.bring_up_alone(engines=2)
        self.lose()
        self.lab.run(8.0)
        (running,) = self.lab.store.recoveries(
            state=states.RecoveryState.RUNNING
        )
        for one in self.lab.alive:
            if one.engine.id == running.owner:
                one.kill()
        self.lab.run(_MOVED)
        self.assert_moved()

    def test_leases_come_back_with_the_host(self) -> None:
        self.bring_up_alone()
        self.lose()
        self.lab.run(_MOVED)
        self.world.heal_partition("cmp1")
        self.world.kill_compute("cmp1")
        self.world.start_compute("cmp1")
        self.lab.run(_MOVED)
        assert self.record is not None
        self.assertIsNone(self.record.fenced_at)
        self.assertIsNone(self.record.lease_withdrawn_at)
        self.assertEqual((), self.auditor.violations)

    def test_without_engines_the_guests_end(self) -> None:
        """What a lease costs."""
        self.bring_up_alone()
        self.runner.kill()
        self.lab.run(self.net.terms.wait(host_agent.WATCHDOG))
        self.assertEqual([], list(self.world.physics.guests()))
        self.lab.start_engine()
        self.settle()
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual((), self.auditor.violations)

    def test_without_the_database_the_guests_end(self) -> None:
        """No engine may grant on what it cannot read."""
        self.bring_up_alone()
        self.lab.memory.down = True
        self.lab.run(self.net.terms.wait(host_agent.WATCHDOG))
        self.assertEqual([], list(self.world.physics.guests()))
        self.lab.memory.down = False
        self.settle()
        self.assertEqual(7, self.world.read_at(self.address))
        self.assertEqual((), self.auditor.violations)


class NoLeaseTest(AgentCase):
    """Agents, but no fencing by leases."""

    fencing_by = ()

    def test_guests_outlive_all_engines(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        self.runner.kill()
        self.lab.run(600.0)
        self.assertEqual(7, self.world.read_at(self.address))


class OrderTest(AgentCase):
    """Fencing by an agent that is still heard."""

    fencing_by = ("agent",)

    def test_it_ends_all_guests(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        self.lab.run(5.0)
        (driver,) = (
            one
            for one in self.runner.engine.context.fencing
            if one.name == "agent"
        )
        self.assertIsNone(driver.proof("cmp1"))
        driver.fence("cmp1")
        self.lab.run(5.0)
        self.assertEqual([], self.world.physics.host("cmp1").guests)
        self.assertIn("cmp1", str(driver.proof("cmp1")))
