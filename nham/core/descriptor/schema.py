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

"""Every property that a resiliency policy may hold, as one table.

The reader takes its types, limits and defaults from here, `explain` and
the manual the meanings. `data/nham_resiliency_types.yaml` says the same to
a TOSCA parser; a unit test compares the two.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from nham.core import mechanisms
from nham.core.descriptor import durations
from nham.core.descriptor import sizes
from nham.core.descriptor import words

#: No duration of a policy is longer, 30 days in seconds.
_MONTH = 2592000.0
_MOST = max(spec.high for spec in mechanisms.TABLE)
#: No state that a hook exports is larger, in bytes: NHAM holds it in memory.
_GIGABYTE = 1000**3
#: No quota is larger, in bytes.
_PETABYTE = 1000**5


@dataclasses.dataclass(frozen=True)
class Property:
    """One property of a policy, a detection, a probe or a protection.

    :ivar path: name in the descriptor, with the block before it.
    :ivar kind: duration, size, integer, boolean, string, choice, choices
        (a list), range (two integers), block (a map) or blocks (a list).
    :ivar meaning: one sentence for the operator.
    :ivar attribute: where the value lies in the model; None for a property
        that the model does not keep under its own name.
    :ivar low, high: smallest and largest value; seconds for a duration,
        bytes for a size, None if there is no limit.
    :ivar choices: words that are allowed.
    """

    path: str
    kind: str
    meaning: str
    attribute: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    required: bool = False

    @property
    def key(self) -> str:
        """The last part of the path, the key within its block."""
        return self.path.rpartition(".")[2]

    def value_of(self, model: object) -> Any:
        """Return this property's value in an object of the model."""
        return functools.reduce(
            getattr, (self.attribute or self.path).split("."), model
        )

    def render(self, value: Any) -> str:
        """Return a value of the model in the words of a descriptor."""
        if value is None:
            return "-"
        if self.kind == "duration":
            return durations.render(value)
        if self.kind == "size":
            return sizes.render(value)
        if self.kind == "boolean":
            return "true" if value else "false"
        if self.kind in ("choices", "range"):
            return f"[{', '.join(str(item) for item in value)}]"
        return str(value)


_ZONES = tuple(
    zone.value for zone in (words.Zone.VNFC, words.Zone.VM, words.Zone.HOST)
)

DETECTION = (
    Property(
        "detection.poll_interval",
        "duration",
        "time between two probes of one member",
        low=0.05,
        high=_MONTH,
    ),
    Property(
        "detection.initial_timeout",
        "duration",
        "time allowed for an answer before any was measured",
        low=0.01,
        high=_MONTH,
    ),
    Property(
        "detection.min_timeout",
        "duration",
        "the adaptive time-out never goes below this",
        low=0.01,
        high=_MONTH,
    ),
    Property(
        "detection.max_timeout",
        "duration",
        "the adaptive time-out never goes above this",
        low=0.01,
        high=_MONTH,
    ),
    Property(
        "detection.max_misses",
        "integer",
        "probes missed in a row before a member is suspected",
        low=1,
        high=100,
    ),
    Property(
        "detection.boot_timeout",
        "duration",
        "time from power-on to the first answer of the application",
        low=1,
        high=_MONTH,
    ),
)

PROBE = (
    Property(
        "type",
        "choice",
        "what is asked",
        choices=("icmp", "tcp", "http", "udp"),
        required=True,
    ),
    Property("port", "integer", "port that is asked", low=1, high=65535),
    Property("path", "string", "path and query of the HTTP request"),
    Property(
        "expect_status",
        "range",
        "lowest and highest HTTP status that counts as healthy",
        low=100,
        high=599,
    ),
    Property(
        "network",
        "string",
        "Nova network whose address is probed; without it the "
        "floating address, else the first fixed one",
    ),
)

STATE = (
    Property(
        "state_protection.method",
        "choice",
        "which part of a member is saved",
        choices=("none", "image_snapshot", "volume_snapshot", "hook"),
        required=True,
    ),
    Property(
        "state_protection.interval",
        "duration",
        "time between two checkpoints",
        low=0.001,
        high=_MONTH,
    ),
    Property(
        "state_protection.retention",
        "integer",
        "checkpoints kept per member",
        low=1,
        high=32,
    ),
    Property(
        "state_protection.max_total",
        "size",
        "most bytes that the checkpoints of a member may take together; the "
        "newest is kept whatever it takes",
        low=1,
        high=_PETABYTE,
    ),
    Property(
        "state_protection.rpo",
        "duration",
        "age of the newest restorable state that raises an alarm; without it "
        "three intervals, 10 s at least",
        low=0.001,
        high=_MONTH,
    ),
    Property(
        "state_protection.spread",
        "choice",
        "whose state the members that serve are given: the leader's, or each "
        "that of all others to merge",
        choices=("leader", "merge", "none"),
    ),
)

HOOK = (
    Property(
        "state_protection.hook.port",
        "integer",
        "TCP port of the VNFC that serves the hook",
        low=1,
        high=65535,
        required=True,
    ),
    Property(
        "state_protection.hook.export_path",
        "string",
        "path that gives the state out",
    ),
    Property(
        "state_protection.hook.import_path",
        "string",
        "path that takes the state in",
    ),
    Property(
        "state_protection.hook.claim_path",
        "string",
        "path by which the VNFC takes the service address and lets it go",
    ),
    Property(
        "state_protection.hook.token",
        "string",
        "name of the secret that the hook asks for; the operator gave the "
        "secret itself to NHAM",
    ),
    Property(
        "state_protection.hook.network",
        "string",
        "Nova network whose address is asked; without it the floating address",
    ),
    Property(
        "state_protection.hook.timeout",
        "duration",
        "time allowed for one whole call",
        low=0.01,
        high=_MONTH,
    ),
    Property(
        "state_protection.hook.max_size",
        "size",
        "largest state that is taken",
        low=1,
        high=_GIGABYTE,
    ),
)

ADDRESS = (
    Property(
        "service_address.driver",
        "choice",
        "how the address that clients use is moved to another member, or "
        "spread over all",
        choices=("none", "floating_ip", "fixed_ip", "vip", "ecmp", "octavia"),
    ),
    Property(
        "service_address.pool",
        "string",
        "id or name of the balancer's pool that spreads the service",
    ),
    Property(
        "service_address.port",
        "integer",
        "port at which the members of the pool listen",
        low=1,
        high=65535,
    ),
    Property(
        "service_address.address",
        "string",
        "IPv4 address that clients use; with fixed_ip and vip one in a "
        "network of the VNFC",
    ),
    Property(
        "service_address.router",
        "string",
        "id or name of the router that spreads the service",
    ),
)

#: What the model keeps in every policy, in the order in which it is
#: explained.
POLICY = (
    Property(
        "redundancy",
        "choice",
        "resiliency mechanism",
        choices=tuple(word.value for word in words.Mechanism),
        required=True,
    ),
    Property(
        "num_backups",
        "integer",
        "members beside the primary",
        low=0,
        high=_MOST,
    ),
    Property(
        "min_replicas",
        "integer",
        "members that must serve beside the primary, with fewer another is "
        "made before all else; without it one",
        low=1,
        high=64,
    ),
    Property(
        "max_replicas",
        "integer",
        "most members beside the primary at any moment, also during a "
        "repair; without it num_backups",
        low=1,
        high=64,
    ),
    Property(
        "stateful",
        "boolean",
        "the VNFC holds state that must survive a failure",
    ),
    *ADDRESS,
    Property(
        "standby",
        "choice",
        "whether the standby runs before it is needed",
        choices=("warm", "cold"),
    ),
    Property(
        "failback",
        "choice",
        "when the service moves back to the member that was repaired",
        choices=("never", "auto", "request"),
    ),
    *DETECTION,
    *STATE,
    Property(
        "escalation",
        "choices",
        "fault zones that NHAM repairs, smallest first",
        "escalation.ladder",
        choices=_ZONES,
    ),
    Property(
        "escalation_count",
        "integer",
        "faults in one zone within the probation; one more and the "
        "next zone takes over",
        "escalation.count",
        low=1,
        high=100,
    ),
    Property(
        "probation",
        "duration",
        "time after which an old fault no longer counts",
        "escalation.probation",
        low=1,
        high=_MONTH,
    ),
    Property(
        "host_recovery",
        "choice",
        "how a member leaves a failed host",
        choices=("auto", "evacuate", "replace"),
    ),
    Property(
        "vnfc_owner",
        "choice",
        "who repairs faults of the VNFC zone",
        choices=("nham", "vnf"),
    ),
    Property(
        "priority",
        "integer",
        "order of recovery when many fail, higher first",
        low=0,
        high=100,
    ),
    Property(
        "sal",
        "integer",
        "service availability level, 1 is the highest",
        low=1,
        high=3,
    ),
    Property(
        "accept_state_loss",
        "boolean",
        "recover from the image of the VNFD when no checkpoint is "
        "usable, else wait for the operator",
    ),
)

#: Properties that are read, but that the model keeps under no own name.
COOLDOWN = Property(
    "cooldown",
    "duration",
    "checkpoint interval, the NHAM paper's word",
    low=0.001,
    high=_MONTH,
)
SCALING_ASPECT = Property(
    "scaling_aspect", "string", "scaling aspect that holds the backups"
)
QUIESCE = Property(
    "state_protection.quiesce",
    "boolean",
    "freeze the guest's file systems for the cut",
)

#: The blocks within a policy and what each may hold.
BLOCKS = {
    "detection": DETECTION,
    "state_protection": (
        *STATE,
        QUIESCE,
        Property("state_protection.hook", "block", "the VNF's own hook"),
    ),
    "state_protection.hook": HOOK,
    "service_address": ADDRESS,
    "probes": PROBE,
}

#: What stands directly under `properties`.
TOP = (
    *(prop for prop in POLICY if "." not in prop.path),
    COOLDOWN,
    SCALING_ASPECT,
    Property("detection", "block", "how a failure is found"),
    Property("state_protection", "block", "how state is saved"),
    Property("service_address", "block", "how clients reach the service"),
    Property("probes", "blocks", "questions that members are asked"),
)
