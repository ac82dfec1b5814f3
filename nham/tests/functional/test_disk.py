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

"""A standby whose disk is made of checkpoints, case by case (simulated)."""

from __future__ import annotations

import contextlib
import dataclasses

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.simulate import disks
from nham.simulate import ending
from nham.simulate import process
from nham.tests.functional import replica_case as case_

Role = states.Role

ON_DISK = dataclasses.replace(
    case_.ONE_R_AS,
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=30.0
    ),
    refresh_interval=60.0,
)
ON_VOLUME = dataclasses.replace(
    ON_DISK,
    state_protection=dataclasses.replace(
        ON_DISK.state_protection, method="volume_snapshot"
    ),
)


def cold(policy: descriptor.ResiliencyPolicy) -> descriptor.ResiliencyPolicy:
    """Return the policy with a standby that is off until it is needed."""
    return dataclasses.replace(policy, standby="cold")


_GOOD = [states.CheckpointState.AVAILABLE]


class DiskCase(case_.ReplicaCase):
    """One VNF with a standby whose disk holds the state, and one engine."""

    policy = ON_DISK

    def start(self, policy: descriptor.ResiliencyPolicy | None = None) -> None:
        """Bring it up until the standby's disk holds a state."""
        self.up(policy or self.policy)
        self.assertTrue(self.lab.run_until(self.holds, 60.0))
        self.settle()
        self.assertEqual(7, self.disk_of(Role.STANDBY))
        self.began = len(self.lab.store.recoveries())

    def up(
        self, policy: descriptor.ResiliencyPolicy, paused: bool = False
    ) -> None:
        """Bring it up; it boots from a volume if that is what is saved."""
        volume = policy.state_protection.method == "volume_snapshot"
        self.bring_up(policy, paused=paused, volume=volume)

    def held(self) -> int:
        """Return the checkpoint that the standby's disk holds, 0: none."""
        found = [m for m in self.lab.store.members() if m.role is Role.STANDBY]
        return found[0].disk_sequence if found else 0

    def holds(self) -> bool:
        """Say whether the standby's disk holds any."""
        return self.held() > 0

    def disk_of(self, role: Role) -> int:
        """Return what is on the disk of a member."""
        server = self.world.nova.servers[self.member(role)]
        return self.world.nova.disk(server).value

    def newest(self) -> model.Checkpoint:
        """Return the newest good checkpoint."""
        return self.lab.store.checkpoints(states=_GOOD)[0]

    def save(self, value: int) -> model.Checkpoint:
        """Write a number, and let time pass until a checkpoint has it."""
        self.assertTrue(self.world.write_at(self.address, value))
        self.assertTrue(
            self.lab.run_until(lambda: self.value(self.newest()) == value)
        )
        return self.newest()

    def value(self, checkpoint: model.Checkpoint) -> int:
        """Return the number that a checkpoint holds."""
        return disks.saved(self.lab, checkpoint)[0]

    def settle(self) -> None:
        """Let time pass until all is well, and no disk is being made anew."""
        super().settle()
        self.lab.run_until(lambda: ending.settled(self.lab), 60.0)

    def mend(self) -> None:
        """Give NHAM time to notice, and then to see to it."""
        self.lab.run(15.0)
        self.settle()

    def recoveries(self) -> list[model.Recovery]:
        """Return the recoveries since the start, oldest first."""
        return list(reversed(self.lab.store.recoveries()))[self.began :]

    def rungs(self) -> list[tuple[str, str]]:
        """Return how each of them was tried, and how that ended."""
        return [(r.rung, r.state.value) for r in self.recoveries()]

    def actions(self) -> list[str]:
        """Return the steps of the first of them."""
        return [one.step.action for one in self.recoveries()[0].steps]


class FailOverTest(DiskCase):
    def test_a_standby_that_holds_the_newest_takes_over_at_once(self) -> None:
        self.start()
        waiting = self.member(Role.STANDBY)
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(waiting, self.member(Role.PRIMARY))
        self.assertEqual(
            [
                ("fail_over", "succeeded"),
                ("repair_standby", "succeeded"),
                ("refresh_standby", "succeeded"),
            ],
            self.rungs(),
        )
        self.assertNotIn("renew_standby", self.actions())
        self.assert_whole(7)
        self.assertEqual(7, self.disk_of(Role.STANDBY))

    def test_a_newer_checkpoint_is_put_on_its_disk_first(self) -> None:
        self.start()
        waiting = self.member(Role.STANDBY)
        ports = [port.id for port in self.world.neutron.of_server(waiting)]
        saved = self.save(8)
        self.assertLess(self.held(), saved.sequence)
        self.assertTrue(self.world.write_at(self.address, 9))
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(waiting, self.member(Role.PRIMARY))
        self.assertEqual(
            ports, [port.id for port in self.world.neutron.of_server(waiting)]
        )
        self.assertEqual(
            [
                "confirm_fault",
                "seal_member",
                "renew_standby",
                "start_standby",
                "move_address",
                "promote",
                "verify_service",
            ],
            self.actions(),
        )
        self.assert_whole(8)

    def test_its_host_dies(self) -> None:
        self.start()
        self.save(8)
        self.hurt(lambda case: case.world.power_off_host("cmp1"))
        self.mend()
        self.assertEqual("fail_over", self.rungs()[0][0])
        self.assert_whole(8)

    def test_a_torn_checkpoint_is_passed_over(self) -> None:
        self.start()
        self.save(8)
        torn = self.save(9)
        self.lab.corrupt(torn)
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertIn("renew_standby", self.actions())
        self.assertTrue(
            any(
                f"checkpoint number {torn.sequence}" in one
                for one in self.recoveries()[0].refused
            )
        )
        self.assert_whole(8)

    def test_who_holds_the_one_before_a_torn_one_just_takes_over(self) -> None:
        self.start()
        self.lab.corrupt(self.save(8))
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertNotIn("renew_standby", self.actions())
        self.assert_whole(7)

    def test_and_back_with_checkpoints_of_who_serves(self) -> None:
        self.start()
        self.hurt(case_.crash_primary)
        self.mend()
        for value in (8, 9):
            saved = self.save(value)
            self.assertEqual(self.member(Role.PRIMARY), saved.server_id)
            waiting = self.member(Role.STANDBY)
            self.hurt(case_.crash_primary)
            self.mend()
            self.assertEqual(waiting, self.member(Role.PRIMARY))
            self.assert_whole(value)
        good = self.lab.store.checkpoints(states=_GOOD)
        self.assertLess(len(good), 5)


class FirstTest(DiskCase):
    """Before there is a checkpoint."""

    def without(self, policy: descriptor.ResiliencyPolicy) -> None:
        """Bring it up, and have no checkpoint that is whole."""
        self.up(policy)
        self.assertTrue(self.lab.run_until(self.holds, 60.0))
        for checkpoint in self.lab.store.checkpoints(states=_GOOD):
            self.lab.corrupt(checkpoint)
        server = self.member(Role.STANDBY)
        (member,) = self.lab.store.members(server_id=server)
        self.lab.store.note_state(member.id, 0, None)
        self.began = len(self.lab.store.recoveries())
        self.hurt(case_.crash_primary)
        self.lab.run(20.0)

    def test_a_standby_without_a_state_does_not_take_over(self) -> None:
        self.without(self.policy)
        self.assertEqual("hard_reboot", self.rungs()[0][0])
        self.assertIn(
            "fail_over: there is no state to give to the standby",
            self.recoveries()[0].refused,
        )
        self.settle()
        self.assert_whole(7)

    def test_but_it_does_where_its_loss_is_accepted(self) -> None:
        self.without(dataclasses.replace(self.policy, accept_state_loss=True))
        self.assertEqual("fail_over", self.rungs()[0][0])
        self.assertIn(
            "its disk holds no state", self.recoveries()[0].reasons[1]
        )

    def test_it_gets_the_first_one_at_once(self) -> None:
        self.up(self.policy)
        self.began = 0
        self.lab.run(20.0)
        self.assertEqual(
            [("make_standby", "succeeded"), ("refresh_standby", "succeeded")],
            self.rungs(),
        )
        self.assert_whole(7)
        self.assertEqual(7, self.disk_of(Role.STANDBY))

    def test_one_that_is_made_later_begins_with_it(self) -> None:
        self.up(self.policy, paused=True)
        case_.act(self)
        self.began = 0
        self.mend()
        self.assertEqual([("make_standby", "succeeded")], self.rungs())
        self.assertEqual(1, self.held())
        self.assertEqual(7, self.disk_of(Role.STANDBY))
        self.assert_whole(7)


class RefreshTest(DiskCase):
    def test_its_disk_is_made_anew_when_it_is_old(self) -> None:
        self.start()
        standby = self.member(Role.STANDBY)
        self.save(8)
        self.assertEqual([], self.rungs())
        self.assertTrue(
            self.lab.run_until(lambda: bool(self.rungs()), 70.0),
            "the disk is never made anew",
        )
        self.settle()
        self.assertEqual([("refresh_standby", "succeeded")], self.rungs())
        self.assertEqual(8, self.disk_of(Role.STANDBY))
        self.assertEqual(standby, self.member(Role.STANDBY))
        self.assert_whole(8)
        (vnf,) = self.lab.store.vnfs()
        self.assertIs(states.VnfState.PROTECTED, vnf.state)

    def test_the_service_notices_nothing(self) -> None:
        self.start()
        for value in range(100, 400):
            self.assertTrue(self.world.write_at(self.address, value))
            self.lab.run(0.5)
        self.assertGreater(len(self.rungs()), 1)
        self.assertEqual({("refresh_standby", "succeeded")}, set(self.rungs()))
        self.settle()
        self.assert_whole(399)

    def test_the_primary_dies_meanwhile(self) -> None:
        self.start()
        self.save(8)
        self.lab.run_until(lambda: bool(self.rungs()), 70.0)
        self.lab.run(2.0)
        self.hurt(case_.crash_primary)
        self.mend()
        self.assertEqual(("refresh_standby", "aborted"), self.rungs()[0])
        self.assert_whole(8)

    def test_the_standby_dies_meanwhile(self) -> None:
        self.start()
        self.save(8)
        self.lab.run_until(lambda: bool(self.rungs()), 70.0)
        self.lab.run(6.0)
        standby = self.member(Role.STANDBY)
        self.hurt(lambda case: case.world.crash_vm(standby))
        self.mend()
        self.assert_whole(8)
        self.assertEqual(8, self.disk_of(Role.STANDBY))

    def test_nothing_newer_that_is_whole(self) -> None:
        """It is told, and the next checkpoint ends it."""
        self.start()
        self.lab.corrupt(self.save(8))
        held = self.held()

        def told() -> bool:
            events = self.lab.store.events(limit=200)
            return any(one.kind == "standby-old" for one in events)

        self.lab.run_until(lambda: self.held() != held, 120.0)
        self.settle()
        self.assertFalse(told())
        self.assertEqual(8, self.disk_of(Role.STANDBY))
        self.assert_whole(8)

    def test_somebody_else_makes_its_disk_anew(self) -> None:
        """It holds no state then, whatever NHAM had put there."""
        self.start()
        self.hurt(case_.crash_primary)
        self.mend()
        theirs = self.member(Role.STANDBY)
        self.assertEqual(theirs, self.server_id)
        image = self.world.add_image(0, "the package's")
        self.hurt(lambda c: c.world.nova.rebuild(theirs, image, "user"))
        self.mend()
        self.assertEqual(
            ["fail_over", "repair_standby", *["refresh_standby"] * 2],
            [rung for rung, _ in self.rungs()],
        )
        self.assertEqual(7, self.disk_of(Role.STANDBY))
        self.assert_whole(7)


class SwitchoverTest(DiskCase):
    def switch(self) -> None:
        """Ask for a switchover."""
        (group,) = self.lab.store.groups()
        with contextlib.suppress(process.Crash):
            self.runner.engine.switchover(group.id, "by the test")

    def test_there_and_back(self) -> None:
        for policy in (self.policy, cold(self.policy)):
            self.start(policy)
            first, second = (
                self.member(Role.PRIMARY),
                self.member(Role.STANDBY),
            )
            for value, serves in ((8, second), (9, first)):
                self.lab.run(5.0)
                self.assertTrue(self.world.write_at(self.address, value))
                self.hurt(lambda _case: self.switch())
                self.mend()
                self.assertEqual(serves, self.member(Role.PRIMARY))
                self.assert_whole(value)
