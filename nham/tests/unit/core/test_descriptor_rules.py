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

"""The rules of resiliency policies, each with a policy that breaks it."""

from typing import Any

from nham.core import descriptor
from nham.core.descriptor import rules
from nham.tests import base
from nham.tests.unit.core import descriptor_samples as samples
from nham.tests.unit.core.descriptor import replica_examples
from nham.tests.unit.core.descriptor import rule_examples


def _check(properties: Any, targets: Any = ("image",)) -> list[str]:
    return [
        str(problem)
        for problem in descriptor.check(
            samples.data(properties, targets), samples.CONTEXT
        )
    ]


class TestRules(base.TestCase):
    def test_each_rule_has_an_example(self) -> None:
        self.assertEqual(
            {rule.sentence for rule in rules.RULES}, set(rule_examples.BROKEN)
        )

    def test_each_rule_finds_its_examples_and_only_those(self) -> None:
        for sentence, cases in rule_examples.BROKEN.items():
            for targets, properties, fields in cases:
                with self.subTest(rule=sentence, properties=properties):
                    found = descriptor.check(
                        samples.data(properties, targets), samples.CONTEXT
                    )
                    rule = next(
                        item
                        for item in rules.RULES
                        if item.sentence == sentence
                    )
                    if rule.kind != "advice":
                        found = [
                            item for item in found if item.severity == "error"
                        ]
                    self.assertEqual(
                        sorted(fields), sorted(item.field for item in found)
                    )
                    if rule.kind != "unsupported":
                        self.assertIn(sentence, str(found))

    def test_a_cooldown_of_replicas_is_not_a_snapshot_interval(self) -> None:
        found = _check(
            {
                **replica_examples.stateful(),
                **replica_examples.SPREAD,
                "cooldown": "250 ms",
            }
        )
        self.assertEqual([], found)

    def test_too_short_an_interval_is_refused_with_the_sum(self) -> None:
        found = _check(
            {
                "stateful": True,
                "cooldown": "250 ms",
                "state_protection": samples.SNAPSHOT,
            }
        )
        self.assertIn(
            "a snapshot takes about 1.8 s, one every 250 ms would need "
            "7.2 s of each second",
            found[0],
        )

    def test_a_vdu_with_its_own_policy_is_not_the_vnf_policys(self) -> None:
        context = descriptor.Context(
            samples.CONTEXT.targets, frozenset(("volume", "VNF"))
        )
        data = samples.data(
            {"stateful": True, "state_protection": samples.SNAPSHOT}, ("VNF",)
        )
        self.assertEqual([], descriptor.check(data, context))

    def test_every_mistake_of_one_property_is_found_once(self) -> None:
        for properties, start in rule_examples.MISTAKES:
            with self.subTest(properties=properties):
                found = _check(properties)
                self.assertEqual(1, len(found), str(found))
                self.assertTrue(found[0].startswith(start), str(found))

    def test_targets_must_be_names(self) -> None:
        for targets in (None, [], "image", [1], {"image": 1}):
            self.assertEqual(
                ["targets: must be a list with at least one name"],
                _check({}, targets),
            )

    def test_a_target_has_one_policy(self) -> None:
        found = list(
            descriptor.check_together(
                [
                    samples.data({}, ("image", "VNF"), "a"),
                    samples.data({}, ("volume", "image"), "b"),
                    samples.data({}, None, "b"),
                ]
            )
        )
        self.assertEqual([1, 1, 2], [index for index, _ in found])
        self.assertIn("image has a already", found[1][1].rule)
        self.assertIn("used by two policies", found[2][1].rule)

    def test_a_problem_is_one_line(self) -> None:
        problem = descriptor.Problem("sal", "is odd", "a.yaml", 7)
        self.assertEqual("a.yaml:7: sal: is odd", str(problem))
        problem = descriptor.Problem("a\nb", "\x1b[31mred", "a.yaml", 7)
        self.assertEqual("a.yaml:7: a\\nb: \\x1b[31mred", str(problem))
