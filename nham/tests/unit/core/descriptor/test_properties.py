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

"""Tests of what a property says of itself, and of a policy's value."""

from __future__ import annotations

from typing import Any

from nham.core import descriptor
from nham.core.descriptor import properties
from nham.tests import base


class PropertyTest(base.TestCase):
    def test_key_is_its_name_within_its_block(self) -> None:
        for path in ("port", "hook.port", "state_protection.hook.port"):
            prop = properties.Property(path, "integer", "a port")
            self.assertEqual("port", prop.key)

    def test_value_lies_where_the_attribute_says(self) -> None:
        model = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            priority=7,
            escalation=descriptor.Escalation(count=4),
        )
        plain = properties.Property("priority", "integer", "an order")
        self.assertEqual(7, plain.value_of(model))
        named = properties.Property(
            "escalation_count", "integer", "faults", "escalation.count"
        )
        self.assertEqual(4, named.value_of(model))

    def test_values_are_shown_as_a_descriptor_says_them(self) -> None:
        cases: tuple[tuple[str, Any, str], ...] = (
            ("duration", 0.25, "250 ms"),
            ("size", 2000, "2 kB"),
            ("boolean", True, "true"),
            ("boolean", False, "false"),
            ("choices", ("vm", "host"), "[vm, host]"),
            ("range", (200, 399), "[200, 399]"),
            ("integer", 3, "3"),
            ("string", None, "-"),
        )
        for kind, value, shown in cases:
            prop = properties.Property("x", kind, "a value")
            self.assertEqual(shown, prop.render(value), kind)
