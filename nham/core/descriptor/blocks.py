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

"""The properties that a policy holds in blocks, a table for each block."""

from __future__ import annotations

from nham.core.descriptor import properties
from nham.core.detection import estimators
from nham.core.detection import wish

#: No state that a hook exports is larger, in bytes: NHAM holds it in memory.
_GIGABYTE = 1000**3
#: No quota is larger, in bytes.
_PETABYTE = 1000**5

DETECTION = (
    properties.Property(
        "detection.poll_interval",
        "duration",
        "time between two probes of one member",
        low=wish.SHORTEST,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.initial_timeout",
        "duration",
        "time allowed for an answer before any was measured",
        low=0.01,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.min_timeout",
        "duration",
        "the adaptive time-out never goes below this",
        low=0.01,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.max_timeout",
        "duration",
        "the adaptive time-out never goes above this",
        low=0.01,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.max_misses",
        "integer",
        "probes missed in a row before a member is suspected",
        low=1,
        high=wish.MOST,
    ),
    properties.Property(
        "detection.boot_timeout",
        "duration",
        "time from power-on to the first answer of the application",
        low=1,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.estimator",
        "choice",
        "what learns the time-outs from the answers",
        choices=tuple(estimators.BUILT_IN),
    ),
    properties.Property(
        "detection.probe_from",
        "choice",
        "where members are asked from: the engine's own network, or a port "
        "that NHAM makes on the network of the probe",
        choices=("engine", "port"),
    ),
    properties.Property(
        "detection.detection_time",
        "duration",
        "time after which a failure is suspected at the latest; what is "
        "needed for that and not given is chosen",
        low=wish.SHORTEST,
        high=properties.MONTH,
    ),
    properties.Property(
        "detection.mistake_recurrence",
        "duration",
        "time between two false suspicions on average, at the least; what "
        "is needed for that and not given is chosen",
        low=1,
        high=100 * properties.MONTH,
    ),
)

PROBE = (
    properties.Property(
        "type",
        "choice",
        "what is asked",
        choices=("icmp", "tcp", "http", "udp"),
        required=True,
    ),
    properties.Property(
        "port", "integer", "port that is asked", low=1, high=65535
    ),
    properties.Property(
        "path", "string", "path and query of the HTTP request"
    ),
    properties.Property(
        "expect_status",
        "range",
        "lowest and highest HTTP status that counts as healthy",
        low=100,
        high=599,
    ),
    properties.Property(
        "network",
        "string",
        "Nova network whose address is probed; without it the "
        "floating address, else the first fixed one",
    ),
)

STATE = (
    properties.Property(
        "state_protection.method",
        "choice",
        "which part of a member is saved",
        choices=("none", "image_snapshot", "volume_snapshot", "hook"),
        required=True,
    ),
    properties.Property(
        "state_protection.interval",
        "duration",
        "time between two checkpoints",
        low=0.001,
        high=properties.MONTH,
    ),
    properties.Property(
        "state_protection.retention",
        "integer",
        "checkpoints kept per member",
        low=1,
        high=32,
    ),
    properties.Property(
        "state_protection.max_total",
        "size",
        "most bytes that the checkpoints of a member may take together; the "
        "newest is kept whatever it takes",
        low=1,
        high=_PETABYTE,
    ),
    properties.Property(
        "state_protection.rpo",
        "duration",
        "age of the newest restorable state that raises an alarm; without it "
        "three intervals, 10 s at least",
        low=0.001,
        high=properties.MONTH,
    ),
    properties.Property(
        "state_protection.spread",
        "choice",
        "whose state the members that serve are given: the leader's, or each "
        "that of all others to merge",
        choices=("leader", "merge", "none"),
    ),
)

HOOK = (
    properties.Property(
        "state_protection.hook.transport",
        "choice",
        "how the VNFC is reached: over HTTP, or by commands that QEMU's guest "
        "agent runs in the guest",
        choices=("http", "guest_agent"),
    ),
    properties.Property(
        "state_protection.hook.port",
        "integer",
        "TCP port of the VNFC that serves the hook",
        low=1,
        high=65535,
    ),
    properties.Property(
        "state_protection.hook.export_path",
        "string",
        "path that gives the state out",
    ),
    properties.Property(
        "state_protection.hook.import_path",
        "string",
        "path that takes the state in",
    ),
    properties.Property(
        "state_protection.hook.claim_path",
        "string",
        "path by which the VNFC takes the service address and lets it go",
    ),
    properties.Property(
        "state_protection.hook.token",
        "string",
        "name of the secret that the hook asks for; the operator gave the "
        "secret itself to NHAM",
    ),
    properties.Property(
        "state_protection.hook.network",
        "string",
        "Nova network whose address is asked; without it the floating address",
    ),
    properties.Property(
        "state_protection.hook.export_command",
        "string",
        "command in the guest that gives the state out",
    ),
    properties.Property(
        "state_protection.hook.import_command",
        "string",
        "command in the guest that takes the state in",
    ),
    properties.Property(
        "state_protection.hook.claim_command",
        "string",
        "command in the guest by which the VNFC takes the service address "
        "and lets it go",
    ),
    properties.Property(
        "state_protection.hook.timeout",
        "duration",
        "time allowed for one whole call",
        low=0.01,
        high=properties.MONTH,
    ),
    properties.Property(
        "state_protection.hook.max_size",
        "size",
        "largest state that is taken",
        low=1,
        high=_GIGABYTE,
    ),
)

#: Properties of a hook that only one transport has.
HOOK_ONLY = {
    "http": (
        "port",
        "export_path",
        "import_path",
        "claim_path",
        "token",
        "network",
    ),
    "guest_agent": ("export_command", "import_command", "claim_command"),
}

ADDRESS = (
    properties.Property(
        "service_address.driver",
        "choice",
        "how the address that clients use is moved to another member, or "
        "spread over all",
        choices=("none", "floating_ip", "fixed_ip", "vip", "ecmp", "octavia"),
    ),
    properties.Property(
        "service_address.pool",
        "string",
        "id or name of the balancer's pool that spreads the service",
    ),
    properties.Property(
        "service_address.port",
        "integer",
        "port at which the members of the pool listen",
        low=1,
        high=65535,
    ),
    properties.Property(
        "service_address.address",
        "string",
        "IPv4 address that clients use; with fixed_ip and vip one in a "
        "network of the VNFC",
    ),
    properties.Property(
        "service_address.router",
        "string",
        "id or name of the router that spreads the service",
    ),
)
