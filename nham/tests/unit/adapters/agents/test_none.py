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

"""No agents."""

from __future__ import annotations

from nham.adapters.agents import none
from nham.core import facts
from nham.core.agent import messages
from nham.tests import base


class NoAgentsTest(base.TestCase):
    def test_nothing_is_known(self) -> None:
        agents = none.NoAgents()
        agents.set_hosts(frozenset({"one"}))
        agents.set_exclusive({"one": frozenset({"s"})})
        agents.set_leases(frozenset(), 1.0)
        self.assertIs(facts.Health.UNKNOWN, agents.health("one"))
        self.assertEqual(frozenset(), agents.deaths())
        self.assertIsNone(agents.duty("one"))
        self.assertIsNone(agents.running("one"))
        self.assertEqual({}, agents.told("s"))
        self.assertEqual(frozenset(), agents.wanted("one"))
        self.assertEqual({}, agents.refused())
        self.assertEqual(0.0, agents.lag())
        action = messages.Action.STOP_ALL
        self.assertRaises(LookupError, agents.order, "one", "c", action, 1.0)
        agents.forget("one", "c")
        self.assertIsNone(agents.answer("one", "c"))
        agents.close()
