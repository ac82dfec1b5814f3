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

"""What would be done, and what that means for the service."""

from __future__ import annotations

import dataclasses
import json

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import outlook
from nham.core import prices
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules
from nham.tests.unit.core.decision import test_whatif

Fault = outlook.Fault
Kind = outlook.Kind
SAVED = (
    member_facts.CheckpointFacts(id="c2", age=10.0, sequence=8),
    member_facts.CheckpointFacts(id="c1", age=40.0, sequence=7),
)


def policy(**fields: object) -> descriptor.ResiliencyPolicy:
    """Return a policy."""
    made = descriptor.ResiliencyPolicy(name="p", targets=("VDU1",))
    return dataclasses.replace(made, **fields)  # type: ignore[arg-type]


class OutlookTest(base.TestCase):
    def test_nothing_is_wrong(self) -> None:
        found = outlook.outlook(test_whatif.world(), "g", Fault.NOW)
        self.assertEqual(
            (Kind.NOTHING, "healthy"), (found.verdict.kind, found.verdict.rule)
        )
        self.assertEqual(
            outlook.Outage(seconds=0.0, says="it serves"), found.outage
        )

    def test_a_vm_that_dies(self) -> None:
        found = outlook.outlook(test_whatif.world(), "g", Fault.VM)
        self.assertEqual("hard_reboot", found.verdict.rung)
        assert found.outage is not None
        self.assertAlmostEqual(10.2, found.outage.seconds)
        self.assertIn(
            "detection 2.2 s + hard_reboot 8 s, default: ", found.outage.says
        )
        self.assertEqual("", found.held_by)
        plain = found.plain
        self.assertEqual(plain, json.loads(json.dumps(plain)))
        self.assertEqual("UC4, UC8", plain["rule_source"])
        self.assertEqual("reboot_hard", plain["steps"][1]["action"])

    def test_what_was_measured_is_told_of_the_nearest(self) -> None:
        own = {
            "hard_reboot": prices.Measured(
                count=2, recovery=5.0, outage=6.0, of="of this VNF"
            )
        }
        all_ = {
            "hard_reboot": prices.Measured(
                count=9, recovery=7.0, outage=8.0, of="of all VNFs"
            ),
            "evacuate": prices.Measured(
                count=4, recovery=9.0, outage=11.0, of="of all VNFs"
            ),
        }
        seen = test_whatif.world()
        for fault, outage, says in (
            (Fault.VM, 6.0, "measured: median of 2 of this VNF"),
            (Fault.HOST, 11.0, "measured: median of 4 of all VNFs"),
        ):
            found = outlook.outlook(seen, "g", fault, (own, all_))
            self.assertEqual(
                outlook.Outage(seconds=outage, says=says), found.outage
            )

    def test_who_holds_it_back(self) -> None:
        seen = test_whatif.world()
        late = dataclasses.replace(
            seen, system=facts.SystemFacts(observer_late=True)
        )
        found = outlook.outlook(late, "g", Fault.VM)
        self.assertEqual(
            (Kind.WAIT, "observer", None),
            (found.verdict.kind, found.held_by, found.outage),
        )
        paused = dataclasses.replace(
            seen, system=facts.SystemFacts(paused=True)
        )
        found = outlook.outlook(paused, "g", Fault.VM)
        self.assertEqual(
            (Kind.WOULD, "paused", "hard_reboot"),
            (found.verdict.kind, found.held_by, found.verdict.rung),
        )
        task = test_whatif.world(
            server=member_facts.ServerFacts(task_state="rebooting")
        )
        found = outlook.outlook(task, "g", Fault.VM)
        self.assertEqual(("task", ""), (found.verdict.rule, found.held_by))

    def test_a_fault_that_nobody_sees(self) -> None:
        blind = test_whatif.world(app=facts.Health.UNKNOWN)
        found = outlook.outlook(blind, "g", Fault.VNFC)
        self.assertIn("no probe", found.unseen)
        self.assertIsNone(found.outage)

    def test_a_host_of_which_only_nova_tells(self) -> None:
        unknown = facts.Health.UNKNOWN
        seen = test_whatif.world(app=unknown, icmp=unknown)
        seen = dataclasses.replace(
            seen,
            hosts=tuple(
                dataclasses.replace(host, probe=unknown) for host in seen.hosts
            ),
        )
        found = outlook.outlook(seen, "g", Fault.HOST)
        self.assertEqual(
            ("healthy", "too little would tell of it", None),
            (found.verdict.rule, found.unseen, found.outage),
        )
        self.assertEqual("", outlook.outlook(seen, "g", Fault.NOW).unseen)

    @hypothesis.given(strategies.everything, st.sampled_from(Fault))
    def test_there_is_one_for_all(
        self, seen: facts.Facts, fault: Fault
    ) -> None:
        for member in seen.members:
            found = outlook.outlook(seen, member.group_id, fault)
            self.assertEqual(member.group_id, found.verdict.group_id)
            json.dumps(found.plain)


class StateAgeTest(base.TestCase):
    def age(self, fault: Fault, **fields: object) -> float | None:
        """Return how much of a saved state would be lost."""
        seen = test_whatif.world(
            checkpoints=SAVED,
            policy=policy(stateful=True, **fields),
        )
        return outlook.outlook(seen, "g", fault).state_age

    def test_a_disk_that_is_kept(self) -> None:
        saved = descriptor.StateProtection(method="image_snapshot")
        self.assertEqual(0.0, self.age(Fault.VM, state_protection=saved))
        self.assertEqual(10.0, self.age(Fault.HOST, state_protection=saved))

    def test_a_state_in_memory(self) -> None:
        self.assertEqual(
            10.0, self.age(Fault.VM, state_protection=strategies.HOOK)
        )

    def test_a_volume_that_is_kept(self) -> None:
        saved = descriptor.StateProtection(method="volume_snapshot")
        seen = test_whatif.world(
            checkpoints=SAVED,
            volume_backed=True,
            policy=policy(stateful=True, state_protection=saved),
        )
        found = outlook.outlook(seen, "g", Fault.HOST)
        self.assertEqual(
            ("evacuate", 0.0), (found.verdict.rung, found.state_age)
        )

    def test_a_standby_has_what_is_on_its_disk(self) -> None:
        pair = test_rules.a_replica(
            group_id="g", host="h1", checkpoints=SAVED[1:]
        )
        standby = dataclasses.replace(pair.standbys[0], host="h2", sequence=7)
        pair = dataclasses.replace(
            pair,
            standbys=(standby,),
            policy=dataclasses.replace(
                pair.policy,
                stateful=True,
                state_protection=descriptor.StateProtection(
                    method="image_snapshot"
                ),
            ),
        )
        seen = dataclasses.replace(test_whatif.world(), members=(pair,))
        found = outlook.outlook(seen, "g", Fault.VM)
        self.assertEqual(
            ("fail_over", 40.0), (found.verdict.rung, found.state_age)
        )

    def test_nothing_is_lost_of_what_has_no_state(self) -> None:
        found = outlook.outlook(test_whatif.world(), "g", Fault.VM)
        self.assertIsNone(found.state_age)
