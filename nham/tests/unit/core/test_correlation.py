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

"""What faults of members say about the host that they share."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nham.core import correlation
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.tests import base

Zone = descriptor.Zone
SPANS = correlation.Spans(window=60.0, probation=3600.0)
HOSTS = {"s1": "h1", "s2": "h1", "s3": "h1", "s4": "h2"}
NOW = 10_000.0


def recovery(
    subject: str = "s1",
    age: float = 1.0,
    rung: str = "hard_reboot",
    zone: Zone = Zone.VM,
    **fields: Any,
) -> model.Recovery:
    """Return one of so many seconds ago."""
    return model.Recovery(
        **{
            "id": f"{subject} {age}",
            "vnf_id": f"vnf of {subject}",
            "group_id": "g",
            "epoch": 1,
            "fault": model.Fault(
                zone=zone, subject=subject, detected_at=NOW - age
            ),
            "rule": "vm-dead",
            "rung": rung,
            **fields,
        }
    )


class ByHostTest(base.TestCase):
    def count(
        self, *recoveries: model.Recovery, host: str = "h1", **more: Any
    ) -> tuple[int, int, int]:
        """Return what is counted of a host."""
        found = correlation.by_host(
            recoveries, HOSTS, NOW, SPANS, more.get("released", {})
        ).get(host, correlation.Count())
        return found.members, found.vnfs, found.faults

    def test_members_and_vnfs(self) -> None:
        found = self.count(
            recovery("s1"), recovery("s2"), recovery("s3", vnf_id="vnf of s1")
        )
        self.assertEqual((3, 2, 0), found)

    def test_one_that_fails_again_counts_once(self) -> None:
        found = self.count(recovery("s1", 1.0), recovery("s1", 9.0))
        self.assertEqual((1, 1, 0), found)

    def test_what_is_no_fault_counts_for_nothing(self) -> None:
        aborted = states.RecoveryState.ABORTED
        found = self.count(
            recovery("s1", 61.0),
            recovery("s1", rung="make_standby"),
            recovery("s1", rung="switchover"),
            recovery("s2", state=aborted),
            recovery("s4"),
            recovery("unknown"),
        )
        self.assertEqual((0, 0, 0), found)

    def test_losses_of_a_host(self) -> None:
        lost = [
            recovery("h1", age, "evacuate", Zone.HOST)
            for age in (5.0, 7.0, 9.0, 500.0, 530.0, 3500.0, 3700.0)
        ]
        self.assertEqual((0, 0, 3), self.count(*lost))

    def test_an_operators_release_forgets_what_was_before(self) -> None:
        found = self.count(
            recovery("s1", 30.0),
            recovery("s2", 10.0),
            recovery("h1", 40.0, "evacuate", Zone.HOST),
            released={"h1": NOW - 20.0},
        )
        self.assertEqual((1, 1, 0), found)

    @given(
        st.lists(
            st.tuples(st.sampled_from(sorted(HOSTS)), st.floats(0.0, 120.0)),
            max_size=12,
        )
    )
    def test_never_more_than_there_are(
        self, faults: list[tuple[str, float]]
    ) -> None:
        found = correlation.by_host(
            [recovery(*one) for one in faults], HOSTS, NOW, SPANS, {}
        )
        for host, count in found.items():
            recent = {s for s, age in faults if age <= SPANS.window}
            there = {s for s in recent if HOSTS[s] == host}
            self.assertEqual(len(there), count.members)
            self.assertLessEqual(count.vnfs, count.members)
