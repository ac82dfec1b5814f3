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

"""Tests of what the dispatcher tells where it does nothing."""

from __future__ import annotations

from nham.core import decision
from nham.core import states
from nham.tests.unit.engine import base
from nham.tests.unit.engine import test_dispatch


class TestSay(test_dispatch.DispatchCase):
    """An operator is told once why nothing is done."""

    def say(self, times: int = 3, every: float = 3.0) -> list[str]:
        """Run a few times; return the kinds of all events."""
        for _ in range(times):
            self.run_once()
            self.clock.advance(every)
        return self.kinds()

    def test_once(self) -> None:
        self.stop_vm()
        self.assertEqual(["operator-stopped"], self.say())
        self.assertEqual(
            ("stopped", "stopped by its operator"), self.vnf_state()
        )

    def test_another_reason_is_told(self) -> None:
        self.stop_vm()
        self.say()
        self.world.api_down("nova", 600.0)
        self.cloud.poll()
        self.assertEqual(["operator-stopped", "nova-down"], self.say())
        self.assertEqual("waiting", self.vnf_state()[0])

    def test_patience_begins_with_the_reason(self) -> None:
        self.kill_vm()
        self.world.api_down("nova", 35.0)
        self.cloud.poll()
        self.say(times=12)
        record = self.world.nova.servers[self.server_id()]
        record.task_state = "rebooting"
        self.cloud.poll()
        self.assertEqual(["nova-down"], self.say())

    def test_same_reason_is_told_anew_after_a_recovery(self) -> None:
        self.kill_vm()
        for _ in range(2):
            self.world.api_down("nova", 9.0)
            self.cloud.poll()
            self.say()
            self.cloud.poll()
            self.run_once()
            recovery = self.store.recovery(self.started[-1])
            self.end(recovery, states.RecoveryState.FAILED)
        self.assertEqual(["nova-down", "recovery-started"] * 2, self.kinds())

    def test_state_is_set_again_after_another_was_recovered(self) -> None:
        self.stop_vm()
        self.say()
        self.store.set_vnf_state("v", states.VnfState.PROTECTED)
        self.assertEqual(["operator-stopped"], self.say())
        self.assertEqual("stopped", self.vnf_state()[0])

    def test_words_that_hold_no_more_give_way(self) -> None:
        """What is still true of a VNFC is the reason of its VNF again."""
        teller = self.dispatcher._teller

        def say(group_id: str, rule: str) -> None:
            verdict = decision.Verdict(
                group_id=group_id,
                kind=decision.Kind.WAIT,
                rule=rule,
                reasons=(rule,),
            )
            self.poll()
            teller.say(verdict, self.entry(group_id))

        say("v/0", "operator-stopped")
        say("v/1", "still-serves")
        teller.calm(self.fleet, {"v/0", "v/1"})
        say("v/0", "operator-stopped")
        self.assertEqual(("waiting", "still-serves"), self.vnf_state())
        teller.calm(self.fleet, {"v/0"})
        say("v/0", "operator-stopped")
        self.assertEqual(("stopped", "operator-stopped"), self.vnf_state())
        self.assertEqual(["operator-stopped", "still-serves"], self.kinds())

    def test_suspicion_of_ourselves_is_no_state_of_a_vnf(self) -> None:
        self.world.cut_observer("observer")
        self.look(base.SILENCE)
        self.assertIn("observer", self.say())
        self.assertEqual("protected", self.vnf_state()[0])
        told = {event.vnf_id for event in self.store.events()}
        self.assertEqual({None}, told)

    def test_what_passes_by_itself_is_told_only_if_it_does_not(self) -> None:
        self.world.nova.servers[self.server_id()].task_state = "rebooting"
        self.world.nova.touch(self.world.nova.servers[self.server_id()])
        self.cloud.poll()
        self.assertEqual([], self.say(times=10))
        self.assertEqual("protected", self.vnf_state()[0])
        self.assertEqual(["task"], self.say(times=2))
        self.assertEqual("waiting", self.vnf_state()[0])

    def test_vnf_may_go_while_it_is_looked_at(self) -> None:
        self.stop_vm()
        self.world.api_slow("tacker", 60.0, delay=1.0)
        self.clock.call_in(0.5, lambda: self.store.delete_vnf("v"))
        self.assertEqual("operator-stopped", self.run_once())
        self.assertEqual([], self.kinds())

    def test_well_again(self) -> None:
        self.stop_vm()
        self.say()
        self.world.user_start(self.server_id())
        self.clock.advance(5.0)
        self.cloud.poll()
        self.look(5.0)
        self.assertEqual(["operator-stopped", "well-again"], self.say())
        self.assertEqual(("protected", ""), self.vnf_state())

    def test_same_reason_is_told_anew_after_it_was_well(self) -> None:
        self.test_well_again()
        self.stop_vm()
        self.assertEqual(
            ["operator-stopped", "well-again", "operator-stopped"], self.say()
        )


class TestCalm(test_dispatch.DispatchCase):
    """When a VNF counts as well again."""

    def setUp(self) -> None:
        super().setUp()
        self.store.set_vnf_state("v", states.VnfState.WAITING, "nova-down")

    def test_what_a_dead_engine_left_unsaid(self) -> None:
        self.run_once()
        self.assertEqual(("protected", ""), self.vnf_state())
        self.assertEqual(["well-again"], self.kinds())

    def test_not_while_a_vnfc_beside_it_is_in_trouble(self) -> None:
        self.stop_vm("v/1")
        self.dispatcher.run(self.fleet)
        self.assertNotIn("well-again", self.kinds())

    def test_not_while_it_is_being_recovered(self) -> None:
        self.claim()
        self.run_once()
        self.assertEqual("waiting", self.vnf_state()[0])

    def test_not_before_it_has_answered(self) -> None:
        self.watch.expect("v/0")
        self.watch.tick()
        self.run_once()
        self.assertEqual("waiting", self.vnf_state()[0])
        self.look(3.0)
        self.run_once()
        self.assertEqual("protected", self.vnf_state()[0])


class TestPassing(test_dispatch.DispatchCase):
    """What passes by itself is told only if it does not."""

    def test_each_time_has_its_own_patience(self) -> None:
        record = self.world.nova.servers[self.server_id()]
        for _ in range(2):
            for task in ("rebooting", None):
                record.task_state = task
                self.world.nova.touch(record)
                self.cloud.poll()
                for _ in range(20):
                    self.run_once()
                    self.look(1.0)
        self.assertEqual([], self.kinds())


class TestAlarms(test_dispatch.DispatchCase):
    """What is odd about a host is told once for as long as it lasts."""

    def test_once_until_it_is_over(self) -> None:
        for _ in range(2):
            self.world.kill_compute("one")
            self.clock.advance(20.0)
            self.poll()
            for _ in range(3):
                self.look(1.0)
                self.run_once()
            self.world.start_compute("one")
            self.look(20.0)
            self.poll()
            self.stop_vm("v/1")
            self.run_once()
            self.world.user_start(self.server_id("v/1"))
            self.look(5.0)
        found = [
            event
            for event in self.store.events()
            if event.kind == "compute-service-down"
        ]
        self.assertEqual(2, len(found))
        self.assertEqual(
            ["one", states.Severity.WARNING],
            [found[0].host, found[0].severity],
        )
