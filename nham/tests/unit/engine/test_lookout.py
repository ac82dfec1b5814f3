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

"""Which groups are looked at."""

from __future__ import annotations

from unittest import mock

from nham.adapters.agents import none
from nham.core import facts
from nham.engine import fleet
from nham.engine import lookout
from nham.tests.unit.engine import base


class TestLookout(base.WholeCase):
    """A VNF with a VNFC on each of two hosts; all is well."""

    def setUp(self) -> None:
        super().setUp()
        self.instance = self.add_vnf(hosts=("one", "two"))
        self.settle()
        self.lookout = lookout.Lookout(
            self.watch,
            self.cloud,
            none.NoAgents(),
            self.clock,
            ages=lambda entry: entry.group.id in self.aging,
        )
        self.aging = {"v/1"}
        self.deaths: lookout.Deaths = frozenset()
        self.looked: list[str] = []
        self.entries = self.fleet

    def found_by(self) -> set[str]:
        """Look now; return the groups that were looked at."""
        self.looked = []
        self.found = self.lookout.look(self.entries, self.deaths, self._note)
        return set(self.looked)

    def _note(
        self, entry: fleet.Entry, lost: frozenset[str]
    ) -> lookout.Signs | None:
        self.looked.append(entry.group.id)
        app, icmp = self.watch.health(entry.group.id)
        if facts.Health.DEAD not in (app, icmp):
            return None
        return app, icmp, None, None, (), False

    def test_all_at_first_and_then_nobody(self) -> None:
        self.assertEqual({"v/0", "v/1"}, self.found_by())
        self.assertEqual(set(), self.found_by())
        self.assertEqual({}, self.found)

    def test_whom_time_may_change_once_a_second(self) -> None:
        self.found_by()
        self.clock.advance(0.9)
        self.assertEqual(set(), self.found_by())
        for _ in range(2):
            self.clock.advance(1.0)
            self.assertEqual({"v/1"}, self.found_by())
            self.assertEqual(set(), self.found_by())

    def test_all_when_the_fleet_is_another(self) -> None:
        self.found_by()
        self.entries = (*self.entries,)
        self.assertEqual({"v/0", "v/1"}, self.found_by())

    def test_all_when_an_agent_tells_of_a_death(self) -> None:
        self.found_by()
        self.deaths = frozenset({("one", "a-server")})
        self.assertEqual({"v/0", "v/1"}, self.found_by())
        self.assertEqual(set(), self.found_by())

    def test_all_when_nova_has_news(self) -> None:
        self.found_by()
        self.cloud.version += 1
        self.assertEqual({"v/0", "v/1"}, self.found_by())

    def test_since_when_a_host_is_silent(self) -> None:
        self.found_by()
        self.assertIsNone(self.lookout.silent_since("one"))
        self.world.partition_host("one")
        self.look(base.SILENCE)
        self.found_by()
        since = self.clock.monotonic()
        self.clock.advance(5.0)
        self.found_by()
        self.assertEqual(since, self.lookout.silent_since("one"))
        self.assertIsNone(self.lookout.silent_since("two"))
        self.world.heal_partition("one")
        self.look(base.SILENCE)
        self.found_by()
        self.assertIsNone(self.lookout.silent_since("one"))

    def test_a_host_whose_agent_is_heard_is_not_silent(self) -> None:
        self.world.partition_host("one")
        self.look(base.SILENCE)
        with mock.patch.object(
            none.NoAgents, "heard", autospec=True, return_value=True
        ):
            self.found_by()
        self.assertIsNone(self.lookout.silent_since("one"))

    def test_who_is_in_trouble_is_looked_at_again(self) -> None:
        self.world.hang_guest(self.server_id("v/0"))
        self.look(base.SILENCE)
        self.found_by()
        self.assertEqual(["v/0"], list(self.found))
        self.assertEqual({"v/0"}, self.found_by())
        self.assertEqual(["v/0"], list(self.found))
