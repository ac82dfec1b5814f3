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

"""The states of NHAM's records, each with a sentence of meaning.

States are data: documentation, the API and the tests read the same
tables, and a state that has no sentence here does not exist.
"""

from __future__ import annotations

import enum


class VnfState(enum.StrEnum):
    """What NHAM does for a VNF at the moment."""

    PROTECTED = "protected"
    UNPROTECTED = "unprotected"
    PAUSED = "paused"
    RECOVERING = "recovering"
    DEGRADED = "degraded"
    WAITING = "waiting"
    STOPPED = "stopped"


class Role(enum.StrEnum):
    """What a member is for in its replica group."""

    PRIMARY = "primary"
    ACTIVE = "active"
    STANDBY = "standby"
    ASIDE = "aside"
    JOINING = "joining"
    FAILED = "failed"
    RETIRED = "retired"


class CheckpointState(enum.StrEnum):
    """Where a checkpoint stands in its life."""

    CREATING = "creating"
    AVAILABLE = "available"
    FAILED = "failed"
    DELETING = "deleting"


class RecoveryState(enum.StrEnum):
    """Where a recovery stands in its life."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"


class StepState(enum.StrEnum):
    """Where one durable step of a recovery stands."""

    PENDING = "pending"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


class Severity(enum.StrEnum):
    """How much an event asks of the operator."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


#: By type first: states of two types may share a word, and are then equal.
MEANINGS: dict[type[enum.StrEnum], dict[enum.StrEnum, str]] = {
    VnfState: {
        VnfState.PROTECTED: "Watched, saved and recovered by its policy.",
        VnfState.UNPROTECTED: "Known, but nothing is done; see the reason.",
        VnfState.PAUSED: "Watched; decisions are shown, nothing is done.",
        VnfState.RECOVERING: "A recovery of one of its VNFCs is running.",
        VnfState.DEGRADED: "Serves; a standby is missing or being made.",
        VnfState.WAITING: "Something outside NHAM must happen first.",
        VnfState.STOPPED: "Stopped by its operator; this is not a failure.",
    },
    Role: {
        Role.PRIMARY: "Serves the VNFC; its state is the one that counts.",
        Role.ACTIVE: "Serves beside the primary (MR-AA).",
        Role.STANDBY: "Does not serve; waits to take over.",
        Role.ASIDE: "Stopped by its operator; serves once started again.",
        Role.JOINING: "Being made or repaired; cannot take over yet.",
        Role.FAILED: "Has failed and is cut off; waits for its repair.",
        Role.RETIRED: "Left the group; kept for the record only.",
    },
    CheckpointState: {
        CheckpointState.CREATING: "Being taken; never offered for restore.",
        CheckpointState.AVAILABLE: "Complete and proved; may be restored.",
        CheckpointState.FAILED: "Torn or refused; never offered for restore.",
        CheckpointState.DELETING: "Being removed from its backend.",
    },
    RecoveryState: {
        RecoveryState.RUNNING: "Claimed by one engine, which runs its steps.",
        RecoveryState.SUCCEEDED: "The service answers and redundancy is back.",
        RecoveryState.FAILED: "A step failed; the next rung will be decided.",
        RecoveryState.ABORTED: "Ended before anything was done to the VNF.",
    },
    StepState: {
        StepState.PENDING: "Not begun.",
        StepState.STARTED: "Written as begun; it may have happened.",
        StepState.DONE: "Seen to be true in the cloud.",
        StepState.FAILED: "Not true in time, or no longer possible.",
        StepState.REFUSED: "The cloud said no; asking again would not help.",
    },
    Severity: {
        Severity.INFO: "Nothing to do.",
        Severity.WARNING: "Worth a look; NHAM goes on.",
        Severity.CRITICAL: "An operator must act.",
    },
}


def meaning(state: enum.StrEnum) -> str:
    """Return the sentence that says what a state means."""
    return MEANINGS[type(state)][state]


#: Which states may follow each of those that have an order. A VNF's state
#: follows from what is seen of its VNFCs, so any may come after any.
FOLLOWS: dict[
    type[enum.StrEnum], dict[enum.StrEnum, tuple[enum.StrEnum, ...]]
] = {
    CheckpointState: {
        CheckpointState.CREATING: (
            CheckpointState.AVAILABLE,
            CheckpointState.FAILED,
            CheckpointState.DELETING,
        ),
        CheckpointState.AVAILABLE: (CheckpointState.DELETING,),
        CheckpointState.FAILED: (CheckpointState.DELETING,),
        CheckpointState.DELETING: (),
    },
    RecoveryState: {
        RecoveryState.RUNNING: (
            RecoveryState.SUCCEEDED,
            RecoveryState.FAILED,
            RecoveryState.ABORTED,
        ),
        RecoveryState.SUCCEEDED: (),
        RecoveryState.FAILED: (),
        RecoveryState.ABORTED: (),
    },
    StepState: {
        StepState.PENDING: (StepState.STARTED,),
        StepState.STARTED: (
            StepState.DONE,
            StepState.FAILED,
            StepState.REFUSED,
        ),
        StepState.DONE: (),
        StepState.FAILED: (),
        StepState.REFUSED: (),
    },
}
