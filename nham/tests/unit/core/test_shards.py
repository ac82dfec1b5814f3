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

"""Which engine does the work."""

from __future__ import annotations

import hypothesis
from hypothesis import strategies

from nham.core import shards
from nham.tests import base

_NAMES = strategies.sets(strategies.text(max_size=8), min_size=1, max_size=6)
_KEYS = strategies.lists(strategies.text(max_size=8), max_size=20)


def owners(engines: frozenset[str], key: str) -> list[str]:
    """Return the engines that take something for theirs."""
    return [
        one for one in engines if shards.Shard(one, engines - {one}).has(key)
    ]


class ShardTest(base.TestCase):
    """One engine for each VNF, whatever the engines are."""

    def test_alone_it_does_all(self) -> None:
        self.assertTrue(shards.Shard("e1").has("v"))

    @hypothesis.given(_NAMES, _KEYS)
    def test_each_is_that_of_one(
        self, names: set[str], keys: list[str]
    ) -> None:
        for key in keys:
            self.assertEqual(1, len(owners(frozenset(names), key)))

    @hypothesis.given(_NAMES, _KEYS)
    def test_only_what_a_dead_one_had_changes_hands(
        self, names: set[str], keys: list[str]
    ) -> None:
        engines = frozenset(names)
        dead = min(engines)
        for key in keys:
            before = owners(engines, key)
            if before != [dead]:
                self.assertEqual(before, owners(engines - {dead}, key))

    def test_all_have_about_as_much(self) -> None:
        engines = frozenset({"e1", "e2", "e3"})
        found = [owners(engines, f"v{n}")[0] for n in range(3000)]
        for one in engines:
            self.assertAlmostEqual(1000, found.count(one), delta=150)
