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

"""Tests of how an engine gives the service back to the VNFC."""

from __future__ import annotations

import dataclasses

from nham.core import facts
from nham.core import states
from nham.engine import checkpointing
from nham.tests.unit.engine import replica_case
from nham.tests.unit.engine import test_engine_replicas

Health = facts.Health
Role = states.Role
State = states.RecoveryState


class FailbackCase(test_engine_replicas.EngineReplicaCase):
    """A server of NHAM's own serves, and the VNFC is the standby."""

    def setUp(self) -> None:
        super().setUp()
        self.recover()
        self.export(7)
        self.world.crash_vm(self.theirs)
        self.assertEqual("fail_over", self.recover().rung)
        self.assertEqual("repair_standby", self.recover().rung)
        self.export(8)

    def pass_probation(self) -> None:
        """Let the time pass after which an old fault no longer counts."""
        self.clock.advance(self.policy.escalation.probation)
        self.look(3.0)
        self.engine.poll()
        self.started.clear()


class TestFailback(FailbackCase):
    """The policy asks for the VNFC that the VNFM knows."""

    policy = dataclasses.replace(replica_case.POLICY, failback="auto")

    def test_it_serves_again_after_the_probation(self) -> None:
        self.started.clear()
        self.engine.look()
        self.assertEqual([], self.started)
        self.pass_probation()
        self.engine.look()
        [recovery_id] = self.started
        self.advance(recovery_id)
        ended = self.store.recovery(recovery_id)
        self.assertEqual(
            ("switchover", State.SUCCEEDED), (ended.rung, ended.state)
        )
        self.assertEqual(8, self.world.read_at(self.address))
        self.assertEqual(self.theirs, self.member(Role.PRIMARY).server_id)
        self.assertEqual("remake_standby", self.recover().rung)
        self.engine.look()
        self.assertEqual((), self.world.invariants())

    def test_it_stays_where_its_state_is(self) -> None:
        """What cannot be saved now is not left behind."""
        self.pass_probation()
        self.world.gates.down("hook", 60.0)
        self.engine.look()
        self.assertEqual([], self.started)
        self.assertNotEqual(self.theirs, self.member(Role.PRIMARY).server_id)


class TestFailbackOnRequest(FailbackCase):
    """The policy has the operator ask for it."""

    policy = dataclasses.replace(replica_case.POLICY, failback="request")

    def told(self) -> list[str]:
        """Return what was told of it."""
        return [
            event.message
            for event in self.store.events()
            if event.kind == "failback-request"
        ]

    def test_it_is_said_once_and_done_when_asked_for(self) -> None:
        self.engine.look()
        self.assertEqual([], self.told())
        self.pass_probation()
        for _ in range(3):
            self.clock.advance(2.0)
            self.engine.look()
        self.assertEqual([], self.started)
        [message] = self.told()
        self.assertIn("VDU1-0", message)
        self.assertIn("openstack nham vnf failback", message)
        [vnf] = self.store.vnfs()
        self.assertIs(states.VnfState.PROTECTED, vnf.state)
        self.assertIn("openstack nham vnf failback", vnf.reason)
        recovery = self.engine.failback(self.group, "asked for")
        self.advance(recovery.id)
        self.assertEqual(self.theirs, self.member(Role.PRIMARY).server_id)
        self.assertEqual(8, self.world.read_at(self.address))
        self.assertEqual((), self.world.invariants())

    def test_it_is_done_before_the_probation_is_over(self) -> None:
        recovery = self.engine.failback(self.group, "asked for")
        self.advance(recovery.id)
        self.assertEqual(self.theirs, self.member(Role.PRIMARY).server_id)
        error = self.assertRaises(
            checkpointing.NotNow, self.engine.failback, self.group, "x"
        )
        self.assertIn("serves already", str(error))


class TestNoFailback(test_engine_replicas.EngineReplicaCase):
    """The VNFC has just failed."""

    def test_it_has_to_be_the_standby(self) -> None:
        self.recover()
        self.export(7)
        self.world.crash_vm(self.theirs)
        self.assertEqual("fail_over", self.recover().rung)
        error = self.assertRaises(
            checkpointing.NotNow, self.engine.failback, self.group, "x"
        )
        self.assertIn("VDU1-0: the server that the VNFM", str(error))
        self.assertIn("is not the standby yet", str(error))
        self.assertNotEqual(self.theirs, self.member(Role.PRIMARY).server_id)
