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

"""The engine is killed at each step of what is done to a VNF that is well.

As ``test_crash_replicas``, for a switchover and for the removal of a member
that the policy has no place for any more.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import dataclasses

from nham.core import descriptor
from nham.core import states
from nham.simulate import lab as lab_
from nham.simulate import process
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_replicas as crash
from nham.tests.functional import thinning

Role = states.Role

#: What the VNF is changed to.
ALONE = dataclasses.replace(
    case_.ONE_R_AA,
    redundancy=descriptor.Mechanism.ZERO_R,
    num_backups=0,
    service_address=descriptor.ServiceAddress(),
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=10.0
    ),
)


class PlannedCase(case_.ReplicaCase):
    """A VNF of 1R-AA that is whole, and has the state 7."""

    def plan(self, rung: str) -> None:
        """Ask for what leads to a rung."""
        engine = self.runner.engine
        (vnf,) = self.lab.store.vnfs()
        (group,) = self.lab.store.groups()
        if rung == "switchover":
            with contextlib.suppress(process.Crash):
                engine.switchover(group.id, "by the test")
        else:
            data = lab_.policy_bytes({"VDU1": ALONE.to_dict()})
            engine.discoverer.protect(vnf.id, data)

    def play(self, rung: str, moment: str, nth: int) -> str:
        """Kill the engine when a rung gets there; return how that ended."""
        self.bring_up(case_.ONE_R_AA)
        self.kill_at(moment, nth, rung)
        self.hurt(lambda _case: self.plan(rung))
        self.go_on()
        (done,) = [r for r in self.lab.store.recoveries() if r.rung == rung]
        return done.state.value

    def roles(self) -> list[str]:
        """Return the roles of the members, by whose they are."""
        found = self.lab.store.members()
        return sorted(f"{one.kind} {one.role}" for one in found)


class CrashDismissTest(PlannedCase):
    """The member is gone, whatever happens; one test for each point."""

    def kill(self, moment: str, nth: int) -> None:
        """Kill the engine at that point of the removal."""
        self.assertEqual("succeeded", self.play("dismiss", moment, nth))
        self.assert_whole(7)
        self.assertEqual(["vnfc primary"], self.roles())


class CrashSwitchoverTest(PlannedCase):
    """Nothing is lost, whoever serves in the end."""

    def kill(self, moment: str, nth: int) -> None:
        """Kill the engine at that point of the switchover.

        If the application goes on before another engine gets to it, it is
        not moved any more.
        """
        ended = self.play("switchover", moment, nth)
        self.assertIn(ended, ("succeeded", "failed"))
        self.assert_whole(7)
        moved = self.roles() == ["server primary", "vnfc standby"]
        stayed = self.roles() == ["server standby", "vnfc primary"]
        self.assertTrue(moved if ended == "succeeded" else stayed)


def _test(moment: str, nth: int) -> Callable[[CrashDismissTest], None]:
    def test(self: CrashDismissTest) -> None:
        self.kill(moment, nth)

    return test


_thinner = thinning.Thinner()
for _case, _rung, _policy in (
    (CrashDismissTest, "dismiss", ALONE),
    (CrashSwitchoverTest, "switchover", case_.ONE_R_AA),
):
    for _name, _moment, _nth in crash.points(_rung, _policy):
        if _thinner.keeps(_rung, _name):
            setattr(_case, f"test_{_name}", _test(_moment, _nth))
