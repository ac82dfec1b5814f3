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

"""Standbys that are well are parked, woken, and given another disk."""

from __future__ import annotations

from nham.core import facts
from nham.core import model
from nham.core.decision import choice
from nham.core.decision import plans
from nham.tests import base
from nham.tests.unit.core.decision import test_disks


def steps(
    rung: str, checkpoint_id: str | None = "c7", parked: bool = False
) -> tuple[model.Step, ...]:
    """Return the steps of a rung."""
    made = choice.Choice(
        member=test_disks.a_group(parked=parked),
        host=facts.HostFacts(name="h1"),
        target="h3",
        checkpoint_id=checkpoint_id,
    )
    return tuple(plans.RUNGS[rung].steps(made))


def actions(
    rung: str, checkpoint_id: str | None = "c7", parked: bool = False
) -> list[str]:
    """Return what the steps of a rung do."""
    return [one.action for one in steps(rung, checkpoint_id, parked)]


class PlansTest(base.TestCase):
    def test_its_disk_is_made_anew_and_it_boots_from_it(self) -> None:
        for parked in (False, True):
            found = steps("refresh_standby", parked=parked)
            self.assertEqual(
                ["renew_standby", "start_standby"],
                [one.action for one in found],
            )
            self.assertEqual(
                {"member_id": "m2", "checkpoint_id": "c7"}, found[0].args
            )
            self.assertEqual([None, "repaired"], [s.marks for s in found])

    def test_who_has_failed_is_cut_off_before_its_disk(self) -> None:
        found = actions("fail_over")
        order = ["seal_member", "renew_standby", "start_standby"]
        self.assertEqual([*order, "move_address"], found[1:5])
        (mark,) = (s.id for s in steps("fail_over") if s.marks == "restored")
        self.assertEqual("start_standby", mark)

    def test_but_after_a_start_that_may_fail(self) -> None:
        self.assertEqual(
            ["renew_standby", "start_standby", "isolate_member"],
            actions("fail_over", parked=True)[1:4],
        )

    def test_nova_is_needed_to_make_a_disk(self) -> None:
        for checkpoint_id, witness in (("c7", False), (None, True)):
            confirm = steps("fail_over", checkpoint_id)[0]
            self.assertEqual(witness, "witness" in confirm.args)

    def test_one_that_holds_the_state_is_left_as_it_is(self) -> None:
        for rung in ("fail_over", "switchover"):
            self.assertNotIn("renew_standby", actions(rung, None))
            self.assertNotIn("start_standby", actions(rung, None))

    def test_what_is_planned_waits_for_its_image(self) -> None:
        found = {one.action: one for one in steps("switchover")}
        soon = {one.action: one for one in steps("fail_over")}
        self.assertGreater(
            found["renew_standby"].timeout, soon["renew_standby"].timeout
        )
        self.assertEqual(
            ["renew_standby", "start_standby", "move_address"],
            actions("switchover")[:3],
        )

    def test_a_new_one_is_made_of_the_checkpoint(self) -> None:
        for checkpoint_id in ("c7", None):
            made = {
                one.action: one for one in steps("make_standby", checkpoint_id)
            }
            args = made["create_member"].args
            self.assertEqual(checkpoint_id, args.get("checkpoint_id"))
