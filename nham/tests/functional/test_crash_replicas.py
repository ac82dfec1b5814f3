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


"""The engine is killed at each step of a replica group's recoveries.

As ``test_crash_steps``, for the rungs that let a standby take over and
that make a group whole again; and at each moment at which a state is on
its way from one member to another.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
import functools
import unittest

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import plans
from nham.simulate import checker
from nham.simulate import ending
from nham.simulate import injection
from nham.simulate import lab as lab_
from nham.simulate import replicas
from nham.tests.functional import test_crash_steps as steps
from nham.tests.functional import thinning

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
    """

    name: str
    rung: str
    fault: Callable[[ReplicaCase], None]
    policy: descriptor.ResiliencyPolicy
    host_lost: bool = False
    moments: tuple[tuple[str, int], ...] = ()
    volume: bool = False


class ReplicaCase(steps.CrashCase):
    """One VNF with a standby, and one engine."""

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
        )
        service = self.world.add_floating_ip(self.server_id)
        self.address = self.world.neutron.floating_ip(service).ip
        self.world.write_at(self.address, 7)
        if policy.service_address.address is not None:
            self.address = policy.service_address.address
        if policy.service_address.driver == "vip":
            self.world.add_vip(self.server_id, self.address)
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


def _hang_primary(case: ReplicaCase) -> None:
    case.world.hang_app(case.member(states.Role.PRIMARY))


def _crash_standby(case: ReplicaCase) -> None:
    case.world.crash_vm(case.member(states.Role.STANDBY))


def _power_off_primary(case: ReplicaCase) -> None:
    case.world.power_off_host("cmp1")


def power_off_standby(case: ReplicaCase) -> None:
    standby = case.member(states.Role.STANDBY)
    case.world.power_off_host(case.world.nova.servers[standby].host)


_WHEN = ("before", "after")
_MAKING = (
    ("after copy_port", 1),
    ("after copy_server", 1),
    ("after point_floating_ip", 1),
    ("before save_group", 1),
    ("before note_state", 1),
    *((f"{when} save_member", n) for when in _WHEN for n in (1, 2, 3)),
)
_FILLING = (
    ("after copy_volume", 1),
    *((f"{when} save_member", n) for when in _WHEN for n in (1, 2)),
    ("after copy_port", 1),
    ("after copy_server", 1),
)
_REMOVING = (("after delete_server", 1), ("after delete_port", 1))
_FAILING_OVER = (
    ("after enable_port", 1),
    ("after point_floating_ip", 1),
    ("after point_floating_ip", 2),
    ("before promote", 1),
    ("after promote", 1),
)
_REPAIRING = (
    ("after enable_port", 1),
    ("after point_floating_ip", 1),
    ("before note_state", 1),
    ("before save_member", 1),
    ("before save_member", 2),
)
WAYS = (
    Way(
        "make_standby",
        "make_standby",
        act,
        ONE_R_AS,
        moments=(
            ("after create_floating_ip", 1),
            ("before save_member", 4),
            ("after save_member", 4),
            *_MAKING,
        ),
    ),
    Way(
        "fail_over_1r_as",
        "fail_over",
        crash_primary,
        ONE_R_AS,
        moments=(("after import_state", 1), *_FAILING_OVER),
    ),
    Way("fail_over_1r_aa", "fail_over", _hang_primary, ONE_R_AA),
    Way(
        "fail_over_vip",
        "fail_over",
        crash_primary,
        VIP,
        moments=(("after claim", 1),),
    ),
    Way(
        "fail_over_fixed_ip",
        "fail_over",
        crash_primary,
        FIXED_IP,
        moments=(("after take_address", 1), ("after give_address", 1)),
    ),
    Way(
        "make_standby_vip",
        "make_standby",
        act,
        VIP,
        moments=(("after allow_address", 1), ("after claim", 1)),
    ),
    Way("repair_standby_vip", "repair_standby", crash_primary, VIP),
    Way(
        "fail_over_off_a_dead_host", "fail_over", _power_off_primary, ONE_R_AS
    ),
    Way(
        "remake_standby",
        "remake_standby",
        _crash_standby,
        ONE_R_AA,
        moments=(*_REMOVING, *_MAKING),
    ),
    Way(
        "remake_standby_off_a_dead_host",
        "remake_standby",
        power_off_standby,
        ONE_R_AS,
    ),
    Way(
        "make_standby_on_a_volume",
        "make_standby",
        act,
        ONE_R_AS,
        moments=_FILLING,
        volume=True,
    ),
    Way(
        "remake_standby_on_a_volume",
        "remake_standby",
        _crash_standby,
        ONE_R_AA,
        moments=(*_REMOVING, *_FILLING),
        volume=True,
    ),
    Way(
        "remake_standby_on_a_volume_off_a_dead_host",
        "remake_standby",
        power_off_standby,
        ONE_R_AS,
        volume=True,
    ),
    Way(
        "repair_standby",
        "repair_standby",
        crash_primary,
        ONE_R_AA,
        moments=_REPAIRING,
    ),
    Way(
        "repair_standby_off_a_dead_host",
        "repair_standby",
        _power_off_primary,
        ONE_R_AS,
        host_lost=True,
    ),
)


def points(
    rung: str,
    policy: descriptor.ResiliencyPolicy,
    host_lost: bool = False,
    volume: bool = False,
) -> Iterator[tuple[str, str, int]]:
    """Yield each point of a rung: its name, the moment, and which time.

    :param policy: of a group whose primary and standby are well.
    :param host_lost: the standby's host is lost.
    :param volume: the VNFC boots from a volume.
    """
    member = member_facts.MemberFacts(
        group_id="group",
        vnf_id="vnf",
        vnfc="VDU1-0",
        server_id="server",
        host="cmp1",
        policy=policy,
        volume_backed=volume,
        standbys=(
            member_facts.StandbyFacts(
                member_id="standby", server_id="other", host="cmp2"
            ),
        ),
    )
    choice = plans.Choice(
        member=member,
        host=facts.HostFacts(name="cmp1"),
        target="cmp2",
        standby_host_lost=host_lost,
    )
    yield from steps.points_of(plans.RUNGS[rung].steps(choice))


def mover(way: Way, point: str) -> str:
    """Return the driver that works there, empty if none does.

    Each driver moves an address by requests of its own.
    """
    return way.policy.service_address.driver if "address" in point else ""


def _points(way: Way) -> Iterator[tuple[str, str, int]]:
    for point in points(way.rung, way.policy, way.host_lost, way.volume):
        # What does not concern the volume is tried in full without one.
        if not way.volume or point[1] == "after do":
            yield point
    for moment, nth in way.moments:
        yield f"{moment.replace(' ', '_')}_{nth}", moment, nth


def _test(way: Way, moment: str, nth: int) -> Callable[[ReplicaCase], None]:
    def test(self: ReplicaCase) -> None:
        self.replay(way, moment, nth)

    return test


class CrashReplicasTest(ReplicaCase):
    """One test for each way and point, made below."""


#: Knows what is tried here, and need not be tried elsewhere.
THINNER = thinning.Thinner()
for _way in WAYS:
    for _name, _moment, _nth in _points(_way):
        if THINNER.keeps(_way.name, _name, mover(_way, _name)):
            setattr(
                CrashReplicasTest,
                f"test_{_way.name}_{_name}",
                _test(_way, _moment, _nth),
            )


class CrashVolumesTest(ReplicaCase):
    """The engine dies while the volume of a new member is being made."""

    def replay_when(self, there: Callable[[], object]) -> None:
        """Kill the engine when something is there; the group gets whole."""
        self.bring_up(ONE_R_AA, paused=True, volume=True)
        storage = self.world.storage
        act(self)
        self.assertTrue(self.lab.run_until(lambda: bool(there()), 30.0))
        self.runner.kill()
        self.go_on()
        self.assert_whole(7)
        names = [one.name for one in storage.volumes.values() if one.name]
        (ours,) = [m for m in self.lab.store.members() if m.kind == "server"]
        self.assertEqual([ours.name], names)
        self.assertEqual({}, storage.snapshots)

    def test_of_its_image(self) -> None:
        self.replay_when(
            lambda: [
                one
                for one in self.world.storage.volumes.values()
                if one.status == "creating"
            ]
        )

    def test_of_a_snapshot(self) -> None:
        for status in ("creating", "available"):
            self.replay_when(functools.partial(self._snapped, status))

    def _snapped(self, status: str) -> bool:
        """Say whether there is a snapshot; first the image must be gone."""
        storage = self.world.storage
        storage.images.clear()
        found = storage.snapshots.values()
        return status in {one.status for one in found}


class CrashStatesTest(ReplicaCase):
    """What is given after a crash is a state that was saved whole.

    The state is 7 and saved, then 8; the engine dies while 8 is on its
    way, and the primary dies with it, so that nobody can ask it again.
    """

    def lose(
        self, policy: descriptor.ResiliencyPolicy, moment: str, nth: int = 1
    ) -> None:
        """Kill the engine and the primary on the way of the state 8."""
        self.bring_up(policy)
        self.world.write_at(self.address, 8)
        self.kill_at(moment, nth)
        dead = self.lab.run_until(lambda: not self.lab.alive, 30.0)
        self.assertTrue(dead, "the moment never came")
        self.hurt(crash_primary)
        self.go_on()

    def test_before_it_is_handed_out(self) -> None:
        self.lose(ONE_R_AA, "before add_checkpoint")
        self.assert_whole(7)

    def test_asked_for(self) -> None:
        self.lose(ONE_R_AA, "after add_checkpoint")
        self.assert_whole(7)

    def test_handed_out_and_not_kept(self) -> None:
        for policy in (ONE_R_AS, ONE_R_AA):
            self.lose(policy, "after export_state")
            self.assert_whole(7)

    def test_kept_and_not_written_down(self) -> None:
        for moment in ("after put", "before update_checkpoint"):
            self.lose(ONE_R_AA, moment)
            self.assert_whole(7)

    def test_written_down_and_not_called_whole(self) -> None:
        """It is known where it is, so another engine finds it whole."""
        self.lose(ONE_R_AA, "after update_checkpoint")
        self.assert_whole(7, 8)

    def test_called_whole(self) -> None:
        for policy in (ONE_R_AS, ONE_R_AA):
            self.lose(policy, "after update_checkpoint", 2)
            self.assert_whole(8)

    def test_about_to_be_given(self) -> None:
        for moment in ("before note_state", "after note_state"):
            self.lose(ONE_R_AA, moment)
            self.assert_whole(8)

    def test_given_and_not_written_down(self) -> None:
        self.lose(ONE_R_AA, "after import_state")
        self.assert_whole(8)

    def test_given(self) -> None:
        self.lose(ONE_R_AA, "after note_state", 2)
        self.assert_whole(8)

    def test_a_slow_import_that_outlives_its_engine(self) -> None:
        """What is under way comes before what is given then, not after."""
        self.bring_up(ONE_R_AA)
        self.world.write_at(self.address, 8)
        self.kill_at("after note_state", 1)
        late: list[int | None] = []

        def slow(reached: str) -> None:
            if reached == "after note_state":
                self.world.api_slow("hook", 1.0, delay=4.0)
                self.lab.clock.call_in(1.0, die)

        def die() -> None:
            self.runner.kill()
            self.hurt(crash_primary)
            late.append(self.world.read_at(self._access()))

        self.runner.process.on_moment = slow
        self.lab.run_until(lambda: not self.lab.alive, 30.0)
        self.assertEqual([7], late)
        self.go_on()
        self.assert_whole(8)

    def test_a_primary_that_dies_during_an_import(self) -> None:
        """As the paper's 3.4 (ii), with an engine that lives."""
        self.bring_up(ONE_R_AA)
        self.world.write_at(self.address, 8)

        def slow(reached: str) -> None:
            if reached == "after note_state":
                self.runner.process.on_moment = lambda _moment: None
                self.world.api_slow("hook", 1.0, delay=4.0)
                self.lab.clock.call_in(1.0, lambda: self.hurt(crash_primary))

        self.runner.process.on_moment = slow
        self.lab.run(10.0)
        self.settle()
        self.assert_whole(8)

    def _access(self) -> str:
        (group,) = self.lab.store.groups()
        assert group.access is not None
        return group.access.ip


def load_tests(
    loader: unittest.TestLoader,
    _tests: unittest.TestSuite,
    _pattern: str | None,
) -> unittest.TestSuite:
    """Return the tests of the three classes, not those of their base."""
    return unittest.TestSuite(
        loader.loadTestsFromTestCase(case)
        for case in (CrashReplicasTest, CrashVolumesTest, CrashStatesTest)
    )
