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

"""A resiliency policy as NHAM works with it: typed and complete.

Every duration is a float in seconds. Objects are made by
`build.build` from a descriptor, or by `ResiliencyPolicy.from_dict` from
what `to_dict` gave; both refuse what they do not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import enum
from typing import Any

from nham.core.descriptor import blocks
from nham.core.descriptor import hooks
from nham.core.descriptor import schema
from nham.core.descriptor import words

#: Seconds between two exports of a hook if the descriptor gives none: a
#: standby is to be close behind, and an export costs no disk.
HOOK_INTERVAL = 1.0


@dataclasses.dataclass(frozen=True)
class ProbeSpec:
    """One question that NHAM asks a member to learn whether it serves.

    :ivar port: TCP or UDP port; None for icmp.
    :ivar path: path and query of the HTTP request.
    :ivar expect_status: lowest and highest HTTP status that is healthy.
    :ivar network: name of the Nova network whose address is probed; None
        takes the floating address first, else the first fixed one.
    """

    type: words.ProbeType
    port: int | None = None
    path: str = "/"
    expect_status: tuple[int, int] = (200, 399)
    network: str | None = None


@dataclasses.dataclass(frozen=True)
class Detection:
    """How a failure is found; all numbers but `max_misses` in seconds.

    After the first miss a member is asked twice as often. So with the
    defaults a dead VNFC is found in about two seconds, and with a
    `poll_interval` of 0.25 s in two thirds of one: three misses take
    0.25 + 2 x 0.125 s, the last answer is waited for 0.1 s, the default
    of `min_timeout`, and so was the first before there was any haste.

    :ivar poll_interval: time between two probes of one member.
    :ivar initial_timeout: time-out before any answer was measured.
    :ivar min_timeout: the adaptive time-out never goes below this.
    :ivar max_timeout: the adaptive time-out never goes above this.
    :ivar max_misses: misses in a row before a member is suspected.
    :ivar boot_timeout: from power-on to the application's first answer.
    :ivar estimator: what learns the time-outs.
    :ivar probe_from: where members are asked from: the engine's own network,
        or a port on theirs.
    :ivar detection_time: how soon a failure is to be suspected (T_D); None:
        that follows from the others.
    :ivar mistake_recurrence: how far apart false suspicions are to be
        (T_MR); None: that follows from the others.
    """

    poll_interval: float = 1.0
    initial_timeout: float = 5.0
    min_timeout: float = 0.1
    max_timeout: float = 60.0
    max_misses: int = 3
    boot_timeout: float = 90.0
    estimator: words.Estimator = "two_window"
    probe_from: words.ProbeFrom = "engine"
    detection_time: float | None = None
    mistake_recurrence: float | None = None


#: One checkpoint may fail and one be under way before an operator is told.
_MISSED = 3.0
#: Seconds; nobody is told of less unless the policy asks for it.
_SOONEST = 10.0


#: The checkpoint engine for each method that saves anything.
_ENGINES: Mapping[words.StateMethod, str] = {
    "image_snapshot": "image",
    "volume_snapshot": "volume",
    "hook": "hook",
}


@dataclasses.dataclass(frozen=True)
class StateProtection:
    """How the state of a stateful VNFC is saved.

    :ivar method: which part of a member is saved.
    :ivar interval: seconds between two checkpoints; the paper's cooldown.
        `build` takes `HOOK_INTERVAL` for a hook that gives none.
    :ivar retention: checkpoints kept per member, 1 to 32.
    :ivar max_total: bytes that they may take together; None: no limit.
    :ivar rpo: seconds that the newest restorable state may be old; None:
        see `oldest`.
    :ivar hook: given with the method 'hook', and only then.
    :ivar spread: whose state goes to whom where all members serve.
    """

    method: words.StateMethod = "none"
    interval: float = 60.0
    retention: int = 2
    hook: hooks.Hook | None = None
    rpo: float | None = None
    spread: words.StateSpread = "leader"
    max_total: int | None = None

    def kept(self, sizes: Sequence[int]) -> int:
        """Return how many checkpoints are kept of some.

        :param sizes: of each in bytes, of the newest first; that one is
            kept whatever it takes.
        """
        total = 0
        for index, size in enumerate(sizes[: self.retention]):
            total += size
            if index and self.max_total and total > self.max_total:
                return index
        return min(len(sizes), self.retention)

    @property
    def engine(self) -> str | None:
        """The checkpoint engine that saves it; None: nothing is saved."""
        return _ENGINES.get(self.method)

    @property
    def oldest(self) -> float:
        """Age in seconds from which on a saved state is too old."""
        return self.rpo or max(_MISSED * self.interval, _SOONEST)


@dataclasses.dataclass(frozen=True)
class ServiceAddress:
    """The address that clients use, whichever member serves.

    :ivar driver: how it is moved to another member, or spread over all;
        'none' if it is not.
    :ivar pool: id or name of the balancer's pool that spreads it.
    :ivar port: where the members of the pool listen.
    :ivar address: the IPv4 address itself, where the driver does not find
        it at the VNFC.
    :ivar router: id or name of the router that spreads the address.
    """

    driver: words.AddressDriver = "none"
    pool: str | None = None
    port: int | None = None
    address: str | None = None
    router: str | None = None

    @property
    def spread_over(self) -> str:
        """What a driver that spreads the service is to look for."""
        if self.router is not None:
            return f"{self.router}/{self.address}"
        return str(self.pool)


@dataclasses.dataclass(frozen=True)
class Escalation:
    """Which zones NHAM repairs and when it goes on to the next.

    :ivar ladder: zones in rising order.
    :ivar count: faults in one zone within the probation; one more and
        the next zone takes over.
    :ivar probation: seconds after which an old fault no longer counts.
    """

    ladder: tuple[words.Zone, ...] = (
        words.Zone.VNFC,
        words.Zone.VM,
        words.Zone.HOST,
    )
    count: int = 2
    probation: float = 300.0


@dataclasses.dataclass(frozen=True)
class ResiliencyPolicy:
    """One policy of type `nham.policies.nfv.Resiliency`.

    :ivar name: name of the policy in the descriptor.
    :ivar targets: node templates that it is written for.
    :ivar redundancy: the mechanism.
    :ivar num_backups: members beside the primary.
    :ivar min_replicas: members that must serve beside the primary; with
        fewer another is made before all else. None: one.
    :ivar max_replicas: most members beside the primary at any moment.
        None: `num_backups`.
    :ivar service_address: how clients reach the member that serves.
    :ivar standby: 'warm': it runs before it is needed; 'cold': it is
        stopped until then.
    :ivar failback: when the service moves back to the member that was
        repaired.
    :ivar refresh_interval: seconds after which the standby's disk is made
        anew from a newer checkpoint, where that holds its state.
    :ivar stateful: the VNFC holds state that must survive a failure.
    :ivar host_recovery: how a member leaves a failed host.
    :ivar vnfc_owner: 'vnf' if the VNF has its own manager of high
        availability that repairs faults of the VNFC zone.
    :ivar priority: 0 to 100, higher is recovered first.
    :ivar sal: service availability level 1 to 3 (ETSI NFV-REL 001), 1 is
        the highest; None if none is asked for.
    :ivar accept_state_loss: recover a stateful VNFC from the image of the
        VNFD when no checkpoint is usable; if False NHAM waits for the
        operator.
    :ivar whole_vnf: one of the targets is the VNF node, so the policy
        holds for every VDU that has none of its own.
    :ivar given: paths of the properties that the descriptor gave.
    """

    name: str
    targets: tuple[str, ...]
    redundancy: words.Mechanism = words.Mechanism.ZERO_R
    num_backups: int = 0
    stateful: bool = False
    detection: Detection = Detection()
    probes: tuple[ProbeSpec, ...] = ()
    state_protection: StateProtection = StateProtection()
    escalation: Escalation = Escalation()
    host_recovery: words.HostRecovery = "auto"
    vnfc_owner: words.VnfcOwner = "nham"
    priority: int = 50
    sal: int | None = None
    accept_state_loss: bool = True
    whole_vnf: bool = False
    given: frozenset[str] = frozenset()
    service_address: ServiceAddress = ServiceAddress()
    standby: words.Standby = "warm"
    failback: words.Failback = "never"
    min_replicas: int | None = None
    max_replicas: int | None = None
    refresh_interval: float = 600.0

    @property
    def on_disk(self) -> bool:
        """A standby gets its state with a disk made of a checkpoint."""
        method = self.state_protection.method
        return method in words.SNAPSHOTS and self.num_backups > 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON data from which `from_dict` makes an equal."""
        fields: dict[str, Any] = plain(dataclasses.asdict(self))
        return fields

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ResiliencyPolicy:
        """Return the policy that `to_dict` was called on.

        What an older version kept has no hook, service address, standby,
        failback or refresh interval; it gets their defaults.

        :raises ValueError: if a word is not one of ours.
        :raises TypeError: if a field is unknown or missing.
        """
        fields = dict(data)
        escalation = dict(fields["escalation"])
        escalation["ladder"] = tuple(
            words.Zone(zone) for zone in escalation["ladder"]
        )
        fields.update(
            targets=tuple(fields["targets"]),
            redundancy=words.Mechanism(fields["redundancy"]),
            detection=Detection(**fields["detection"]),
            probes=tuple(_probe(probe) for probe in fields["probes"]),
            state_protection=_protection(fields["state_protection"]),
            escalation=Escalation(**escalation),
            service_address=ServiceAddress(
                **fields.get("service_address", {})
            ),
            given=frozenset(fields["given"]),
        )
        return cls(**fields)

    def explain(self) -> list[tuple[str, str, str, str]]:
        """Return (property, value, origin, meaning) rows.

        The origin is 'given', 'default', or 'chosen': by what is wished for
        the detection.
        """
        rows = []
        hook = self.state_protection.hook
        own = hook.own_properties() if hook else ()
        for prop in (*schema.POLICY, *own):
            value = prop.value_of(self)
            origin = "given" if prop.path in self.given else "default"
            if origin == "default" and prop in blocks.DETECTION:
                usual = getattr(Detection(), prop.key)
                origin = "default" if value == usual else "chosen"
            rows.append((prop.path, prop.render(value), origin, prop.meaning))
        for index, probe in enumerate(self.probes):
            for prop in blocks.PROBE:
                path = f"probes[{index}].{prop.path}"
                origin = "given" if path in self.given else "default"
                rows.append(
                    (
                        path,
                        prop.render(prop.value_of(probe)),
                        origin,
                        prop.meaning,
                    )
                )
        return rows


def policy_for(
    vdu: str, policies: Iterable[ResiliencyPolicy]
) -> ResiliencyPolicy | None:
    """Return the policy that holds for a VDU, None if it has none.

    The policy on the VDU itself wins over the one on the VNF node.
    """
    whole = None
    for policy in policies:
        if vdu in policy.targets:
            return policy
        if policy.whole_vnf:
            whole = policy
    return whole


def _probe(data: Mapping[str, Any]) -> ProbeSpec:
    low, high = data["expect_status"]
    return ProbeSpec(**{**data, "expect_status": (low, high)})


def _protection(data: Mapping[str, Any]) -> StateProtection:
    hook = data.get("hook")
    if hook is None:
        return StateProtection(**data)
    return StateProtection(**{**data, "hook": hooks.Hook(**hook)})


def plain(value: Any) -> Any:
    """Return a value of a policy as plain JSON data."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.value if isinstance(value, enum.Enum) else value
