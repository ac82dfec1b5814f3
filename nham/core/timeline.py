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


"""When what happened in a recovery, and how long it took.

A pure view of what the recovery wrote down; nothing is measured here.
"""

from __future__ import annotations

from nham.core import model
from nham.core import states

#: The moments, in the order in which they are expected.
MOMENTS = {
    "last_good": "The last good answer before the fault.",
    "detected": "The fault was accepted.",
    "fenced": "It was proved that what failed cannot serve any more.",
    "restored": "The state or the server was made good again.",
    "first_good": "The first good answer after the fault.",
    "repaired": "Redundancy and records are as before the fault.",
}

#: The durations, each a difference of two moments.
DURATIONS = {
    "detected_seconds": ("last_good", "detected"),
    "fenced_seconds": ("detected", "fenced"),
    "restored_seconds": ("detected", "restored"),
    "first_good_seconds": ("detected", "first_good"),
    "repaired_seconds": ("detected", "repaired"),
    "outage_seconds": ("last_good", "first_good"),
}

MEANINGS = {
    **MOMENTS,
    "detected_seconds": "From the last good answer to the detection.",
    "fenced_seconds": "From the detection to the proof of the fence.",
    "restored_seconds": "From the detection to the restored state.",
    "first_good_seconds": "From the detection to the first good answer.",
    "repaired_seconds": "From the detection to the end of the repair.",
    "outage_seconds": "From the last good answer to the first good one.",
}


def timeline(recovery: model.Recovery) -> dict[str, float | None]:
    """Return moments (seconds since the epoch) and durations (seconds).

    The keys are those of ``MEANINGS``; None means: not reached, or not
    known. Where several steps mark one moment, the last one counts.
    """
    times: dict[str, float | None] = dict.fromkeys(MEANINGS)
    times["last_good"] = recovery.fault.last_good_at
    times["detected"] = recovery.fault.detected_at
    for record in recovery.steps:
        if record.state is states.StepState.DONE and record.step.marks:
            times[record.step.marks] = record.ended_at
    for name, (begin, end) in DURATIONS.items():
        times[name] = _difference(times[begin], times[end])
    return times


def _difference(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin
