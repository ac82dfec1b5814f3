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

"""The rules: which facts lead to which answer, in order.

One line of the table is one rule with its sentence and its source; the
first that holds for a member decides. Order is precedence: what is not a
failure, then what NHAM must not touch, then what keeps NHAM from acting,
then the zones from the widest to the narrowest, because a fault of a
wide zone looks like many of a narrow one (OPNFV HA, UC9).
"""

from __future__ import annotations

from collections.abc import Callable

from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core.decision import guards
from nham.core.decision import ladder
from nham.core.decision import leaving
from nham.core.decision import replica_rules
from nham.core.decision import rule
from nham.core.decision import situation
from nham.core.decision import takeover

Health = facts_.Health
Kind = rule.Kind
Rule = rule.Rule


def _or_fail_over(
    repair: Callable[[member_facts.MemberFacts], ladder.Next],
) -> Callable[[situation.Case], ladder.Next]:
    """Let the standby take over; repair only where none can."""

    def choose(case: situation.Case) -> ladder.Next:
        if not case.member.replicated:
            return repair(case.member)
        first = takeover.fail_over(case)
        if first.rung is not None:
            return first
        return ladder.after(first.why, repair(case.member))

    return choose


def _start(member: member_facts.MemberFacts) -> ladder.Next:
    return ladder.for_vm(member, "start")


def _reboot(member: member_facts.MemberFacts) -> ladder.Next:
    return ladder.for_vm(member, "hard_reboot")


_DOWN = ladder.GONE | {"SHUTOFF", "ERROR"}


def _may_stand_still(case: situation.Case) -> bool:
    """Say whether an image under way may be why it does not answer.

    If a guest dies under it, Nova may leave the task as it is for ever.
    While the image is uploaded the guest runs, whatever the driver. A
    server that is off can only be started once the image is there.
    """
    server = case.server
    if not server.imaging or server.status == "SHUTOFF":
        return server.imaging
    if case.member.silent and server.task_state == "image_uploading":
        return False
    return server.imaging_for < case.facts.limits.image_pause


def _gives_way(case: situation.Case) -> bool:
    """Say whether the running recovery is to end for a more urgent one.

    The service comes before its redundancy (NHAM 3.3), and what only a host
    could have done that is lost is waited for in vain.
    """
    if case.member.repairing:
        return not case.fit
    host = case.member.bound
    elsewhere = host != case.member.host
    return host in case.overview.lost and (elsewhere or not case.serves)


RULES: tuple[Rule, ...] = (
    Rule(
        name="busy",
        kind=Kind.NOTHING,
        source="design, rule 2",
        says="a recovery of it is running",
        when=lambda c: c.member.busy and not _gives_way(c),
    ),
    Rule(
        name="healthy",
        kind=Kind.NOTHING,
        source="",
        says="nothing is wrong",
        when=lambda c: c.overview.well(c.member),
    ),
    Rule(
        name="slow",
        kind=Kind.NOTHING,
        source="NHAM 3.1",
        says="answers are late, the detector widens its time-out",
        when=lambda c: not c.trouble and c.member.as_asked and not c.leaves,
    ),
    Rule(
        name="icmp-only",
        kind=Kind.NOTHING,
        source="",
        says="the application answers, only ICMP does not",
        when=lambda c: (
            c.trouble
            and c.fit
            and not c.member.unguarded
            and not c.member.surplus
        ),
    ),
    Rule(
        name="operator-stopped",
        kind=Kind.NOTHING,
        source="UC4",
        says="stopped by its operator",
        when=lambda c: (
            c.server.status == "SHUTOFF"
            and c.server.stopped_by == "user"
            and not takeover.hands_over(c)
        ),
    ),
    Rule(
        name="set-aside",
        kind=Kind.NOTHING,
        source="UC4",
        says="set aside by its operator",
        when=lambda c: (
            c.server.status in ladder.SET_ASIDE and not takeover.hands_over(c)
        ),
    ),
    Rule(
        name="still-serves",
        kind=Kind.WAIT,
        source="design, rule 3",
        says="Nova says that it does not run, but its application answers",
        when=lambda c: c.serves and c.server.status in _DOWN,
    ),
    *guards.RULES,
    Rule(
        name="leave-host",
        kind=Kind.ACT,
        source="OPNFV 6, UC9",
        says="its host is in maintenance or in quarantine, and another "
        "member can serve",
        when=lambda c: c.leaves and leaving.has_turn(c),
        zone=descriptor.Zone.VNFC,
        rung=leaving.leave,
    ),
    Rule(
        name="leave-later",
        kind=Kind.WAIT,
        source="OPNFV 6, UC9",
        says="it leaves its host once the member before it has left",
        when=lambda c: c.leaves,
    ),
    *replica_rules.RULES,
    Rule(
        name="primary-aside",
        kind=Kind.ACT,
        source="UC4, NHAM 3.3.4",
        says="its operator stopped it or set it aside, and others serve too",
        when=takeover.hands_over,
        zone=descriptor.Zone.VNFC,
        rung=takeover.hand_over,
    ),
    Rule(
        name="host-dead",
        kind=Kind.ACT,
        source="UC4, UC8",
        says="its host is dead",
        when=lambda c: c.host_lost,
        zone=descriptor.Zone.HOST,
        rung=_or_fail_over(ladder.for_host),
    ),
    Rule(
        name="rebuilt",
        kind=Kind.ACT,
        source="UC2, UC4",
        says="somebody has Nova make its disk anew",
        when=lambda c: (
            takeover.is_rebuilt(c)
            and not c.serves
            and takeover.can_fail_over(c.member)
        ),
        zone=descriptor.Zone.VM,
        rung=takeover.fail_over,
    ),
    Rule(
        name="task",
        kind=Kind.WAIT,
        source="UC4",
        says="Nova is at work on it",
        when=lambda c: c.server.working,
    ),
    Rule(
        name="imaging",
        kind=Kind.WAIT,
        source="UC4",
        says="Nova takes an image of it, and the guest may stand still "
        "meanwhile",
        when=_may_stand_still,
    ),
    Rule(
        name="compute-down",
        kind=Kind.WAIT,
        source="UC4",
        says="nova-compute of its host is down, though the host lives: "
        "it cannot be repaired there",
        when=lambda c: (
            not c.host.service
            and bool(c.host.name)
            and not takeover.can_fail_over(c.member)
        ),
    ),
    Rule(
        name="deleted-behind",
        kind=Kind.ACT,
        source="UC4",
        says="its server was deleted behind the VNFM",
        when=lambda c: c.server.status in ladder.GONE,
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(ladder.for_deleted),
    ),
    Rule(
        name="unrestored",
        kind=Kind.ACT,
        source="NHAM 3.4",
        says="it was moved, but its checkpoint could not be put back",
        when=lambda c: c.member.unrestored,
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(ladder.for_unrestored),
    ),
    Rule(
        name="stopped-unasked",
        kind=Kind.ACT,
        source="UC8",
        says="the VM is off and nobody asked for it",
        when=lambda c: (
            c.server.status == "SHUTOFF" and c.server.stopped_by == "nobody"
        ),
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(_start),
    ),
    Rule(
        name="stopped-unclear",
        kind=Kind.WAIT,
        source="UC4",
        says="the VM is off, and it is not known who stopped it",
        when=lambda c: c.server.status == "SHUTOFF",
    ),
    Rule(
        name="vm-error",
        kind=Kind.ACT,
        source="UC8",
        says="Nova has it in ERROR",
        when=lambda c: c.server.status == "ERROR",
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(_reboot),
    ),
    Rule(
        name="transient",
        kind=Kind.WAIT,
        source="UC4",
        says="Nova is changing its state",
        when=lambda c: c.server.status != "ACTIVE",
    ),
    Rule(
        name="host-unclear",
        kind=Kind.WAIT,
        source="UC9",
        says="it is silent, and its host is late: which of them failed?",
        when=lambda c: (
            c.member.silent and Health.SLOW in (c.host.probe, c.host.heartbeat)
        ),
    ),
    Rule(
        name="host-silent",
        kind=Kind.WAIT,
        source="UC9",
        says="it is silent, and so is its host; the host lives if another "
        "member there answers yet",
        # Members are not asked all at the same moment.
        when=lambda c: (
            c.member.silent
            and not c.host.vouched
            and not (
                takeover.can_fail_over(c.member)
                and c.standby_host.name != c.host.name
            )
        ),
    ),
    Rule(
        name="qemu-died",
        kind=Kind.ACT,
        source="UC4, UC8",
        says="the VM's process died",
        when=lambda c: c.member.qemu_died,
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(_reboot),
    ),
    Rule(
        name="vm-dead",
        kind=Kind.ACT,
        source="UC4, UC8",
        says="neither the application nor the guest answers",
        when=lambda c: c.member.silent and c.member.icmp is not Health.OK,
        zone=descriptor.Zone.VM,
        rung=_or_fail_over(_reboot),
    ),
    Rule(
        name="guest-unclear",
        kind=Kind.WAIT,
        source="UC9",
        says="the application is dead, and the guest is late: which is it?",
        when=lambda c: (
            c.member.app is Health.DEAD and c.member.icmp is Health.SLOW
        ),
    ),
    Rule(
        name="vnfc-owner",
        kind=Kind.NOTHING,
        source="UC1, UC5",
        says="the VNF repairs its own applications",
        when=lambda c: (
            c.member.app is Health.DEAD and c.member.policy.vnfc_owner == "vnf"
        ),
    ),
    Rule(
        name="app-dead",
        kind=Kind.ACT,
        source="UC3, UC7",
        says="the application is dead in a living guest",
        when=lambda c: c.member.app is Health.DEAD,
        zone=descriptor.Zone.VNFC,
        rung=_or_fail_over(ladder.for_application),
    ),
)
