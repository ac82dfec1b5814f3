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


"""What came back before anything was done to it is left alone."""

from __future__ import annotations

from nham.core import states
from nham.simulate import lab as lab_
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_steps as steps

#: What changes something in the cloud.
_ACTS = (
    "enable_port",
    "point_floating_ip",
    "evacuate",
    "force_down",
    "reboot",
    "start",
    "stop",
)


class ComesBackTest(case_.ReplicaCase):
    """The fault is over between the claim and the first step."""

    def after_claim(self, rung: str) -> None:
        """Let the engine die when it has claimed, before it acts."""
        self.kill_at("after claim", 1, rung)
        dead = self.lab.run_until(lambda: not self.lab.alive, 60.0)
        self.assertTrue(dead, "nothing was claimed")

    def assert_aborted(self, rung: str) -> None:
        """See that the recovery ended as no fault, and touched nothing."""
        newest = self.lab.store.recoveries(limit=1)[0]
        self.assertEqual(
            (rung, states.RecoveryState.ABORTED), (newest.rung, newest.state)
        )
        asked = {
            one.call
            for one in self.world.gates.log
            if one.at >= newest.started_at
        }
        self.assertEqual(set(), asked & set(_ACTS))

    def test_a_primary(self) -> None:
        self.bring_up(case_.ONE_R_AS)
        primary = self.member(states.Role.PRIMARY)
        self.hurt(lambda case: case.world.hang_app(primary))
        self.after_claim("fail_over")
        self.world.mend_app(primary)
        self.lab.start_engine()
        self.lab.run(20.0)
        self.assert_aborted("fail_over")
        self.assertEqual(primary, self.member(states.Role.PRIMARY))
        self.assertEqual(7, self.world.read_at(self.address))


class HostComesBackTest(steps.CrashCase):
    """A host is cut off, and back before it was fenced."""

    def test_nothing_is_fenced(self) -> None:
        self.prepare(steps.WAYS[0])
        self.lab.start_engine()
        self.lab.run(10.0)
        for runner in self.lab.engines:
            self.kill_at_claim(runner)
        self.world.partition_host("cmp1")
        dead = self.lab.run_until(lambda: len(self.lab.alive) == 1, 200.0)
        self.assertTrue(dead, "nothing was claimed")
        self.world.heal_partition("cmp1")
        self.lab.run(30.0)
        claimed = self.lab.store.recoveries()[-1]
        self.assertEqual(
            ("evacuate", states.RecoveryState.ABORTED),
            (claimed.rung, claimed.state),
        )
        host = self.lab.store.host("cmp1")
        self.assertTrue(host is None or host.fenced_at is None)
        self.assertTrue(self.world.serving(self.server_id))

    def kill_at_claim(self, runner: lab_.Runner) -> None:
        """Kill an engine when it has claimed, if the other one lives."""

        def on_moment(reached: str) -> None:
            if reached == "after claim" and len(self.lab.alive) == 2:
                runner.kill()

        runner.process.on_moment = on_moment
