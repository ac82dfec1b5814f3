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

"""Tests of states that an operator gives to a VNFC."""

from __future__ import annotations

from nham.core import model
from nham.core import states
from nham.engine import requests
from nham.rpc import errors
from nham.tests.unit.engine import test_engine_replicas

Role = states.Role
State = states.CheckpointState


class TestImportState(test_engine_replicas.EngineReplicaCase):
    """A group of 1R-AA that is whole."""

    def setUp(self) -> None:
        super().setUp()
        self.recover()
        self.export(7)
        self.engine.poll()
        self.requests = requests.Requests(self.engine, lambda: None)

    def keep(self, data: bytes) -> model.Checkpoint:
        """Keep a state as the API does with one that it was sent."""
        kept = self.blobs.put("given", data)
        part = model.Artifact(
            kind="state", id="given", digest=kept.digest, size=kept.size
        )
        checkpoint = model.Checkpoint(
            id="given",
            vnf_id=self.engine.fleet[0].vnf.id,
            group_id=self.group,
            server_id=self.theirs,
            engine="hook",
            sequence=self.store.next_sequence(self.group),
            state=State.AVAILABLE,
            cut_at=self.clock.now(),
            trigger="import",
            artifacts=(part,),
        )
        self.store.add_checkpoint(checkpoint)
        return checkpoint

    def test_who_serves_takes_it_in_and_then_the_standby(self) -> None:
        given = self.keep(b"42")
        recovery_id = self.requests.import_vnf_state(given.id)
        self.advance(recovery_id)
        ended = self.store.recovery(recovery_id)
        self.assertEqual(
            ("import_state", states.RecoveryState.SUCCEEDED),
            (ended.rung, ended.state),
        )
        self.assertEqual(b"42", self.world.state(self.theirs))
        self.clock.advance(1.0)
        self.engine.checkpoint()
        standby = self.member(Role.STANDBY)
        self.assertLessEqual(given.sequence, standby.sequence)
        self.assertEqual(b"42", self.world.state(standby.server_id))

    def test_who_will_not_take_it_keeps_its_own(self) -> None:
        given = self.keep(b"42")
        self.blobs.put("given", b"torn")
        recovery_id = self.requests.import_vnf_state(given.id)
        self.advance(recovery_id)
        ended = self.store.recovery(recovery_id)
        self.assertIs(states.RecoveryState.FAILED, ended.state)
        self.assertEqual(b"7", self.world.state(self.theirs))

    def test_not_beside_another_recovery(self) -> None:
        given = self.keep(b"42")
        self.requests.import_vnf_state(given.id)
        refusal = self.assertRaises(
            errors.Conflict, self.requests.import_vnf_state, given.id
        )
        self.assertIn("a recovery of it is running", str(refusal))
