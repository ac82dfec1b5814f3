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

"""What each rung's plan consists of."""

from __future__ import annotations

from typing import Any

from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core.decision import plans
from nham.core.decision import replicas
from nham.recovery import handlers
from nham.recovery import runner
from nham.tests import base
from nham.tests.unit.core.decision import test_rules

HOST = facts.HostFacts(name="h1")


def steps(rung: str, **fields: Any) -> dict[str, model.Step]:
    """Return a rung's steps by action."""
    values: dict[str, Any] = {
        "member": test_rules.a_replica(standbys=TWO),
        "host": HOST,
        "target": "h3",
        **fields,
    }
    made = plans.RUNGS[rung].steps(plans.Choice(**values))
    return {step.action: step for step in made}


#: One more than the policy asks for.
TWO = (
    test_rules.a_standby(),
    test_rules.a_standby(member_id="m3", server_id="s3", host="h3"),
)
#: What moves the service, or happens beside it.
_GROUP = {"fail_over", "switchover", "hand_over", *replicas.BESIDE}


class RungsTest(base.TestCase):
    def test_each_action_has_a_handler(self) -> None:
        # The runner is what loads them.
        self.assertTrue(runner.Runner)
        stuck = test_rules.a_replica(
            policy=test_rules.HOOKED, operation="stuck", standbys=TWO
        )
        for name, rung in plans.RUNGS.items():
            self.assertEqual(name, rung.name)
            for action, step in steps(
                name, member=stuck, host_lost=True, checkpoint_id="c"
            ).items():
                self.assertIn(action, handlers.HANDLERS)
                self.assertGreater(step.timeout, 0)
                self.assertTrue(step.note.endswith("."), step.note)

    def test_the_timeline_is_complete(self) -> None:
        for name in set(plans.RUNGS) - _GROUP:
            for checkpoint_id in (None, "c"):
                marks = [
                    step.marks
                    for step in steps(
                        name, host_lost=True, checkpoint_id=checkpoint_id
                    ).values()
                    if step.marks
                ]
                fenced = ["fenced"] * (name in ("evacuate", "replace"))
                self.assertEqual(
                    [*fenced, "restored", "first_good", "repaired"], marks
                )


class ReplicaTest(base.TestCase):
    """What the ladder does to a member of a replica group."""

    LADDER = set(plans.RUNGS) - _GROUP

    def test_its_ports_are_enabled_before_it_is_brought_back(self) -> None:
        for name in self.LADDER:
            made = steps(name, member=test_rules.a_replica(), host_lost=True)
            actions = list(made)
            at = actions.index("admit_member")
            restores = next(
                a for a, s in made.items() if s.marks == "restored"
            )
            self.assertLess(at, actions.index(restores), name)
            if "fence_host" in actions:
                self.assertLess(actions.index("force_down"), at, name)
            # The ports of a server that is gone are not found by its id.
            if "delete_server" in actions:
                self.assertLess(at, actions.index("delete_server"))
            alone = steps(name, member=test_rules.a_member())
            self.assertNotIn("admit_member", alone)

    def test_its_state_is_given_to_whom_it_has_become(self) -> None:
        for name in self.LADDER:
            member = test_rules.a_replica(policy=test_rules.HOOKED)
            made = steps(name, member=member, image_id="i")
            self.assertNotIn("member_id", made["give_state"].args, name)
            actions = list(made)
            self.assertEqual(
                ["give_state", "verify_service", "check_record"], actions[-3:]
            )


class ArgumentsTest(base.TestCase):
    def test_confirm_knows_who_answered(self) -> None:
        ok, dead = facts.Health.OK, facts.Health.DEAD
        for app, icmp, wanted in (
            (dead, dead, []),
            (dead, ok, ["icmp"]),
            (ok, ok, ["app", "icmp"]),
            (dead, facts.Health.SLOW, []),
        ):
            member = test_rules.a_member(app=app, icmp=icmp)
            step = steps("hard_reboot", member=member)["confirm_fault"]
            wished = {"answered": wanted, "host": "h1"}
            self.assertEqual(wished, step.args)

    def test_evacuation(self) -> None:
        affine = test_rules.a_member(affinity=True)
        found = steps("evacuate", member=affine, checkpoint_id="c")
        self.assertEqual(
            {"host": "h1", "start": False},
            found["evacuate_server"].args,
        )
        for action in ("fence_host", "force_down"):
            self.assertEqual({"host": "h1"}, found[action].args)
        self.assertEqual("c", found["rebuild_server"].args["checkpoint_id"])
        self.assertNotIn("rebuild_server", steps("evacuate", image_id="i"))

    def test_heal_names_what_it_restores_and_replaces(self) -> None:
        found = steps("replace", image_id="i")
        self.assertEqual(
            {"checkpoint_id": None, "image_id": "i", "server_id": "s"},
            found["heal_vnfc"].args,
        )
        self.assertNotIn("fence_host", found)
        self.assertIn("fence_host", steps("replace", host_lost=True))

    def test_boot_time_is_the_policy_s(self) -> None:
        policy = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            detection=descriptor.Detection(boot_timeout=12.0),
        )
        found = steps(
            "evacuate",
            member=test_rules.a_member(policy=policy),
            checkpoint_id="c",
        )
        self.assertEqual(12.0, found["verify_service"].timeout)
