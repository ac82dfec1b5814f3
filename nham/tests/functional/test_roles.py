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

"""Each change of a role that the mechanisms' tables have is taken.

That none is made which they lack, the auditor sees in every simulated run.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import states
from nham.simulate import checker
from nham.simulate import lab as lab_
from nham.tests import base
from nham.tests.functional import test_change
from nham.tests.functional import test_crash_steps as steps

Role = states.Role

#: Nobody counts the seconds here, so the watch may take its time.
ALONE, WAITING, SPREAD = (
    dataclasses.replace(
        policy,
        detection=descriptor.Detection(poll_interval=1.0, boot_timeout=30.0),
    )
    for policy in (test_change.ALONE, test_change.UNFED, test_change.SPREAD)
)


class StoryCase(base.TestCase):
    """One VNFC on six hosts, with an address and a balancer's pool."""

    def setUp(self) -> None:
        super().setUp()
        self.auditors: list[checker.Auditor] = []

    def begin(
        self, policy: descriptor.ResiliencyPolicy, volume: bool = False
    ) -> None:
        """Bring all up anew.

        :param volume: the VNFC boots from a volume.
        """
        self.lab = lab_.Lab(seed=1, settings=steps.SETTINGS)
        self.world = self.lab.world
        self.auditors.append(checker.Auditor(self.lab))
        for number in range(1, 7):
            self.world.add_host(f"cmp{number}")
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": policy.to_dict()}),
            volume_backed=["VDU1"] if volume else [],
        )
        self.world.add_floating_ip(self.theirs)
        self.world.add_pool("calls", "project", 80)
        self.world.write(self.theirs, 7)
        self.world.set_state(self.theirs, b"7")
        self.runner = self.lab.start_engine()

    @property
    def theirs(self) -> str:
        """The server that the VNFM knows."""
        return self.world.server_id(self.instance, "VDU1-0")

    def servers(self, role: Role) -> list[str]:
        """Return the servers of the members with that role."""
        members = self.lab.store.members()
        return [one.server_id for one in members if one.role is role]

    def wait_for(self, role: Role) -> str:
        """Let time pass until a member has a role; return its server."""
        found = self.lab.run_until(
            lambda: any(map(bool, self.servers(role))), 200.0
        )
        self.assertTrue(found, role)
        return self.servers(role)[0]

    def change(self, policy: descriptor.ResiliencyPolicy) -> None:
        """Give the VNF another policy."""
        (vnf,) = self.lab.store.vnfs()
        data = lab_.policy_bytes({"VDU1": policy.to_dict()})
        self.runner.engine.discoverer.protect(vnf.id, data)

    def lose_host(self, server_id: str) -> None:
        """Switch off the host of a server."""
        self.world.power_off_host(str(self.world.nova.servers[server_id].host))

    def heal(self) -> None:
        """Have the VNFM make its server anew."""
        self.world.user_heal(self.instance, "VDU1-0")
        self.lab.run(90.0)


def _alone(case: StoryCase) -> None:
    case.begin(ALONE)
    case.lab.run(30.0)
    case.heal()
    case.world.delete_server_behind(case.theirs)
    case.lab.run(120.0)


def _fail_over_and_heal(case: StoryCase) -> None:
    case.begin(WAITING)
    case.lab.run(30.0)
    case.world.crash_vm(case.theirs)
    case.lab.run(60.0)
    case.world.crash_vm(case.theirs)
    case.lab.run(60.0)
    case.heal()
    case.world.user_terminate(case.instance)
    case.lab.run(60.0)


def _lose_standby(case: StoryCase) -> None:
    case.begin(WAITING)
    case.world.crash_vm(case.wait_for(Role.STANDBY))
    case.lab.run(60.0)
    case.change(ALONE)
    case.lab.run(60.0)


def _terminate(case: StoryCase) -> None:
    for policy, role in ((WAITING, Role.STANDBY), (SPREAD, Role.ACTIVE)):
        case.begin(policy)
        case.wait_for(role)
        case.world.user_terminate(case.instance)
        case.lab.run(60.0)


def _on_a_volume(case: StoryCase) -> None:
    case.begin(WAITING, volume=True)
    case.wait_for(Role.STANDBY)


def _terminate_while_it_is_made(case: StoryCase) -> None:
    case.begin(WAITING)
    case.lose_host(case.wait_for(Role.JOINING))
    case.world.user_terminate(case.instance)
    case.lab.run(60.0)


def _lose_host_while_it_is_made(case: StoryCase) -> None:
    case.begin(WAITING)
    case.lose_host(case.wait_for(Role.JOINING))
    case.lab.run(300.0)


def _change_while_it_is_made(case: StoryCase) -> None:
    case.begin(WAITING)
    case.lose_host(case.wait_for(Role.JOINING))
    case.change(ALONE)
    case.lab.run(300.0)


def _heal_while_it_is_repaired(case: StoryCase) -> None:
    case.begin(WAITING)
    case.lab.run(30.0)
    case.world.lose_disk(case.theirs)
    case.wait_for(Role.FAILED)
    case.wait_for(Role.JOINING)
    case.heal()
    case.lab.run(120.0)


def _members(case: StoryCase) -> None:
    case.begin(SPREAD)
    case.lab.run(60.0)
    case.world.crash_vm(case.servers(Role.ACTIVE)[0])
    case.lab.run(60.0)
    case.world.crash_vm(case.theirs)
    case.lab.run(60.0)
    case.heal()
    case.change(dataclasses.replace(SPREAD, num_backups=1))
    case.lab.run(60.0)
    case.world.user_terminate(case.instance)
    case.lab.run(60.0)


def _heal_while_no_engine_looks(case: StoryCase) -> None:
    case.begin(SPREAD)
    case.lab.run(60.0)
    for role in (Role.PRIMARY, Role.ACTIVE):
        case.assertIn(case.theirs, case.servers(role))
        case.runner.kill()
        case.heal()
        case.runner = case.lab.start_engine()
        case.lab.run(60.0)


def _stop_and_start(case: StoryCase) -> None:
    case.begin(SPREAD)
    case.lab.run(60.0)
    stopped = case.servers(Role.ACTIVE)[0]
    case.world.user_stop(stopped)
    case.assertEqual(stopped, case.wait_for(Role.ASIDE))
    case.world.user_start(stopped)
    case.lab.run(60.0)
    case.world.user_stop(case.theirs)
    case.assertEqual(case.theirs, case.wait_for(Role.ASIDE))
    case.heal()


def _lose_what_is_stopped(case: StoryCase) -> None:
    case.begin(SPREAD)
    case.lab.run(60.0)
    case.world.user_stop(case.servers(Role.ACTIVE)[0])
    case.world.delete_server_behind(case.wait_for(Role.ASIDE))
    case.lab.run(60.0)
    case.world.user_stop(case.servers(Role.ACTIVE)[0])
    case.wait_for(Role.ASIDE)
    case.change(ALONE)
    case.lab.run(90.0)


def _terminate_what_is_stopped(case: StoryCase) -> None:
    case.begin(SPREAD)
    case.lab.run(60.0)
    case.world.user_stop(case.servers(Role.ACTIVE)[0])
    case.wait_for(Role.ASIDE)
    case.world.user_terminate(case.instance)
    case.lab.run(60.0)


STORIES: tuple[Callable[[StoryCase], None], ...] = (
    _alone,
    _on_a_volume,
    _fail_over_and_heal,
    _lose_standby,
    _terminate,
    _terminate_while_it_is_made,
    _lose_host_while_it_is_made,
    _change_while_it_is_made,
    _heal_while_it_is_repaired,
    _members,
    _heal_while_no_engine_looks,
    _stop_and_start,
    _lose_what_is_stopped,
    _terminate_what_is_stopped,
)


class RolesTest(StoryCase):
    def test_each_change_is_taken(self) -> None:
        table = {
            (one.before, one.after, one.step)
            for spec in mechanisms.TABLE
            for one in spec.transitions
        }
        seen = set()
        for story in STORIES:
            self.auditors = []
            story(self)
            for auditor in self.auditors:
                self.assertEqual((), auditor.violations, story.__name__)
                seen |= auditor.changes.seen
        never = sorted(map(str, table - seen))
        self.assertEqual([], never)
