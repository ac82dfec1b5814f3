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

"""What the facts say about hosts beside their members.

The members of a host that is lost are recovered by the member rules; the
lines here tell an operator what is odd about a host as such, and which
host is to be put in quarantine: one that answers, and spoils its members
(OPNFV HA, UC9: faults that share a scope are a fault of that scope).
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses

from nham.core import facts as facts_
from nham.core.decision import situation

Health = facts_.Health


@dataclasses.dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something that is wrong beside the members."""

    rule: str
    subject: str
    message: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class HostRule:
    """One line of the table.

    :ivar quarantines: a host of which it holds is put in quarantine.
    """

    name: str
    source: str
    says: str
    when: Callable[[facts_.HostFacts, facts_.Facts], bool]
    quarantines: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Quarantine:
    """A host that is to be put in quarantine.

    :ivar would: it is not, as NHAM is paused.
    """

    host: str
    reason: str
    would: bool = False


def _members_answer(host: facts_.HostFacts, facts: facts_.Facts) -> bool:
    return any(
        Health.OK in (m.app, m.icmp) for m in facts.members_on(host.name)
    )


HOST_RULES: tuple[HostRule, ...] = (
    HostRule(
        name="heartbeat-lost",
        source="UC4",
        says="its heartbeat is lost, but its members answer",
        when=lambda h, f: (
            Health.DEAD in (h.heartbeat, h.probe)
            and h.vouched
            and _members_answer(h, f)
        ),
    ),
    HostRule(
        name="hypervisor-silent",
        source="UC4",
        says="libvirt does not answer its agent, which sees the guests by "
        "their processes alone",
        when=lambda h, f: not h.hypervisor and h.heartbeat in situation.ALIVE,
    ),
    HostRule(
        name="compute-service-down",
        source="UC4",
        says="nova-compute is down, but its members answer; "
        "no new members go there",
        when=lambda h, f: not h.service and _members_answer(h, f),
    ),
    HostRule(
        name="correlated-faults",
        source="UC9",
        says="several VNFs failed on it within the window: suspect it",
        when=lambda h, f: (
            h.failed_members >= f.limits.correlated_members
            and h.failed_vnfs >= f.limits.correlated_vnfs
        ),
        quarantines=True,
    ),
    HostRule(
        name="host-keeps-failing",
        source="UC9",
        says="it was lost as a whole too often within its probation",
        when=lambda h, f: h.faults >= f.limits.host_faults,
        quarantines=True,
    ),
)


def quarantines(
    facts: facts_.Facts, overview: situation.Overview
) -> tuple[Quarantine, ...]:
    """Return the hosts that are to be put in quarantine now.

    A host that is lost, or that its operator works on, is seen to by other
    rules. No more hosts than the guards' share are ever in quarantine: a
    fault of what runs on all of them is no fault of any of them.
    """
    if overview.blind or overview.frozen or not facts.system.database:
        return ()
    places = int(facts.limits.share * len(facts.hosts))
    places -= sum(host.quarantined for host in facts.hosts)
    found = [
        Quarantine(host=host.name, reason=rule.says, would=facts.system.paused)
        for host in facts.hosts
        if not host.closed and host.name not in overview.lost
        for rule in HOST_RULES
        if rule.quarantines and rule.when(host, facts)
    ]
    first = {one.host: one for one in reversed(found)}
    return tuple(first[name] for name in sorted(first))[: max(places, 0)]


def alarms(
    facts: facts_.Facts, overview: situation.Overview
) -> tuple[Alarm, ...]:
    """Return what is odd about hosts, networks and NHAM itself."""
    found = [
        Alarm(rule=rule.name, subject=host.name, message=rule.says)
        for host in facts.hosts
        for rule in HOST_RULES
        if rule.when(host, facts)
    ]
    found += [
        Alarm(
            rule="network-lost",
            subject=network,
            message="its probes are lost on several hosts",
        )
        for network in sorted(facts.system.lost_networks)
    ]
    if overview.blind:
        found.append(
            Alarm(
                rule="observer",
                subject="nham",
                message="all went silent at once, or we are late",
            )
        )
    if overview.frozen:
        found.append(
            Alarm(
                rule="mass-failure",
                subject="hosts",
                message="more look dead than may be acted on, frozen: "
                + ", ".join(sorted(overview.lost)),
            )
        )
    return tuple(found)
