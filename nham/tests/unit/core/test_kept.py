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

"""What is kept of the facts decides the same again."""

from __future__ import annotations

import json

import hypothesis
import yaml

from nham.core import cases
from nham.core import decision
from nham.core import facts
from nham.core import kept
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

Health = facts.Health


def fleet(count: int) -> facts.Facts:
    """Return as many hosts, each with a member; the first member is dead."""
    dead = test_rules.a_member(
        group_id="g0", host="h0", app=Health.DEAD, icmp=Health.DEAD
    )
    well = [
        test_rules.a_member(group_id=f"g{n}", host=f"h{n}")
        for n in range(1, count)
    ]
    hosts = [
        facts.HostFacts(name=f"h{n}", probe=Health.OK) for n in range(count)
    ]
    return facts.Facts(members=(dead, *well), hosts=tuple(hosts))


def verdict_of(seen: facts.Facts, group_id: str) -> decision.Verdict:
    """Return what is decided about a group."""
    found = decision.decide(seen).verdicts
    return next(one for one in found if one.group_id == group_id)


class KeptTest(base.TestCase):
    @hypothesis.given(strategies.everything)
    def test_it_decides_the_same(self, seen: facts.Facts) -> None:
        for verdict in decision.decide(seen).verdicts:
            found = kept.document("A title.", "A source.", seen, verdict)
            assert found is not None
            read = cases.read(yaml.safe_load(yaml.safe_dump(found)))
            self.assertEqual([], cases.differences(read))
            self.assertIn(verdict, decision.decide(read.facts).verdicts)

    def test_of_many_hosts_few_are_kept(self) -> None:
        seen = fleet(2000)
        found = kept.document("", "", seen, verdict_of(seen, "g0"))
        assert found is not None
        self.assertEqual(
            ["h0", "h1", "h2"], [h["name"] for h in found["facts"]["hosts"]]
        )
        self.assertEqual(1, len(found["facts"]["members"]))
        self.assertEqual("vm-dead", found["expect"]["members"]["g0"]["rule"])

    def test_what_the_guards_count_is_kept(self) -> None:
        # Of one host and two others one that is dead is few, of itself not.
        seen = fleet(40)
        hosts = tuple(
            facts.HostFacts(name=h.name, probe=Health.DEAD, service=False)
            if h.name in ("h0", "h5", "h6")
            else h
            for h in seen.hosts
        )
        seen = facts.Facts(members=seen.members[:5], hosts=hosts)
        verdict = verdict_of(seen, "g0")
        self.assertEqual("host-dead", verdict.rule)
        found = kept.document("", "", seen, verdict)
        assert found is not None
        again = cases.read(found).facts
        self.assertIn(verdict, decision.decide(again).verdicts)

    def test_where_a_standby_goes_is_kept(self) -> None:
        # The last host is the emptiest: of all others none is near.
        seen = fleet(60)
        alone = test_rules.a_replica(group_id="g0", host="h0", standby=None)
        seen = facts.Facts(
            members=(alone, *seen.members[1:59]), hosts=seen.hosts
        )
        verdict = verdict_of(seen, "g0")
        self.assertEqual("make_standby", verdict.rung)
        self.assertIn("a standby on h59", " ".join(verdict.reasons))
        found = kept.document("", "", seen, verdict)
        assert found is not None
        self.assertEqual([], cases.differences(cases.read(found)))
        names = [host["name"] for host in found["facts"]["hosts"]]
        self.assertEqual(["h0", "h59"], names)

    def test_nobody_waits_for_a_cut_that_has_all(self) -> None:
        seen = fleet(400)
        ordered = decision.restore_verdict(
            seen.members[0], "c", "restore", "asked for"
        )
        decided = self.replace(
            "nham.core.kept.decision.decide", wraps=decision.decide
        )
        self.assertIsNone(kept.document("", "", seen, ordered))
        sizes = [len(c.args[0].members) for c in decided.call_args_list]
        self.assertNotIn(400, sizes)

    def test_what_is_too_large_is_not_kept(self) -> None:
        seen = fleet(3)
        verdict = verdict_of(seen, "g0")
        found = kept.document("", "", seen, verdict)
        size = len(json.dumps(found))
        self.replace("nham.core.kept.LIMIT", size)
        self.assertEqual(found, kept.document("", "", seen, verdict))
        self.replace("nham.core.kept.LIMIT", size - 1)
        self.assertIsNone(kept.document("", "", seen, verdict))

    def test_what_no_facts_decide_is_not_kept(self) -> None:
        seen = fleet(3)
        ordered = decision.restore_verdict(
            seen.members[0], "c", "restore", "asked for"
        )
        self.assertIsNone(kept.document("", "", seen, ordered))
        self.assertIsNone(
            kept.document("", "", seen, verdict_of(fleet(5), "g4"))
        )
