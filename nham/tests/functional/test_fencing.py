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

"""A dead host: one driver after the other, and what happens when it returns.

The auditor sees to it that there are never two actives.
"""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.core import model
from nham.core import states
from nham.tests.functional import replica_case as case_


class Odd(fencing_base.HostFencing):
    """A driver that never gives proof.

    :ivar failure: is raised when it is asked; None: it takes the order.
    """

    def __init__(
        self, name: str, failure: errors.AdapterError | None = None
    ) -> None:
        self.name = name
        self.failure = failure

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return True

    def fence(self, host: str) -> None:
        """See base class."""
        if self.failure is not None:
            raise self.failure

    def trouble(self, host: str) -> str:
        """See base class."""
        return ""

    def proof(self, host: str) -> str | None:
        """See base class."""
        return None


class HostDiesTest(case_.ReplicaCase):
    """The primary's host dies; the standby takes over, and is replaced."""

    def lose_host(self, *before: fencing_base.HostFencing) -> None:
        """Switch the host off, with these drivers before the one that works.

        They are those of the engine that comes next.
        """
        self.bring_up(case_.ONE_R_AS)
        self.lab.fencing[:0] = before
        self.runner.kill()
        self.runner = self.lab.start_engine()
        self.lab.run(12.0)
        self.hurt(lambda case: case.world.power_off_host("cmp1"))
        self.settle()
        self.assert_whole(7)

    def fence(self) -> model.StepRecord:
        """Return the step that fenced the host."""
        (step,) = [
            step
            for recovery in self.lab.store.recoveries()
            for step in recovery.steps
            if step.step.action == "fence_host"
            and step.state is states.StepState.DONE
        ]
        return step

    def test_the_second_is_asked_and_it_is_said(self) -> None:
        self.lose_host(Odd("broken", errors.Unavailable("no answer")))
        self.assertEqual(
            "simulated: power of cmp1 is off (before it, broken: no answer)",
            self.fence().detail,
        )
        host = self.lab.store.host("cmp1")
        assert host is not None
        self.assertEqual(self.fence().detail, host.proof)

    def test_who_gives_no_proof_does_not_hold_it_up(self) -> None:
        self.lose_host(Odd("mute"))
        step = self.fence()
        self.assertIn("(before it, mute: no proof)", step.detail)
        assert step.started_at and step.ended_at
        self.assertLess(step.ended_at - step.started_at, 25.0)

    def test_it_returns(self) -> None:
        """Stale guests serve nobody, and it is used again when it reports."""
        self.lose_host()
        host = self.world.physics.host("cmp1")
        self.assertTrue(host.forced_down)
        self.world.power_on_host("cmp1")
        while self.lab.store.host("cmp1") != model.HostRecord(name="cmp1"):
            # Nobody lifts it before its nova-compute has reported.
            record = self.lab.store.host("cmp1")
            assert record is not None
            self.assertTrue(record.forced_down)
            self.lab.run(0.5)
        self.assertFalse(host.forced_down)
        self.assertFalse(host.evacuated)
        self.settle()
        self.assert_whole(7)

    def test_it_was_only_cut_off_and_returns(self) -> None:
        """Its guests ran on all the time; the fence switched them off."""
        self.bring_up(case_.ONE_R_AS)
        self.hurt(lambda case: case.world.partition_host("cmp1"))
        self.settle()
        self.assertFalse(self.world.physics.host("cmp1").power)
        self.world.heal_partition("cmp1")
        self.world.power_on_host("cmp1")
        self.settle()
        self.assert_whole(7)
