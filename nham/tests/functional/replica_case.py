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


"""A VNF with a standby: what the tests of its recoveries are made of.

One engine protects it on the simulated cloud; it may be killed at any
moment, and another one goes on.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.core import descriptor
from nham.core import states
from nham.simulate import checker
from nham.simulate import ending
from nham.simulate import injection
from nham.simulate import lab as lab_
from nham.simulate import replicas
from nham.tests.functional import test_crash_steps as steps

ONE_R_AS = descriptor.ResiliencyPolicy(
    name="policy",
    targets=("VDU1",),
    redundancy=descriptor.Mechanism.ONE_R_AS,
    num_backups=1,
    stateful=True,
    accept_state_loss=False,
    probes=(descriptor.ProbeSpec(type="http", port=80),),
    detection=descriptor.Detection(poll_interval=0.5, boot_timeout=20.0),
    service_address=descriptor.ServiceAddress(driver="floating_ip"),
    state_protection=descriptor.StateProtection(
        method="hook", interval=5.0, hook=descriptor.Hook(port=8081)
    ),
)
#: The same; its state goes by the guest agents.
IN_GUEST = dataclasses.replace(
    ONE_R_AS,
    state_protection=descriptor.StateProtection(
        method="hook",
        interval=5.0,
        hook=descriptor.Hook(
            transport="guest_agent",
            export_command="/bin/out",
            import_command="/bin/in",
        ),
    ),
)
ONE_R_AA = dataclasses.replace(
    ONE_R_AS, redundancy=descriptor.Mechanism.ONE_R_AA
)
#: What is claimed, or moved from port to port.
ADDRESS = "10.1.0.200"
VIP = dataclasses.replace(
    ONE_R_AA,
    service_address=descriptor.ServiceAddress(driver="vip", address=ADDRESS),
)
FIXED_IP = dataclasses.replace(
    ONE_R_AA,
    service_address=descriptor.ServiceAddress(
        driver="fixed_ip", address=ADDRESS
    ),
)
#: What must not be asked for twice; to delete twice does no harm.
_REQUESTS = (
    "copy_port",
    "copy_server",
    "create_floating_ip",
    "evacuate",
    "force_down",
    "start",
)


@dataclasses.dataclass(frozen=True)
class Way:
    """How a rung of a replica group is brought about.

    :ivar name: of its tests.
    :ivar fault: what breaks.
    :ivar host_lost: the host of what is repaired is lost.
    :ivar moments: moments within its steps, each with how often it comes.
    :ivar volume: the VNFC boots from a volume.
    :ivar agents: the hosts have agents.
    """

    name: str
    rung: str
    fault: Callable[[ReplicaCase], None]
    policy: descriptor.ResiliencyPolicy
    host_lost: bool = False
    moments: tuple[tuple[str, int], ...] = ()
    volume: bool = False
    agents: bool = False


class ReplicaCase(steps.CrashCase):
    """One VNF with a standby, and one engine.

    :ivar agents: the hosts have agents.
    """

    agents = False

    def bring_up(
        self,
        policy: descriptor.ResiliencyPolicy,
        paused: bool = False,
        affinity: bool = False,
        volume: bool = False,
    ) -> None:
        """Bring up a cloud with a VNFC at whose address is the state 7.

        :param paused: leave it without a standby for now.
        :param affinity: Nova cannot evacuate it.
        :param volume: it boots from a volume.
        """
        self.lab = lab_.Lab(seed=1, settings=steps.SETTINGS)
        self.world = self.lab.world
        self.auditor = checker.Auditor(self.lab)
        for host in ("cmp1", "cmp2", "cmp3"):
            self.world.add_host(host)
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": policy.to_dict()}),
            affinity=["VDU1"] if affinity else [],
            volume_backed=["VDU1"] if volume else [],
            on_disk=["VDU1"] if policy.on_disk else [],
        )
        service = self.world.add_floating_ip(self.server_id)
        self.address = self.world.neutron.floating_ip(service).ip
        self.world.write_at(self.address, 7)
        if policy.service_address.address is not None:
            self.address = policy.service_address.address
        if policy.service_address.driver == "vip":
            self.world.add_vip(self.server_id, self.address)
        if self.agents:
            self.lab.start_agents()
        self.furnish()
        if paused:
            self.lab.store.set_setting("paused", "by the test")
        self.runner = self.lab.start_engine()
        self.lab.run(15.0 if volume else 12.0)
        good = [states.CheckpointState.AVAILABLE]
        self.assertTrue(self.lab.store.checkpoints(states=good))

    def furnish(self) -> None:
        """Make what else there is in the cloud before NHAM looks at it."""

    def member(self, role: states.Role) -> str:
        """Return the server of the group's member with that role."""
        (server_id,) = [
            member.server_id
            for member in self.lab.store.members()
            if member.role is role
        ]
        return server_id

    def hurt(self, fault: Callable[[ReplicaCase], object]) -> None:
        """Break something, and tell the auditor."""
        place = frozenset({(self.instance, "VDU1-0")})
        now = self.lab.clock.now()
        self.auditor.inject(injection.Injection(now, "fault", "", place))
        fault(self)

    def kill_at(self, moment: str, nth: int, rung: str | None = None) -> None:
        """Kill the engine when it gets to a moment, of a rung if named."""
        left = nth

        def on_moment(reached: str) -> None:
            nonlocal left
            if reached != moment or (rung and rung != self._rung()):
                return
            left -= 1
            if left == 0:
                self.runner.kill()

        self.runner.process.on_moment = on_moment

    def _rung(self) -> str | None:
        newest = self.lab.store.recoveries(limit=1)
        return newest[0].rung if newest else None

    def go_on(self) -> None:
        """Let another engine take over until all is well."""
        dead = self.lab.run_until(lambda: not self.lab.alive, 200.0)
        self.assertTrue(dead, "the moment never came")
        self.lab.run(1.0)
        self.lab.start_engine()
        if self._rung() == "fail_over":
            # An engine that never had an answer of a host takes nobody's
            # word alone that it is dead, and waits for it.
            self.lab.run(30.0)
            self.world.power_on_host("cmp1")
        self.settle()

    def settle(self) -> None:
        """Let time pass until all is well."""

        def well() -> bool:
            waits = ending.hopeless(self.lab)
            return not waits and ending.settled(self.lab)

        self.lab.run_until(well, 300.0)
        self.lab.run(5.0)

    def replay(self, way: Way, moment: str, nth: int) -> None:
        """Break something; kill the engine when the rung gets there."""
        self.agents = way.agents
        self.bring_up(
            way.policy, way.rung == "make_standby", volume=way.volume
        )
        self.kill_at(moment, nth, way.rung)
        self.hurt(way.fault)
        self.go_on()
        done = [r for r in self.lab.store.recoveries() if r.rung == way.rung]
        self.assertEqual(
            [states.RecoveryState.SUCCEEDED], [r.state for r in done]
        )
        self.assert_whole(7)
        since = done[0].started_at
        asked = [
            f"{r.call} {r.subject}"
            for r in self.world.gates.log
            if since <= r.at <= (done[0].ended_at or since)
            and r.call in _REQUESTS
        ]
        self.assertEqual(sorted(set(asked)), sorted(asked))

    def assert_whole(self, *values: int) -> None:
        """See that the group is whole, and that its state is one of these.

        The auditor looks for the rest: one primary, to which the service
        address leads, a standby on another host, and nothing left over.
        """
        self.assertEqual((), self.auditor.verdict())
        self.assertEqual([], [*replicas.whole(self.lab)])
        self.assertIn(self.world.read_at(self.address), values)


def act(case: ReplicaCase) -> None:
    case.lab.store.set_setting("paused", None)


def crash_primary(case: ReplicaCase) -> None:
    case.world.crash_vm(case.member(states.Role.PRIMARY))


def hang_primary(case: ReplicaCase) -> None:
    case.world.hang_app(case.member(states.Role.PRIMARY))


def crash_standby(case: ReplicaCase) -> None:
    case.world.crash_vm(case.member(states.Role.STANDBY))


def power_off_primary(case: ReplicaCase) -> None:
    case.world.power_off_host("cmp1")


def power_off_standby(case: ReplicaCase) -> None:
    standby = case.member(states.Role.STANDBY)
    case.world.power_off_host(case.world.nova.servers[standby].host)
