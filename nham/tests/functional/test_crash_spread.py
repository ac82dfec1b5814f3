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


"""The engine is killed at each step of what is done to members that all serve.

As ``test_crash_replicas``, for MR-AA behind a balancer.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
import unittest

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import plans
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_replicas as crash
from nham.tests.functional import test_crash_steps as steps

Role = states.Role

MR_AA = dataclasses.replace(
    case_.ONE_R_AA,
    redundancy=descriptor.Mechanism.MR_AA,
    service_address=descriptor.ServiceAddress(
        driver="octavia", pool="calls", port=80
    ),
)
#: Seconds until NHAM has seen what an operator did, and has acted on it.
_SEEN = 15.0


class SpreadCase(case_.ReplicaCase):
    """Two members that serve behind a balancer, and one engine."""

    def furnish(self) -> None:
        """See base class; clients ask the balancer."""
        pool = self.world.add_pool("calls", "project", 80)
        self.address = self.world.balancers.pool(pool).address

    def bring_up(
        self,
        policy: descriptor.ResiliencyPolicy,
        paused: bool = False,
        affinity: bool = False,
        volume: bool = False,
    ) -> None:
        """See base class; until both serve, or the one that there is."""
        super().bring_up(policy, paused, affinity, volume)
        if not paused:
            self.lab.run_until(lambda: self.roles() == ["active"], 60.0)
            # The state of the primary is given to the other in the meantime.
            self.lab.run(10.0)

    def roles(self) -> list[str]:
        """Return the roles of the members beside the primary."""
        return [
            member.role.value
            for member in self.lab.store.members()
            if member.role is not Role.PRIMARY
        ]

    def settle(self) -> None:
        """See base class; who was stopped is started once that was seen."""
        self.lab.run_until(lambda: "aside" in self.roles(), _SEEN)
        for member in self.lab.store.members():
            server = self.world.nova.servers[member.server_id]
            if member.role is Role.ASIDE and server.status == "SHUTOFF":
                self.world.user_start(member.server_id)
        super().settle()


def _crash_active(case: case_.ReplicaCase) -> None:
    case.world.crash_vm(case.member(Role.ACTIVE))


def _power_off_active(case: case_.ReplicaCase) -> None:
    active = case.member(Role.ACTIVE)
    case.world.power_off_host(case.world.nova.servers[active].host)


def _stop_active(case: case_.ReplicaCase) -> None:
    case.world.user_stop(case.member(Role.ACTIVE))


def _stop_primary(case: case_.ReplicaCase) -> None:
    case.world.user_stop(case.member(Role.PRIMARY))


def _stop_and_start(case: case_.ReplicaCase) -> None:
    stopped = case.member(Role.ACTIVE)
    case.world.user_stop(stopped)
    case.lab.run(_SEEN)
    case.world.user_start(stopped)


_LEAVING = (("after withdraw", 1), ("after enable_port", 1))
_JOINING = (("after admit", 1), ("before save_member", 1))
WAYS = tuple(
    case_.Way(name or rung, rung, fault, MR_AA, moments=moments)
    for name, rung, fault, moments in (
        ("", "make_standby", case_.act, _JOINING),
        ("", "take_out", _crash_active, _LEAVING),
        ("take_out_on_a_dead_host", "take_out", _power_off_active, ()),
        ("", "remake_standby", _crash_active, _JOINING),
        (
            "",
            "fail_over",
            case_.crash_primary,
            (*_LEAVING, ("before promote", 1), ("after promote", 1)),
        ),
        ("", "repair_standby", case_.crash_primary, _JOINING),
        ("", "withdraw", _stop_active, (("after withdraw", 1),)),
        (
            "",
            "hand_over",
            _stop_primary,
            (("after withdraw", 1), ("after promote", 1)),
        ),
        ("", "readmit", _stop_and_start, _JOINING),
    )
)


def _points(way: case_.Way) -> Iterator[tuple[str, str, int]]:
    """Yield each point of a way: its name, the moment, and which time."""
    other = member_facts.StandbyFacts(
        member_id="other", server_id="other", host="cmp2", role=Role.ACTIVE
    )
    member = member_facts.MemberFacts(
        group_id="group",
        vnf_id="vnf",
        vnfc="VDU1-0",
        server_id="server",
        host="cmp1",
        policy=way.policy,
        standbys=(other,),
    )
    choice = plans.Choice(
        member=member, host=facts.HostFacts(name="cmp1"), target="cmp2"
    )
    yield from steps.points_of(plans.RUNGS[way.rung].steps(choice))
    for moment, nth in way.moments:
        yield f"{moment.replace(' ', '_')}_{nth}", moment, nth


def _test(
    way: case_.Way, moment: str, nth: int
) -> Callable[[SpreadCase], None]:
    def test(self: SpreadCase) -> None:
        self.replay(way, moment, nth)

    return test


class CrashSpreadTest(SpreadCase):
    """One test for each way and point, made below."""


for _way in WAYS:
    for _name, _moment, _nth in _points(_way):
        # Of most steps it makes no difference who serves.
        if crash.THINNER.keeps(_way.name, _name, crash.mover(_way, _name)):
            setattr(
                CrashSpreadTest,
                f"test_{_way.name}_{_name}",
                _test(_way, _moment, _nth),
            )


def load_tests(
    loader: unittest.TestLoader,
    _tests: unittest.TestSuite,
    _pattern: str | None,
) -> unittest.TestSuite:
    """Return the tests of the class, not those of its base."""
    return loader.loadTestsFromTestCase(CrashSpreadTest)
