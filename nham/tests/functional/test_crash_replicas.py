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
that make a group whole again.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import functools

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core.decision import plans
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_steps as steps
from nham.tests.functional import thinning

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
    case_.Way(
        "make_standby",
        "make_standby",
        case_.act,
        case_.ONE_R_AS,
        moments=(
            ("after create_floating_ip", 1),
            ("before save_member", 4),
            ("after save_member", 4),
            *_MAKING,
        ),
    ),
    case_.Way(
        "fail_over_1r_as",
        "fail_over",
        case_.crash_primary,
        case_.ONE_R_AS,
        moments=(("after import_state", 1), *_FAILING_OVER),
    ),
    case_.Way(
        "fail_over_1r_aa", "fail_over", case_.hang_primary, case_.ONE_R_AA
    ),
    case_.Way(
        "fail_over_by_the_agent",
        "fail_over",
        case_.crash_primary,
        case_.ONE_R_AA,
        moments=(("after enable_port", 1), ("after point_floating_ip", 1)),
        agents=True,
    ),
    case_.Way(
        "fail_over_by_an_order",
        "fail_over",
        case_.hang_primary,
        case_.VIP,
        moments=(("after fence", 1), ("after claim", 1)),
        agents=True,
    ),
    case_.Way(
        "fail_over_vip",
        "fail_over",
        case_.crash_primary,
        case_.VIP,
        moments=(("after claim", 1),),
    ),
    case_.Way(
        "fail_over_fixed_ip",
        "fail_over",
        case_.crash_primary,
        case_.FIXED_IP,
        moments=(("after take_address", 1), ("after give_address", 1)),
    ),
    case_.Way(
        "make_standby_vip",
        "make_standby",
        case_.act,
        case_.VIP,
        moments=(("after allow_address", 1), ("after claim", 1)),
    ),
    case_.Way(
        "repair_standby_vip", "repair_standby", case_.crash_primary, case_.VIP
    ),
    case_.Way(
        "fail_over_off_a_dead_host",
        "fail_over",
        case_.power_off_primary,
        case_.ONE_R_AS,
    ),
    case_.Way(
        "remake_standby",
        "remake_standby",
        case_.crash_standby,
        case_.ONE_R_AA,
        moments=(*_REMOVING, *_MAKING),
    ),
    case_.Way(
        "remake_standby_off_a_dead_host",
        "remake_standby",
        case_.power_off_standby,
        case_.ONE_R_AS,
    ),
    case_.Way(
        "make_standby_on_a_volume",
        "make_standby",
        case_.act,
        case_.ONE_R_AS,
        moments=_FILLING,
        volume=True,
    ),
    case_.Way(
        "remake_standby_on_a_volume",
        "remake_standby",
        case_.crash_standby,
        case_.ONE_R_AA,
        moments=(*_REMOVING, *_FILLING),
        volume=True,
    ),
    case_.Way(
        "remake_standby_on_a_volume_off_a_dead_host",
        "remake_standby",
        case_.power_off_standby,
        case_.ONE_R_AS,
        volume=True,
    ),
    case_.Way(
        "repair_standby",
        "repair_standby",
        case_.crash_primary,
        case_.ONE_R_AA,
        moments=_REPAIRING,
    ),
    case_.Way(
        "repair_standby_off_a_dead_host",
        "repair_standby",
        case_.power_off_primary,
        case_.ONE_R_AS,
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


def mover(way: case_.Way, point: str) -> str:
    """Return the driver that works there, empty if none does.

    Each driver moves an address by requests of its own.
    """
    return way.policy.service_address.driver if "address" in point else ""


def _points(way: case_.Way) -> Iterator[tuple[str, str, int]]:
    for point in points(way.rung, way.policy, way.host_lost, way.volume):
        # What does not concern the volume is tried in full without one.
        if not way.volume or point[1] == "after do":
            yield point
    for moment, nth in way.moments:
        yield f"{moment.replace(' ', '_')}_{nth}", moment, nth


def _test(
    way: case_.Way, moment: str, nth: int
) -> Callable[[case_.ReplicaCase], None]:
    def test(self: case_.ReplicaCase) -> None:
        self.replay(way, moment, nth)

    return test


class CrashReplicasTest(case_.ReplicaCase):
    """One test for each way and point, made below."""


#: Knows what is tried here, and need not be tried elsewhere.
THINNER = thinning.Thinner()
for _way in WAYS:
    for _name, _moment, _nth in _points(_way):
        by = "agents" if _way.agents else ""
        if THINNER.keeps(_way.name, _name, mover(_way, _name), by):
            setattr(
                CrashReplicasTest,
                f"test_{_way.name}_{_name}",
                _test(_way, _moment, _nth),
            )


class CrashVolumesTest(case_.ReplicaCase):
    """The engine dies while the volume of a new member is being made."""

    def replay_when(self, there: Callable[[], object]) -> None:
        """Kill the engine when something is there; the group gets whole."""
        self.bring_up(case_.ONE_R_AA, paused=True, volume=True)
        storage = self.world.storage
        case_.act(self)
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
