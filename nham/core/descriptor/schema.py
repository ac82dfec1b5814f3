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

from nham.core import mechanisms
from nham.core.descriptor import blocks
from nham.core.descriptor import properties
from nham.core.descriptor import words

_MOST = max(spec.high for spec in mechanisms.TABLE)

_ZONES = tuple(
    zone.value for zone in (words.Zone.VNFC, words.Zone.VM, words.Zone.HOST)
)

#: What the model keeps in every policy, in the order in which it is
#: explained.
POLICY = (
    properties.Property(
        "redundancy",
        "choice",
        "resiliency mechanism",
        choices=tuple(word.value for word in words.Mechanism),
        required=True,
    ),
    properties.Property(
        "num_backups",
        "integer",
        "members beside the primary",
        low=0,
        high=_MOST,
    ),
    properties.Property(
        "min_replicas",
        "integer",
        "members that must serve beside the primary, with fewer another is "
        "made before all else; without it one",
        low=1,
        high=64,
    ),
    properties.Property(
        "max_replicas",
        "integer",
        "most members beside the primary at any moment, also during a "
        "repair; without it num_backups",
        low=1,
        high=64,
    ),
    properties.Property(
        "stateful",
        "boolean",
        "the VNFC holds state that must survive a failure",
    ),
    *blocks.ADDRESS,
    properties.Property(
        "standby",
        "choice",
        "whether the standby runs before it is needed",
        choices=("warm", "cold"),
    ),
    properties.Property(
        "failback",
        "choice",
        "when the service moves back to the member that was repaired",
        choices=("never", "auto", "request"),
    ),
    properties.Property(
        "refresh_interval",
        "duration",
        "time after which the standby's disk is made anew from a newer "
        "checkpoint",
        low=60,
        high=properties.MONTH,
    ),
    *blocks.DETECTION,
    *blocks.STATE,
    properties.Property(
        "escalation",
        "choices",
        "fault zones that NHAM repairs, smallest first",
        "escalation.ladder",
        choices=_ZONES,
    ),
    properties.Property(
        "escalation_count",
        "integer",
        "faults in one zone within the probation; one more and the "
        "next zone takes over",
        "escalation.count",
        low=1,
        high=100,
    ),
    properties.Property(
        "probation",
        "duration",
        "time after which an old fault no longer counts",
        "escalation.probation",
        low=1,
        high=properties.MONTH,
    ),
    properties.Property(
        "host_recovery",
        "choice",
        "how a member leaves a failed host",
        choices=("auto", "evacuate", "replace"),
    ),
    properties.Property(
        "vnfc_owner",
        "choice",
        "who repairs faults of the VNFC zone",
        choices=("nham", "vnf"),
    ),
    properties.Property(
        "priority",
        "integer",
        "order of recovery when many fail, higher first",
        low=0,
        high=100,
    ),
    properties.Property(
        "sal",
        "integer",
        "service availability level, 1 is the highest",
        low=1,
        high=3,
    ),
    properties.Property(
        "accept_state_loss",
        "boolean",
        "recover from the image of the VNFD when no checkpoint is "
        "usable, else wait for the operator",
    ),
)

#: Properties that are read, but that the model keeps under no own name.
COOLDOWN = properties.Property(
    "cooldown",
    "duration",
    "checkpoint interval, the NHAM paper's word",
    low=0.001,
    high=properties.MONTH,
)
SCALING_ASPECT = properties.Property(
    "scaling_aspect", "string", "scaling aspect that holds the backups"
)
QUIESCE = properties.Property(
    "state_protection.quiesce",
    "boolean",
    "freeze the guest's file systems for the cut",
)

#: The blocks within a policy and what each may hold.
BLOCKS = {
    "detection": blocks.DETECTION,
    "state_protection": (
        *blocks.STATE,
        QUIESCE,
        properties.Property(
            "state_protection.hook", "block", "the VNF's own hook"
        ),
    ),
    "state_protection.hook": blocks.HOOK,
    "service_address": blocks.ADDRESS,
    "probes": blocks.PROBE,
}

#: What stands directly under `properties`.
TOP = (
    *(prop for prop in POLICY if "." not in prop.path),
    COOLDOWN,
    SCALING_ASPECT,
    properties.Property("detection", "block", "how a failure is found"),
    properties.Property("state_protection", "block", "how state is saved"),
    properties.Property(
        "service_address", "block", "how clients reach the service"
    ),
    properties.Property(
        "probes", "blocks", "questions that members are asked"
    ),
)
