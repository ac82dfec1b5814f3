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

"""The words and defaults of resiliency policies."""

import json
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core.descriptor import durations
from nham.core.descriptor import schema
from nham.tests import base
from nham.tests.unit.core import descriptor_samples as samples


class TestWords(base.TestCase):
    def test_zones_are_ordered_by_size(self) -> None:
        vnfc, vm, host, site = descriptor.Zone
        self.assertEqual([vnfc, vm, host, site], sorted(descriptor.Zone))
        self.assertTrue(vnfc < vm <= vm < host < site)
        self.assertTrue(site > host >= host > vm)
        self.assertEqual([0, 1, 2, 3], [zone.rank for zone in descriptor.Zone])
        self.assertRaises(TypeError, lambda: vm < "host")

    def test_mechanisms_have_the_names_of_the_paper(self) -> None:
        self.assertEqual(
            ["0R", "1R-AS", "1R-AA", "MR-AA"],
            [word.value for word in descriptor.Mechanism],
        )


class TestDurations(base.TestCase):
    def test_units(self) -> None:
        for text, seconds in (
            ("250 ms", 0.25),
            ("250ms", 0.25),
            ("1.5 s", 1.5),
            ("5 m", 300.0),
            ("2 h", 7200.0),
            ("1 d", 86400.0),
            ("7 us", 7e-6),
            ("7 ns", 7e-9),
            ("0 s", 0.0),
        ):
            self.assertEqual(seconds, durations.parse(text))

    def test_what_is_no_duration(self) -> None:
        for text in (
            "",
            "5",
            5,
            None,
            "5 parsecs",
            "-1 s",
            "1 MS",
            "1e3 s",
            "1.2.3 s",
            " 1 s",
            "1 s ",
            "\u0661 s",
            ["1 s"],
        ):
            self.assertRaises(ValueError, durations.parse, text)

    @hypothesis.given(
        st.integers(1, 10**7), st.sampled_from(["d", "h", "m", "s", "ms"])
    )
    def test_rendered_is_read_back(self, number: int, unit: str) -> None:
        seconds = durations.parse(f"{number} {unit}")
        self.assertEqual(seconds, durations.parse(durations.render(seconds)))


class TestPolicy(base.TestCase):
    def test_defaults(self) -> None:
        policy = descriptor.build(samples.data({}), samples.CONTEXT)
        self.assertEqual(descriptor.Detection(), policy.detection)
        self.assertEqual(descriptor.StateProtection(), policy.state_protection)
        self.assertEqual(descriptor.Escalation(), policy.escalation)
        self.assertEqual(frozenset(("redundancy",)), policy.given)
        self.assertFalse(policy.whole_vnf)

    def test_default_detection_at_250_ms_takes_less_than_a_second(
        self,
    ) -> None:
        detection = descriptor.Detection(poll_interval=0.25)
        self.assertLess(
            detection.poll_interval * detection.max_misses
            + detection.min_timeout,
            1.0,
        )

    def test_cooldown_is_the_interval_that_is_not_given(self) -> None:
        policy = descriptor.build(
            samples.data(
                {
                    "stateful": True,
                    "cooldown": "20 s",
                    "state_protection": samples.SNAPSHOT,
                }
            ),
            samples.CONTEXT,
        )
        self.assertEqual(20.0, policy.state_protection.interval)
        self.assertIn("state_protection.interval", policy.given)

    def test_a_wrong_policy_is_not_built(self) -> None:
        self.assertRaisesRegex(
            ValueError,
            "quux: is unknown",
            descriptor.build,
            samples.data({"quux": 1}),
            samples.CONTEXT,
        )

    def test_so_many_checkpoints_are_kept(self) -> None:
        for sizes, total, wanted in (
            ((), 10, 0),
            ((4,), 1, 1),
            ((4, 4, 4, 4), None, 3),
            ((4, 4, 4, 4), 12, 3),
            ((4, 4, 4, 4), 11, 2),
            ((4, 8, 1), 11, 1),
        ):
            protection = descriptor.StateProtection(
                method="hook", retention=3, max_total=total
            )
            self.assertEqual(wanted, protection.kept(sizes), str(sizes))

    def test_the_policy_of_the_vdu_wins(self) -> None:
        vnf = descriptor.build(
            samples.data({}, ("VNF",), "vnf"), samples.CONTEXT
        )
        vdu = descriptor.build(
            samples.data({}, ("image",), "vdu"), samples.CONTEXT
        )
        for policies in ((vnf, vdu), (vdu, vnf)):
            self.assertEqual(vdu, descriptor.policy_for("image", policies))
            self.assertEqual(vnf, descriptor.policy_for("other", policies))
        self.assertIsNone(descriptor.policy_for("other", (vdu,)))

    def test_explain_names_every_property(self) -> None:
        policy = descriptor.build(
            samples.data(
                {
                    "probes": [{"type": "http", "port": 80}],
                    "detection": {"poll_interval": "250 ms"},
                }
            ),
            samples.CONTEXT,
        )
        rows = {row[0]: row for row in policy.explain()}
        self.assertEqual("250 ms", rows["detection.poll_interval"][1])
        self.assertEqual("given", rows["detection.poll_interval"][2])
        self.assertEqual("default", rows["detection.max_misses"][2])
        self.assertEqual("[200, 399]", rows["probes[0].expect_status"][1])
        self.assertEqual("given", rows["probes[0].port"][2])
        known = {prop.path for prop in schema.POLICY}
        self.assertEqual(set(), known - set(rows))
        self.assertTrue(all(row[3] for row in rows.values()))

    def test_a_field_of_another_version_is_not_ignored(self) -> None:
        plain = descriptor.build(samples.data({}), samples.CONTEXT).to_dict()
        self.assertRaises(
            TypeError,
            descriptor.ResiliencyPolicy.from_dict,
            {**plain, "quux": 1},
        )


_probes = st.one_of(
    st.just({"type": "icmp"}),
    st.fixed_dictionaries(
        {"type": st.just("http"), "port": st.integers(1, 65535)},
        optional={
            "path": st.just("/live?a=1"),
            "expect_status": st.just([200, 204]),
            "network": st.just("mgmt"),
        },
    ),
)
_properties = st.fixed_dictionaries(
    {"redundancy": st.just("0R")},
    optional={
        "priority": st.integers(0, 100),
        "escalation": st.sampled_from([["vm", "host"], ["vnfc", "host"]]),
        "escalation_count": st.integers(1, 100),
        "probation": st.sampled_from(["10 s", "1 h"]),
        "vnfc_owner": st.sampled_from(["nham", "vnf"]),
        "host_recovery": st.sampled_from(["auto", "evacuate", "replace"]),
        "probes": st.lists(_probes, min_size=1, max_size=3),
        "detection": st.fixed_dictionaries(
            {},
            optional={
                "poll_interval": st.sampled_from(["50 ms", "0.3 s"]),
                "max_misses": st.integers(1, 100),
                "boot_timeout": st.just("3 m"),
                "estimator": st.sampled_from(["fixed", "phi"]),
            },
        ),
    },
) | st.fixed_dictionaries(
    # A level asks for a detection that is as quick.
    {"redundancy": st.just("0R"), "sal": st.integers(2, 3)}
)
_junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["0R", "1 s", "image", "icmp", "none"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([prop.key for prop in schema.TOP])
            | st.sampled_from([prop.key for prop in schema.POLICY])
            | st.text(max_size=4)
            | st.integers(),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


class TestProperties(base.TestCase):
    @hypothesis.given(_properties)
    def test_json_keeps_everything(self, properties: dict[str, Any]) -> None:
        policy = descriptor.build(samples.data(properties), samples.CONTEXT)
        plain = json.loads(json.dumps(policy.to_dict()))
        self.assertEqual(policy, descriptor.ResiliencyPolicy.from_dict(plain))

    @hypothesis.given(_properties, st.text(min_size=1, max_size=6), _junk)
    def test_an_unknown_key_never_passes(
        self, properties: dict[str, Any], key: str, value: Any
    ) -> None:
        hypothesis.assume(key not in {prop.key for prop in schema.TOP})
        found = descriptor.check(
            samples.data({**properties, key: value}), samples.CONTEXT
        )
        self.assertIn("is unknown", str(found))

    @hypothesis.given(_junk, _junk)
    def test_junk_is_told_and_never_raises(
        self, properties: Any, targets: Any
    ) -> None:
        data = descriptor.PolicyData("junk", targets, properties)
        found = descriptor.check(data, samples.CONTEXT)
        if not any(item.severity == "error" for item in found):
            descriptor.build(data, samples.CONTEXT)
        for item in found:
            self.assertEqual(1, len(str(item).splitlines()))
