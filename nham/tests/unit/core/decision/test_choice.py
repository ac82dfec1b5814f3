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

"""The steps that many plans share."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import facts
from nham.core.decision import choice
from nham.tests import base
from nham.tests.unit.core.decision import test_rules


def a_choice(**fields: Any) -> choice.Choice:
    """Return what a plan is made for: a member with a standby."""
    values: dict[str, Any] = {
        "member": test_rules.a_replica(policy=test_rules.HOOKED),
        "host": facts.HostFacts(name="h1"),
        **fields,
    }
    return choice.Choice(**values)


class ConfirmTest(base.TestCase):
    def test_what_is_ordered_is_not_asked_for(self) -> None:
        self.assertEqual([], choice.confirm(a_choice(ordered=True)))
        (step,) = choice.confirm(a_choice())
        self.assertEqual("confirm_fault", step.action)

    def test_who_is_to_answer_if_nova_does_not(self) -> None:
        (step,) = choice.confirm(a_choice(), witness="m2")
        self.assertEqual("m2", step.args["witness"])
        (step,) = choice.confirm(a_choice())
        self.assertNotIn("witness", step.args)


class FenceTest(base.TestCase):
    def test_the_host_is_fenced_before_nova_is_told(self) -> None:
        found = choice.fence("h9")
        self.assertEqual(
            ["fence_host", "force_down"], [step.action for step in found]
        )
        self.assertEqual("fenced", found[0].marks)
        for step in found:
            self.assertEqual({"host": "h9"}, step.args)


class VerifyTest(base.TestCase):
    def test_who_ran_before_need_not_be_waited_for_as_one_that_boots(
        self,
    ) -> None:
        detection = descriptor.Detection(
            boot_timeout=70.0, initial_timeout=2.0, max_misses=3
        )
        policy = dataclasses.replace(test_rules.HOOKED, detection=detection)
        made = a_choice(member=test_rules.a_replica(policy=policy))
        self.assertEqual(70.0, choice.verify(made).timeout)
        self.assertEqual(6.0, choice.verify(made, runs=True).timeout)


class GiveStateTest(base.TestCase):
    def test_only_what_a_hook_takes(self) -> None:
        for policy in (test_rules.POLICY, test_rules.REPLICATED):
            member = test_rules.a_replica(policy=policy)
            self.assertEqual([], choice.give_state(a_choice(member=member)))

    def test_whom_and_whether_it_must(self) -> None:
        for accept in (True, False):
            policy = dataclasses.replace(
                test_rules.HOOKED,
                accept_state_loss=accept,
                detection=descriptor.Detection(boot_timeout=12.0),
            )
            made = a_choice(member=test_rules.a_replica(policy=policy))
            (named,) = choice.give_state(made, {"member_id": "m2"})
            self.assertEqual(
                {"member_id": "m2", "must": not accept}, named.args
            )
            self.assertEqual(12.0, named.timeout)
            # What a heal puts in its place has another record.
            (unnamed,) = choice.give_state(made)
            self.assertEqual({"must": not accept}, unnamed.args)


class AdmitTest(base.TestCase):
    def test_only_what_may_have_been_cut_off(self) -> None:
        alone = a_choice(member=test_rules.a_member())
        self.assertEqual([], choice.admit(alone))
        (step,) = choice.admit(a_choice())
        self.assertEqual({"member_id": "m1"}, step.args)
