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

"""Steps that only look: still dead, booted, serving."""

from __future__ import annotations

from typing import Any
from unittest import mock

from nham.adapters.agents import base as agents_base
from nham.core import facts
from nham.core import model
from nham.core import states
from nham.recovery import context
from nham.tests.unit.recovery import base

UNKNOWN, OK, SLOW, DEAD = facts.Health
State = states.RecoveryState
DONE = states.StepState.DONE


class LookCase(base.RecoveryCase):
    def see(self, **fields: Any) -> None:
        """Let the watch believe this."""
        self.watch.seen = context.MemberView(**{"probed": True, **fields})


class ConfirmFaultTest(LookCase):
    def end(self, answered: tuple[str, ...] = ()) -> State:
        """Return how a recovery ends that only confirms."""
        recovery_id = self.claim(
            self.step("confirm_fault", answered=list(answered))
        )
        return self.run_to_end(recovery_id).state

    def test_still_dead(self) -> None:
        self.assertIs(State.SUCCEEDED, self.end())

    def test_the_application_answers_again(self) -> None:
        self.see(app=OK, icmp=OK)
        self.assertIs(State.ABORTED, self.end())
        self.assertIs(State.ABORTED, self.end(("icmp",)))

    def test_the_guest_answers_again(self) -> None:
        self.see(app=DEAD, icmp=OK)
        self.assertIs(State.ABORTED, self.end())

    def test_what_answered_all_the_time_changes_nothing(self) -> None:
        """A dead application in a living guest, whatever is done to it."""
        self.see(app=DEAD, icmp=OK)
        self.assertIs(State.SUCCEEDED, self.end(("icmp",)))
        self.see(app=OK, icmp=OK)
        self.assertIs(State.SUCCEEDED, self.end(("app", "icmp")))

    def test_a_late_answer_is_none(self) -> None:
        self.see(app=SLOW, icmp=UNKNOWN)
        self.assertIs(State.SUCCEEDED, self.end())

    def test_one_that_had_no_time_to_answer_yet(self) -> None:
        self.see(app=UNKNOWN, icmp=UNKNOWN)
        recovery_id = self.claim(self.step("confirm_fault"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.clock.advance(7.9)
        self.assertTrue(self.runner.advance(recovery_id))
        self.clock.advance(0.2)
        self.assertIs(State.SUCCEEDED, self.run_to_end(recovery_id).state)

    def test_a_server_that_is_gone(self) -> None:
        self.world.delete_server_behind(self.server_id)
        self.clock.advance(5.0)
        record = self.run_step("confirm_fault")
        self.assertEqual("the server is gone", record.detail)


class ConfirmByTheAgentTest(LookCase):
    """The host tells that the process died, so Nova is not asked."""

    def setUp(self) -> None:
        super().setUp()
        heard = mock.create_autospec(agents_base.Agents, instance=True)
        heard.deaths.return_value = frozenset({("one", self.server_id)})
        self.heard = heard
        self.replace_context(agents=heard)

    def end(self, **args: Any) -> model.StepRecord:
        """Return the step at its end; Nova is asked by nobody else."""
        self.asked = self.calls("server")
        record = self.run_step("confirm_fault", **{"host": "one", **args})
        self.asked = self.calls("server") - self.asked
        return record

    def test_nova_is_not_asked(self) -> None:
        for app, icmp in ((OK, OK), (DEAD, DEAD), (UNKNOWN, UNKNOWN)):
            self.see(app=app, icmp=icmp)
            record = self.end(answered=["app", "icmp"])
            self.assertEqual(
                "still so; the agent of one says that its process died",
                record.detail,
            )
            self.assertEqual(0, self.asked)

    def test_who_answers_again_is_left_alone(self) -> None:
        self.see(app=OK, icmp=OK)
        self.assertEqual("it answers again", self.end().detail)

    def test_who_answered_before_may_have_died_since(self) -> None:
        now = self.clock.now()
        for at, said in (
            (now + 0.1, "it answers again"),
            (
                now - 0.1,
                "still so; the agent of one says that its process died",
            ),
        ):
            self.see(app=OK, icmp=OK, last_good_at=at)
            self.assertEqual(said, self.end().detail)

    def test_another_word_is_none(self) -> None:
        for said, args in (
            (frozenset(), {}),
            (frozenset({("two", self.server_id)}), {}),
            (frozenset({("one", "another")}), {}),
            (frozenset({("one", self.server_id)}), {"host": None}),
        ):
            self.heard.deaths.return_value = said
            record = self.end(**args)
            self.assertEqual("still so; Nova says ACTIVE", record.detail)
            self.assertEqual(1, self.asked)


class ConfirmWithoutNovaTest(LookCase):
    """Nova does not answer, and another member may bear witness."""

    def setUp(self) -> None:
        super().setUp()
        self.views = {
            "g": context.MemberView(app=DEAD, icmp=DEAD, probed=True),
            "s": context.MemberView(app=OK, icmp=OK, probed=True),
        }
        view = self.views.__getitem__
        self.enterContext(mock.patch.object(self.watch, "view", view))
        self.world.api_down("nova", 60.0)

    def begin(self, **args: Any) -> str:
        """Claim a recovery that only confirms."""
        return self.claim(self.step("confirm_fault", **args))

    def test_who_is_to_serve_answers(self) -> None:
        record = self.run_step("confirm_fault", seconds=1.0, witness="s")
        self.assertIs(DONE, record.state)
        self.assertIn("Nova does not answer", record.detail)

    def test_waits_for_nova_without_a_witness(self) -> None:
        recovery_id = self.begin()
        self.assertTrue(self.runner.advance(recovery_id))
        self.clock.advance(100.0)
        self.assertIs(State.SUCCEEDED, self.run_to_end(recovery_id).state)

    def test_waits_while_nobody_answers_in_time(self) -> None:
        recovery_id = self.begin(witness="s")
        for health in (SLOW, DEAD, UNKNOWN):
            self.views["s"] = context.MemberView(app=health)
            self.assertTrue(self.runner.advance(recovery_id))

    def test_waits_for_who_was_not_heard_of_yet(self) -> None:
        self.views["g"] = context.MemberView(probed=True)
        self.assertTrue(self.runner.advance(self.begin(witness="s")))

    def test_the_guest_answers_again(self) -> None:
        self.views["g"] = context.MemberView(app=DEAD, icmp=OK, probed=True)
        ended = self.run_to_end(self.begin(witness="s"))
        self.assertIs(State.ABORTED, ended.state)


class VerifyServiceTest(LookCase):
    def test_waits_for_the_first_answer(self) -> None:
        self.see(app=UNKNOWN, icmp=OK)
        recovery_id = self.claim(self.step("verify_service"))
        self.assertTrue(self.runner.advance(recovery_id))
        at = self.clock.now() + 2.0
        self.see(app=OK, icmp=OK, last_good_at=at)
        record = self.run_to_end(recovery_id).steps[0]
        self.assertEqual((DONE, at), (record.state, record.ended_at))
        self.assertEqual(["g"], self.watch.refreshed)

    def test_an_old_answer_proves_nothing(self) -> None:
        self.see(app=OK, last_good_at=self.clock.now() - 1.0)
        record = self.run_step("verify_service", seconds=100.0)
        self.assertIs(states.StepState.FAILED, record.state)

    def test_one_probe_of_two_is_still_dead(self) -> None:
        self.see(app=OK, icmp=DEAD, last_good_at=self.clock.now() + 1.0)
        record = self.run_step("verify_service", seconds=100.0)
        self.assertIs(states.StepState.FAILED, record.state)

    def test_new_addresses_are_waited_for(self) -> None:
        self.see(probed=False, stale=True)
        recovery_id = self.claim(self.step("verify_service"))
        self.assertTrue(self.runner.advance(recovery_id))
        self.see(probed=False)
        record = self.run_to_end(recovery_id).steps[0]
        self.assertIs(DONE, record.state)

    def test_without_probes_nova_is_believed(self) -> None:
        self.see(probed=False)
        record = self.run_step("verify_service")
        self.assertIs(DONE, record.state)
        self.assertIn("no probe", record.detail)

    def test_without_probes_nova_must_have_finished(self) -> None:
        self.see(probed=False)
        self.world.user_stop(self.server_id)
        record = self.run_step("verify_service", seconds=100.0)
        self.assertIs(states.StepState.FAILED, record.state)
