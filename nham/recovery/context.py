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

"""What a recovery works with, and what it may ask about the members."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Protocol

from nham.adapters import clock as clock_
from nham.adapters.checkpoints import base as checkpoints
from nham.adapters.fencing import base as fencing
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import facts
from nham.core import model
from nham.db import store as store_

#: By how many seconds the clocks of NHAM and of the cloud may differ.
CLOCK_SKEW = 2.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class MemberView:
    """What the watch believes of one member.

    :ivar last_good_at: the last good answer, seconds since the epoch.
    :ivar probed: somebody asks it at all.
    :ivar stale: its addresses are not yet looked up again.
    """

    app: facts.Health = facts.Health.UNKNOWN
    icmp: facts.Health = facts.Health.UNKNOWN
    last_good_at: float | None = None
    probed: bool = False
    stale: bool = False
    evidence: tuple[str, ...] = ()


class MemberWatch(Protocol):
    """The part of the watch that a recovery needs."""

    def view(self, group_id: str) -> MemberView:
        """Return what is believed of the group's serving member."""

    def expect(self, group_id: str) -> None:
        """Forget what was seen of it: it is being started anew."""

    def refresh(self, group_id: str) -> None:
        """Ask the member under its present addresses."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """All that the steps of a recovery reach."""

    store: store_.Store
    vim: vim_base.Vim
    vnfms: Mapping[str, vnfm_base.Vnfm]
    fencing: Sequence[fencing.HostFencing]
    engines: Mapping[str, checkpoints.CheckpointEngine]
    watch: MemberWatch
    clock: clock_.Clock


class StepFailed(Exception):
    """The step can no longer come true."""


class StepRefused(StepFailed):
    """The cloud said no, and would say it again."""


class Aborted(Exception):
    """Nothing was done yet, and nothing needs to be done any more."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Done:
    """A step is seen to be true.

    :ivar at: when it came true, if that is known better than now.
    """

    detail: str
    at: float | None = None


@dataclasses.dataclass(frozen=True)
class Run:
    """One step of one recovery, with everything it needs."""

    context: Context
    recovery: model.Recovery
    record: model.StepRecord

    @property
    def args(self) -> Mapping[str, object]:
        """The step's arguments."""
        return self.record.step.args

    @property
    def since(self) -> float:
        """When the step began, seconds since the epoch."""
        return self.record.started_at or 0.0

    @property
    def earliest(self) -> float:
        """From when on others may date what this step asked them for.

        They date to the second, by clocks of their own.
        """
        return int(self.since) - CLOCK_SKEW

    @property
    def group(self) -> model.Group:
        """The replica group that is recovered."""
        return self.context.store.group(self.recovery.group_id)

    @property
    def member(self) -> model.Member:
        """The member that Nova and the VNFM know."""
        members = self.context.store.members(group_id=self.recovery.group_id)
        if not members:
            raise StepFailed("the group has no member any more")
        return members[0]

    @property
    def server(self) -> vim_base.Server:
        """The member's server, as Nova says now."""
        return self.context.vim.server(self.member.server_id)

    @property
    def vnf(self) -> model.Vnf:
        """The VNF that is recovered."""
        return self.context.store.vnf(self.recovery.vnf_id)

    @property
    def vnfm(self) -> vnfm_base.Vnfm | None:
        """The VNFM that has the VNF in its record."""
        return self.context.vnfms.get(self.vnf.source)

    def asked(self, action: str) -> bool:
        """Say whether Nova was asked for this since the step began.

        :param action: Nova's name of it.
        """
        return any(
            entry.action == action and entry.at >= self.earliest
            for entry in self.context.vim.actions(self.member.server_id)
        )
