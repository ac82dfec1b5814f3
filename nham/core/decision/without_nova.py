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

"""What goes on while Nova does not answer: a fail-over to who runs.

It is an affair of the network, and so is to take a member out of the
distribution.
"""

from __future__ import annotations

from nham.core import member_facts
from nham.core.decision import replicas
from nham.core.decision import situation
from nham.core.decision import takeover


def goes_on(case: situation.Case) -> bool:
    """Say whether the network alone mends what the probes alone prove.

    What Nova knew last must not explain the silence, and somebody who is to
    serve on must answer, or the probes themselves may have failed.
    """
    member, other = case.member, case.member.standby
    if other is None:
        return False
    failed: member_facts.MemberFacts | member_facts.StandbyFacts = member
    serves: member_facts.MemberFacts | member_facts.StandbyFacts = other
    goes = (
        takeover.can_fail_over(member)
        and not other.parked
        and other.sequence >= member.saved
        and _is_reached(member)
    )
    if case.fit:
        failed, serves = other, member
        goes = replicas.must_leave(case) and member.surplus is None
    ran = failed.server.status == "ACTIVE" and not failed.server.working
    silent = member_facts.Health.DEAD in (failed.app, failed.icmp)
    return goes and ran and silent and serves.app is member_facts.Health.OK


def _is_reached(member: member_facts.MemberFacts) -> bool:
    """Say whether a standby's hook is found without asking Nova for it."""
    hook = member.policy.state_protection.hook
    return member.mechanism.spreads or hook is None or hook.network is None
