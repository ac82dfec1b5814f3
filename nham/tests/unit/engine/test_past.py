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

"""Tests of what the records say of a member."""

from __future__ import annotations

from nham.core import member_facts
from nham.core import states
from nham.engine import past
from nham.tests.unit.engine import base

State = states.RecoveryState


class PastCase(base.EngineCase):
    """A stateful VNF with a VNFC on each of two hosts."""

    def setUp(self) -> None:
        super().setUp()
        self.add_vnf(hosts=("one", "two"), policy=base.STATEFUL)

    def attempts(self) -> tuple[member_facts.Attempt, ...]:
        """Return the attempts of ``v/0``."""
        return past.attempts(self.context, self.entry(), self.clock.now())

    def checkpoints(self) -> tuple[member_facts.CheckpointFacts, ...]:
        """Return the usable checkpoints of ``v/0``."""
        return past.checkpoints(self.context, self.entry(), self.clock.now())


class TestCheckpoints(PastCase):
    """Which checkpoints a recovery may restore."""

    def found(self) -> list[str]:
        """Return the ids of the checkpoints."""
        return [c.id for c in self.checkpoints()]

    def test_newest_first_with_their_age(self) -> None:
        self.add_checkpoint(1)
        self.clock.advance(60.0)
        self.add_checkpoint(2)
        self.clock.advance(5.0)
        self.assertEqual(
            (
                member_facts.CheckpointFacts(
                    id="checkpoint 2", age=5.0, sequence=2
                ),
                member_facts.CheckpointFacts(
                    id="checkpoint 1", age=65.0, sequence=1
                ),
            ),
            self.checkpoints(),
        )

    def test_only_what_is_available(self) -> None:
        for value, state in enumerate(states.CheckpointState):
            self.add_checkpoint(value, state=state)
        place = list(states.CheckpointState).index(
            states.CheckpointState.AVAILABLE
        )
        self.assertEqual([f"checkpoint {place}"], self.found())

    def test_only_what_is_proved(self) -> None:
        self.add_checkpoint(1)
        bad = self.add_checkpoint(2)
        self.world.corrupt_image(bad.artifacts[0].id)
        gone = self.add_checkpoint(3)
        self.vim.delete_image(gone.artifacts[0].id)
        self.assertEqual(["checkpoint 1"], self.found())

    def test_what_cannot_be_proved_now(self) -> None:
        self.add_checkpoint(1)
        self.add_checkpoint(2)
        self.world.api_error_once("glance", "image")
        self.assertEqual(["checkpoint 1"], self.found())


class TestAttempts(PastCase):
    """Which earlier recoveries the ladder hears of."""

    def rungs(self) -> list[str]:
        """Return the rungs of the attempts, newest first."""
        return [a.rung for a in self.attempts()]

    def test_newest_first(self) -> None:
        for rung in ("hard_reboot", "rebuild"):
            self.end(self.claim(rung=rung), State.FAILED)
            self.clock.advance(10.0)
        self.assertEqual(["rebuild", "hard_reboot"], self.rungs())
        self.assertEqual([10.0, 20.0], [a.age for a in self.attempts()])

    def test_what_was_ordered_is_no_attempt(self) -> None:
        for rule in ("restore", "replaced-behind"):
            self.end(self.claim(rule=rule))
        self.assertEqual([], self.rungs())

    def test_what_still_runs_is_no_attempt(self) -> None:
        self.claim()
        self.assertEqual([], self.rungs())

    def test_what_another_vnfc_tried(self) -> None:
        self.end(self.claim(group_id="v/1"))
        self.assertEqual([], self.rungs())

    def test_probation_of_the_policy(self) -> None:
        self.end(self.claim())
        self.clock.advance(base.STATEFUL.escalation.probation)
        self.assertEqual(["hard_reboot"], self.rungs())
        self.clock.advance(1.0)
        self.assertEqual([], self.rungs())
