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

"""Which rung comes next, by what was tried before."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core import member_facts
from nham.core.decision import ladder
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

OK, FAILED, REFUSED, ABORTED = member_facts.Outcome
CHECKPOINTS = (
    member_facts.CheckpointFacts(id="c2", age=40.0),
    member_facts.CheckpointFacts(id="c1", age=100.0),
)


def tried(*attempts: tuple[str, member_facts.Outcome, str | None]) -> Any:
    """Return attempts, newest first."""
    return tuple(
        member_facts.Attempt(
            rung=rung, outcome=how, age=1.0, checkpoint_id=what
        )
        for rung, how, what in attempts
    )


def stateful(**fields: Any) -> member_facts.MemberFacts:
    """Return a member with state and two checkpoints."""
    policy = descriptor.ResiliencyPolicy(
        name="p", targets=("VDU1",), stateful=True
    )
    return test_rules.a_member(
        **{"policy": policy, "checkpoints": CHECKPOINTS, **fields}
    )


class ForApplicationTest(base.TestCase):
    @hypothesis.given(st.integers(1, 5), st.integers(0, 6))
    def test_count(self, count: int, faults: int) -> None:
        policy = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            escalation=descriptor.Escalation(count=count),
        )
        member = test_rules.a_member(
            policy=policy,
            attempts=tried(*[("soft_reboot", OK, None)] * faults),
        )
        following = ladder.for_application(member)
        wanted = "soft_reboot" if faults < count else "hard_reboot"
        self.assertEqual(wanted, following.rung)
        self.assertEqual(faults >= count, bool(following.refused))

    def test_only_what_did_something_counts(self) -> None:
        member = test_rules.a_member(
            attempts=tried(*[("soft_reboot", ABORTED, None)] * 5)
        )
        self.assertEqual("soft_reboot", ladder.for_application(member).rung)


class ForVmTest(base.TestCase):
    def test_a_disk_that_boots_is_kept(self) -> None:
        for first in ("hard_reboot", "start"):
            member = stateful(
                attempts=tried(
                    (first, FAILED, None), ("hard_reboot", OK, None)
                )
            )
            self.assertEqual(first, ladder.for_vm(member, first).rung)

    def test_starts_and_reboots_count_together(self) -> None:
        member = stateful(
            attempts=tried(
                ("start", FAILED, None), ("hard_reboot", FAILED, None)
            )
        )
        following = ladder.for_vm(member, "start")
        self.assertEqual("rebuild", following.rung)
        self.assertEqual("c2", following.checkpoint_id)

    def test_each_checkpoint_is_tried_once(self) -> None:
        boots = tried(("hard_reboot", REFUSED, None))
        spent: Any = ()
        order = []
        for _attempt in range(3):
            member = stateful(attempts=(*spent, *boots))
            following = ladder.for_vm(member, "hard_reboot")
            self.assertEqual("rebuild", following.rung)
            order.append(following.checkpoint_id or following.image_id)
            spent += tried(("rebuild", FAILED, following.checkpoint_id))
        self.assertEqual(["c2", "c1", "image"], order)

    def test_an_aborted_rebuild_spends_nothing(self) -> None:
        member = stateful(
            attempts=tried(
                ("rebuild", ABORTED, "c2"), ("hard_reboot", REFUSED, None)
            )
        )
        following = ladder.for_vm(member, "hard_reboot")
        self.assertEqual("c2", following.checkpoint_id)

    def test_replacement_is_tried_once_after_a_rebuild(self) -> None:
        before = tried(
            ("rebuild", REFUSED, "c2"), ("hard_reboot", REFUSED, None)
        )
        member = stateful(attempts=before)
        self.assertEqual("replace", ladder.for_vm(member, "hard_reboot").rung)
        for how in (FAILED, REFUSED):
            member = stateful(
                attempts=(*tried(("replace", how, "c2")), *before)
            )
            self.assertIsNone(ladder.for_vm(member, "hard_reboot").rung)


class HookTest(base.TestCase):
    """Checkpoints of a hook are no disks."""

    def test_made_from_the_image_if_a_state_can_be_given(self) -> None:
        spent = tried(("hard_reboot", REFUSED, None))
        for accept in (True, False):
            for saved in (CHECKPOINTS, ()):
                policy = dataclasses.replace(
                    test_rules.HOOKED, accept_state_loss=accept
                )
                member = test_rules.a_replica(
                    policy=policy, checkpoints=saved, attempts=spent
                )
                may = accept or bool(saved)
                for following, rung in (
                    (ladder.for_vm(member, "hard_reboot"), "rebuild"),
                    (ladder.for_host(member), "evacuate"),
                    (ladder.for_deleted(member), "replace"),
                ):
                    self.assertEqual(rung if may else None, following.rung)
                    self.assertIsNone(following.checkpoint_id)
                    if not may:
                        self.assertIn("loss of state", following.why)

    def test_the_image_is_tried_once(self) -> None:
        for policy in (test_rules.HOOKED, test_rules.REPLICATED):
            member = test_rules.a_replica(
                policy=policy,
                checkpoints=CHECKPOINTS,
                vnfm=False,
                attempts=tried(
                    ("rebuild", FAILED, None), ("hard_reboot", REFUSED, None)
                ),
            )
            following = ladder.for_vm(member, "hard_reboot")
            self.assertIsNone(following.rung)
            self.assertIn("image was tried", following.why)


class AnyTest(base.TestCase):
    @hypothesis.given(strategies.members)
    def test_each_answer_has_its_reason(
        self, member: member_facts.MemberFacts
    ) -> None:
        for following in (
            ladder.for_application(member),
            ladder.for_vm(member, "start"),
            ladder.for_host(member),
            ladder.for_deleted(member),
        ):
            self.assertNotEqual("", following.why)
            self.assertIn(following.rung, (None, *strategies.RUNGS))
            if following.rung is None:
                self.assertIsNone(following.checkpoint_id)
                self.assertIsNone(following.image_id)

    @hypothesis.given(strategies.members)
    def test_no_vnfm_no_replacement(
        self, member: member_facts.MemberFacts
    ) -> None:
        for following in (
            ladder.for_vm(member, "start"),
            ladder.for_host(member),
            ladder.for_deleted(member),
        ):
            if following.rung == "replace":
                self.assertTrue(member.vnfm)
