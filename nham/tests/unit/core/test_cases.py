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

"""What a file of facts may say, and what is said of a wrong one."""

from __future__ import annotations

import json
from typing import Any

import hypothesis

from nham.core import cases
from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.tests import base
from nham.tests.unit.core.decision import strategies


def document(**changes: Any) -> dict[str, Any]:
    """Return a file of one member that is well."""
    return {
        "case": "A case.",
        "source": "UC1",
        "facts": {"members": [{}]},
        "expect": {"members": {}},
        **changes,
    }


class ReadFactsTest(base.TestCase):
    def test_what_is_not_named_is_healthy(self) -> None:
        found = cases.read_facts({"members": [{}]})
        (member,) = found.members
        self.assertEqual(
            ("VDU1-0", "h1", "image", facts.Health.OK),
            (member.group_id, member.host, member.image_id, member.app),
        )
        self.assertEqual(descriptor.Escalation(), member.policy.escalation)
        self.assertEqual(facts.Health.OK, found.host("h1").probe)
        self.assertEqual(facts.Limits(), found.limits)

    def test_a_volume_backed_member_has_no_image(self) -> None:
        found = cases.read_facts({"members": [{"volume_backed": True}]})
        self.assertIsNone(found.members[0].image_id)

    def test_policy_is_partial(self) -> None:
        policy = {
            "sal": 1,
            "escalation": {"ladder": ["vm", "host"], "count": 5},
            "probes": [{"type": "http", "port": 80, "expect_status": [1, 2]}],
        }
        found = cases.read_facts({"members": [{"policy": policy}]})
        read = found.members[0].policy
        self.assertEqual(1, read.sal)
        self.assertEqual(
            (descriptor.Zone.VM, descriptor.Zone.HOST),
            read.escalation.ladder,
        )
        self.assertEqual(300.0, read.escalation.probation)
        self.assertEqual((1, 2), read.probes[0].expect_status)

    def test_all_parts(self) -> None:
        found = cases.read_facts(
            {
                "members": [
                    {
                        "vnfc": "A-0",
                        "server": {"status": "SHUTOFF"},
                        "checkpoints": [{"id": "c", "age": 1}],
                        "attempts": [
                            {"rung": "start", "outcome": "ok", "age": 2.5}
                        ],
                        "network": None,
                    }
                ],
                "hosts": [{"name": "h1", "fence": "proved"}, {"name": "x"}],
                "system": {"lost_networks": ["n"]},
                "limits": {"share": 1},
            }
        )
        member = found.members[0]
        self.assertEqual("A-0", member.group_id)
        self.assertEqual("SHUTOFF", member.server.status)
        self.assertEqual(1.0, member.checkpoints[0].age)
        self.assertIs(member_facts.Outcome.OK, member.attempts[0].outcome)
        self.assertIs(facts.Fence.PROVED, found.host("h1").fence)
        self.assertEqual(frozenset({"n"}), found.system.lost_networks)
        self.assertIsInstance(found.limits.share, float)

    def test_what_is_wrong_is_named(self) -> None:
        wrong: list[tuple[Any, str]] = [
            (None, "facts: must be a mapping, found nothing"),
            ([], "facts: must be a mapping"),
            ({1: 2}, "facts: must be a mapping"),
            ({}, "members: must be a list, found nothing"),
            ({"members": [], "host": []}, "facts: unknown key host; known"),
            ({"members": [3]}, "members[0]: must be a mapping, found 3"),
            ({"members": [{"ap": "ok"}]}, "members[0]: unknown key ap; known"),
            (
                {"members": [{"app": "well"}]},
                "members[0].app: must be one of unknown, ok, slow, dead, "
                "found 'well'",
            ),
            (
                {"members": [{"busy": 1}]},
                "members[0].busy: must be true or false",
            ),
            (
                {"members": [{"silent_for": True}]},
                "members[0].silent_for: must be a number",
            ),
            (
                {"members": [{"silent_for": float("nan")}]},
                "members[0].silent_for: must be a number",
            ),
            ({"members": [{"host": 4}]}, "members[0].host: must be a text"),
            (
                {"members": [{"policy": {"sal": 1.5}}]},
                "members[0].policy.sal: must be a whole number",
            ),
            (
                {"members": [{"policy": {"vnfc_owner": "me"}}]},
                "members[0].policy.vnfc_owner: must be one of nham, vnf",
            ),
            (
                {"members": [{"policy": {"detection": {"misses": 1}}}]},
                "members[0].policy.detection: unknown key misses",
            ),
            (
                {"members": [{"checkpoints": [{"id": "c"}]}]},
                "members[0].checkpoints[0]: age is missing",
            ),
            (
                {"members": [{"checkpoints": "c"}]},
                "members[0].checkpoints: must be a list, found 'c'",
            ),
            (
                {
                    "members": [
                        {
                            "policy": {
                                "probes": [
                                    {"type": "tcp", "expect_status": [1]}
                                ]
                            }
                        }
                    ]
                },
                "probes[0].expect_status: must be a list of 2",
            ),
            ({"members": [{}, {}]}, "members: VDU1-0 is there twice"),
            (
                {"members": [{}], "hosts": [{"name": "a"}, {"name": "a"}]},
                "hosts: a is there twice",
            ),
            ({"members": [{}], "hosts": [{}]}, "hosts[0]: name is missing"),
            (
                {"members": [{}], "system": {"nova": "up"}},
                "system.nova: must be true or false, found 'up'",
            ),
        ]
        for data, message in wrong:
            error = self.assertRaises(ValueError, cases.read_facts, data)
            self.assertIn(message, str(error))


class WriteFactsTest(base.TestCase):
    @hypothesis.given(strategies.everything)
    def test_what_is_written_is_read_again(self, seen: facts.Facts) -> None:
        written = json.loads(json.dumps(cases.write_facts(seen)))
        self.assertEqual(seen, cases.read_facts(written))

    def test_what_is_usual_is_not_written(self) -> None:
        seen = cases.read_facts({"members": [{"host": None}]})
        self.assertEqual(
            {
                "members": [
                    {
                        "group_id": "VDU1-0",
                        "vnf_id": "vnf",
                        "vnfc": "VDU1-0",
                        "server_id": "server of VDU1-0",
                        "host": None,
                        "image_id": "image",
                        "policy": {"name": "policy", "targets": ["VDU1"]},
                    }
                ]
            },
            cases.write_facts(seen),
        )

    def test_a_host_that_only_a_member_names_stays_unknown(self) -> None:
        (member,) = cases.read_facts({"members": [{}]}).members
        seen = facts.Facts(members=(member,))
        again = cases.read_facts(cases.write_facts(seen))
        self.assertEqual(seen.host("h1"), again.host("h1"))


class WriteTest(base.TestCase):
    def test_a_whole_case(self) -> None:
        case = cases.read(
            document(
                facts={"members": [{"app": "dead", "icmp": "dead"}]},
                expect={
                    "members": {
                        "VDU1-0": {
                            "kind": "act",
                            "rule": "vm-dead",
                            "zone": "vm",
                            "rung": "hard_reboot",
                            "steps": ["a", "b"],
                        }
                    },
                    "alarms": ["x y"],
                },
            )
        )
        self.assertEqual(case, cases.read(cases.write(case)))

    def test_a_case_without_an_expectation(self) -> None:
        case = cases.read(document(expect=None))
        self.assertEqual(case, cases.read(cases.write(case)))


class ReadTest(base.TestCase):
    def test_expectation_may_be_absent(self) -> None:
        case = cases.read({"facts": {"members": [{}]}})
        self.assertIsNone(case.members)

    def test_what_is_wrong_is_named(self) -> None:
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"exspect": {}}, "file: unknown key exspect"),
            ({"expect": {"member": {}}}, "expect: unknown key member"),
            (
                {"expect": {"members": {"x": {}}}},
                "expect.members.x: the facts have no such member",
            ),
            (
                {"expect": {"members": {"VDU1-0": {"kind": "act"}}}},
                "expect.members.VDU1-0: rule is missing",
            ),
            (
                {
                    "expect": {
                        "members": {"VDU1-0": {"kind": "do", "rule": "r"}}
                    }
                },
                "expect.members.VDU1-0.kind: must be one of",
            ),
        ]
        for change, message in wrong:
            error = self.assertRaises(
                ValueError, cases.read, document(**change)
            )
            self.assertIn(message, str(error))


class DifferencesTest(base.TestCase):
    def differences(self, expect: Any, **member: Any) -> list[str]:
        return cases.differences(
            cases.read(document(facts={"members": [member]}, expect=expect))
        )

    def test_none(self) -> None:
        self.assertEqual([], self.differences({"members": {}}))

    def test_each_is_a_line(self) -> None:
        lines = self.differences(
            {
                "members": {
                    "VDU1-0": {
                        "kind": "wait",
                        "rule": "vm-dead",
                        "zone": "vm",
                        "rung": "start",
                        "checkpoint": "c",
                        "image": "i",
                        "steps": ["start_server"],
                        "reasons": ["neither", "moon"],
                    }
                },
                "alarms": ["observer nham"],
            },
            app="dead",
            icmp="dead",
        )
        starts = [line.partition(", decided")[0] for line in lines]
        self.assertEqual(
            [
                "VDU1-0: kind: expected wait",
                "VDU1-0: rung: expected start",
                "VDU1-0: checkpoint: expected c",
                "VDU1-0: image: expected i",
                "VDU1-0: steps: expected start_server",
            ],
            starts[:5],
        )
        self.assertIn("reasons: expected 'moon'", lines[5])
        self.assertEqual(
            "alarms: expected ['observer nham'], decided []", lines[6]
        )
        self.assertEqual(7, len(lines))

    def test_a_member_that_is_not_named_must_be_well(self) -> None:
        lines = self.differences({"members": {}}, icmp="slow")
        self.assertEqual(
            ["VDU1-0: rule: expected healthy, decided slow"], lines
        )

    def test_kinds_are_those_of_the_decision(self) -> None:
        case = cases.read(
            document(
                expect={
                    "members": {"VDU1-0": {"kind": "nothing", "rule": "x"}}
                }
            )
        )
        assert case.members is not None
        self.assertIs(decision.Kind.NOTHING, case.members["VDU1-0"].kind)
