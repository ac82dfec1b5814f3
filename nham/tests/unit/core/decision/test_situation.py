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

"""Tests of what is worked out of one member in its surroundings."""

from __future__ import annotations

from nham.core import facts
from nham.core.decision import situation
from nham.tests import base
from nham.tests.unit.core.decision import test_rules


class GroundedTest(base.TestCase):
    """What standbys owe to their hosts."""

    def test_what_is_told_of_its_host_now_counts(self) -> None:
        """The member was read a moment before its host, or after it."""
        for told, now in ((True, False), (False, True)):
            standby = test_rules.a_standby(closed=told, away=told)
            seen = facts.Facts(
                members=(test_rules.a_replica(standby=standby),),
                hosts=(facts.HostFacts(name="h2", maintenance=now),),
            )
            overview = situation.Overview(seen)
            [found] = overview.grounded(seen).members[0].standbys
            self.assertEqual((now, now), (found.closed, found.away))
