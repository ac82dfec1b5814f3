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

"""The manual names every property, default and rule."""

import pathlib
import re
import textwrap

import yaml

from nham.core import descriptor
from nham.core.descriptor import blocks
from nham.core.descriptor import durations
from nham.core.descriptor import rules
from nham.core.descriptor import schema
from nham.core.descriptor import sizes
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples

_PAGE = pathlib.Path(__file__).parents[4] / "doc/source/user/descriptor.rst"


class TestManual(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        if not _PAGE.exists():
            self.skipTest("the manual is not beside the installed package")
        self.text = _PAGE.read_text()
        self.words = " ".join(self.text.split())

    def test_every_property(self) -> None:
        for table in (schema.TOP, *schema.BLOCKS.values()):
            for prop in table:
                self.assertIn(f"* - ``{prop.key}``", self.text)
                for choice in prop.choices:
                    self.assertIn(f"``{choice}``", self.text)

    def test_defaults(self) -> None:
        policy = descriptor.ResiliencyPolicy(
            "name",
            ("target",),
            state_protection=descriptor.StateProtection(
                hook=descriptor.Hook(port=80)
            ),
        )
        count = 0
        for prop in (*schema.POLICY, *blocks.HOOK):
            row = re.search(
                rf"\* - ``{prop.key}``\n +- .*(?:\n    .*)*?\n     - (.+)\n",
                self.text,
            )
            if row is None:
                self.fail(f"{prop.path} has no row")
            default = row.group(1).strip("`")
            value = prop.value_of(policy)
            if prop.kind == "duration" and value is not None:
                self.assertEqual(value, durations.parse(default), prop.path)
            elif prop.kind == "size" and value is not None:
                self.assertEqual(value, sizes.parse(default), prop.path)
            elif prop.kind in ("integer", "boolean", "choice", "string") and (
                default not in ("none", "required")
                and prop.path != "num_backups"
            ):
                self.assertEqual(prop.render(value), default, prop.path)
            else:
                continue
            count += 1
        self.assertGreater(count, 18)

    def test_every_rule(self) -> None:
        for rule in rules.RULES:
            self.assertIn(f"* {rule.sentence}", self.words)

    def test_every_service_address_driver(self) -> None:
        section = self.words.partition("Service address drivers ===")[2]
        for name, driver in descriptor.DRIVERS.items():
            traps = "".join(f" * {trap}" for trap in driver.traps)
            self.assertIn(
                f"``{name}`` {driver.purpose} {driver.cost}{traps}", section
            )

    def test_the_example_is_valid(self) -> None:
        block = re.findall(r"\n( +)policies:\n((?:\1 +.*\n)+)", self.text)
        _, body = block[0]
        policies = yaml.safe_load(body)
        texts = samples.package()
        data = yaml.safe_load(texts[samples.DF])
        data["topology_template"]["policies"] = policies
        texts[samples.DF] = yaml.safe_dump(data)
        found = reader.read(samples.zipped(texts))
        self.assertEqual(
            ["VNF_resiliency", "VDU2_resiliency"],
            [policy.name for policy in found.policies],
        )

    def test_the_examples_of_a_standby_are_valid(self) -> None:
        bodies = re.findall(r"\n( +redundancy: 1R.*\n(?: +.*\n)+)", self.text)
        for body in bodies:
            policy = {
                "type": "nham.policies.nfv.Resiliency",
                "targets": ["router"],
                "properties": yaml.safe_load(textwrap.dedent(body)),
            }
            found = reader.read(samples.plain({"example": policy}))
            self.assertEqual(1, found.policies[0].num_backups)
        self.assertEqual(4, len(bodies))
