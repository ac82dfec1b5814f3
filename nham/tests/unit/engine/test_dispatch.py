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

"""Tests of the way from trouble to a claimed recovery."""

from __future__ import annotations

from nham.core import cases
from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import states
from nham.engine import dispatch
from nham.engine import gather
from nham.tests.unit.engine import base

Kind = decision.Kind
#: A wait that another look does not need.
MOMENT = 0.1


class DispatchCase(base.EngineCase):
    """A VNF with a VNFC on each of two hosts; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(hosts=("one", "two"))
        self.dispatcher = self.make_dispatcher()
        self.settle()

    def make_dispatcher(self) -> dispatch.Dispatcher:
        """Return another one, as another engine would have it."""
        return dispatch.Dispatcher(
            self.context,
            gather.Gatherer(
                self.context,
                self.watch,
                self.cloud,
                self.settings,
                self.hosts,
            ),
            self.journal,
            base.OWNER,
            self.started.append,
            self.fail_back,
        )

    def run_once(self) -> str | None:
        """Run on the present fleet; return the rule for ``v/0``.

        None if nothing was due.
        """
        decided = self.dispatcher.run(self.fleet)
        if decided is None:
            return None
        rules = {v.group_id: v.rule for v in decided.verdicts}
        return rules["v/0"]

    def rule_in(self, seconds: float) -> str | None:
        """Run once more, later; the watch does not look meanwhile."""
        self.clock.advance(seconds)
        return self.run_once()

    def until_quiet(self) -> None:
        """Run until nothing is due."""
        while self.rule_in(MOMENT) is not None:
            pass

    def stop_vm(self, group_id: str = "v/0") -> None:
        """Let the user stop a server, and Nova be asked."""
        self.world.user_stop(self.server_id(group_id))
        self.look(base.SILENCE)
        self.cloud.poll()

    def kill_vm(self, group_id: str = "v/0") -> None:
        """Let a guest hang until the watch believes it dead."""
        self.world.hang_guest(self.server_id(group_id))
        self.look(base.SILENCE)


class TestDue(DispatchCase):
    """When a member in trouble is looked at again."""

    def test_nothing_is_due_when_all_is_well(self) -> None:
        before = len(self.world.gates.log)
        self.assertIsNone(self.run_once())
        self.assertEqual(before, len(self.world.gates.log))

    def test_who_waits_is_looked_at_soon(self) -> None:
        self.kill_vm()
        self.world.api_down("nova", 600.0)
        self.cloud.poll()
        self.assertEqual("nova-down", self.run_once())
        self.assertIsNone(self.rule_in(0.4))
        self.assertEqual("nova-down", self.rule_in(0.2))

    def test_who_needs_nothing_is_looked_at_later(self) -> None:
        self.stop_vm()
        self.assertEqual("operator-stopped", self.run_once())
        self.assertIsNone(self.rule_in(0.9))
        self.assertEqual("operator-stopped", self.rule_in(0.2))

    def test_paused_one_is_looked_at_later_still(self) -> None:
        self.store.set_paused("v", True)
        self.kill_vm()
        self.assertEqual("vm-dead", self.run_once())
        self.assertIsNone(self.rule_in(1.9))
        self.assertEqual("vm-dead", self.rule_in(0.2))
        self.assertEqual([], self.started)

    def test_at_once_when_the_signs_change(self) -> None:
        self.stop_vm()
        self.run_once()
        self.world.server_error(self.server_id())
        self.cloud.poll()
        self.assertEqual("vm-error", self.rule_in(MOMENT))

    def test_each_by_itself(self) -> None:
        self.stop_vm()
        self.run_once()
        self.world.user_pause(self.server_id("v/1"))
        self.cloud.poll()
        asked = self.calls("actions")
        self.rule_in(MOMENT)
        self.assertEqual(asked, self.calls("actions"))
        self.assertEqual(["operator-stopped", "set-aside"], self.kinds())

    def test_at_once_when_the_group_comes_back(self) -> None:
        self.stop_vm()
        fleet = self.fleet
        self.dispatcher.run(fleet)
        self.assertIsNone(self.dispatcher.run(()))
        self.assertIsNotNone(self.dispatcher.run(fleet))


class TestClaim(DispatchCase):
    """A recovery is claimed and handed over, once."""

    def test_recovery(self) -> None:
        self.kill_vm()
        seen = self.watch.view("v/0")
        self.assertEqual("vm-dead", self.run_once())
        [recovery_id] = self.started
        recovery = self.store.recovery(recovery_id)
        self.assertEqual(base.OWNER, recovery.owner)
        self.assertEqual(
            ("v", "v/0", "vm-dead", "hard_reboot"),
            (
                recovery.vnf_id,
                recovery.group_id,
                recovery.rule,
                recovery.rung,
            ),
        )
        fault = recovery.fault
        self.assertEqual(descriptor.Zone.VM, fault.zone)
        self.assertEqual(self.server_id(), fault.subject)
        self.assertEqual(self.clock.now(), fault.detected_at)
        self.assertEqual(seen.last_good_at, fault.last_good_at)
        self.assertEqual((*seen.evidence, "nova: ACTIVE"), fault.evidence)
        self.assertTrue(recovery.steps)
        self.assertTrue(recovery.reasons)
        positions = [one.position for one in recovery.steps]
        self.assertEqual(list(range(len(positions))), positions)
        self.assertEqual(recovery_id, self.entry().group.recovery_id)
        self.assertEqual("recovering", self.vnf_state()[0])
        self.assertEqual(["recovery-started"], self.kinds())

    def test_the_facts_are_kept(self) -> None:
        self.kill_vm()
        self.run_once()
        [recovery_id] = self.started
        # Not between the fault and the first step.
        self.assertIsNone(self.store.recovery_facts(recovery_id))
        self.until_quiet()
        found = self.store.recovery_facts(recovery_id)
        case = cases.read(found)
        self.assertEqual([], cases.differences(case))
        self.assertEqual("hard_reboot of VDU1-0 of v", case.title)
        self.assertEqual(f"recovery {recovery_id}", case.source)
        assert case.members is not None
        self.assertEqual("vm-dead", case.members["v/0"].rule)

    def test_a_recovery_goes_on_without_its_facts(self) -> None:
        self.replace(
            "nham.core.kept.document", side_effect=RuntimeError("broken")
        )
        self.kill_vm()
        self.run_once()
        [recovery_id] = self.started
        self.until_quiet()
        self.assertIsNone(self.store.recovery_facts(recovery_id))

    def test_dead_host_is_the_subject(self) -> None:
        self.world.power_off_host("one")
        self.look(base.SILENCE)
        self.clock.advance(20.0)
        self.cloud.poll()
        self.assertEqual("host-dead", self.run_once())
        fault = self.store.recovery(self.started[0]).fault
        self.assertEqual(
            (descriptor.Zone.HOST, "one"),
            (
                fault.zone,
                fault.subject,
            ),
        )

    def test_once_even_by_an_old_fleet(self) -> None:
        self.kill_vm()
        fleet = self.fleet
        self.dispatcher.run(fleet)
        self.clock.advance(10.0)
        self.dispatcher.run(fleet)
        self.assertEqual(1, len(self.started))

    def test_somebody_else_was_first(self) -> None:
        self.kill_vm()
        entry = self.entry()
        member = self.dispatcher.member(entry)
        found = decision.decide(facts.Facts(members=(member,))).verdicts[0]
        self.assertIs(Kind.ACT, found.kind)
        self.assertIsNotNone(
            self.make_dispatcher().claims.claim(found, entry, member)
        )
        self.assertIsNone(self.dispatcher.claims.claim(found, entry, member))
        self.assertEqual(["recovery-started"], self.kinds())

    def test_somebody_was_first_and_is_done_while_we_ask(self) -> None:
        self.kill_vm()
        self.world.api_slow("tacker", 60.0, delay=10.0)

        def other() -> None:
            self.end(self.claim(owner="other"))

        self.clock.call_in(5.0, other)
        self.run_once()
        self.assertEqual([], self.started)

    def test_member_is_looked_at_closely(self) -> None:
        self.stop_vm()
        found = self.dispatcher.member(self.entry())
        self.assertEqual("user", found.server.stopped_by)


class TestWideSilence(DispatchCase):
    """Nobody is recovered right after much went silent at once."""

    def setUp(self) -> None:
        super().setUp()
        self.world.cut_observer("observer")
        self.look(base.SILENCE)
        self.assertEqual("observer", self.run_once())
        self.assertEqual("observer", self.rule_in(0.6))
        self.world.mend_observer("observer")

    def test_each_is_asked_anew_before_it_counts_as_dead(self) -> None:
        # Twice the policy's interval, and a second for the judgements.
        self.world.hang_guest(self.server_id())
        began = self.clock.monotonic()
        rules = []
        while not self.started and self.clock.monotonic() < began + 10.0:
            self.look(0.25)
            rules.append(self.run_once())
        self.assertEqual(2, rules.count("vm-dead"))
        [recovery_id] = self.started
        self.assertEqual("v/0", self.store.recovery(recovery_id).group_id)
        self.assertEqual(began + 3.0, self.clock.monotonic())

    def test_who_answers_again_is_left_alone(self) -> None:
        for _ in range(20):
            self.look(0.25)
            self.run_once()
        self.assertEqual([], self.started)


class TestHostLost(DispatchCase):
    """The host of a member is lost while NHAM reboots it there."""

    def setUp(self) -> None:
        super().setUp()
        self.reboot = self.claim(rung="hard_reboot", owner="other")

    def rungs(self) -> list[str]:
        """Run for a while; return the rungs that were begun."""
        for _ in range(20):
            self.run_once()
            self.look(1.0)
            self.poll()
        return [self.store.recovery(one).rung for one in self.started]

    def test_it_is_given_up_for_an_evacuation(self) -> None:
        self.world.power_off_host("one")
        self.world.kill_compute("one")
        self.vim.force_down("one", True)
        self.assertEqual(["evacuate"], self.rungs())
        ended = self.store.recovery(self.reboot.id)
        self.assertIs(states.RecoveryState.ABORTED, ended.state)
        self.assertEqual("the host of the member is lost", ended.reason)

    def test_it_goes_on_while_the_host_lives(self) -> None:
        self.world.hang_guest(self.server_id())
        self.assertEqual([], self.rungs())
        running = self.store.recovery(self.reboot.id)
        self.assertIs(states.RecoveryState.RUNNING, running.state)
