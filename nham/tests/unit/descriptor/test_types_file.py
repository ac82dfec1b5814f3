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

"""The definitions file says what the schema of the policies says."""

from typing import Any

import yaml

from nham.core import descriptor
from nham.core.descriptor import durations
from nham.core.descriptor import properties
from nham.core.descriptor import schema
from nham.core.descriptor import sizes
from nham.descriptor import files
from nham.descriptor import parser
from nham.tests import base

_TYPES = {
    "duration": "scalar-unit.time",
    "size": "scalar-unit.size",
    "integer": "integer",
    "boolean": "boolean",
    "string": "string",
    "choice": "string",
    "choices": "list",
    "range": "list",
}
#: TOSCA cannot say that a limit depends on the method; in the file it is the
#: lowest of the methods, so that Tacker refuses no descriptor that is right.
_STRICTER = {"interval": 0.2, "rpo": 0.2}


class TestTypesFile(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.data = yaml.safe_load(files.types_text())

    def blocks(self) -> list[tuple[Any, tuple[properties.Property, ...]]]:
        """Return the properties of each type with those of the schema."""
        types = self.data["data_types"]
        policy = self.data["policy_types"]["nham.policies.nfv.Resiliency"]
        return [
            (policy["properties"], schema.TOP),
            *(
                (
                    types[f"nham.datatypes.nfv.{name}"]["properties"],
                    schema.BLOCKS[block],
                )
                for name, block in (
                    ("Detection", "detection"),
                    ("StateProtection", "state_protection"),
                    ("Probe", "probes"),
                    ("Hook", "state_protection.hook"),
                    ("ServiceAddress", "service_address"),
                )
            ),
        ]

    def test_names_types_and_limits(self) -> None:
        for written, table in self.blocks():
            self.assertEqual({prop.key for prop in table}, set(written))
            for prop in table:
                if prop.kind in _TYPES:
                    self.check(prop, written[prop.key])

    def check(self, prop: properties.Property, written: Any) -> None:
        self.assertEqual(_TYPES[prop.kind], written["type"], prop.path)
        self.assertEqual(prop.required, written["required"], prop.path)
        schema_of = written.get("entry_schema", written)
        limits: dict[str, Any] = {}
        for constraint in schema_of.get("constraints", []):
            limits.update(constraint)
        if prop.choices:
            self.assertEqual(list(prop.choices), limits["valid_values"])
        elif prop.kind == "duration":
            low = durations.parse(limits["greater_or_equal"])
            self.assertEqual(_STRICTER.get(prop.key, prop.low), low)
        elif prop.kind == "size":
            low, high = map(sizes.parse, limits["in_range"])
            self.assertEqual((prop.low, prop.high), (low, high), prop.path)
        elif prop.low is not None:
            self.assertEqual([prop.low, prop.high], limits["in_range"])

    def test_defaults_are_those_of_the_model(self) -> None:
        policy = descriptor.ResiliencyPolicy(
            "name",
            ("target",),
            state_protection=descriptor.StateProtection(
                hook=descriptor.Hook(port=80)
            ),
        )
        count = 0
        for written, table in self.blocks():
            for prop in table:
                if "default" in written[prop.key]:
                    default = written[prop.key]["default"]
                    if prop.kind == "duration":
                        default = durations.parse(default)
                    elif prop.kind == "size":
                        default = sizes.parse(default)
                    self.assertEqual(prop.value_of(policy), default)
                    count += 1
        self.assertGreater(count, 17)

    def test_tosca_parser_takes_it(self) -> None:
        self.assertEqual(
            [], parser.refusals({"types.yaml": self.data}, "types.yaml")
        )
