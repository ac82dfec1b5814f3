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

"""What a group whose members all serve comes to in the simulated cloud."""

from __future__ import annotations

import dataclasses

from nham.adapters.simulated import hook
from nham.core import descriptor
from nham.core import states
from nham.simulate import lab as lab_
from nham.tests import base
from nham.tests.functional import test_crash_steps as steps

Role = states.Role

POLICY = descriptor.ResiliencyPolicy(
    name="policy",
    targets=("VDU1",),
    redundancy=descriptor.Mechanism.MR_AA,
    num_backups=2,
    stateful=True,
    accept_state_loss=False,
    probes=(descriptor.ProbeSpec(type="http", port=80),),
    detection=descriptor.Detection(poll_interval=0.25, boot_timeout=30.0),
    service_address=descriptor.ServiceAddress(
        driver="octavia", pool="calls", port=80
    ),
    state_protection=descriptor.StateProtection(
        method="hook", interval=1.0, hook=descriptor.Hook(port=8081)
    ),
)


class SpreadCase(base.TestCase):
    """One VNF of three members on four hosts, and one engine."""

    policy = POLICY
    agents = False

    def setUp(self) -> None:
        super().setUp()
        self.lab = lab_.Lab(seed=1, settings=steps.SETTINGS)
        self.world = self.lab.world
        for host in ("cmp1", "cmp2", "cmp3", "cmp4"):
            self.world.add_host(host)
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": self.policy.to_dict()}),
        )
        self.world.add_floating_ip(self.theirs)
        self.pool = self.world.add_pool("calls", "project", 80)
        self.world.write(self.theirs, 7)
        self.world.set_state(self.theirs, b"7")
        if self.agents:
            self.lab.start_agents()
        self.lab.start_engine()
        self.lab.run(25.0)

    @property
    def theirs(self) -> str:
        """The server that the VNFM knows."""
        return self.world.server_id(self.instance, "VDU1-0")

    def servers(self, role: Role) -> list[str]:
        """Return the servers of the members with that role."""
        return [
            member.server_id
            for member in self.lab.store.members()
            if member.role is role
        ]

    def serving(self) -> set[str]:
        """Return the servers that get their share of the clients."""
        pool = self.world.balancers.pool(self.pool)
        return {
            guest.server_id
            for address, _port in pool.getting
            if (guest := self.world.physics.at(address)) is not None
        }

    def assert_whole(self) -> None:
        """Three members serve, each on a host of its own, with the state."""
        (primary,) = self.servers(Role.PRIMARY)
        others = self.servers(Role.ACTIVE)
        self.assertEqual(2, len(others))
        self.assertEqual({primary, *others}, self.serving())
        hosts = {self.world.nova.servers[s].host for s in (primary, *others)}
        self.assertEqual(3, len(hosts))
        for server in (primary, *others):
            self.assertEqual(b"7", self.world.state(server))

    def rungs(self) -> list[tuple[str, str]]:
        """Return how each recovery was tried, and how that ended."""
        found = reversed(self.lab.store.recoveries())
        return [(r.rung, r.state.value) for r in found][2:]


class SpreadTest(SpreadCase):
    """What the primary has is what counts."""

    def test_all_members_are_made(self) -> None:
        self.assert_whole()

    def test_a_member_that_fails_leaves_the_distribution(self) -> None:
        failed = self.servers(Role.ACTIVE)[0]
        self.world.crash_vm(failed)
        self.lab.run(4.0)
        self.assertNotIn(failed, self.serving())
        self.assertEqual(("take_out", "succeeded"), self.rungs()[0])
        self.lab.run(30.0)
        self.assert_whole()
        self.assertEqual(
            [("take_out", "succeeded"), ("remake_standby", "succeeded")],
            self.rungs(),
        )

    def test_the_primary_fails(self) -> None:
        failed = self.theirs
        self.world.crash_vm(failed)
        self.lab.run(4.0)
        self.assertNotIn(failed, self.serving())
        self.lab.run(30.0)
        self.assert_whole()
        self.assertIn(failed, self.servers(Role.ACTIVE))
        self.assertEqual(
            [("fail_over", "succeeded"), ("repair_standby", "succeeded")],
            self.rungs(),
        )

    def test_a_member_that_its_operator_stops_waits_for_him(self) -> None:
        for role, rung in (
            (Role.ACTIVE, "withdraw"),
            (Role.PRIMARY, "hand_over"),
        ):
            before = len(self.lab.store.recoveries())
            stopped = self.servers(role)[0]
            self.world.user_stop(stopped)
            self.lab.run(60.0)
            self.assertEqual([stopped], self.servers(Role.ASIDE))
            self.assertEqual(2, len(self.serving()))
            self.assertNotIn(stopped, self.serving())
            (vnf,) = self.lab.store.vnfs()
            self.assertIs(states.VnfState.DEGRADED, vnf.state)
            self.world.user_start(stopped)
            self.lab.run(60.0)
            self.assert_whole()
            rungs = [r.rung for r in self.lab.store.recoveries()]
            self.assertEqual(["readmit", rung], rungs[: len(rungs) - before])
            (vnf,) = self.lab.store.vnfs()
            self.assertIs(states.VnfState.PROTECTED, vnf.state)

    def test_one_that_is_paused_has_no_clients(self) -> None:
        paused = self.servers(Role.ACTIVE)[0]
        self.world.user_pause(paused)
        self.lab.run(20.0)
        self.assertNotIn(paused, self.serving())
        self.world.user_unpause(paused)
        self.lab.run(30.0)
        self.assert_whole()

    def test_somebody_heals_the_vnfc(self) -> None:
        """Its old address is no target, and the new server joins."""
        for healed in (self.theirs, self.theirs):
            self.world.user_heal(self.instance, "VDU1-0")
            self.lab.run(120.0)
            self.assertNotEqual(healed, self.theirs)
            self.assert_whole()
            self.assertIn(self.theirs, self.servers(Role.ACTIVE))
            targets = self.world.balancers.pool(self.pool).targets
            self.assertEqual(3, len(targets))

    def test_the_host_of_two_fails_after_the_other(self) -> None:
        for server in self.servers(Role.ACTIVE):
            self.world.power_off_host(self.world.nova.servers[server].host)
            self.lab.run(60.0)
        self.assertEqual(2, len(self.serving()))

    def test_nothing_is_left_of_what_is_terminated(self) -> None:
        self.world.user_terminate(self.instance)
        self.lab.run(150.0)
        names = [
            s.name
            for s in self.world.nova.servers.values()
            if s.status != "DELETED"
        ]
        self.assertEqual([], names)
        floating = [f.name for f in self.world.neutron.floating_ips.values()]
        self.assertEqual([], [name for name in floating if name])
        self.assertEqual({}, self.world.balancers.pool(self.pool).targets)


class WordTest(SpreadCase):
    """The agent of a host says that a member's process died."""

    agents = True

    def test_nobody_is_asked_before_a_member_leaves(self) -> None:
        failed = self.servers(Role.ACTIVE)[0]
        self.world.api_down("nova", 30.0)
        self.world.api_down("tacker", 30.0)
        self.world.crash_vm(failed)
        asked = len(self.world.gates.log)
        self.lab.run(0.1)
        (newest,) = self.lab.store.recoveries(limit=1)
        self.assertEqual("take_out", newest.rung)
        calls = {one.call for one in self.world.gates.log[asked:]}
        self.assertFalse(calls & {"server", "operations"})
        self.lab.run(4.0)
        self.assertNotIn(failed, self.serving())

    def test_it_leaves_once_and_is_made_anew(self) -> None:
        """No probe has missed it when its host tells, and that is no sign."""
        self.world.crash_vm(self.servers(Role.ACTIVE)[0])
        self.lab.run(40.0)
        self.assert_whole()
        self.assertEqual(
            [("take_out", "succeeded"), ("remake_standby", "succeeded")],
            self.rungs(),
        )


class MergeTest(SpreadCase):
    """Each member has clients of its own, and all are told of them."""

    policy = dataclasses.replace(
        POLICY,
        state_protection=dataclasses.replace(
            POLICY.state_protection,
            spread="merge",
            hook=descriptor.Hook(port=8081, import_path=hook.MERGE),
        ),
    )

    def states(self) -> set[bytes | None]:
        """Return what the members have that serve."""
        servers = (*self.servers(Role.PRIMARY), *self.servers(Role.ACTIVE))
        return {self.world.state(server) for server in servers}

    def test_what_a_dead_member_had_is_with_all(self) -> None:
        for role, words in (
            (Role.ACTIVE, b"7 active"),
            (Role.PRIMARY, b"7 active primary"),
        ):
            failed = self.servers(role)[0]
            self.world.set_state(failed, words)
            self.lab.run(4.0)
            self.assertEqual({words}, self.states())
            self.world.crash_vm(failed)
            self.lab.run(40.0)
            self.assertEqual(2, len(self.servers(Role.ACTIVE)))
            self.assertEqual({words}, self.states())


class EcmpTest(SpreadCase):
    """A router leads clients to all members."""

    policy = dataclasses.replace(
        POLICY,
        service_address=descriptor.ServiceAddress(
            driver="ecmp", router="edge", address="203.0.113.9"
        ),
    )

    def setUp(self) -> None:
        super().setUp()
        self.router = self.world.add_router("edge", "project")
        self.lab.run(60.0)

    def hops(self) -> list[str]:
        """Return the addresses over which the router leads."""
        hops = self.world.routers.router(self.router).hops
        return hops.get("203.0.113.9", [])

    def serving(self) -> set[str]:
        """Return the servers that get their share of the clients."""
        guests = (self.world.physics.at("203.0.113.9") for _ in self.hops())
        return {guest.server_id for guest in guests if guest is not None}

    def test_who_fails_has_no_route_until_it_is_back(self) -> None:
        self.assert_whole()
        for role in (Role.ACTIVE, Role.PRIMARY):
            failed = self.servers(role)[0]
            self.world.crash_vm(failed)
            self.lab.run(4.0)
            self.assertEqual(2, len(self.hops()))
            self.assertNotIn(failed, self.serving())
            self.lab.run(40.0)
            self.assert_whole()

    def test_no_route_is_left_of_what_is_dismissed(self) -> None:
        (vnf,) = self.lab.store.vnfs()
        before = set(self.hops())
        fewer = dataclasses.replace(self.policy, num_backups=1)
        self.world.tacker.get(self.instance)
        self.lab.store.save_vnf(dataclasses.replace(vnf, policies=(fewer,)))
        self.lab.run(60.0)
        self.assertEqual(2, len(self.hops()))
        self.assertLess(set(self.hops()), before)
        self.assertEqual(2, len(self.serving()))
