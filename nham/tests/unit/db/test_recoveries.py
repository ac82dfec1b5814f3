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


"""One fault is recovered once, by one engine."""

from __future__ import annotations

from concurrent import futures
import dataclasses
import threading

from nham.core import states
from nham.db import errors
from nham.tests.unit.db import base

RUNNING = states.RecoveryState.RUNNING
SUCCEEDED = states.RecoveryState.SUCCEEDED
DONE = states.StepState.DONE


class ClaimTest(base.StoreCase):
    """Who may act."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf()

    def test_claim(self) -> None:
        wanted = base.make_recovery("r1")
        claimed = self.store.claim(wanted, 0)
        self.assertEqual(dataclasses.replace(wanted, epoch=1), claimed)
        self.assertEqual(claimed, self.store.recovery("r1"))
        group = self.store.group("v1-g")
        self.assertEqual((1, "r1"), (group.epoch, group.recovery_id))

    def test_a_claimed_group_is_not_claimed_again(self) -> None:
        self.store.claim(base.make_recovery("r1"), 0)
        self.assertIsNone(self.store.claim(base.make_recovery("r2"), 1))
        with self.assertRaises(errors.NotFound):
            self.store.recovery("r2")

    def test_an_old_view_claims_nothing(self) -> None:
        self.store.claim(base.make_recovery("r1"), 0)
        self.store.end_recovery("r1", SUCCEEDED, 2.0, "", "e1", 1)
        self.assertIsNone(self.store.claim(base.make_recovery("r2"), 0))
        self.assertIsNotNone(self.store.claim(base.make_recovery("r2"), 1))

    def test_a_failed_claim_leaves_the_group_free(self) -> None:
        self.store.claim(base.make_recovery("r1"), 0)
        self.store.end_recovery("r1", SUCCEEDED, 2.0, "", "e1", 1)
        with self.assertRaises(errors.Duplicate):
            self.store.claim(base.make_recovery("r1"), 1)
        group = self.store.group("v1-g")
        self.assertEqual((1, None), (group.epoch, group.recovery_id))

    def test_the_facts_are_kept_beside(self) -> None:
        facts = {"facts": {"members": [{"silent_for": 0.1}]}}
        claimed = self.store.claim(base.make_recovery("r1"), 0)
        self.assertIsNone(self.store.recovery_facts("r1"))
        self.store.keep_facts("r1", facts)
        self.assertEqual(facts, self.store.recovery_facts("r1"))
        self.assertEqual(claimed, self.store.recovery("r1"))

    def test_of_many_one_claims(self) -> None:
        together = threading.Barrier(8)

        def try_it(number: int) -> bool:
            own = self.another_store()
            together.wait()
            return own.claim(base.make_recovery(f"r{number}"), 0) is not None

        with futures.ThreadPoolExecutor(8) as pool:
            won = list(pool.map(try_it, range(8)))
        self.assertEqual(1, won.count(True))
        self.assertEqual(1, len(self.store.recoveries(state=RUNNING)))
        self.assertEqual(1, self.store.group("v1-g").epoch)

    def test_of_many_one_takes_over(self) -> None:
        self.store.claim(base.make_recovery("r1"), 0)
        together = threading.Barrier(8)

        def try_it(number: int) -> bool:
            own = self.another_store()
            together.wait()
            return own.take_over("r1", "e1", f"other-{number}")

        with futures.ThreadPoolExecutor(8) as pool:
            won = list(pool.map(try_it, range(8)))
        owner = self.store.recovery("r1").owner
        self.assertEqual(1, won.count(True))
        self.assertEqual(f"other-{won.index(True)}", owner)


class StepTest(base.StoreCase):
    """What is written while a recovery runs."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf()
        self.store.claim(base.make_recovery("r1"), 0)

    def test_steps(self) -> None:
        self.assertTrue(self.store.step_started("r1", 0, 5.0, "e1", 1))
        self.assertTrue(
            self.store.step_ended("r1", 0, DONE, 6.0, "ACTIVE", "e1", 1)
        )
        first, second = self.store.recovery("r1").steps
        self.assertEqual(
            (DONE, 5.0, 6.0, "ACTIVE"),
            (first.state, first.started_at, first.ended_at, first.detail),
        )
        self.assertEqual(states.StepState.PENDING, second.state)

    def test_the_end_of_one_begins_the_next(self) -> None:
        self.store.step_started("r1", 0, 5.0, "e1", 1)
        self.store.step_ended("r1", 0, DONE, 6.0, "", "e1", 1, (1, 7.0))
        first, second = self.store.recovery("r1").steps
        self.assertEqual((DONE, 6.0), (first.state, first.ended_at))
        self.assertEqual(
            (states.StepState.STARTED, 7.0), (second.state, second.started_at)
        )

    def test_no_such_step(self) -> None:
        with self.assertRaises(errors.NotFound):
            self.store.step_started("r1", 9, 5.0, "e1", 1)

    def test_end_frees_the_group(self) -> None:
        self.assertTrue(
            self.store.end_recovery("r1", SUCCEEDED, 9.0, "well", "e1", 1)
        )
        found = self.store.recovery("r1")
        self.assertEqual(
            (SUCCEEDED, 9.0, "well"),
            (found.state, found.ended_at, found.reason),
        )
        self.assertIsNone(self.store.group("v1-g").recovery_id)
        self.assertFalse(
            self.store.end_recovery("r1", SUCCEEDED, 9.5, "", "e1", 1)
        )

    def test_the_last_step_ends_with_it(self) -> None:
        failed = states.StepState.FAILED
        first = self.store.recovery("r1").steps[0]
        last = dataclasses.replace(first, state=failed, detail="no")
        no = states.RecoveryState.FAILED
        end = self.store.end_recovery
        self.assertFalse(end("r1", no, 9.0, "no", "e2", 1, last))
        self.assertEqual(first, self.store.recovery("r1").steps[0])
        self.assertTrue(end("r1", no, 9.0, "no", "e1", 1, last))
        found = self.store.recovery("r1").steps[0]
        self.assertEqual(
            (failed, 9.0, "no"), (found.state, found.ended_at, found.detail)
        )

    def test_who_lost_the_claim_writes_nothing(self) -> None:
        before = self.store.recovery("r1")
        for owner, epoch in (("e2", 1), ("e1", 0), ("e1", 2)):
            with self.subTest(owner=owner, epoch=epoch):
                self._assert_refused(owner, epoch)
        self.assertEqual(before, self.store.recovery("r1"))

    def test_the_old_owner_writes_nothing_after_a_take_over(self) -> None:
        self.assertTrue(self.store.holds("r1", "e1", 1))
        self.assertTrue(self.store.take_over("r1", "e1", "e2"))
        self.assertFalse(self.store.take_over("r1", "e1", "e3"))
        self._assert_refused("e1", 1)
        self.assertTrue(self.store.step_started("r1", 0, 5.0, "e2", 1))

    def test_nothing_is_held_once_the_vnf_is_gone(self) -> None:
        self.store.delete_vnf("v1")
        self._assert_refused("e1", 1)
        self.assertFalse(self.store.take_over("r1", "e1", "e2"))

    def _assert_refused(self, owner: str, epoch: int) -> None:
        store = self.store
        self.assertFalse(store.holds("r1", owner, epoch))
        self.assertFalse(store.step_started("r1", 0, 5.0, owner, epoch))
        self.assertFalse(
            store.step_ended("r1", 0, DONE, 6.0, "", owner, epoch, (1, 6.0))
        )
        self.assertFalse(
            store.end_recovery("r1", SUCCEEDED, 9.0, "", owner, epoch)
        )


class FindTest(base.StoreCase):
    """Which recoveries are found."""

    def test_filters(self) -> None:
        for number in range(3):
            self.given_vnf(f"v{number}")
            self.store.claim(
                base.make_recovery(
                    f"r{number}",
                    vnf_id=f"v{number}",
                    started_at=1000.0 + number,
                ),
                0,
            )
        self.store.end_recovery("r0", SUCCEEDED, 2.0, "", "e1", 1)
        find = self.store.recoveries
        self.assertEqual(["r2", "r1", "r0"], [r.id for r in find()])
        self.assertEqual(["r2"], [r.id for r in find(limit=1)])
        self.assertEqual(["r2", "r1"], [r.id for r in find(since=1001.0)])
        self.assertEqual(["r0"], [r.id for r in find(state=SUCCEEDED)])
        self.assertEqual(["r1"], [r.id for r in find(vnf_id="v1")])
        self.assertEqual(["r1"], [r.id for r in find(group_id="v1-g")])
        [newest] = find(limit=1)
        self.assertEqual(2, len(newest.steps))
        bare = dataclasses.replace(newest, steps=())
        self.assertEqual([bare], list(find(limit=1, bare=True)))
