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


from __future__ import annotations

import dataclasses
import itertools

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.tests.unit.recovery import replica_case

Role = states.Role
State = states.RecoveryState


class FailOverTest(replica_case.ReplicaCase):
    """The whole plan."""

    def begin(self) -> model.Member:
        """Let the VNFC fail when it has a standby; return that."""
        standby = self.make_standby()
        self.save_state(7)
        self.world.crash_vm(self.server_id)
        return standby

    def check(self, recovery: model.Recovery, standby: model.Member) -> None:
        """See that the standby serves, with the state, and nobody else."""
        self.assertIs(State.SUCCEEDED, recovery.state, recovery.reason)
        self.assertEqual(
            {self.server_id: "failed", standby.server_id: "primary"},
            self.roles(),
        )
        address = self.world.neutron.floating_ip(self.service_id).ip
        self.assertEqual(7, self.world.read_at(address))
        self.assertEqual([False], self.enabled(self.server_id))
        self.assertEqual((), self.world.invariants())

    def test_standby_takes_over(self) -> None:
        standby = self.begin()
        steps = self.replica_plan("fail_over")
        self.check(self.run_to_end(self.claim(*steps)), standby)

    def test_host_is_gone(self) -> None:
        standby = self.begin()
        self.world.power_off_host("one")
        steps = self.replica_plan("fail_over")
        self.check(self.run_to_end(self.claim(*steps)), standby)

    def test_killed_at_any_point(self) -> None:
        for number in itertools.count(1):
            self.build()
            standby = self.begin()
            ended = self.crashed(number, *self.replica_plan("fail_over"))
            if ended is None:
                break
            with self.subTest(number=number):
                self.check(ended, standby)
        self.assertGreater(number, 12)

    def test_never_two_that_serve(self) -> None:
        """At each change there is one primary."""
        standby = self.begin()
        seen: set[int] = set()
        for name in replica_case.CHANGES:
            if hasattr(self.store, name):
                self._spy(name, seen)
        self.check(
            self.run_to_end(self.claim(*self.replica_plan("fail_over"))),
            standby,
        )
        self.assertEqual({1}, seen)

    def _spy(self, name: str, seen: set[int]) -> None:
        real = getattr(self.store, name)

        def call(*args: object) -> object:
            result = real(*args)
            roles = list(self.roles().values())
            seen.add(roles.count("primary"))
            return result

        self.replace(f"nham.db.store.Store.{name}", side_effect=call)

    def test_false_alarm_costs_nothing(self) -> None:
        self.make_standby()
        ended = self.run_to_end(self.claim(*self.replica_plan("fail_over")))
        self.assertIs(State.ABORTED, ended.state)
        self.assertEqual([True], self.enabled(self.server_id))

    def test_back_again(self) -> None:
        """The VNFM's server is repaired, and takes over in its turn."""
        standby = self.begin()
        self.run_to_end(self.claim(*self.replica_plan("fail_over")))
        ended = self.run_to_end(
            self.claim(*self.replica_plan("repair_standby"))
        )
        self.assertIs(State.SUCCEEDED, ended.state, ended.reason)
        self.save_state(8)
        self.world.crash_vm(standby.server_id)
        ended = self.run_to_end(self.claim(*self.replica_plan("fail_over")))
        self.assertIs(State.SUCCEEDED, ended.state, ended.reason)
        self.assertEqual(
            {self.server_id: "primary", standby.server_id: "failed"},
            self.roles(),
        )
        self.assertEqual(self.port_id, self.leads_to(self.service_id))
        self.assertEqual("8", self.state_of(self.server_id))


class NoStateTest(replica_case.ReplicaCase):
    """The policy accepts the loss of state."""

    policy = dataclasses.replace(
        replica_case.ReplicaCase.policy,
        accept_state_loss=True,
        detection=descriptor.Detection(boot_timeout=20.0),
    )

    def test_hook_of_the_standby_is_broken(self) -> None:
        """The service comes first, at last without its state."""
        self.make_standby()
        self.save_state(7)
        self.world.crash_vm(self.server_id)
        self.world.gates.down("hook", 1000.0)
        ended = self.run_to_end(self.claim(*self.replica_plan("fail_over")))
        self.assertIs(State.SUCCEEDED, ended.state, ended.reason)
        said = {r.step.action: r.detail for r in ended.steps}
        self.assertIn("it has no state", said["give_state"])


class PlansTest(replica_case.MakeCase):
    """Whole plans, killed at any point."""

    def check(self, recovery: model.Recovery) -> None:
        """See that there is one standby, and nothing else of ours."""
        self.assertIs(State.SUCCEEDED, recovery.state, recovery.reason)
        self.clock.advance(10.0)
        standby = self.member(Role.STANDBY)
        self.assertEqual(2, len(self.roles()))
        own = [m for m in self.store.members() if m.kind == "server"]
        self.assertEqual([m.server_id for m in own], self.ours())
        self.assertEqual([f"{m.name}-0" for m in own], self.own_ports())
        group = self.store.group("g")
        assert group.access is not None
        self.assertEqual(standby.port_id, self.leads_to(group.access.id))
        self.assertEqual(2, len(self.world.neutron.floating_ips))

    def test_make(self) -> None:
        for number in itertools.count(1):
            self.build()
            steps = self.replica_plan("make_standby", target="two")
            ended = self.crashed(number, *steps)
            if ended is None:
                break
            with self.subTest(number=number):
                self.check(ended)
        self.assertGreater(number, 12)

    def test_remake(self) -> None:
        for number in itertools.count(1):
            self.build()
            self.make_standby()
            steps = self.replica_plan("remake_standby", target="three")
            ended = self.crashed(number, *steps)
            if ended is None:
                break
            with self.subTest(number=number):
                self.check(ended)
                self.assertEqual("three", self.member(Role.STANDBY).host)
        self.assertGreater(number, 12)

    def test_repair(self) -> None:
        for number in itertools.count(1):
            self.build()
            self.make_standby()
            self.fail_over()
            ended = self.crashed(number, *self.replica_plan("repair_standby"))
            if ended is None:
                break
            with self.subTest(number=number):
                self.check(ended)
                self.assertEqual("standby", self.roles()[self.server_id])
                self.assertEqual([True], self.enabled(self.server_id))
        self.assertGreater(number, 12)
