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

"""Members that are cut off by the agents of their hosts."""

from __future__ import annotations

from unittest import mock

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import member_agent
from nham.adapters.simulated import agents
from nham.core import facts
from nham.core.agent import exchange
from nham.core.agent import messages
from nham.tests.conformance import member_fencing as suite
from nham.tests.unit.adapters.fencing import test_members

GuestState = messages.GuestState


class AgentCase(test_members.MemberCase):
    """Both hosts have agents, and an engine has heard them for a while."""

    def setUp(self) -> None:
        super().setUp()
        self.net = agents.AgentNet(self.world)
        self.agents = self.net.join("engine", lambda: None)
        self.agents.set_hosts(frozenset({"one", "two"}))
        self.driver: fencing_base.MemberFencing = (
            member_agent.AgentMemberFencing(self.agents, self.world.clock)
        )
        self.pass_time(5.0)

    def runs(self, server_id: str) -> bool:
        """Say whether a guest of the server runs anywhere."""
        return bool(self.world.physics.guests_of(server_id))

    def start(self, host: str = "one") -> None:
        """Let the guest be started, past all that keeps records."""
        self.world.physics.start(
            self.world.nova.servers[self.server_id],
            host,
            self.world.storage.boot_disk(self.world.add_image()),
        )


class ConformanceTest(AgentCase, suite.MemberFencingSuite):
    """``AgentMemberFencing``."""


class DiedTest(AgentCase):
    """The host has told that the process died."""

    def setUp(self) -> None:
        super().setUp()
        self.world.crash_vm(self.server_id)
        self.pass_time(0.2)

    def test_nobody_is_asked(self) -> None:
        before = len(self.world.gates.log)
        with mock.patch.object(self.agents, "order", autospec=True) as order:
            self.driver.fence(self.guest)
        self.assertEqual(
            "the agent of one says that its process died",
            self.driver.proof(self.guest),
        )
        order.assert_not_called()
        self.assertEqual(before, len(self.world.gates.log))

    def test_no_word_of_an_agent_that_is_not_heard(self) -> None:
        self.world.partition_host("one")
        self.pass_time(10.0)
        self.assertIsNone(self.driver.proof(self.guest))
        self.assertFalse(self.driver.can_fence(self.guest))
        error = self.assertRaises(
            errors.Refused, self.driver.fence, self.guest
        )
        self.assertEqual("the agent of one is not heard", str(error))

    def test_no_proof_once_it_runs_again(self) -> None:
        self.start()
        self.pass_time(2.0)
        self.assertIsNone(self.driver.proof(self.guest))
        self.driver.fence(self.guest)
        self.pass_time(1.0)
        self.assertTrue(self.driver.proof(self.guest))
        self.assertFalse(self.runs(self.server_id))

    def test_no_proof_while_it_runs_elsewhere(self) -> None:
        """It was moved, and what is told of its old host is true, too."""
        self.start("two")
        self.pass_time(2.0)
        self.assertIsNone(self.driver.proof(self.guest))


class OrderTest(AgentCase):
    """Its process runs, and the agent is to end it."""

    def test_it_is_ended_within_the_time_that_it_has(self) -> None:
        self.driver.fence(self.guest)
        self.assertIsNone(self.driver.proof(self.guest))
        self.pass_time(0.8)
        self.assertEqual(
            "the agent of one has ended its process",
            self.driver.proof(self.guest),
        )
        self.assertFalse(self.runs(self.server_id))
        self.assertTrue(self.runs(self.other_id))

    def test_an_order_is_not_given_for_long(self) -> None:
        """Who is repaired later is not to be ended by it."""
        self.world.partition_host("one")
        self.driver.fence(self.guest)
        self.pass_time(2.0)
        self.world.heal_partition("one")
        self.pass_time(10.0)
        self.assertTrue(self.runs(self.server_id))

    def test_an_answer_of_before_proves_nothing(self) -> None:
        self.driver.fence(self.guest)
        self.pass_time(1.0)
        self.start()
        self.pass_time(1.5)
        self.assertIsNone(self.driver.proof(self.guest))
        self.driver.fence(self.guest)
        self.pass_time(1.0)
        self.assertTrue(self.driver.proof(self.guest))

    def test_a_guest_that_the_host_does_not_know_proves_nothing(self) -> None:
        """Nova's word on its host may be old, and its host has no agent."""
        self.agents.set_hosts(frozenset({"two"}))
        moved = fencing_base.Guest(server_id=self.server_id, host="two")
        self.driver.fence(moved)
        self.pass_time(5.0)
        self.assertIsNone(self.driver.proof(moved))
        self.assertTrue(self.runs(self.server_id))

    def test_a_recovery_that_was_overtaken_ends_nothing(self) -> None:
        def at(epoch: int) -> fencing_base.Guest:
            return fencing_base.Guest(
                server_id=self.server_id, host="one", epoch=epoch
            )

        self.driver.fence(at(5))
        self.pass_time(1.0)
        self.start()
        self.pass_time(1.5)
        self.driver.fence(at(4))
        self.pass_time(5.0)
        self.assertTrue(self.runs(self.server_id))
        self.assertIsNone(self.driver.proof(at(4)))

    def test_without_a_host_it_has_no_means(self) -> None:
        lost = fencing_base.Guest(server_id=self.server_id)
        self.assertFalse(self.driver.can_fence(lost))
        self.assertIsNone(self.driver.proof(lost))
        self.assertRaises(errors.Refused, self.driver.fence, lost)

    def test_what_is_no_answer(self) -> None:
        self.driver.fence(self.guest)
        self.pass_time(1.0)
        self.assertTrue(self.driver.proof(self.guest))
        gone = frozenset({self.server_id})
        for answer in (
            None,
            exchange.Answer(ok=False, gone=gone, detail="it does not end"),
            exchange.Answer(ok=True, gone=frozenset(), detail=""),
        ):
            with mock.patch.object(
                self.agents, "answer", autospec=True, return_value=answer
            ):
                self.assertIsNone(self.driver.proof(self.guest), str(answer))

    def test_only_what_has_ended_has(self) -> None:
        self.driver.fence(self.guest)
        self.pass_time(1.0)
        for state in GuestState:
            ended = state in (GuestState.STOPPED, GuestState.CRASHED)
            with mock.patch.object(
                self.agents,
                "told",
                autospec=True,
                return_value={"one": state},
            ):
                self.assertIs(ended, bool(self.driver.proof(self.guest)))

    def test_answers_of_long_ago_are_forgotten(self) -> None:
        self.driver.fence(self.guest)
        self.pass_time(400.0)
        with mock.patch.object(self.agents, "forget", autospec=True) as gone:
            self.driver.fence(self.other)
        self.assertEqual("one", gone.call_args.args[0])

    def test_a_host_that_has_left(self) -> None:
        self.agents.set_hosts(frozenset({"two"}))
        with mock.patch.object(
            self.agents,
            "health",
            autospec=True,
            return_value=facts.Health.OK,
        ):
            error = self.assertRaises(
                errors.Refused, self.driver.fence, self.guest
            )
        self.assertEqual("there is no host one", str(error))
