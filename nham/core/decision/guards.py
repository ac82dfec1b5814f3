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

"""The guards: what keeps NHAM from acting, though something has failed.

They stand in the table of rules before all that acts, from the widest:
who may act at all, whether what is seen can be believed, whether what is
needed answers, and how much may be done at once.
"""

from __future__ import annotations

from nham.core import facts as facts_
from nham.core.decision import replicas
from nham.core.decision import rule
from nham.core.decision import situation
from nham.core.decision import takeover
from nham.core.decision import without_nova

Kind = rule.Kind
Rule = rule.Rule


def _enough(case: situation.Case) -> bool:
    """Say whether no more recoveries may begin now.

    The last half of the places is left to the service: that many standbys
    are made at once must not hold back a recovery. A member that clients
    are led to is a matter of the service, too.
    """
    places = case.facts.limits.recoveries
    if case.fit and not replicas.must_leave(case):
        places = (places + 1) // 2
    return case.system.recent_recoveries >= places


RULES: tuple[Rule, ...] = (
    Rule(
        name="not-ours",
        kind=Kind.WAIT,
        source="guard: coordination",
        says="another engine has its share",
        when=lambda c: not c.system.owned,
    ),
    Rule(
        name="database-down",
        kind=Kind.WAIT,
        source="guard: database",
        says="the database is down, so nothing can be claimed",
        when=lambda c: not c.system.database,
    ),
    Rule(
        name="observer",
        kind=Kind.WAIT,
        source="guard: observer",
        says="all went silent at once, or we are late: we suspect ourselves",
        when=lambda c: c.overview.blind,
    ),
    Rule(
        name="network-lost",
        kind=Kind.WAIT,
        source="guard: network",
        says="its network is lost on several hosts",
        when=lambda c: (
            c.server.status == "ACTIVE"
            and not c.member.qemu_died
            and c.member.network in c.system.lost_networks
            and not (c.host_lost and (c.host_fenced or not c.host.service))
        ),
    ),
    Rule(
        name="maintenance",
        kind=Kind.WAIT,
        source="OPNFV 6",
        says="its host is in maintenance",
        # What serves goes on to do so, and may be moved; a standby
        # elsewhere takes over from what has failed.
        when=lambda c: (
            c.host.maintenance
            and not c.fit
            and not takeover.can_fail_over(c.member)
        ),
    ),
    Rule(
        name="nova-down",
        kind=Kind.WAIT,
        source="guard: Nova, Keystone",
        says="Nova or Keystone does not answer",
        when=lambda c: not c.system.nova and not without_nova.goes_on(c),
    ),
    Rule(
        name="vnfm-operation",
        kind=Kind.WAIT,
        source="UC2, UC4",
        says="the VNFM runs an operation on the VNF",
        # The data plane never waits for the VNFM; what serves can.
        when=lambda c: (
            c.member.operation == "running"
            and (c.fit or not takeover.goes_on(c))
        ),
    ),
    Rule(
        name="vnfm-stuck",
        kind=Kind.WAIT,
        source="UC2, UC4",
        says="an operation of the VNFM is stuck, and NHAM may not end it",
        when=lambda c: (
            c.member.operation == "stuck"
            and not c.facts.limits.fail_stuck
            and not takeover.goes_on(c)
        ),
    ),
    Rule(
        name="mass-failure",
        kind=Kind.WAIT,
        source="guard: storm",
        says="more hosts look dead than may be acted on: frozen",
        when=lambda c: (
            c.overview.frozen
            and (
                (c.host_lost and not c.host_fenced)
                or (
                    c.fit
                    and c.standby_host_lost
                    and c.standby_host.fence is not facts_.Fence.PROVED
                )
            )
        ),
    ),
    Rule(
        name="host-unfenced",
        kind=Kind.WAIT,
        source="design, rule 1",
        says="its host looks dead and cannot be fenced: once it is surely "
        "off, say so with `openstack nham host fenced`",
        # A standby takes over without it: the failed member's ports and
        # its address are cut off in the network.
        when=lambda c: (
            c.host_lost
            and c.host.fence is facts_.Fence.IMPOSSIBLE
            and not takeover.can_fail_over(c.member)
        ),
    ),
    Rule(
        name="host-queue",
        kind=Kind.WAIT,
        source="guard: storm",
        says="enough members of dead hosts are being recovered; queued",
        when=lambda c: (
            (c.host_lost or (c.fit and c.standby_host_lost))
            and c.system.host_recoveries >= c.facts.limits.host_parallel
            and not takeover.can_fail_over(c.member)
        ),
    ),
    Rule(
        name="rate",
        kind=Kind.WAIT,
        source="guard: storm",
        says="enough recoveries were begun lately; queued",
        when=_enough,
    ),
)
