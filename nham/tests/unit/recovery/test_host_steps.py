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

"""Fencing with proof, and telling Nova."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.fencing import base as fencing
from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import base

DONE = states.StepState.DONE
FAILED = states.StepState.FAILED


class FakeFencing(fencing.HostFencing):
    """A driver that does as it is told.

    :ivar works: its fence leads to a proof.
    """

    def __init__(self, name: str, able: bool = True) -> None:
        self.name = name
        self.able = able
        self.works = True
        self.error: errors.AdapterError | None = None
        self.asked = 0

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return self.able

    def fence(self, host: str) -> None:
        """See base class."""
        self.asked += 1
        if self.error:
            raise self.error

    def trouble(self, host: str) -> str:
        """See base class."""
        return ""

    def proof(self, host: str) -> str | None:
        """See base class."""
        done = self.asked and self.works and not self.error
        return f"{host} is off" if done else None


class FenceTest(base.RecoveryCase):
    def fence(self, *drivers: fencing.HostFencing) -> states.StepState:
        """Fence by these drivers; return how it ended."""
        if drivers:
            self.replace_context(fencing=list(drivers))
        self.record = self.run_step("fence_host", host="one")
        return self.record.state

    def test_power(self) -> None:
        self.world.partition_host("one")
        self.assertIs(DONE, self.fence())
        host = self.store.host("one")
        assert host is not None
        self.assertEqual("simulated: power of one is off", host.proof)
        self.assertEqual(self.record.ended_at, host.fenced_at)
        self.assertFalse(self.world.physics.host("one").power)

    def test_a_fence_without_proof_is_none(self) -> None:
        self.world.break_fence("one")
        self.assertIs(FAILED, self.fence())
        self.assertIsNone(self.store.host("one"))

    def test_no_means(self) -> None:
        self.world.forbid_fence("one")
        self.assertIs(FAILED, self.fence())
        self.assertIsNone(self.store.host("one"))

    def test_the_operator_s_word_is_proof(self) -> None:
        self.store.save_host(
            model.HostRecord(name="one", fenced_at=1.0, proof="told so")
        )
        driver = FakeFencing("power")
        self.assertIs(DONE, self.fence(driver))
        self.assertEqual("told so", self.record.detail)
        self.assertEqual(0, driver.asked)

    def test_the_first_that_works_ends_it(self) -> None:
        unable, broken = FakeFencing("a", able=False), FakeFencing("b")
        broken.error = errors.Refused("no")
        good, spare = FakeFencing("c"), FakeFencing("d")
        self.assertIs(DONE, self.fence(unable, broken, good, spare))
        self.assertEqual("c: one is off", self.record.detail)
        self.assertEqual(
            [0, 1, 1, 0], [d.asked for d in (unable, broken, good, spare)]
        )
        host = self.store.host("one")
        assert host is not None
        self.assertEqual("c: one is off", host.proof)

    def test_a_driver_that_fails_is_asked_again(self) -> None:
        driver = FakeFencing("a")
        driver.error = errors.Unavailable("no answer")
        self.replace_context(fencing=[driver])
        recovery_id = self.claim(self.step("fence_host", host="one"))
        self.assertTrue(self.runner.advance(recovery_id))
        driver.error = None
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual(2, driver.asked)


class ForceDownTest(base.RecoveryCase):
    def test_nova_is_told(self) -> None:
        record = self.run_step("force_down", host="one")
        self.assertIs(DONE, record.state)
        self.assertTrue(self.world.physics.host("one").forced_down)

    def test_it_is_written_before_it_is_done(self) -> None:
        """A crash in between must not leave a host down for ever."""
        self.world.api_down("nova", 5.0)
        recovery_id = self.claim(self.step("force_down", host="one"))
        self.runner.advance(recovery_id)
        host = self.store.host("one")
        assert host is not None
        self.assertTrue(host.forced_down)
        self.assertFalse(self.world.physics.host("one").forced_down)

    def test_nova_must_say_so(self) -> None:
        self.replace("nham.adapters.simulated.vim.SimulatedVim.force_down")
        record = self.run_step("force_down", host="one")
        self.assertIs(FAILED, record.state)

    def test_what_was_known_of_the_host_stays(self) -> None:
        self.store.save_host(
            model.HostRecord(name="one", fenced_at=1.0, proof="told so")
        )
        self.run_step("force_down", host="one")
        host = self.store.host("one")
        assert host is not None
        self.assertEqual((1.0, "told so"), (host.fenced_at, host.proof))
