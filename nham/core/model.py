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

"""The records NHAM keeps: VNFs, replica groups, members, checkpoints.

All are frozen: a change is a new value, made by the store in one
transaction. Times are seconds since the epoch (wall clock), so that they
mean the same to every engine and to the operator.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
from typing import Any

from nham.core import descriptor
from nham.core import states


@dataclasses.dataclass(frozen=True, kw_only=True)
class Vnf:
    """A VNF instance that NHAM knows.

    :ivar source: ``tacker`` or ``manual`` (registered by hand).
    :ivar instance_id: the VNF instance in the VNFM, None for ``manual``.
    :ivar reason: why it is unprotected or waiting, or what its operator may
        do; empty otherwise.
    """

    id: str
    name: str
    source: str
    project_id: str
    instance_id: str | None = None
    vnfd_id: str | None = None
    policies: tuple[descriptor.ResiliencyPolicy, ...] = ()
    state: states.VnfState = states.VnfState.UNPROTECTED
    reason: str = ""
    paused: bool = False
    created_at: float = 0.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class MovableAddress:
    """An address that can be pointed at one member or another.

    :ivar id: of the floating IP.
    """

    id: str
    ip: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """A replica group: all members of one VNFC.

    :ivar vnfc: the VNFC's stable name, ``<VDU>-<index>``.
    :ivar epoch: raised by each recovery; an older one is refused.
    :ivar recovery_id: the recovery that holds the claim, None if free.
    :ivar service: the address under which clients reach the VNFC, where
        NHAM moves it, or the balancer's pool (its id and name) that spreads
        the service; None for a group without replicas.
    :ivar access: the address under which NHAM reaches the standby.
    """

    id: str
    vnf_id: str
    vnfc: str
    vdu: str
    mechanism: descriptor.Mechanism = descriptor.Mechanism.ZERO_R
    epoch: int = 0
    recovery_id: str | None = None
    service: MovableAddress | None = None
    access: MovableAddress | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Member:
    """One server that serves, or can serve, a VNFC.

    :ivar kind: ``vnfc`` (the VNFM made it) or ``server`` (NHAM's own).
    :ivar name: of NHAM's own server; with a number, of its ports.
    :ivar port_id: the port that the service address leads to when it
        serves; None until that is known.
    :ivar sequence: the newest checkpoint whose state it was given; one that
        serves has moved on since.
    :ivar importing_until: until then a state that is being given to it
        may still arrive, seconds since the epoch; None if none is.
    :ivar answered: it has answered a probe at least once, so that its
        silence means something even to an engine that just started.
    :ivar address: at which a balancer's pool reaches it; None if none does.
    :ivar access: by which NHAM reaches it, where that is its own.
    :ivar parked: a standby that NHAM has stopped, or is stopping.
    :ivar disk_at: when its disk was made of the checkpoint ``sequence``,
        seconds since the epoch; None if that was not given so.
    """

    id: str
    group_id: str
    server_id: str
    role: states.Role = states.Role.PRIMARY
    host: str | None = None
    image_id: str | None = None
    volume_backed: bool = False
    answered: bool = False
    kind: str = "vnfc"
    name: str = ""
    port_id: str | None = None
    sequence: int = 0
    importing_until: float | None = None
    address: str | None = None
    access: MovableAddress | None = None
    parked: bool = False
    disk_at: float | None = None

    @property
    def disk_sequence(self) -> int:
        """The checkpoint that its disk was made of, 0 if of none."""
        return 0 if self.disk_at is None else self.sequence

    @property
    def stands_in(self) -> bool:
        """It is NHAM's own, and serves in place of the VNFC."""
        return self.kind == "server" and self.role is states.Role.PRIMARY


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trace:
    """What is remembered of a member or a group that may have left things.

    :ivar id: of the member or the group, which is there no more.
    :ivar name: of the member's server; empty for a group.
    :ivar left_at: when it was first seen that nobody owns what is left.
    """

    id: str
    name: str
    left_at: float | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Artifact:
    """One object in a backend that holds a part of a checkpoint.

    :ivar kind: ``image`` (Glance), ``snapshot`` (Cinder) or ``state``
        (a store of NHAM's own).
    :ivar digest: what proves it whole: the image's hash, or the backend's
        own word for a snapshot.
    :ivar pause: seconds that the VNFC stood still for it, by its own word.
    :ivar held: seconds for which it stands still after it, by its own word.
    :ivar started: the VNFC's word for its present life; another one once it
        started without its state. Empty if it says none.
    :ivar imported: the digest of the state that it took in last in that
        life, empty if it took in none, or does not say.
    """

    kind: str
    id: str
    volume_id: str | None = None
    digest: str | None = None
    size: int = 0
    pause: float | None = None
    held: float = 0.0
    started: str = ""
    imported: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A restorable representation of a VNFC at a point in time.

    :ivar cut_at: no write acknowledged before this moment is missing.
    :ivar trigger: ``scheduled``, ``demand``, ``planned_work`` or ``import``
        (an operator gave the state).
    :ivar consistency: ``crash``: as after a power cut, in order of writes.
    """

    id: str
    vnf_id: str
    group_id: str
    server_id: str
    engine: str
    sequence: int
    state: states.CheckpointState
    cut_at: float
    trigger: str = "scheduled"
    completed_at: float | None = None
    consistency: str = "crash"
    artifacts: tuple[Artifact, ...] = ()
    reason: str = ""

    @property
    def name(self) -> str:
        """What its parts are called in their backends."""
        return f"nham-{self.id}"

    @property
    def pause(self) -> float | None:
        """Seconds that the VNFC stood still for it; None: not known."""
        known = [p.pause for p in self.artifacts if p.pause is not None]
        return max(known, default=None)

    @property
    def size(self) -> int:
        """Bytes it holds in its backends."""
        return sum(part.size for part in self.artifacts)

    @property
    def held_until(self) -> float | None:
        """Until when the VNFC surely stands still after it; None: it does not.

        A planned change of who serves loses nothing until then.
        """
        held = min((part.held for part in self.artifacts), default=0.0)
        return self.cut_at + held if held else None

    @property
    def digest(self) -> str | None:
        """The digests of its parts, None when one of them has none."""
        if not self.artifacts or any(not a.digest for a in self.artifacts):
            return None
        return " ".join(str(part.digest) for part in self.artifacts)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    """One durable step of a plan.

    :ivar action: the name of its handler in ``nham.recovery.steps``.
    :ivar timeout: seconds until it counts as failed.
    :ivar marks: the moment of the recovery's timeline that its end is.
    :ivar note: a sentence for the operator.
    """

    id: str
    action: str
    note: str
    timeout: float
    args: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    marks: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepRecord:
    """What happened to one step of a recovery."""

    position: int
    step: Step
    state: states.StepState = states.StepState.PENDING
    started_at: float | None = None
    ended_at: float | None = None
    detail: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fault:
    """A suspicion that the decision accepted.

    :ivar last_good_at: the last good answer seen, None if there was none.
    :ivar evidence: who said what, in words.
    """

    zone: descriptor.Zone
    subject: str
    detected_at: float
    last_good_at: float | None = None
    evidence: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recovery:
    """One durable run of a plan for one fault.

    :ivar rung: which rung of the ladder it tries, e.g. ``hard_reboot``.
    :ivar rule: the rule of the decision that chose it.
    :ivar owner: the engine that runs it.
    """

    id: str
    vnf_id: str
    group_id: str
    epoch: int
    fault: Fault
    rule: str
    rung: str
    state: states.RecoveryState = states.RecoveryState.RUNNING
    owner: str = ""
    reasons: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    steps: tuple[StepRecord, ...] = ()
    started_at: float = 0.0
    ended_at: float | None = None
    reason: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Event:
    """Something that an operator may want to know."""

    id: int
    at: float
    severity: states.Severity
    kind: str
    message: str
    vnf_id: str | None = None
    host: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class HostRecord:
    """What NHAM itself knows and did about a compute host.

    :ivar fenced_at: when it was proved that it cannot serve; None if not.
    :ivar proof: what proved it (driver and its words, or the operator's).
    :ivar forced_down: NHAM forced its Nova service down.
    :ivar lease_withdrawn_at: since when no engine grants its agent a lease;
        None: they do.
    :ivar maintenance_at: since when its operator works on it; None: he does
        not.
    :ivar maintenance_reason: his words for why.
    :ivar quarantined_at: since when it gets no new members, as it spoils
        those that it has; None: it does not.
    :ivar quarantine_reason: what was seen of it.
    :ivar released_at: when an operator ended its last quarantine; what
        failed on it before counts no more.
    """

    name: str
    fenced_at: float | None = None
    proof: str = ""
    forced_down: bool = False
    lease_withdrawn_at: float | None = None
    maintenance_at: float | None = None
    maintenance_reason: str = ""
    quarantined_at: float | None = None
    quarantine_reason: str = ""
    released_at: float | None = None

    @property
    def closed_at(self) -> float | None:
        """Since when NHAM moves its members away; None: it does not."""
        since = [self.maintenance_at, self.quarantined_at]
        return min((at for at in since if at is not None), default=None)
