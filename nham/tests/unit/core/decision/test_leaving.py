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

"""Which members leave a closed host, and what is told of the others."""

from __future__ import annotations

from typing import Any

from nham.core import cases
from nham.core.decision import leaving
from nham.tests import base

Stage = leaving.Stage


def member(vnfc: str = "VDU1-0", **fields: Any) -> dict[str, Any]:
    """Return a primary on h1 with its standby on h2."""
    return {
        "vnfc": vnfc,
        "member_id": f"primary of {vnfc}",
        "policy": {"redundancy": "1R-AS"},
        "standbys": [
            {
                "member_id": f"standby of {vnfc}",
                "server_id": f"other server of {vnfc}",
                "host": "h2",
            }
        ],
        **fields,
    }


class LeftTest(base.TestCase):
    def left(
        self,
        *members: dict[str, Any],
        host: str = "h1",
        system: dict[str, Any] | None = None,
    ) -> list[tuple[str, str, Stage]]:
        """Return what is left on a host of which h1 is in maintenance."""
        facts = cases.read_facts(
            {
                "members": list(members),
                "hosts": [
                    {"name": "h1", "maintenance": True},
                    {"name": "h2"},
                    {"name": "h3"},
                ],
                "system": system or {},
            }
        )
        return [
            (one.vnfc, one.role, one.stage)
            for one in leaving.left(facts, host)
        ]

    def test_in_turn(self) -> None:
        found = self.left(member(), member("VDU1-1", busy=True))
        self.assertEqual(
            [
                ("VDU1-0", "primary", Stage.QUEUED),
                ("VDU1-1", "primary", Stage.MOVING),
            ],
            found,
        )

    def test_without_another_member(self) -> None:
        alone = member(policy={}, standbys=[])
        self.assertEqual(
            [("VDU1-0", "primary", Stage.STAYS)], self.left(alone)
        )

    def test_while_its_standby_is_not_ready(self) -> None:
        lonely = member(standbys=[])
        self.assertEqual(
            [("VDU1-0", "primary", Stage.HELD)], self.left(lonely)
        )
        self.assertEqual(
            [("VDU1-0", "primary", Stage.HELD)],
            self.left(member(stuck=[1.0])),
        )

    def test_while_nham_is_paused(self) -> None:
        found = self.left(member(), system={"paused": True})
        self.assertEqual([("VDU1-0", "primary", Stage.HELD)], found)

    def test_the_former_primary(self) -> None:
        group = member(
            kind="server",
            host="h2",
            standbys=[
                {
                    "member_id": "vnfc",
                    "server_id": "theirs",
                    "host": "h1",
                    "kind": "vnfc",
                    "role": "failed",
                }
            ],
        )
        self.assertEqual([("VDU1-0", "failed", Stage.IDLE)], self.left(group))

    def test_on_an_open_host(self) -> None:
        self.assertEqual(
            [("VDU1-0", "standby", Stage.STAYS)],
            self.left(member(), host="h2"),
        )
