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

"""Who was set aside by its operator."""

from __future__ import annotations

import dataclasses

from nham.core import member_facts
from nham.core import states
from nham.core.decision import aside
from nham.tests import base
from nham.tests.unit.core.decision import test_rules


class AsideTest(base.TestCase):
    def test_an_operator_s_word(self) -> None:
        by_user = member_facts.ServerFacts(status="SHUTOFF", stopped_by="user")
        for server in (by_user, member_facts.ServerFacts(status="PAUSED")):
            standby = test_rules.a_standby(server=server)
            self.assertTrue(aside.set_aside(standby))
            # What has failed was stopped by NHAM itself.
            ours = dataclasses.replace(standby, role=states.Role.FAILED)
            self.assertFalse(aside.set_aside(ours))
        self.assertFalse(aside.set_aside(None))
        self.assertFalse(aside.set_aside(test_rules.a_standby()))

    def test_who_still_gets_clients_has_to_leave(self) -> None:
        paused = member_facts.ServerFacts(status="PAUSED")
        for role in (states.Role.ACTIVE, states.Role.STANDBY):
            standby = test_rules.a_standby(server=paused, role=role)
            self.assertEqual(
                role is states.Role.ACTIVE, aside.must_withdraw(standby)
            )
        well = test_rules.a_standby(role=states.Role.ACTIVE)
        self.assertFalse(aside.must_withdraw(well))
        self.assertFalse(aside.must_withdraw(None))
