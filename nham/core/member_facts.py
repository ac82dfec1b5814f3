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

"""What is known of a VNFC: of the member that serves it, and of the others.

Its mechanism and policy say how many of them there should be, and in what
roles; what is not so is read off here.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import enum
import functools

from nham.core import descriptor
from nham.core import mechanisms
from nham.core import standby_facts
from nham.core import states

Health = standby_facts.Health
ServerFacts = standby_facts.ServerFacts
StandbyFacts = standby_facts.StandbyFacts
FIT_ROLES = standby_facts.FIT_ROLES

# Each member is asked for these at each decision, so they are looked up once.
_DEAD = Health.DEAD


class Outcome(enum.StrEnum):
    """How an earlier attempt ended."""

    OK = "ok"
    #: The cloud took the request, but the service did not come back.
    FAILED = "failed"
    #: The cloud said no.
    REFUSED = "refused"
    #: Ended before anything was done.
    ABORTED = "aborted"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Attempt:
    """An earlier recovery of the same group.

    :ivar age: seconds since it began.
    :ivar checkpoint_id: the checkpoint that it restored, if any.
    :ivar unrestored: the server was moved, but the checkpoint could not
        be put back: what stands there is without its state.
    :ivar in_vain: the checkpoint that could not be put on the disk of a
        standby, or from which that did not come up.
    """

    rung: str
    outcome: Outcome
    age: float
    checkpoint_id: str | None = None
    unrestored: bool = False
    in_vain: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckpointFacts:
    """A checkpoint that may be restored.

    :ivar age: seconds since its cut: what is lost if it is restored.
    :ivar sequence: its place among the group's checkpoints.
    """

    id: str
    age: float
    sequence: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class MemberFacts:
    """What is known of the member that serves a VNFC, and of its standby.

    :ivar app: the VNFC's own probes (tcp, http, udp).
    :ivar icmp: whether the guest answers; UNKNOWN where ICMP is blocked.
    :ivar qemu_died: the host's own word that the VM's process is gone.
    :ivar silent_for: seconds since the last good answer.
    :ivar image_id: the image that the VNFD names; None if volume-backed.
    :ivar affinity: its server group forbids Nova's scheduler to move it.
    :ivar vnfm: a VNFM has it in its record.
    :ivar operation: ``running`` or ``stuck`` operation of the VNFM.
    :ivar attempts: recoveries within the probation, newest first.
    :ivar busy: a recovery of its group is running.
    :ivar repairing: it is one that only gives the group its standby back.
    :ivar bound: the host that alone can carry on with it, if answers from
        there are missing.
    :ivar epoch: of its group when it was looked at; a claim by an older
        one is void.
    :ivar member_id: its record's id.
    :ivar kind: ``vnfc`` or ``server``, as in the member's record.
    :ivar standbys: the group's other members, all that there are.
    :ivar outdated: as of a standby.
    :ivar saved: the newest checkpoint by the records, 0 if there is none;
        known only where it is to be on the standby's disk.
    :ivar stuck: for how many seconds, newest first, each of the tries to
        have another member serve in its place, away from its host, has
        been over that came to nothing.
    """

    group_id: str
    vnf_id: str
    vnfc: str
    server_id: str
    host: str | None
    policy: descriptor.ResiliencyPolicy
    app: Health = Health.OK
    icmp: Health = Health.OK
    qemu_died: bool = False
    silent_for: float = 0.0
    network: str | None = None
    server: ServerFacts = ServerFacts()
    image_id: str | None = None
    volume_backed: bool = False
    affinity: bool = False
    vnfm: bool = True
    operation: str | None = None
    checkpoints: tuple[CheckpointFacts, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    paused: bool = False
    busy: bool = False
    repairing: bool = False
    bound: str | None = None
    epoch: int = 0
    member_id: str = ""
    kind: str = "vnfc"
    standbys: tuple[StandbyFacts, ...] = ()
    outdated: bool = False
    saved: int = 0
    stuck: tuple[float, ...] = ()

    @property
    def mechanism(self) -> mechanisms.Spec:
        """What its mechanism is."""
        return mechanisms.of(self.policy.redundancy)

    @property
    def replicated(self) -> bool:
        """Its mechanism wants a standby."""
        return self.mechanism.replicated

    @functools.cached_property
    def standby(self) -> StandbyFacts | None:
        """The other member that matters now.

        If the primary is in trouble, that is one that could take over;
        otherwise one that could not. None: there is none, or one is missing.
        """
        ready = sorted(
            (one for one in self.standbys if one.ready),
            key=lambda one: (one.closed, -one.sequence),
        )
        # Its operator sees to one that he has stopped. One that clients may
        # still be led to comes before one that has left already.
        lost = sorted(
            (one for one in self.standbys if one.lost),
            key=lambda one: (
                one.away,
                one.server.stopped_by == "user",
                one.role is not states.Role.ACTIVE,
            ),
        )
        runs = self.server.status == "ACTIVE" and not self.qemu_died
        # Who has just begun to serve has not been heard of yet.
        quiet = self.app is Health.UNKNOWN and self.icmp is not _DEAD
        serves = self.app in (Health.OK, Health.SLOW) or quiet
        if not (serves and runs):
            return next(iter((*ready, *self.standbys)), None)
        if lost or len(self.standbys) >= self.wanted:
            rest = sorted(
                self.standbys,
                key=lambda one: (
                    standby_facts.turn(one),
                    not self._is_beside(one),
                ),
            )
            return next(iter((*lost, *rest)), None)
        return None

    @property
    def wanted(self) -> int:
        """How many members it should have beside itself."""
        return self.mechanism.others(self.policy.num_backups)

    @property
    def unguarded(self) -> bool:
        """It has fewer members that could take over than it should."""
        return self.sound < self.wanted

    @property
    def sound(self) -> int:
        """How many members beside it are not lost, and will stay."""
        return sum(not (one.lost or one.away) for one in self.standbys)

    @property
    def most(self) -> int:
        """How many members it may have beside itself at any moment."""
        return self.policy.max_replicas or self.wanted

    @property
    def surplus(self) -> StandbyFacts | None:
        """A member that the policy, as it is now, has no place for.

        A server of NHAM's own, if there is one among them: only that is
        NHAM's to remove. Of those that are too many one that is lost; one
        that is well only if enough others are.
        """
        wrong = [
            one
            for one in self.standbys
            if one.role in FIT_ROLES
            and not one.excused
            and (one.outdated or one.role is not self.mechanism.role)
        ]
        extra: Sequence[StandbyFacts] = wrong
        if not wrong and self._crowded:
            extra = [
                one
                for one in self.standbys
                if self.sound > self.wanted
                or not self.wanted
                or (
                    (one.lost or one.away)
                    and one.kind == "server"
                    and (one.role is not states.Role.ASIDE or one.broken)
                )
            ]
        return min(
            extra,
            key=lambda one: (
                one.kind != "server",
                not (one.lost or one.away),
                not self._is_beside(one),
            ),
            default=None,
        )

    @property
    def beside(self) -> StandbyFacts | None:
        """A member that is well and would be lost with the primary's host."""
        return next(filter(self._is_beside, self.standbys), None)

    def _is_beside(self, one: StandbyFacts) -> bool:
        return (
            one.host is not None
            and one.host == self.host
            and not (one.lost or one.away)
        )

    @property
    def astray(self) -> bool:
        """NHAM's own server serves, though the VNFC could and should.

        The policy asks for that, and nothing has gone wrong with the group
        within the probation; or it is outdated.
        """
        other = self.standby
        asked = self.policy.failback != "never" and not self.attempts
        return (
            self.kind == "server"
            and (asked or self.outdated)
            and other is not None
            and other.kind == "vnfc"
            and other.ready
            and not other.closed
            and (other.parked or other.app is Health.OK)
        )

    @property
    def misparked(self) -> bool:
        """Its standby runs and should be parked, or the other way round."""
        cold = self.policy.standby == "cold"
        return any(
            one.role is states.Role.STANDBY
            and not (one.lost or one.away)
            and (one.server.status == "ACTIVE" if cold else one.parked)
            for one in self.standbys
        )

    @property
    def stale(self) -> bool:
        """Its standby's disk is due to be made anew from what was saved.

        One that holds no state at all is due at once.
        """
        return self.policy.on_disk and any(
            one.role is states.Role.STANDBY
            and not (one.lost or one.away)
            and one.sequence < self.saved
            and (one.worn or not one.sequence)
            for one in self.standbys
        )

    @property
    def as_asked(self) -> bool:
        """Its group is as the policy wants it."""
        return not self.stale and self.guarded

    @property
    def guarded(self) -> bool:
        """The same, whatever the disk of its standby holds."""
        wrong = self._crowded or self.surplus or self.astray or self.misparked
        return not (self.unguarded or wrong or self.beside)

    @property
    def _crowded(self) -> bool:
        """It has more members beside itself than the policy asks for."""
        count = sum(not one.excused for one in self.standbys)
        return count > self.wanted

    @property
    def watched(self) -> bool:
        """Some probe has answered before, so silence means something."""
        return standby_facts.watched(self.app, self.icmp)

    @property
    def unrestored(self) -> bool:
        """The newest attempt left it without its state."""
        return bool(self.attempts) and self.attempts[0].unrestored

    @property
    def silent(self) -> bool:
        """No probe of it is answered, though some once were."""
        return standby_facts.silent(self.app, self.icmp)
