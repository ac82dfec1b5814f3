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

"""The order of the steps, and whom they are about."""

from __future__ import annotations

import itertools
from typing import Any

import hypothesis

from nham.core import decision
from nham.core import facts
from nham.core import model
from nham.core.decision import choice
from nham.core.decision import plans
from nham.core.decision import replica_plans
from nham.core.decision import replicas
from nham.recovery import handlers
from nham.recovery import runner
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_disks
from nham.tests.unit.core.decision import test_plans
from nham.tests.unit.core.decision import test_rules

#: What an order of two steps protects from.
ORDERS = (
    # Two members serve.
    ("isolate_member", "give_state"),
    ("isolate_member", "move_address"),
    ("isolate_member", "promote"),
    # Clients see a member without its state.
    ("give_state", "move_address"),
    # The record names a member that nobody reaches.
    ("move_address", "promote"),
    ("promote", "verify_service"),
    # What takes its time is waited for while clients have no service.
    ("move_address", "seal_member"),
    ("promote", "seal_member"),
    # What failed is started again, and nobody sees to it any more.
    ("seal_member", "verify_service"),
    # What failed is seen again in the network.
    ("stop_server", "admit_member"),
    ("fence_host", "evacuate_server"),
    ("evacuate_server", "admit_member"),
    ("admit_member", "start_server"),
    ("start_server", "reach_member"),
    # Two standbys bear the same role.
    ("remove_member", "create_member"),
    ("find_addresses", "reach_member"),
    ("create_member", "reach_member"),
    ("create_volume", "create_member"),
    ("reach_member", "join_standby"),
    # The guest boots from a disk that goes away.
    ("renew_standby", "start_standby"),
    # Clients see a member that boots.
    ("start_standby", "move_address"),
)
#: The other way round for a member that is well: what lasts is all that
#: cuts it off.
PLANNED = (("promote", "seal_member"),)
#: And where a disk is made anew first, which takes longer than a seal.
EARLY = (*PLANNED, ("move_address", "seal_member"))


def choices() -> dict[str, choice.Choice]:
    """Return what plans may be made for."""
    made: dict[str, choice.Choice] = {}
    for policy, lost, volume in itertools.product(
        (test_rules.REPLICATED, test_rules.HOOKED),
        (False, True),
        (False, True),
    ):
        made[f"{policy.stateful} {volume} {lost}"] = choice.Choice(
            member=test_rules.a_replica(
                policy=policy, standbys=test_plans.TWO, volume_backed=volume
            ),
            host=facts.HostFacts(name="h1"),
            target="h3",
            standby_host_lost=lost,
        )
    made["disk False"] = choice.Choice(
        member=test_rules.a_replica(
            policy=test_disks.ON_DISK, standbys=test_plans.TWO
        ),
        host=facts.HostFacts(name="h1"),
        target="h3",
        checkpoint_id="c7",
    )
    return made


def steps(rung: str, **fields: Any) -> dict[str, model.Step]:
    """Return a rung's steps by action."""
    values: dict[str, Any] = {
        "member": test_rules.a_replica(policy=test_rules.HOOKED),
        "host": facts.HostFacts(name="h1"),
        "target": "h3",
        **fields,
    }
    made = plans.RUNGS[rung].steps(choice.Choice(**values))
    return {step.action: step for step in made}


class EveryPlanTest(base.TestCase):
    def test_names(self) -> None:
        self.assertEqual(
            [
                "fail_over",
                "take_out",
                "withdraw",
                "hand_over",
                *replicas.RUNGS,
                "switchover",
                "dismiss",
            ],
            [rung.name for rung in replica_plans.RUNGS],
        )

    def test_each_action_has_a_handler(self) -> None:
        # The runner is what loads them.
        self.assertTrue(runner.Runner)
        for rung in replica_plans.RUNGS:
            for made in choices().values():
                found = rung.steps(made)
                actions = [step.action for step in found]
                self.assertEqual(len(actions), len(set(actions)))
                for step in found:
                    self.assertIn(step.action, handlers.HANDLERS)
                    self.assertGreater(step.timeout, 0)
                    self.assertTrue(step.note.endswith("."), step.note)

    def test_the_timeline(self) -> None:
        for rung in replica_plans.RUNGS:
            for name, made in choices().items():
                marks = [s.marks for s in rung.steps(made) if s.marks]
                wanted = ["fenced", "restored", "first_good"]
                if rung.name == "take_out":
                    wanted = ["restored", "fenced"]
                elif rung.name in ("withdraw", "hand_over"):
                    wanted = ["restored"]
                elif rung.name == "switchover":
                    wanted = ["fenced", "first_good"]
                    if made.member.policy.stateful:
                        wanted.insert(0, "restored")
                elif rung.name != "fail_over":
                    wanted = ["fenced", "repaired"]
                    if rung.name != "repair_standby" or "False" in name[-5:]:
                        wanted = ["repaired"]
                elif not made.member.policy.stateful:
                    wanted.remove("restored")
                self.assertEqual(wanted, marks, f"{rung.name} {name}")

    def test_order(self) -> None:
        met = set()
        for rung in replica_plans.RUNGS:
            for made in choices().values():
                actions = [step.action for step in rung.steps(made)]
                for order in ORDERS:
                    first, second = order
                    if first in actions and second in actions:
                        met.add(order)
                        other_way: tuple[tuple[str, str], ...] = PLANNED
                        if rung.name == "fail_over":
                            sealed = "isolate_member" not in actions
                            other_way = EARLY if sealed else ()
                        if order in other_way:
                            first, second = second, first
                        self.assertLess(
                            actions.index(first),
                            actions.index(second),
                            f"{rung.name}: {order}",
                        )
        self.assertEqual(set(ORDERS), met)

    def test_without_a_standby_there_is_nothing_to_plan(self) -> None:
        alone = test_rules.a_replica(standby=None)
        for rung in ("fail_over", "remake_standby", "repair_standby"):
            self.assertRaises(ValueError, steps, rung, member=alone)
        self.assertIn("create_member", steps("make_standby", member=alone))


class DecidedTest(base.TestCase):
    """The plans that decisions lead to."""

    @hypothesis.given(strategies.troubled)
    def test_the_service_moves_to_a_standby_that_is_ready(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            actions = [step.action for step in verdict.steps]
            moves = {"isolate_member", "move_address", "promote"}
            moves.add("seal_member")
            spread = members[verdict.group_id].mechanism.spreads
            if verdict.rung != "fail_over" or spread:
                moves -= {"seal_member", "promote"} if spread else set()
                self.assertEqual(set(), moves & set(actions))
                continue
            standby = test_rules.standby_of(members[verdict.group_id])
            self.assertTrue(standby.ready)
            self.assertEqual(
                ["isolate_member", "move_address", "promote", "seal_member"],
                [action for action in actions if action in moves],
            )

    @hypothesis.given(strategies.troubled)
    def test_none_is_named_that_the_facts_lack(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            member = members[verdict.group_id]
            known = {None, member.member_id}
            if member.standby is not None:
                known.add(member.standby.member_id)
            named = {step.args.get("member_id") for step in verdict.steps}
            self.assertLessEqual(named, known)

    @hypothesis.given(strategies.troubled)
    def test_a_standby_is_made_on_another_host(
        self, seen: facts.Facts
    ) -> None:
        members = {member.group_id: member for member in seen.members}
        for verdict in test_rules.acts(decision.decide(seen)):
            for step in verdict.steps:
                if step.action == "create_member":
                    member = members[verdict.group_id]
                    used = {o.host for o in member.standbys if not o.lost}
                    self.assertNotIn(
                        step.args["host"], {None, member.host, *used}
                    )


class ArgumentsTest(base.TestCase):
    def test_fail_over(self) -> None:
        found = steps("fail_over")
        failed = {"member_id": "m1", "host": "h1"}
        for action in ("isolate_member", "seal_member"):
            self.assertEqual(failed, found[action].args, action)
        for action in ("give_state", "move_address", "promote"):
            self.assertEqual("m2", found[action].args["member_id"], action)

    def test_who_runs_is_not_waited_for_as_one_that_boots(self) -> None:
        detection = test_rules.HOOKED.detection
        silent = detection.initial_timeout * detection.max_misses
        self.assertLess(silent, detection.boot_timeout)
        for rung in ("fail_over", "switchover"):
            found = steps(rung)
            self.assertEqual(silent, found["verify_service"].timeout)
            hook = test_rules.HOOKED.state_protection.hook
            assert hook is not None
            self.assertEqual(
                silent + hook.timeout, found["give_state"].timeout
            )
        found = steps("repair_standby")
        self.assertEqual(detection.boot_timeout, found["join_standby"].timeout)

    def test_stateless_fail_over_gives_nothing(self) -> None:
        found = steps("fail_over", member=test_rules.a_replica())
        self.assertNotIn("give_state", found)

    def test_repair(self) -> None:
        near, far = (
            steps("repair_standby", standby_host_lost=lost)
            for lost in (False, True)
        )
        which = {"member_id": "m2"}
        self.assertEqual(which, near["stop_server"].args)
        self.assertNotIn("evacuate_server", near)
        self.assertNotIn("stop_server", far)
        self.assertEqual(
            {**which, "host": "h2", "target": "h3", "start": False},
            far["evacuate_server"].args,
        )
        for action in ("fence_host", "force_down"):
            self.assertEqual({"host": "h2"}, far[action].args)
        for found in (near, far):
            for action in ("admit_member", "start_server"):
                self.assertEqual(which, found[action].args)

    def test_making(self) -> None:
        for rung in ("make_standby", "remake_standby"):
            found = steps(rung)
            self.assertEqual({"host": "h3"}, found["create_member"].args)
            self.assertNotIn("create_volume", found)
            found = steps(
                rung,
                member=test_rules.a_replica(
                    policy=test_rules.HOOKED, volume_backed=True
                ),
            )
            self.assertEqual({"host": "h3"}, found["create_volume"].args)
        self.assertEqual({"member_id": "m2"}, found["remove_member"].args)
