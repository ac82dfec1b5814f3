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
from typing import Any
from typing import Protocol

from nham.adapters import clock as clock_
from nham.adapters.agents import base as agents_
from nham.adapters.agents import none
from nham.adapters.checkpoints import base as checkpoints
from nham.adapters.fencing import base as fencing_base
from nham.adapters.traffic import base as traffic
from nham.adapters.vim import base as vim_base
from nham.adapters.vnfm import base as vnfm_base
from nham.core import descriptor
from nham.core import facts
from nham.core import model
from nham.core import states
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


def subject(member: model.Member) -> str:
    """Return what the watch knows a member by.

    The one that serves is known by its group, whichever member it is: it
    is the service that is watched. All others are known by themselves.
    """
    if member.role is states.Role.PRIMARY:
        return member.group_id
    return member.id


def sender(
    members: Sequence[model.Member], group: model.Group, server_id: str
) -> str:
    """Return the name of the member that a state of a server comes from.

    A server of the VNFM's, or one that has left the group, has none but
    the VNFC's.
    """
    names = [one.name for one in members if one.server_id == server_id]
    return next((name for name in names if name), group.vnfc)


class MemberWatch(Protocol):
    """The part of the watch that a recovery needs.

    Each method is told of whom by ``subject``.
    """

    def view(self, subject: str) -> MemberView:
        """Return what is believed of it."""

    def expect(self, subject: str) -> None:
        """Forget what was seen of it: it is being started anew."""

    def refresh(self, subject: str) -> None:
        """Ask it under its present addresses."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Context:
    """All that the steps of a recovery reach.

    :ivar fencing: the means to fence hosts, in the order of their use.
    :ivar member_fencing: those to cut single members off, likewise.
    :ivar fencing_patience: seconds that each of them has to give proof
        before the next one is asked, too.
    """

    store: store_.Store
    vim: vim_base.Vim
    vnfms: Mapping[str, vnfm_base.Vnfm]
    fencing: Sequence[fencing_base.HostFencing]
    member_fencing: Sequence[fencing_base.MemberFencing]
    engines: Mapping[str, checkpoints.CheckpointEngine]
    watch: MemberWatch
    clock: clock_.Clock
    fencing_patience: float = 20.0
    movers: Mapping[str, traffic.Mover] = dataclasses.field(
        default_factory=dict
    )
    spreaders: Mapping[str, traffic.Spreader] = dataclasses.field(
        default_factory=dict
    )
    agents: agents_.Agents = dataclasses.field(default_factory=none.NoAgents)


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
    """One step of one recovery, with everything it needs.

    :ivar memory: what its handler remembers from one look to the next; it
        is gone with the engine.
    """

    context: Context
    recovery: model.Recovery
    record: model.StepRecord
    memory: dict[str, Any] = dataclasses.field(default_factory=dict)

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
        """The member that the step is about; the primary, if none is named.

        :raises StepFailed: there is no such member any more.
        """
        named = self.args.get("member_id")
        if self.args.get("joining"):
            return self.newcomer
        for member in self._members():
            wanted = member.role is states.Role.PRIMARY
            if member.id == named if named else wanted:
                return member
        raise StepFailed("the group has no such member any more")

    @property
    def primary(self) -> model.Member:
        """The member that serves.

        :raises StepFailed: there is none.
        """
        for member in self._members():
            if member.role is states.Role.PRIMARY:
                return member
        raise StepFailed("the group has no member that serves")

    @property
    def newcomer(self) -> model.Member:
        """The member that is being made or repaired.

        :raises StepFailed: there is none.
        """
        joining = self.joining
        if joining is None:
            raise StepFailed("no member is being made or repaired")
        return joining

    @property
    def policy(self) -> descriptor.ResiliencyPolicy:
        """The policy that holds for the group.

        :raises StepFailed: none does any more.
        """
        group, vnf = self.group, self.vnf
        policy = descriptor.policy_for(group.vdu, vnf.policies)
        if policy is None:
            raise StepFailed("no policy protects the VNFC any more")
        return policy

    @property
    def joining(self) -> model.Member | None:
        """The member that is being made or repaired, None if none is."""
        for member in self._members():
            if member.role is states.Role.JOINING:
                return member
        return None

    @property
    def subject(self) -> str:
        """What the watch knows the step's member by."""
        return subject(self.member)

    def _members(self) -> Sequence[model.Member]:
        return self.context.store.members(group_id=self.recovery.group_id)

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
        return self._entry(action) is not None

    def ended(self, action: str) -> bool:
        """Say whether Nova has done all that it was asked for by this.

        :param action: as of ``asked``.
        """
        entry = self._entry(action)
        return entry is not None and self.context.vim.is_over(
            self.member.server_id, entry
        )

    def _entry(self, action: str) -> vim_base.ServerAction | None:
        """Return what the action log says of it since the step began."""
        for entry in self.context.vim.actions(self.member.server_id):
            if entry.action == action and entry.at >= self.earliest:
                return entry
        return None
