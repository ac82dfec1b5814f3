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

"""Tests of how an operator changes some properties of a policy."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core.descriptor import overrides
from nham.tests import base
from nham.tests.unit.core import descriptor_samples as samples
from nham.tests.unit.core.descriptor import replica_examples as examples

FULL = {
    **examples.stateful(timeout="1500 ms", max_size="2 MB", token="t"),
    "standby": "warm",
    "failback": "auto",
    "num_backups": 1,
    "detection": {"poll_interval": "250 ms", "max_misses": 4},
    "probes": [
        {"type": "icmp"},
        {"type": "http", "port": 80, "expect_status": [200, 299]},
    ],
    "escalation": ["vm", "host"],
    "probation": "2 m",
    "sal": 3,
}
ALONE = {
    "redundancy": "0R",
    "stateful": True,
    "cooldown": "30 s",
    "state_protection": {"method": "image_snapshot", "quiesce": False},
}


def made(properties: dict[str, Any]) -> descriptor.ResiliencyPolicy:
    """Return the policy of a descriptor for the VDU ``image``."""
    return descriptor.build(samples.data(properties), samples.CONTEXT)


def overridden(
    policy: descriptor.ResiliencyPolicy,
    values: dict[str, Any],
    unset: Sequence[str] = (),
) -> descriptor.ResiliencyPolicy:
    """Return a policy with changes."""
    data = descriptor.override(policy, values, unset)
    return descriptor.build(data, samples.CONTEXT)


def change(
    properties: dict[str, Any], *unset: str, **values: Any
) -> descriptor.ResiliencyPolicy:
    """Return a policy with changes; two low lines stand for a dot."""
    return overridden(
        made(properties),
        {path.replace("__", "."): value for path, value in values.items()},
        unset,
    )


class TestOverride(base.TestCase):
    """Properties that are set or have their default again."""

    def refused(
        self, wanted: str, values: dict[str, Any], *unset: str
    ) -> None:
        """See that the full policy cannot be changed so."""
        policy = made(FULL)
        refusal = self.assertRaises(
            ValueError, overridden, policy, values, unset
        )
        self.assertIn(wanted, str(refusal))

    def test_without_changes_it_is_the_same(self) -> None:
        for properties in (FULL, examples.SPREAD, examples.STANDBY):
            self.assertEqual(made(properties), change(properties))

    def test_one_property_changes_and_is_given(self) -> None:
        found = change(FULL, detection__poll_interval="2 s")
        policy = made(FULL)
        detection = dataclasses.replace(policy.detection, poll_interval=2.0)
        self.assertEqual(
            dataclasses.replace(policy, detection=detection), found
        )
        found = change(FULL, detection__boot_timeout="1 m", priority=7)
        self.assertEqual((60.0, 7), (found.detection.boot_timeout, 7))
        self.assertLessEqual(
            {"detection.boot_timeout", "priority"}, found.given
        )

    def test_a_block_at_once(self) -> None:
        found = change(
            FULL, detection={"max_misses": 9}, probes=[{"type": "icmp"}]
        )
        self.assertEqual(descriptor.Detection(max_misses=9), found.detection)
        self.assertEqual((descriptor.ProbeSpec(type="icmp"),), found.probes)

    def test_probes_by_their_place(self) -> None:
        values = {"probes[1].port": 81, "probes[2].type": "icmp"}
        policy = made(FULL)
        found = overridden(policy, values)
        probe = dataclasses.replace(policy.probes[1], port=81)
        self.assertEqual(
            (*policy.probes[:1], probe, descriptor.ProbeSpec(type="icmp")),
            found.probes,
        )
        found = change(FULL, "probes[0]")
        self.assertEqual(policy.probes[1:], found.probes)

    def test_defaults_again(self) -> None:
        found = change(
            FULL, "detection", "state_protection.hook.timeout", "sal"
        )
        self.assertEqual(descriptor.Detection(), found.detection)
        hook = found.state_protection.hook
        assert hook is not None
        self.assertEqual((5.0, "t"), (hook.timeout, hook.token))
        self.assertNotIn("sal", found.given)

    def test_to_another_mechanism_and_back(self) -> None:
        alone = {"redundancy": "0R", "probes": [{"type": "icmp"}]}
        policy = change(
            alone,
            redundancy="1R-AS",
            service_address__driver="floating_ip",
            failback="auto",
        )
        self.assertEqual(1, policy.num_backups)
        again = overridden(
            policy,
            {"redundancy": "0R"},
            ["service_address.driver", "failback"],
        )
        self.assertEqual(made(alone), again)

    def test_cooldown_is_the_interval(self) -> None:
        self.assertEqual(30.0, change(ALONE).state_protection.interval)
        for path in ("cooldown", "state_protection__interval"):
            found = change(ALONE, **{path: "40 s"})
            self.assertEqual(40.0, found.state_protection.interval)
        found = change(ALONE, "cooldown")
        self.assertEqual(60.0, found.state_protection.interval)
        both = {"cooldown": "40 s", "state_protection.interval": "40 s"}
        self.refused("cooldown: is state_protection.interval", both)

    def test_what_breaks_a_rule_is_refused(self) -> None:
        self.refused("num_backups: 1R-A", {"num_backups": 2})
        self.refused("redundancy: must be one of", {"redundancy": "2R"})
        self.refused("redundancy: is required", {}, "redundancy")
        self.refused("detection.speed: is unknown", {"detection.speed": 1})
        self.refused("colour: is unknown", {"colour.red": 1, "sal": 3})
        self.refused("service_address.driver", {}, "service_address")
        self.refused("probes[1].port: a probe", {}, "probes[1].port")

    def test_what_is_no_path_is_refused(self) -> None:
        for path in ("", "a..b", "detection.", "probes[x]", "[0]", "A b"):
            for values, unset in (({path: 1}, ()), ({}, (path,))):
                self.refused(
                    f"{path}: must be the path of a property", values, *unset
                )
        self.refused("sal: is both set and unset", {"sal": 1}, "sal")
        self.refused("priority: is not given", {}, "priority")
        self.refused("probes[2]: is not given", {}, "probes[2]")
        self.refused("sal.high: is not given", {}, "sal.high")
        self.refused("sal.high: high stands in no block", {"sal.high": 1})
        self.refused("sal[0]: [0] stands after no list", {"sal[0]": 1})
        self.refused("list has 2 entries", {"probes[3].type": "icmp"})

    @hypothesis.given(
        seconds=st.integers(min_value=50, max_value=10**9),
        size=st.integers(min_value=1, max_value=10**9),
    )
    def test_what_is_given_is_written_out_exactly(
        self, seconds: int, size: int
    ) -> None:
        policy = change(
            FULL,
            # No level asks for a detection as slow as that.
            "sal",
            detection__poll_interval=f"{seconds} ms",
            state_protection__hook__max_size=f"{size} B",
        )
        data = samples.data(overrides.given(policy))
        self.assertEqual(policy, descriptor.build(data, samples.CONTEXT))
