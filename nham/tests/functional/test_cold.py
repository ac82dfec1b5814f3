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

"""A cold standby: off until it is needed (simulated).

Case by case, and with the engine killed at each step.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import dataclasses
import functools
from unittest import mock

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import plans
from nham.simulate import lab as lab_
from nham.simulate import process
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_steps as steps
from nham.tests.functional import thinning

Role = states.Role

COLD = dataclasses.replace(
    case_.ONE_R_AS,
    standby="cold",
    state_protection=dataclasses.replace(
        case_.ONE_R_AS.state_protection, interval=1.0
    ),
)


class ColdCase(case_.ReplicaCase):
    """One VNF with a standby that is off, and one engine."""

    def setUp(self) -> None:
        super().setUp()
        self.bring_up(COLD)
        self.lab.run(20.0)

    @property
    def standby(self) -> model.Member:
        """The member that waits."""
        (found,) = [
            member
            for member in self.lab.store.members()
            if member.role is Role.STANDBY
        ]
        return found

    def status(self, server_id: str) -> str:
        """Return what Nova says of a server."""
        return str(self.world.nova.servers[server_id].status)

    def rungs(self) -> list[tuple[str, str]]:
        """Return how each recovery since the first two ended."""
        found = reversed(self.lab.store.recoveries())
        return [(r.rung, r.state.value) for r in found][2:]

    def change(self, standby: descriptor.Standby) -> None:
        """Change the policy while the VNF serves."""
        policy = dataclasses.replace(COLD, standby=standby)
        (vnf,) = self.lab.store.vnfs()
        data = lab_.policy_bytes({"VDU1": policy.to_dict()})
        self.runner.engine.discoverer.protect(vnf.id, data)

    def mend(self) -> None:
        """Give NHAM time to notice, and then to see to it."""
        self.lab.run(15.0)
        self.settle()

    def switch(self) -> None:
        """Ask for a switchover."""
        (group,) = self.lab.store.groups()
        with contextlib.suppress(process.Crash):
            self.runner.engine.switchover(group.id, "by the test")


class ColdTest(ColdCase):
    def test_it_answered_once_and_is_off(self) -> None:
        self.assertTrue(self.standby.parked)
        self.assertEqual("SHUTOFF", self.status(self.standby.server_id))
        self.assertIsNone(self.world.state(self.standby.server_id))
        self.assert_whole(7)
        before = self.lab.store.recoveries()
        self.lab.run(60.0)
        self.assertEqual(before, self.lab.store.recoveries())
        (vnf,) = self.lab.store.vnfs()
        self.assertIs(states.VnfState.PROTECTED, vnf.state)

    def test_nobody_asks_it(self) -> None:
        view = self.runner.engine.watch.view(self.standby.id)
        self.assertFalse(view.probed)
        (group,) = self.lab.store.groups()
        self.assertTrue(self.runner.engine.watch.view(group.id).probed)

    def test_it_takes_over(self) -> None:
        waiting = self.standby.server_id
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(waiting, self.member(Role.PRIMARY))
        self.assertEqual(
            [
                ("fail_over", "succeeded"),
                ("repair_standby", "succeeded"),
                ("park_standby", "succeeded"),
            ],
            self.rungs(),
        )
        self.assert_whole(7)

    def test_its_host_is_lost(self) -> None:
        lost = self.standby
        self.hurt(case_.power_off_standby)
        self.mend()
        self.assertNotEqual(lost.host, self.standby.host)
        self.assertEqual(
            [("remake_standby", "succeeded"), ("park_standby", "succeeded")],
            self.rungs(),
        )
        self.assert_whole(7)

    def test_both_hosts_are_lost(self) -> None:
        """It cannot be started, so the primary is brought back."""

        def fault(case: case_.ReplicaCase) -> None:
            case_.power_off_standby(case)
            case.world.power_off_host("cmp1")

        self.world.add_host("cmp4")
        self.world.add_host("cmp5")
        self.lab.run(5.0)
        waiting = self.standby.server_id
        self.hurt(fault)
        self.mend()
        self.assertNotEqual(waiting, self.member(Role.PRIMARY))
        self.assertNotIn("fail_over", [rung for rung, _ in self.rungs()])
        self.assert_whole(7)

    def test_somebody_starts_it(self) -> None:
        server = self.standby.server_id
        self.hurt(lambda case: case.world.user_start(server))
        self.mend()
        self.assertEqual([("park_standby", "succeeded")], self.rungs())
        self.assertEqual(server, self.standby.server_id)
        self.assert_whole(7)

    def test_somebody_deletes_it(self) -> None:
        server = self.standby.server_id
        self.hurt(lambda case: case.world.delete_server_behind(server))
        self.mend()
        self.assertEqual(
            [("remake_standby", "succeeded"), ("park_standby", "succeeded")],
            self.rungs(),
        )
        self.assert_whole(7)

    def test_it_does_not_start(self) -> None:
        """The primary was left as it was, and is brought back."""
        self.world.lose_disk(self.standby.server_id)
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(("fail_over", "failed"), self.rungs()[0])
        self.assertIn("start", [rung for rung, _ in self.rungs()])
        self.assert_whole(7)

    def test_switchover_and_back(self) -> None:
        first, second = self.member(Role.PRIMARY), self.standby.server_id
        for serves in (second, first):
            self.hurt(lambda _case: self.switch())
            self.mend()
            self.assertEqual(serves, self.member(Role.PRIMARY))
            self.assert_whole(7)

    def test_what_is_written_while_it_starts_is_saved(self) -> None:
        self.hurt(lambda _case: self.switch())
        self.lab.run(1.0)
        self.world.write_at(self.address, 8)
        self.mend()
        self.assertEqual(
            [("switchover", "succeeded")],
            [one for one in self.rungs() if one[0] == "switchover"],
        )
        self.assert_whole(8)

    def test_primary_fails_while_the_request_to_stop_it_is_under_way(
        self,
    ) -> None:
        """It arrives when the standby serves: nobody but NHAM stopped it."""
        self.delay_stop(6.0)
        server = self.standby.server_id
        self.hurt(lambda case: case.world.user_start(server))
        self.mend()
        self.lab.run(60.0)
        self.assertEqual(
            [("park_standby", "aborted"), ("fail_over", "succeeded")],
            self.rungs()[:2],
        )
        self.assert_whole(7)

    def delay_stop(self, seconds: float) -> None:
        """Let the next request to stop a server be slow.

        The primary dies meanwhile.
        """
        cloud = self.runner.engine.context.vim
        real, todo = cloud.stop, [seconds]

        def stop(server_id: str) -> None:
            if todo:
                self.hurt(case_.crash_primary)
                self.lab.clock.sleep(todo.pop())
            real(server_id)

        self.enterContext(mock.patch.object(cloud, "stop", stop))

    def test_to_warm_and_back_without_an_outage(self) -> None:
        flips: tuple[tuple[descriptor.Standby, str], ...] = (
            ("warm", "ACTIVE"),
            ("cold", "SHUTOFF"),
        )
        for standby, status in flips:
            self.hurt(functools.partial(ColdCase.change, standby=standby))
            for value in range(8, 60):
                self.assertTrue(self.world.write_at(self.address, value))
                self.lab.run(0.5)
            self.mend()
            self.assertEqual(status, self.status(self.standby.server_id))
            self.assert_whole(59)
        self.assertEqual(
            [("wake_standby", "succeeded"), ("park_standby", "succeeded")],
            self.rungs(),
        )

    def test_its_operator_stops_a_warm_one(self) -> None:
        """It is not NHAM that has stopped it, so it stays as it is."""
        self.change("warm")
        self.lab.run(40.0)
        server = self.standby.server_id
        self.world.user_stop(server)
        self.lab.run(30.0)
        self.assertFalse(self.standby.parked)
        self.assertEqual("SHUTOFF", self.status(server))
        (vnf,) = self.lab.store.vnfs()
        self.assertIn("stopped or set aside by its operator", vnf.reason)

    def test_the_vnfm_gets_its_server_back_running(self) -> None:
        """The VNFC is the cold standby when its policy goes."""
        theirs = self.member(Role.PRIMARY)
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(theirs, self.standby.server_id)
        (vnf,) = self.lab.store.vnfs()
        self.runner.engine.discoverer.unregister(vnf.id)
        self.lab.run(10.0)
        self.assertEqual("ACTIVE", self.status(theirs))


def _switch(case: ColdCase) -> None:
    case.switch()


def _warm(case: ColdCase) -> None:
    case.change("warm")


def _start(case: ColdCase) -> None:
    case.world.user_start(case.standby.server_id)


#: Each rung with what leads to it, and with moments within its steps.
WAYS: tuple[
    tuple[str, Callable[[ColdCase], None], tuple[tuple[str, int], ...]], ...
] = (
    (
        "fail_over",
        case_.crash_primary,
        (("after start", 1), ("before save_member", 1)),
    ),
    ("switchover", _switch, (("after start", 1),)),
    ("park_standby", _start, (("after save_member", 1), ("after stop", 1))),
    ("wake_standby", _warm, (("after start", 1), ("after save_member", 1))),
)


class CrashColdTest(ColdCase):
    """One test for each rung and point, made below."""

    def play(
        self,
        rung: str,
        cause: Callable[[ColdCase], None],
        moment: str,
        nth: int,
    ) -> None:
        """Kill the engine at that point of the rung."""
        self.kill_at(moment, nth, rung)
        self.hurt(lambda _case: cause(self))
        self.go_on()
        done = [r for r in self.lab.store.recoveries() if r.rung == rung]
        self.assertIs(states.RecoveryState.SUCCEEDED, done[0].state)
        self.assert_whole(7)
        since, until = done[0].started_at, done[0].ended_at or 0.0
        starts = [
            f"{r.call} {r.subject}"
            for r in self.world.gates.log
            if since <= r.at <= until and r.call == "start"
        ]
        self.assertEqual(sorted(set(starts)), sorted(starts))


def _test(
    rung: str, cause: Callable[[ColdCase], None], moment: str, nth: int
) -> Callable[[CrashColdTest], None]:
    def test(self: CrashColdTest) -> None:
        self.play(rung, cause, moment, nth)

    return test


_MEMBER = member_facts.MemberFacts(
    group_id="group",
    vnf_id="vnf",
    vnfc="VDU1-0",
    server_id="server",
    host="cmp1",
    policy=COLD,
    standbys=(
        member_facts.StandbyFacts(
            member_id="standby", server_id="other", host="cmp2", parked=True
        ),
    ),
)
_CHOICE = plans.Choice(member=_MEMBER, host=facts.HostFacts(name="cmp1"))
_thinner = thinning.Thinner()
for _rung, _cause, _moments in WAYS:
    for _name, _moment, _nth in (
        *steps.points_of(plans.RUNGS[_rung].steps(_CHOICE)),
        *((f"{m.replace(' ', '_')}_{n}", m, n) for m, n in _moments),
    ):
        if _thinner.keeps(f"cold {_rung}", _name):
            setattr(
                CrashColdTest,
                f"test_{_rung}_{_name}",
                _test(_rung, _cause, _moment, _nth),
            )
