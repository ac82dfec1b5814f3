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

"""Who else heals a server."""

from __future__ import annotations

from typing import Any

from nham.core import ownership
from nham.tests import base

AMPHORA = "amphora-1b4e28ba-2fa1-11d2-883f-0016d3cca427"


class ConflictsTest(base.TestCase):
    def healers(self, *tolerated: str, **fields: Any) -> list[str]:
        """Return who heals a server."""
        facts = ownership.ServerFacts(
            **{"server_id": "s1", "name": "web", **fields}
        )
        found = ownership.conflicts([facts], tolerated)
        return [one.healer for one in found]

    def test_nobody(self) -> None:
        self.assertEqual([], self.healers())
        self.assertEqual([], self.healers(metadata={"HA_Enabled": "False"}))
        self.assertEqual([], self.healers(name="amphora-of-mine"))

    def test_each_healer(self) -> None:
        self.assertEqual(["octavia"], self.healers(name=AMPHORA))
        self.assertEqual(
            ["masakari"], self.healers(metadata={"HA_Enabled": "True"})
        )
        grouped = {"metering.server_group": "stack"}
        self.assertEqual(["heat"], self.healers(metadata=grouped))
        self.assertEqual([], self.healers(metadata=grouped, vnfm=True))
        self.assertEqual(["tacker"], self.healers(autoheal=True, vnfm=True))

    def test_what_is_tolerated(self) -> None:
        found = self.healers("masakari", metadata={"HA_Enabled": "yes"})
        self.assertEqual([], found)

    def test_the_reason_says_what_to_do(self) -> None:
        facts = ownership.ServerFacts(server_id="s1", name=AMPHORA)
        [found] = ownership.conflicts([facts])
        self.assertIn("octavia heals server amphora-", found.reason)
        self.assertIn("leave load balancers to Octavia", found.reason)
        self.assertIn("[guards] tolerated_healers", found.reason)

    def test_each_line_says_what_it_is(self) -> None:
        for healer in ownership.HEALERS:
            for text in (healer.sign, healer.advice, healer.source):
                self.assertNotEqual("", text, healer.name)
            self.assertTrue(healer.unseen.endswith("."), healer.name)
