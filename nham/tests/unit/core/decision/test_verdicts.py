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

"""What a verdict says beside its plan, and those that are ordered."""

from __future__ import annotations

import dataclasses
from typing import Any

from nham.core import decision
from nham.core import facts
from nham.tests import base
from nham.tests.unit.core.decision import test_rules

Health = facts.Health


class SubjectTest(base.TestCase):
    """What a verdict says has failed."""

    def subject(self, there: dict[str, Any], **fields: Any) -> str:
        """Return it, h2 being as given."""
        seen = facts.Facts(
            members=(test_rules.a_replica(**fields),),
            hosts=(
                facts.HostFacts(name="h1", probe=Health.OK),
                facts.HostFacts(name="h2", **{"probe": Health.OK, **there}),
                facts.HostFacts(name="h3", probe=Health.OK),
            ),
        )
        (verdict,) = decision.decide(seen).verdicts
        return verdict.subject

    def test_of_the_service(self) -> None:
        lost = {"probe": Health.DEAD, "service": False}
        beside = test_rules.a_standby(host="h3")
        silent = {"app": Health.DEAD, "icmp": Health.DEAD, "host": "h2"}
        for there, wanted in (({}, "s"), (lost, "h2")):
            for standby in (beside, None):
                self.assertEqual(
                    wanted, self.subject(there, standby=standby, **silent)
                )

    def test_of_a_standby(self) -> None:
        lost = {"probe": Health.DEAD, "service": False}
        silent = test_rules.a_standby(app=Health.DEAD, icmp=Health.DEAD)
        self.assertEqual("s2", self.subject({}, standby=silent))
        self.assertEqual("h2", self.subject(lost, standby=silent))
        self.assertEqual("VDU1-0", self.subject({}, standby=None))


class SwitchoverTest(base.TestCase):
    def test_an_operator_has_the_standby_take_over(self) -> None:
        member = test_rules.a_replica(policy=test_rules.HOOKED)
        member = dataclasses.replace(
            member, standbys=(test_rules.a_standby(sequence=7),)
        )
        verdict = decision.switchover_verdict(member, "asked")
        self.assertEqual(
            ["give_state", "move_address", "seal_member", "promote"]
            + ["verify_service"],
            [step.action for step in verdict.steps],
        )
        named = [step.args.get("member_id") for step in verdict.steps]
        self.assertEqual(["m2", "m2", "m1", "m2", None], named)
        self.assertIs(decision.Kind.ACT, verdict.kind)
        self.assertEqual("s", verdict.subject)
        self.assertEqual("asked", verdict.reasons[0])

    def test_it_is_moved_while_the_application_stands_still(self) -> None:
        member = test_rules.a_replica(policy=test_rules.HOOKED)
        for held_until, wanted in ((None, None), (100.0, 97.0)):
            verdict = decision.switchover_verdict(member, "x", held_until)
            before = [step.args.get("before") for step in verdict.steps]
            self.assertEqual([None, wanted, None, None, None], before)
            stands = "stands still meanwhile" in verdict.reasons[1]
            self.assertEqual(held_until is not None, stands)

    def test_it_is_refused_where_none_could(self) -> None:
        for standby in (None, test_rules.a_standby(app=Health.DEAD)):
            member = test_rules.a_replica(standby=standby)
            error = self.assertRaises(
                ValueError, decision.switchover_verdict, member, "asked"
            )
            self.assertIn("standby", str(error))


class RestoreTest(base.TestCase):
    def test_what_the_vnf_imports_is_given_while_it_runs(self) -> None:
        verdict = decision.restore_verdict(
            test_rules.a_replica(policy=test_rules.HOOKED),
            "c1",
            "restore",
            "asked",
            imported=True,
        )
        step, verify = verdict.steps
        self.assertEqual("give_state", step.action)
        self.assertEqual("verify_service", verify.action)
        self.assertEqual(
            {"member_id": "m1", "checkpoint_id": "c1", "must": True},
            step.args,
        )
        self.assertEqual("import_state", verdict.rung)
        self.assertEqual("s", verdict.subject)

    def test_the_newest_state_is_given_where_none_is_named(self) -> None:
        verdict = decision.restore_verdict(
            test_rules.a_replica(policy=test_rules.HOOKED),
            None,
            "came-back-empty",
            "it started anew",
            imported=True,
        )
        step, _verify = verdict.steps
        self.assertEqual(
            {"member_id": "m1", "checkpoint_id": None, "must": True},
            step.args,
        )

    def test_an_ordered_restore_does_not_ask_whether_it_is_dead(self) -> None:
        verdict = decision.restore_verdict(
            test_rules.a_member(), "c1", "restore", "because an operator asked"
        )
        self.assertEqual(
            ["rebuild_server", "verify_service", "check_record"],
            [step.action for step in verdict.steps],
        )
        self.assertEqual("c1", verdict.steps[0].args["checkpoint_id"])
        self.assertEqual("restore", verdict.rule)
        self.assertEqual("because an operator asked", verdict.reasons[0])
        self.assertIs(decision.Kind.ACT, verdict.kind)
