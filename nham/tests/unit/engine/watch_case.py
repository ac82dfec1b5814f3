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

"""A watch whose prober says what a test wants."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence

from nham.adapters.probes import base as probes
from nham.adapters.simulated import clock
from nham.adapters.vim import base as vim
from nham.core import descriptor
from nham.engine import settings
from nham.engine import targets
from nham.engine import watch
from nham.tests import base

ADDRESSES = (
    vim.Address(ip="10.0.0.5", network="internal", kind="fixed"),
    vim.Address(ip="192.0.2.5", network="internal", kind="floating"),
    vim.Address(ip="10.1.0.5", network="other", kind="fixed"),
)


class ScriptedProber(probes.Prober):
    """Tells what the test puts into ``seen``, and notes what was asked."""

    def __init__(self) -> None:
        self.targets: list[probes.Target] = []
        self.seen: list[probes.Observation] = []
        self.hurried: list[frozenset[str]] = []
        self.late = 0.0
        self.renewed = 0

    def set_targets(self, targets: Iterable[probes.Target]) -> None:
        """See base class."""
        self.targets = list(targets)

    def hurry(self, keys: Collection[str]) -> None:
        """See base class."""
        self.hurried.append(frozenset(keys))

    def renew(self) -> None:
        """See base class."""
        self.renewed += 1

    def collect(self) -> Sequence[probes.Observation]:
        """See base class."""
        seen, self.seen = self.seen, []
        return seen

    def lag(self) -> float:
        """See base class."""
        return self.late

    def close(self) -> None:
        """See base class."""


class WatchCase(base.TestCase):
    """One member with an HTTP probe, one question a second."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = clock.VirtualClock()
        self.prober = ScriptedProber()
        self.watch = watch.Watch(
            self.prober, self.clock, settings.Settings(host_probe="icmp")
        )
        self.policy = descriptor.ResiliencyPolicy(
            name="p",
            targets=("VDU1",),
            detection=descriptor.Detection(initial_timeout=0.2),
            probes=(descriptor.ProbeSpec(type="http", port=80),),
        )
        self.watch.set_members([self.member()])
        self.sequence = 0

    def member(self, answered: bool = False) -> targets.Watched:
        """Return the member."""
        return targets.Watched(
            group_id="g",
            policy=self.policy,
            addresses=ADDRESSES,
            answered=answered,
        )

    def ask(self, *good: str) -> None:
        """Let a second pass in which all are asked and some answer."""
        self.sequence += 1
        for target in self.prober.targets:
            self.note(target.key, "sent")
        for key in good:
            self.note(key, "good")
        self.clock.advance(1.0)
        self.watch.tick()

    def note(self, key: str, what: str) -> None:
        """Let the prober see something now."""
        self.prober.seen.append(
            probes.Observation(
                key=key,
                sequence=self.sequence,
                what=what,
                at=self.clock.monotonic(),
            )
        )
