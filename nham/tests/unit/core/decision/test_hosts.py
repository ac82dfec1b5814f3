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

"""Which hosts look dead, when we are blind, and what is alarming."""

from __future__ import annotations

import dataclasses
from typing import Any

import hypothesis

from nham.core import decision
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

Health = facts.Health
UNKNOWN, OK, SLOW, DEAD = Health
HEALTHS = (UNKNOWN, OK, SLOW, DEAD)


def lost(host: dict[str, Any], *members: member_facts.MemberFacts) -> bool:
    """Say whether the host looks dead, beside one that lives."""
    seen = facts.Facts(
        members=members,
        hosts=(
            facts.HostFacts(name="h1", **host),
            facts.HostFacts(name="h2", probe=OK),
        ),
    )
    return "h1" in situation.Overview(seen).lost


SILENT = test_rules.a_member(app=DEAD, icmp=DEAD)


class LostTest(base.TestCase):
    def test_two_witnesses_of_three_are_needed(self) -> None:
        for probe_dead in (False, True):
            for service_down in (False, True):
                for members in ((), (SILENT,)):
                    witnesses = probe_dead + service_down + len(members)
                    self.assertEqual(
                        witnesses >= 2,
                        lost(
                            {
                                "probe": DEAD if probe_dead else UNKNOWN,
                                "service": not service_down,
                            },
                            *members,
                        ),
                        str((probe_dead, service_down, members)),
                    )

    def test_any_answer_is_a_sign_of_life(self) -> None:
        down = {"probe": DEAD, "service": False}
        self.assertTrue(lost(down, SILENT))
        for alive in (OK, SLOW):
            for sign in ("probe", "heartbeat"):
                self.assertFalse(lost({**down, sign: alive}, SILENT))
            other = dataclasses.replace(SILENT, group_id="o", icmp=alive)
            self.assertFalse(lost(down, SILENT, other))

    def test_proof_is_enough_unless_something_answers(self) -> None:
        proved = {"fence": facts.Fence.PROVED}
        self.assertTrue(lost(proved))
        self.assertTrue(lost(proved, SILENT))
        self.assertFalse(lost({**proved, "probe": OK}, SILENT))
        self.assertFalse(lost(proved, test_rules.a_member()))

    def test_who_is_off_is_no_witness(self) -> None:
        for status in ("SHUTOFF", "PAUSED", "ERROR", "REBOOT", "DELETED"):
            off = dataclasses.replace(
                SILENT, server=member_facts.ServerFacts(status=status)
            )
            self.assertFalse(lost({"probe": DEAD}, off), status)


class BlindTest(base.TestCase):
    def blind(
        self, *members: member_facts.MemberFacts, **hosts: dict[str, Any]
    ) -> bool:
        seen = facts.Facts(
            members=members,
            hosts=tuple(
                facts.HostFacts(name=name, **fields)
                for name, fields in hosts.items()
            ),
        )
        return situation.Overview(seen).blind

    def test_all_silent_in_two_places(self) -> None:
        elsewhere = dataclasses.replace(SILENT, group_id="o", host="h2")
        self.assertTrue(self.blind(SILENT, elsewhere))
        self.assertTrue(self.blind(SILENT, h1={}, h2={"probe": DEAD}))
        self.assertTrue(self.blind(h1={"probe": DEAD}, h2={"probe": DEAD}))

    def test_one_place_is_not_enough(self) -> None:
        beside = dataclasses.replace(SILENT, group_id="o")
        self.assertFalse(self.blind())
        self.assertFalse(self.blind(SILENT, beside))
        self.assertFalse(self.blind(SILENT, h1={"probe": DEAD}, h2={}))

    def test_one_answer_is_sight(self) -> None:
        elsewhere = dataclasses.replace(SILENT, group_id="o", host="h2")
        for alive, blind in ((OK, False), (SLOW, True)):
            self.assertEqual(
                blind, self.blind(SILENT, elsewhere, h3={"probe": alive})
            )
            well = test_rules.a_member(group_id="w", icmp=alive, app=UNKNOWN)
            self.assertEqual(blind, self.blind(SILENT, elsewhere, well))

    def test_who_is_known_to_be_off_does_not_count(self) -> None:
        elsewhere = dataclasses.replace(SILENT, group_id="o", host="h2")
        off = dataclasses.replace(
            elsewhere, server=member_facts.ServerFacts(status="SHUTOFF")
        )
        self.assertFalse(self.blind(SILENT, off))
        proved = {"fence": facts.Fence.PROVED, "probe": DEAD}
        self.assertFalse(self.blind(SILENT, elsewhere, h2=proved))


class FrozenTest(base.TestCase):
    def frozen(self, dead: int, hosts: int, share: float = 0.5) -> bool:
        seen = facts.Facts(
            members=(),
            hosts=tuple(
                facts.HostFacts(
                    name=f"h{n}",
                    probe=DEAD if n < dead else OK,
                    service=n >= dead,
                )
                for n in range(hosts)
            ),
            limits=facts.Limits(share=share),
        )
        return situation.Overview(seen).frozen

    def test_limit(self) -> None:
        self.assertFalse(self.frozen(0, 0))
        self.assertFalse(self.frozen(2, 4))
        self.assertTrue(self.frozen(3, 4))
        self.assertTrue(self.frozen(1, 4, share=0.2))
        self.assertFalse(self.frozen(4, 4, share=1.0))


class AlarmsTest(base.TestCase):
    def alarms(
        self, *members: member_facts.MemberFacts, **host: Any
    ) -> list[tuple[str, str]]:
        seen = facts.Facts(
            members=members,
            hosts=(
                facts.HostFacts(name="h1", **host),
                facts.HostFacts(name="h2", probe=OK),
            ),
        )
        return [(a.rule, a.subject) for a in decision.decide(seen).alarms]

    def test_only_while_members_answer(self) -> None:
        well = test_rules.a_member()
        self.assertEqual(
            [("heartbeat-lost", "h1")], self.alarms(well, heartbeat=DEAD)
        )
        self.assertEqual(
            [("compute-service-down", "h1")], self.alarms(well, service=False)
        )
        self.assertEqual([], self.alarms(SILENT, heartbeat=DEAD))
        self.assertEqual([], self.alarms(SILENT, service=False))

    def test_correlated_faults_need_both_numbers(self) -> None:
        for members, vnfs, wanted in (
            (3, 2, [("correlated-faults", "h1")]),
            (2, 2, []),
            (3, 1, []),
        ):
            self.assertEqual(
                wanted, self.alarms(failed_members=members, failed_vnfs=vnfs)
            )

    def test_the_frozen_hosts_are_named(self) -> None:
        seen = facts.Facts(
            members=(),
            hosts=(
                facts.HostFacts(name="h1", probe=DEAD, service=False),
                facts.HostFacts(name="h2", probe=DEAD, service=False),
                facts.HostFacts(name="h3", probe=OK),
            ),
        )
        (alarm,) = decision.decide(seen).alarms
        self.assertEqual("mass-failure", alarm.rule)
        self.assertIn("h1, h2", alarm.message)

    @hypothesis.given(strategies.everything)
    def test_lost_networks_are_alarming(self, seen: facts.Facts) -> None:
        networks = {
            alarm.subject
            for alarm in decision.decide(seen).alarms
            if alarm.rule == "network-lost"
        }
        self.assertEqual(seen.system.lost_networks, networks)
