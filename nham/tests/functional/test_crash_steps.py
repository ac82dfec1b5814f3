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


"""The engine is killed at each step of each rung, and another goes on.

One test for each rung and point: between all writes of the recovery, and
right after each step's request. See ``thinning`` for those that are run.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
import dataclasses
import unittest
from unittest import mock

from nham.core import descriptor
from nham.core import facts
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import plans
from nham.engine import settings
from nham.recovery import context
from nham.recovery import handlers
from nham.simulate import checker
from nham.simulate import ending
from nham.simulate import lab as lab_
from nham.tests import base
from nham.tests.functional import thinning

_POLICY = descriptor.ResiliencyPolicy(
    name="policy",
    targets=("VDU1",),
    stateful=True,
    probes=(descriptor.ProbeSpec(type="http", port=80),),
    detection=descriptor.Detection(poll_interval=0.5, boot_timeout=20.0),
    state_protection=descriptor.StateProtection(
        method="image_snapshot", interval=30.0
    ),
    escalation=descriptor.Escalation(count=2),
)
_HOOK = dataclasses.replace(
    _POLICY,
    accept_state_loss=False,
    state_protection=descriptor.StateProtection(
        method="hook", interval=5.0, hook=descriptor.Hook(port=8081)
    ),
)
SETTINGS = settings.Settings(watch_interval=0.2, runner_poll=0.2)
_REQUESTS = (
    "delete_server",
    "evacuate",
    "fail_operation",
    "force_down",
    "heal",
    "rebuild",
    "reboot",
    "start",
)


@dataclasses.dataclass(frozen=True)
class Way:
    """How a rung of the ladder is brought about.

    :ivar fault: breaks the VNFC.
    :ivar host_lost: its plan begins with a fence.
    :ivar checkpoint: its plan restores one.
    :ivar image: its plan begins with the image of the VNFD.
    """

    rung: str
    fault: Callable[[CrashCase], None]
    policy: descriptor.ResiliencyPolicy = _POLICY
    host_lost: bool = False
    checkpoint: bool = False
    image: bool = False

    @property
    def hook(self) -> bool:
        """The state is in memory, and the VNF imports it."""
        return self.policy.state_protection.method == "hook"

    @property
    def name(self) -> str:
        """Of its tests."""
        return f"{self.rung}_hook" if self.hook else self.rung


class AfterDo(handlers.StepHandler):
    """A step that tells when it has asked."""

    def __init__(self, inner: handlers.StepHandler) -> None:
        self._inner = inner

    def requested(self, run: context.Run) -> bool:
        """See base class."""
        return self._inner.requested(run)

    def do(self, run: context.Run) -> None:
        """See base class."""
        self._inner.do(run)
        run.context.store.process.reach("after do")  # type: ignore[attr-defined]

    def complete(self, run: context.Run) -> context.Done | None:
        """See base class."""
        return self._inner.complete(run)


class CrashCase(base.TestCase):
    """One VNF, one engine, and what it needs to be broken."""

    def setUp(self) -> None:
        super().setUp()
        ids = lab_.seeded_ids(1)
        ids.__enter__()
        self.addCleanup(ids.__exit__, None, None, None)
        told = {name: AfterDo(h) for name, h in handlers.HANDLERS.items()}
        patch = mock.patch.dict(handlers.HANDLERS, told)
        patch.start()
        self.addCleanup(patch.stop)

    def prepare(self, way: Way) -> None:
        """Bring up a cloud with one protected VNF and a checkpoint."""
        self.lab = lab_.Lab(seed=1, settings=SETTINGS)
        self.world = self.lab.world
        self.auditor = checker.Auditor(self.lab)
        for host in ("cmp1", "cmp2"):
            self.world.add_host(host)
        self.instance = self.world.add_vnf(
            "vnf",
            {"VDU1": ["cmp1"]},
            vnfd=lab_.policy_bytes({"VDU1": way.policy.to_dict()}),
        )
        self.world.write(self.server_id, 7)
        self.world.set_state(self.server_id, b"7")
        self.runner = self.lab.start_engine()
        self.lab.run(12.0)
        good = [states.CheckpointState.AVAILABLE]
        self.assertTrue(self.lab.store.checkpoints(states=good))

    @property
    def server_id(self) -> str:
        """The server of the VNFC now."""
        return self.world.server_id(self.instance, "VDU1-0")

    def crash_at(self, way: Way, moment: str, nth: int) -> None:
        """Break the VNFC; kill the engine when the rung gets there."""
        self.prepare(way)
        left = nth

        def on_moment(reached: str) -> None:
            nonlocal left
            running = self.lab.store.recoveries(limit=1)
            if reached != moment or running[0].rung != way.rung:
                return
            left -= 1
            if left == 0:
                self.runner.kill()

        self.runner.process.on_moment = on_moment
        way.fault(self)
        dead = self.lab.run_until(lambda: not self.lab.alive, 200.0)
        self.assertTrue(dead, "the moment never came")
        self.lab.run(1.0)
        self.lab.start_engine()
        self.lab.run_until(self._well, 300.0)
        self.lab.run(10.0)
        self.check(way)

    def _well(self) -> bool:
        return ending.settled(self.lab) and self.world.serving(self.server_id)

    def check(self, way: Way) -> None:
        """See that the recovery ended well, once, with the state."""
        done = [r for r in self.lab.store.recoveries() if r.rung == way.rung]
        self.assertEqual(
            [states.RecoveryState.SUCCEEDED], [r.state for r in done]
        )
        self.assertEqual((), self.auditor.violations)
        self.assertTrue(ending.settled(self.lab))
        if way.hook:
            self.assertEqual(b"7", self.world.state(self.server_id))
        else:
            self.assertEqual(7, self.world.read(self.server_id))
        since = done[0].started_at
        asked = [
            f"{r.call} {r.subject}"
            for r in self.world.gates.log
            if r.at >= since and r.call in _REQUESTS
        ]
        self.assertEqual(sorted(set(asked)), sorted(asked))


def _crash_app(case: CrashCase) -> None:
    case.world.crash_app(case.server_id)


def _crash_vm(case: CrashCase) -> None:
    case.world.crash_vm(case.server_id)


def _error(case: CrashCase) -> None:
    case.world.server_error(case.server_id)


def _lose_disk(case: CrashCase) -> None:
    case.world.lose_disk(case.server_id)


def _power_off(case: CrashCase) -> None:
    case.world.power_off_host("cmp1")


def _delete(case: CrashCase) -> None:
    case.world.delete_server_behind(case.server_id)


def _off_unseen(case: CrashCase) -> None:
    """Turn the guest off while nobody can act, until Nova knows."""
    case.lab.store.set_setting("paused", "by the test")
    case.world.guest_poweroff(case.server_id)
    case.lab.run(20.0)
    case.lab.store.set_setting("paused", None)


def _restart_app(case: CrashCase) -> None:
    case.world.restart_app(case.server_id)


_REPLACE = dataclasses.replace(_POLICY, host_recovery="replace")
_HOOK_REPLACE = dataclasses.replace(_HOOK, host_recovery="replace")
WAYS = (
    Way("soft_reboot", _crash_app),
    Way("hard_reboot", _crash_vm),
    Way("start", _off_unseen),
    Way("rebuild", _lose_disk, checkpoint=True),
    Way("evacuate", _power_off, host_lost=True, checkpoint=True),
    Way("replace", _power_off, _REPLACE, host_lost=True, checkpoint=True),
    Way("soft_reboot", _crash_app, _HOOK),
    Way("hard_reboot", _crash_vm, _HOOK),
    Way("rebuild", _lose_disk, _HOOK, image=True),
    Way("evacuate", _power_off, _HOOK, host_lost=True, image=True),
    Way("replace", _power_off, _HOOK_REPLACE, host_lost=True, image=True),
    Way("import_state", _restart_app, _HOOK),
)


def _points(way: Way) -> Iterator[tuple[str, str, int]]:
    """Yield each point of a rung: its name, the moment, and which time."""
    choice = plans.Choice(
        member=member_facts.MemberFacts(
            group_id="group",
            vnf_id="vnf",
            vnfc="VDU1-0",
            server_id="server",
            host="cmp1",
            policy=way.policy,
        ),
        host=facts.HostFacts(name="cmp1"),
        host_lost=way.host_lost,
        checkpoint_id="checkpoint" if way.checkpoint else None,
        image_id="image" if way.image else None,
    )
    rungs = {**plans.RUNGS, "import_state": plans.IMPORT}
    yield from points_of(rungs[way.rung].steps(choice))


def points_of(plan: Sequence[model.Step]) -> Iterator[tuple[str, str, int]]:
    """Yield each point of a plan: its name, the moment, and which time.

    The end of a step is the beginning of the next.
    """
    yield "after_claim", "after claim", 1
    for number, step in enumerate(plan, 1):
        moments = ["after do", "before step_ended", "after step_ended"]
        if number == 1:
            moments.insert(0, "after step_started")
        for moment in moments:
            name = f"{number}_{step.id}_{moment.replace(' ', '_')}"
            yield name, moment, number
    yield "after_end", "after end_recovery", 1


def _test(way: Way, moment: str, nth: int) -> Callable[[CrashCase], None]:
    def test(self: CrashCase) -> None:
        self.crash_at(way, moment, nth)

    return test


def load_tests(
    loader: unittest.TestLoader,
    _tests: unittest.TestSuite,
    _pattern: str | None,
) -> unittest.TestSuite:
    """Return the generated tests."""
    return loader.loadTestsFromTestCase(CrashStepsTest)


class CrashStepsTest(CrashCase):
    """One test for each rung and point, made below."""


_thinner = thinning.Thinner()
for _way in WAYS:
    for _name, _moment, _nth in _points(_way):
        if _thinner.keeps(_way.name, _name):
            setattr(
                CrashStepsTest,
                f"test_{_way.name}_{_name}",
                _test(_way, _moment, _nth),
            )
