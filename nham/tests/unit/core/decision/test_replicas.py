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

"""How a group becomes whole again, and who leaves it."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import replicas
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

Health = facts.Health
Outcome = member_facts.Outcome
HOSTS = tuple(
    facts.HostFacts(name=name, probe=Health.OK) for name in ("h1", "h2", "h3")
)
BAD = st.sampled_from((Outcome.FAILED, Outcome.REFUSED, Outcome.ABORTED))


def case(
    member: member_facts.MemberFacts,
    hosts: Sequence[facts.HostFacts] = HOSTS,
    others: Sequence[member_facts.MemberFacts] = (),
) -> situation.Case:
    """Return a member in its surroundings."""
    seen = facts.Facts(members=(member, *others), hosts=tuple(hosts))
    return situation.Case(member, seen, seen.system, situation.Overview(seen))


def failed(
    number: int, age: float = 0.0, how: member_facts.Outcome = Outcome.FAILED
) -> tuple[member_facts.Attempt, ...]:
    """Return attempts to make a standby, the newest of that age."""
    return tuple(
        member_facts.Attempt(rung="make_standby", outcome=how, age=age + back)
        for back in range(number)
    )


class UnguardedTest(base.TestCase):
    @hypothesis.given(st.none() | strategies.standbys, strategies.policies)
    def test_a_group_is_well_as_long_as_it_is_guarded(
        self,
        standby: member_facts.StandbyFacts | None,
        policy: descriptor.ResiliencyPolicy,
    ) -> None:
        member = test_rules.a_replica(policy=policy, standby=standby)
        known = case(member)
        self.assertEqual(
            member.as_asked, known.overview.well(member), str(member)
        )
        self.assertTrue(known.fit)

    @hypothesis.given(strategies.standbys)
    def test_what_is_ready_is_not_lost(
        self, standby: member_facts.StandbyFacts
    ) -> None:
        self.assertFalse(standby.ready and standby.lost)
        # In between it has not answered yet, which is no failure.
        if not standby.ready and not standby.lost and not standby.parked:
            self.assertIs(Health.UNKNOWN, standby.app)

    @hypothesis.given(st.none() | strategies.standbys)
    def test_what_lacks_a_standby_says_so(
        self, standby: member_facts.StandbyFacts | None
    ) -> None:
        member = test_rules.a_replica(standby=standby)
        seen = facts.Facts(members=(member,), hosts=HOSTS)
        (verdict,) = decision.decide(seen).verdicts
        self.assertEqual(member.as_asked, verdict.rule == "healthy")
        if verdict.kind is decision.Kind.ACT:
            dismissed = ("dismiss",) if member.surplus else ()
            self.assertIn(verdict.rung, (*replicas.RUNGS, *dismissed))


class AboutTest(base.TestCase):
    def test_who_is_dismissed_is_not_who_could_take_over(self) -> None:
        well = test_rules.a_standby(kind="vnfc")
        extra = test_rules.a_standby(member_id="m3", host="h3")
        member = test_rules.a_replica(standbys=(well, extra))
        self.assertIs(extra, replicas.about(member, "dismiss"))
        self.assertIs(well, replicas.about(member, "remake_standby"))


class WhichStandbyTest(base.TestCase):
    def test_the_vnfc_is_repaired_and_our_own_is_made_anew(self) -> None:
        for kind, rung in (
            ("vnfc", "repair_standby"),
            ("server", "remake_standby"),
        ):
            standby = test_rules.a_standby(kind=kind, app=Health.DEAD)
            member = test_rules.a_replica(standby=standby)
            self.assertEqual(rung, replicas.for_standby(case(member)).rung)


class WhereTest(base.TestCase):
    @hypothesis.given(
        st.tuples(*(strategies.hosts(name) for name in ("h1", "h2", "h3"))),
        st.integers(0, 5),
    )
    def test_on_another_host_that_can_take_it(
        self, hosts: Any, tries: int
    ) -> None:
        member = test_rules.a_replica(standby=None, attempts=failed(tries))
        known = case(member, hosts)
        following = replicas.for_standby(known)
        usable = {
            host.name
            for host in hosts
            if host.service
            and not host.maintenance
            and host.name not in known.overview.lost
        } - {"h1"}
        if usable:
            self.assertIn(following.host, usable)
            self.assertEqual("make_standby", following.rung)
        else:
            self.assertIsNone(following.rung)

    def test_a_host_that_is_forced_down_takes_none(self) -> None:
        hosts = [dataclasses.replace(h, forced_down=True) for h in HOSTS]
        member = test_rules.a_replica(standby=None)
        self.assertIsNone(replicas.for_standby(case(member, hosts)).rung)

    def test_each_host_in_its_turn(self) -> None:
        order = [
            replicas.for_standby(
                case(
                    test_rules.a_replica(standby=None, attempts=failed(tries))
                )
            ).host
            for tries in range(4)
        ]
        self.assertEqual(["h2", "h3", "h2", "h3"], order)

    def test_the_emptiest_first(self) -> None:
        member = test_rules.a_replica(standby=None)
        on_it = test_rules.a_member(group_id="a", host="h2")
        beside = test_rules.a_replica(
            group_id="b", host="h1", standby=test_rules.a_standby(host="h2")
        )
        for others, wanted in (
            ([], "h2"),
            ([on_it], "h3"),
            ([beside], "h3"),
        ):
            following = replicas.for_standby(case(member, others=others))
            self.assertEqual(wanted, following.host)


class PauseTest(base.TestCase):
    @hypothesis.given(st.integers(1, 12), st.floats(0, 400), BAD)
    def test_grows_and_is_bounded(
        self, number: int, age: float, how: member_facts.Outcome
    ) -> None:
        pauses = [
            replicas.must_pause(
                test_rules.a_replica(attempts=failed(count, age, how))
            )
            for count in (number, number + 1)
        ]
        # What waits after so many failures waits after one more, too.
        self.assertLessEqual(pauses[0], pauses[1])
        self.assertEqual(age < min(5.0 * 2 ** (number - 1), 300.0), pauses[0])

    def test_only_after_a_failure_of_its_own(self) -> None:
        for attempts in (
            (),
            failed(3, how=Outcome.OK),
            (
                member_facts.Attempt(
                    rung="fail_over", outcome=Outcome.FAILED, age=0.0
                ),
            ),
        ):
            member = test_rules.a_replica(attempts=attempts)
            self.assertFalse(replicas.must_pause(member))


class WaitTest(base.TestCase):
    """What an operator, Nova or a silent host keeps NHAM from repairing."""

    def unclear(self, host: dict[str, Any], **fields: Any) -> bool:
        """Say whether it is too early for that standby on that host."""
        standby = test_rules.a_standby(**fields)
        there = facts.HostFacts(name="h2", **{"probe": Health.OK, **host})
        member = test_rules.a_replica(standby=standby)
        return replicas.unclear(case(member, (HOSTS[0], there, HOSTS[2])))

    def test_nova_is_at_work(self) -> None:
        for server, wanted in (
            (member_facts.ServerFacts(), False),
            (member_facts.ServerFacts(task_state="rebooting"), True),
            (member_facts.ServerFacts(status="REBOOT"), True),
            (member_facts.ServerFacts(status="SHUTOFF"), True),
            (
                member_facts.ServerFacts(
                    status="SHUTOFF", stopped_by="nobody"
                ),
                False,
            ),
            (member_facts.ServerFacts(status="ERROR"), False),
            (member_facts.ServerFacts(status="DELETED"), False),
        ):
            for role in (states.Role.STANDBY, states.Role.FAILED):
                self.assertEqual(
                    wanted and role is states.Role.STANDBY,
                    self.unclear({}, server=server, role=role),
                    f"{role} {server}",
                )

    def test_its_host_does_not_answer(self) -> None:
        silent = {"app": Health.DEAD, "icmp": Health.DEAD}
        for probe, wanted in (
            (Health.OK, False),
            (Health.UNKNOWN, False),
            (Health.SLOW, True),
        ):
            found = self.unclear({"probe": probe}, **silent)
            self.assertEqual(wanted, found, probe)
        self.assertFalse(self.unclear({"probe": Health.SLOW}, app=Health.DEAD))

    def test_only_the_vnfc_needs_nova_compute(self) -> None:
        for kind in ("vnfc", "server"):
            found = self.unclear({"service": False}, kind=kind)
            self.assertEqual(kind == "vnfc", found)

    def test_only_the_vnfc_needs_a_fence(self) -> None:
        silent = {"app": Health.DEAD, "icmp": Health.DEAD}
        for kind in ("vnfc", "server"):
            for fence in facts.Fence:
                there = facts.HostFacts(
                    name="h2", probe=Health.DEAD, service=False, fence=fence
                )
                standby = test_rules.a_standby(kind=kind, **silent)
                known = case(
                    test_rules.a_replica(standby=standby),
                    (HOSTS[0], there, HOSTS[2]),
                )
                self.assertEqual(
                    kind == "vnfc" and fence is facts.Fence.IMPOSSIBLE,
                    replicas.standby_unfenced(known),
                )
