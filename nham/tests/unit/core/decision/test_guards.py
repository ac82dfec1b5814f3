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

"""What keeps NHAM from acting, whatever has failed."""

from __future__ import annotations

import dataclasses

import hypothesis

from nham.core import decision
from nham.core import descriptor
from nham.core import facts
from nham.tests import base
from nham.tests.unit.core.decision import strategies
from nham.tests.unit.core.decision import test_rules

#: The steps that Nova is not needed for, given a witness.
NETWORK = {
    "confirm_fault",
    "fail_member",
    "give_state",
    "isolate_member",
    "leave_distribution",
    "move_address",
    "promote",
    "seal_member",
    "verify_service",
}


class GuardsTest(base.TestCase):
    @hypothesis.given(
        strategies.troubled, strategies.system, strategies.limits
    )
    def test_guards_are_kept(
        self,
        seen: facts.Facts,
        system: facts.SystemFacts,
        limits: facts.Limits,
    ) -> None:
        system = dataclasses.replace(
            facts.SystemFacts(),
            recent_recoveries=system.recent_recoveries,
            host_recoveries=system.host_recoveries,
        )
        limits = dataclasses.replace(limits, share=1.0)
        seen = dataclasses.replace(seen, system=system, limits=limits)
        done = test_rules.acts(decision.decide(seen))
        # A fail-over moves nothing, and waits for none that is moved.
        moved = [
            v
            for v in done
            if v.zone is descriptor.Zone.HOST and v.rung != "fail_over"
        ]
        self.assertLessEqual(
            len(done), max(limits.recoveries - system.recent_recoveries, 0)
        )
        self.assertLessEqual(
            len(moved), max(limits.host_parallel - system.host_recoveries, 0)
        )

    @hypothesis.given(strategies.troubled, strategies.system)
    def test_nothing_is_done_without_what_it_needs(
        self, seen: facts.Facts, system: facts.SystemFacts
    ) -> None:
        seen = dataclasses.replace(seen, system=system)
        done = test_rules.acts(decision.decide(seen))
        if not (system.owned and system.database and not system.observer_late):
            self.assertEqual([], done)
        if not system.nova:
            # What needs the network alone.
            self.assertLessEqual(
                {v.rung for v in done}, {"fail_over", "take_out"}
            )
            actions = {s.action for v in done for s in v.steps}
            self.assertLessEqual(actions, NETWORK)
        if not system.vnfm:
            self.assertNotIn("replace", [v.rung for v in done])
