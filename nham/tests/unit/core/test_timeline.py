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


"""The timeline of a recovery."""

from __future__ import annotations

import dataclasses

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.core import timeline
from nham.tests import base

DONE = states.StepState.DONE


def _step(
    position: int, marks: str | None, at: float, state: states.StepState
) -> model.StepRecord:
    step = model.Step(
        id=f"s{position}", action="a", note="", timeout=1.0, marks=marks
    )
    return model.StepRecord(
        position=position, step=step, state=state, ended_at=at
    )


RECOVERY = model.Recovery(
    id="r",
    vnf_id="v",
    group_id="g",
    epoch=1,
    fault=model.Fault(
        zone=descriptor.Zone.VM,
        subject="VDU1-0",
        detected_at=102.0,
        last_good_at=100.0,
    ),
    rule="rule",
    rung="rung",
    steps=(
        _step(0, None, 102.5, DONE),
        _step(1, "fenced", 103.0, DONE),
        _step(2, "restored", 104.0, DONE),
        _step(3, "restored", 106.0, DONE),
        _step(4, "first_good", 107.0, DONE),
        _step(5, "repaired", 110.0, states.StepState.FAILED),
    ),
)


class TimelineTest(base.TestCase):
    """Moments and durations."""

    def test_every_key_has_a_meaning(self) -> None:
        found = timeline.timeline(RECOVERY)
        self.assertEqual(list(timeline.MEANINGS), list(found))
        self.assertEqual(
            {*timeline.MOMENTS, *timeline.DURATIONS}, set(timeline.MEANINGS)
        )

    def test_moments_and_durations(self) -> None:
        self.assertEqual(
            {
                "last_good": 100.0,
                "detected": 102.0,
                "fenced": 103.0,
                "restored": 106.0,
                "first_good": 107.0,
                "repaired": None,
                "detected_seconds": 2.0,
                "fenced_seconds": 1.0,
                "restored_seconds": 4.0,
                "first_good_seconds": 5.0,
                "repaired_seconds": None,
                "outage_seconds": 7.0,
            },
            timeline.timeline(RECOVERY),
        )

    def test_no_good_answer_was_ever_seen(self) -> None:
        fault = dataclasses.replace(RECOVERY.fault, last_good_at=None)
        found = timeline.timeline(dataclasses.replace(RECOVERY, fault=fault))
        self.assertIsNone(found["outage_seconds"])
        self.assertIsNone(found["detected_seconds"])
