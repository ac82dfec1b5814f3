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

"""What a wish for the detection makes of a policy."""

from __future__ import annotations

from nham.core import descriptor
from nham.core.detection import wish
from nham.tests import base
from nham.tests.unit.core import descriptor_samples as samples


def built(**detection: object) -> descriptor.ResiliencyPolicy:
    """Return a policy whose descriptor gives this."""
    return descriptor.build(
        samples.data({"detection": detection}), samples.CONTEXT
    )


class WishesTest(base.TestCase):
    def test_what_is_not_given_is_chosen(self) -> None:
        found = built(detection_time="2 s", mistake_recurrence="1 d")
        pace = found.detection
        self.assertLessEqual(
            wish.detection_time(
                pace.poll_interval, pace.max_misses, pace.max_timeout
            ),
            2.0 + 1e-9,
        )
        self.assertEqual(5, pace.max_misses)
        self.assertEqual(pace.max_timeout, pace.initial_timeout)
        rows = {row[0]: row for row in found.explain()}
        self.assertEqual("chosen", rows["detection.max_misses"][2])
        self.assertEqual("given", rows["detection.detection_time"][2])
        self.assertEqual("default", rows["detection.min_timeout"][2])

    def test_what_is_given_is_kept(self) -> None:
        found = built(detection_time="3 s", poll_interval="500 ms")
        self.assertEqual(0.5, found.detection.poll_interval)
        self.assertEqual(0.2, found.detection.max_timeout)
        found = built(mistake_recurrence="1 h", poll_interval="500 ms")
        self.assertEqual((0.5, 4), _pair(found))

    def test_nothing_is_chosen_without_a_wish(self) -> None:
        self.assertEqual(
            descriptor.Detection(estimator="phi"),
            built(estimator="phi").detection,
        )

    def test_the_sum_is_told(self) -> None:
        self.assertRaisesRegex(
            ValueError,
            "3 misses at an interval of 50 ms and a time-out of 100 ms, seen "
            "within 50 ms, take 300 ms, which is more than 200 ms",
            built,
            detection_time="200 ms",
        )

    def test_a_wish_may_be_withdrawn(self) -> None:
        policy = built(detection_time="1 s")
        data = descriptor.override(policy, {}, ["detection.detection_time"])
        found = descriptor.build(data, samples.CONTEXT)
        self.assertEqual(descriptor.Detection(), found.detection)


def _pair(policy: descriptor.ResiliencyPolicy) -> tuple[float, int]:
    return policy.detection.poll_interval, policy.detection.max_misses
