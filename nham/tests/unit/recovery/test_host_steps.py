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

from collections.abc import Callable

from nham.adapters import errors
from nham.adapters.fencing import base as fencing
from nham.core import model
from nham.core import states
from nham.recovery import runner
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
        self.takes: Callable[[], None] = lambda: None
        self.asked = 0

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return self.able

    def fence(self, host: str) -> None:
        """See base class."""
        self.asked += 1
        self.takes()
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
        said = "c: one is off (before it, b: no)"
        self.assertEqual(said, self.record.detail)
        self.assertEqual(
            [0, 1, 1, 0], [d.asked for d in (unable, broken, good, spare)]
        )
        host = self.store.host("one")
        assert host is not None
        self.assertEqual(said, host.proof)

    def test_who_gives_no_proof_has_its_share_of_the_time(self) -> None:
        liar, good = FakeFencing("a"), FakeFencing("b")
        liar.works = False
        self.assertIs(DONE, self.fence(liar, good))
        assert self.record.started_at and self.record.ended_at
        took = self.record.ended_at - self.record.started_at
        self.assertTrue(15.0 <= took < 16.0, took)
        self.assertEqual(
            "b: one is off (before it, a: no proof)", self.record.detail
        )
        self.assertEqual((1, 1), (liar.asked, good.asked))

    def test_patience_is_the_most_that_one_has(self) -> None:
        liar, good = FakeFencing("a"), FakeFencing("b")
        liar.works = False
        self.replace_context(fencing_patience=4.0)
        self.assertIs(DONE, self.fence(liar, good))
        assert self.record.started_at and self.record.ended_at
        took = self.record.ended_at - self.record.started_at
        self.assertTrue(4.0 <= took < 5.0, took)

    def test_proof_that_comes_late_counts(self) -> None:
        slow, silent = FakeFencing("a"), FakeFencing("b")
        slow.works = False
        silent.error = errors.Unavailable("no answer")
        self.replace_context(fencing=[slow, silent])
        recovery_id = self.claim(self.step("fence_host", host="one"))
        for _ in range(40):
            self.assertTrue(self.runner.advance(recovery_id))
            self.clock.advance(0.5)
        slow.works = True
        step = self.run_to_end(recovery_id).steps[0]
        self.assertIs(DONE, step.state)
        self.assertEqual(
            "a: one is off (before it, b: no answer)", step.detail
        )
        self.assertEqual(1, slow.asked)

    def test_all_fail_and_all_is_said(self) -> None:
        broken, refused = FakeFencing("a"), FakeFencing("b")
        broken.error = errors.Unavailable("no answer")
        refused.error = errors.Refused("not mine")
        self.assertIs(FAILED, self.fence(broken, refused))
        self.assertEqual(
            "not true after 30 s: a: no answer; b: not mine",
            self.record.detail,
        )
        assert self.record.started_at and self.record.ended_at
        took = self.record.ended_at - self.record.started_at
        self.assertTrue(30.0 <= took < 32.0, took)
        self.assertEqual(1, refused.asked)
        self.assertTrue(20 < broken.asked < 32, broken.asked)

    def test_silent_bmcs_do_not_hold_the_step_up_for_ever(self) -> None:
        broken = FakeFencing("a")
        broken.error = errors.Unavailable("no answer")
        self.assertIs(FAILED, self.fence(broken))

    def test_slow_drivers_are_not_waited_for_beyond_the_step(self) -> None:
        """Two answers more than its time, at most: one under way, one look."""
        slow = [FakeFencing(name) for name in "abcde"]
        for one in slow:
            one.error = errors.Unavailable("no answer in 20 s")
            one.takes = lambda: self.clock.advance(20.0)
        self.assertIs(FAILED, self.fence(*slow))
        assert self.record.started_at and self.record.ended_at
        took = self.record.ended_at - self.record.started_at
        self.assertLess(took, 30.0 + 2 * 20.0)
        self.assertEqual([1, 1, 1, 0, 0], [one.asked for one in slow])

    def test_driver_that_fails_for_what_is_off_already(self) -> None:
        """Its own word that it is off counts all the same."""
        odd = FakeFencing("a")
        odd.error = errors.Refused("it is off")
        self.replace(
            "nham.tests.unit.recovery.test_host_steps.FakeFencing.proof",
            lambda _self, host: f"{host} is off",
        )
        self.assertIs(DONE, self.fence(odd))

    def test_engine_that_takes_over_asks_from_the_first_on(self) -> None:
        liar, spare = FakeFencing("a"), FakeFencing("b")
        liar.works = False
        self.replace_context(fencing=[liar, spare])
        recovery_id = self.claim(self.step("fence_host", host="one"))
        self.runner.advance(recovery_id)
        self.runner = runner.Runner(self.context, base.OWNER)
        self.assertIs(DONE, self.run_to_end(recovery_id).steps[0].state)
        self.assertEqual((2, 1), (liar.asked, spare.asked))

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
