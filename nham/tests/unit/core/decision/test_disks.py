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

"""What a standby's disk holds, and what it is made of."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis

from nham.core import decision
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import disks
from nham.core.decision import replicas
from nham.core.decision import takeover
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_replicas
from nham.tests.unit.core.decision import test_rules

Health = facts.Health
ON_DISK = dataclasses.replace(
    test_rules.HOOKED, num_backups=1, state_protection=strategies.DISK
)
SEVEN, SIX = (
    member_facts.CheckpointFacts(id=f"c{n}", age=10.0, sequence=n)
    for n in (7, 6)
)


def a_group(sequence: int = 0, **fields: Any) -> member_facts.MemberFacts:
    """Return a primary whose standby's disk holds that checkpoint."""
    standby = {
        name: fields.pop(name)
        for name in ("worn", "ground", "kind", "parked", "role")
        if name in fields
    }
    return test_rules.a_replica(
        **{
            "policy": ON_DISK,
            "standby": test_rules.a_standby(sequence=sequence, **standby),
            "checkpoints": (SEVEN, SIX),
            "saved": 7,
            **fields,
        }
    )


def tried(checkpoint_id: str) -> tuple[member_facts.Attempt, ...]:
    """Return an attempt that made a disk of a checkpoint in vain."""
    return (
        member_facts.Attempt(
            rung="refresh_standby",
            outcome=member_facts.Outcome.FAILED,
            age=99.0,
            in_vain=checkpoint_id,
        ),
    )


class NewestTest(base.TestCase):
    def test_what_was_tried_in_vain_is_passed_over(self) -> None:
        self.assertEqual(SEVEN, disks.newest(a_group()))
        self.assertEqual(SIX, disks.newest(a_group(attempts=tried("c7"))))
        both = (*tried("c7"), *tried("c6"))
        self.assertIsNone(disks.newest(a_group(attempts=both)))

    def test_only_where_disks_are_made_of_it(self) -> None:
        self.assertIsNone(disks.newest(a_group(policy=test_rules.HOOKED)))

    def test_newer_than_what_the_disk_holds(self) -> None:
        for holds, found in ((0, SEVEN), (6, SEVEN), (7, None), (8, None)):
            self.assertEqual(found, disks.newer(a_group(holds)))
        self.assertIsNone(disks.newer(a_group(6, attempts=tried("c7"))))
        self.assertIsNone(disks.newer(a_group(standby=None)))

    def test_what_is_passed_over_is_told(self) -> None:
        unproved = "checkpoint number 7: it is not usable"
        for member, told in (
            (a_group(6), ()),
            (a_group(7), ()),
            (a_group(6, checkpoints=(SIX,)), (unproved,)),
            (a_group(5, checkpoints=(SIX,)), (unproved,)),
            (
                a_group(6, attempts=tried("c7")),
                ("checkpoint c7: it was tried in vain",),
            ),
            (a_group(policy=test_rules.HOOKED), ()),
        ):
            self.assertEqual(told, disks.passed_over(member))


class RefreshTest(base.TestCase):
    def test_when_it_is_due(self) -> None:
        for sequence, worn, due in (
            (0, False, True),
            (6, False, False),
            (6, True, True),
            (7, True, False),
        ):
            member = a_group(sequence, worn=worn)
            self.assertEqual(due, member.stale)
            self.assertEqual(not due, member.as_asked)
            known = test_replicas.case(member)
            self.assertEqual(due, disks.may_refresh(known))
        self.assertFalse(a_group(0, saved=0).stale)
        self.assertFalse(a_group(0, policy=test_rules.HOOKED).stale)

    def test_it_is_not_where_it_cannot_be_done(self) -> None:
        for member in (
            a_group(0, checkpoints=()),
            a_group(0, ground=Health.SLOW),
            a_group(6, worn=True, attempts=tried("c7")),
        ):
            known = test_replicas.case(member)
            self.assertTrue(disks.is_old(known))
            self.assertFalse(disks.may_refresh(known))
        self.assertIsNone(disks.refresh(test_replicas.case(a_group(7))).rung)

    def test_one_that_is_lost_does_not_wait_for_its_disk(self) -> None:
        failed = member_facts.Attempt(
            rung=replicas.REFRESH,
            outcome=member_facts.Outcome.REFUSED,
            age=1.0,
        )
        well = a_group(attempts=(failed,))
        lost = a_group(attempts=(failed,), standby=None)
        self.assertTrue(replicas.must_pause(well))
        self.assertFalse(replicas.must_pause(lost))

    @hypothesis.given(strategies.everything | strategies.troubled)
    def test_only_beside_a_primary_that_serves(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            if verdict.rung != replicas.REFRESH:
                continue
            member = members[verdict.group_id]
            self.assertTrue(member.policy.on_disk)
            self.assertIn(member.app, (Health.OK, Health.SLOW, Health.UNKNOWN))
            self.assertEqual("ACTIVE", member.server.status)
            standby = test_rules.standby_of(member)
            self.assertFalse(standby.lost)
            (found,) = (
                one
                for one in member.checkpoints
                if one.id == verdict.checkpoint_id
            )
            self.assertGreater(found.sequence, standby.sequence)


class FailOverTest(base.TestCase):
    def test_the_newest_state_wins(self) -> None:
        for holds, wanted in ((0, "c7"), (6, "c7"), (7, None)):
            known = test_replicas.case(a_group(holds))
            following = takeover.fail_over(known)
            self.assertEqual("fail_over", following.rung)
            self.assertEqual(wanted, following.checkpoint_id)

    def test_not_where_the_disk_cannot_be_made_anew(self) -> None:
        for holds, may in ((6, False), (7, True)):
            member = a_group(holds, ground=Health.SLOW)
            self.assertEqual(may, takeover.can_fail_over(member))

    @hypothesis.given(strategies.members)
    def test_never_with_less_than_what_was_saved(
        self, member: member_facts.MemberFacts
    ) -> None:
        if not takeover.can_fail_over(member) or not member.policy.on_disk:
            return
        following = takeover.fail_over(test_replicas.case(member))
        standby = test_rules.standby_of(member)
        given = {one.id: one.sequence for one in member.checkpoints}
        spent = {attempt.in_vain for attempt in member.attempts}
        best = max(
            (given[one] for one in given if one not in spent), default=0
        )
        has = given.get(str(following.checkpoint_id), standby.sequence)
        self.assertGreaterEqual(has, best)
        if not member.policy.accept_state_loss:
            self.assertGreater(has, 0)
