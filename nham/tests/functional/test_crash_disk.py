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

"""The engine is killed at each step that is about the disk of a standby."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import contextlib
import dataclasses

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import states
from nham.core.decision import plans
from nham.simulate import process
from nham.tests.functional import replica_case as case_
from nham.tests.functional import test_crash_steps as steps
from nham.tests.functional import test_disk
from nham.tests.functional import thinning

#: What must not be asked for twice within one recovery.
_REQUESTS = ("copy_server", "rebuild", "start", "create_image")


@dataclasses.dataclass(frozen=True)
class Way:
    """How a rung is brought about, once a newer checkpoint was saved.

    :ivar name: of its tests.
    :ivar moments: moments within its steps, each with how often it comes.
    """

    name: str
    rung: str
    cause: Callable[[CrashDiskTest], None]
    policy: descriptor.ResiliencyPolicy = test_disk.ON_DISK
    moments: tuple[tuple[str, int], ...] = ()


class CrashDiskTest(test_disk.DiskCase):
    """One test for each way and point, made below."""

    def play(self, way: Way, moment: str, nth: int) -> None:
        """Kill the engine at that point of the rung."""
        if way.rung == "make_standby":
            self.up(way.policy, paused=True)
            self.began = 0
        else:
            self.start(way.policy)
            self.lab.run(10.0)
            self.settle()
            self.began = len(self.lab.store.recoveries())
            self.save(8)
        self.kill_at(moment, nth, way.rung)
        self.hurt(lambda _case: way.cause(self))
        self.go_on()
        done = [one for one in self.recoveries() if one.rung == way.rung]
        self.assertIs(states.RecoveryState.SUCCEEDED, done[0].state)
        self.assert_whole(7 if way.rung == "make_standby" else 8)
        since, until = done[0].started_at, done[0].ended_at or 0.0
        asked = [
            f"{r.call} {r.subject}"
            for r in self.world.gates.log
            if since <= r.at <= until and r.call in _REQUESTS
        ]
        self.assertEqual(sorted(set(asked)), sorted(asked))


def _wait(_case: CrashDiskTest) -> None:
    """Let its disk become old."""


def _switch(case: CrashDiskTest) -> None:
    (group,) = case.lab.store.groups()
    with contextlib.suppress(process.Crash):
        case.runner.engine.switchover(group.id, "by the test")


_RENEWING = (("after rebuild", 1), ("before note_disk", 1))
WAYS = (
    Way(
        "make_standby",
        "make_standby",
        case_.act,
        moments=(("after copy_server", 1), ("before note_disk", 1)),
    ),
    Way("fail_over", "fail_over", case_.crash_primary, moments=_RENEWING),
    Way(
        "cold_fail_over",
        "fail_over",
        case_.crash_primary,
        test_disk.cold(test_disk.ON_DISK),
        moments=(("after rebuild", 1), ("after start", 1)),
    ),
    Way("refresh_standby", "refresh_standby", _wait, moments=_RENEWING),
    Way(
        "cold_refresh_standby",
        "refresh_standby",
        _wait,
        test_disk.cold(test_disk.ON_DISK),
        moments=(("after rebuild", 1), ("after start", 1)),
    ),
    Way(
        "switchover",
        "switchover",
        _switch,
        moments=(("after rebuild", 1),),
    ),
    Way(
        "make_standby_of_a_snapshot",
        "make_standby",
        case_.act,
        test_disk.ON_VOLUME,
        moments=(("after copy_volume", 1), ("before note_disk", 1)),
    ),
    Way(
        "fail_over_on_a_volume",
        "fail_over",
        case_.crash_primary,
        test_disk.ON_VOLUME,
        moments=_RENEWING,
    ),
    Way(
        "refresh_standby_on_a_volume",
        "refresh_standby",
        _wait,
        test_disk.ON_VOLUME,
        moments=_RENEWING,
    ),
)


def _points(way: Way) -> Iterator[tuple[str, str, int]]:
    parked = way.policy.standby == "cold"
    member = member_facts.MemberFacts(
        group_id="group",
        vnf_id="vnf",
        vnfc="VDU1-0",
        server_id="server",
        host="cmp1",
        policy=way.policy,
        volume_backed=way.policy == test_disk.ON_VOLUME,
        standbys=(
            member_facts.StandbyFacts(
                member_id="standby",
                server_id="other",
                host="cmp2",
                parked=parked,
            ),
        ),
    )
    choice = plans.Choice(
        member=member,
        host=facts.HostFacts(name="cmp1"),
        target="cmp2",
        checkpoint_id="checkpoint",
    )
    yield from steps.points_of(plans.RUNGS[way.rung].steps(choice))
    for moment, nth in way.moments:
        yield f"{moment.replace(' ', '_')}_{nth}", moment, nth


def _test(way: Way, moment: str, nth: int) -> Callable[[CrashDiskTest], None]:
    def test(self: CrashDiskTest) -> None:
        self.play(way, moment, nth)

    return test


_thinner = thinning.Thinner()
for _way in WAYS:
    for _name, _moment, _nth in _points(_way):
        if _thinner.keeps(f"disk {_way.name}", _name):
            setattr(
                CrashDiskTest,
                f"test_{_way.name}_{_name}",
                _test(_way, _moment, _nth),
            )
