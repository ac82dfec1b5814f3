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

"""Escalation: how a fault goes from one zone to the next wider one.

One line is one use case of OPNFV HA section 2 or one step between zones,
with the counter that leads there. Each zone has a counter of its own: what
was done in a narrow zone counts for that zone, and the wider one begins at
its own first rung (UC9). The page of the manual is made of this table.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import textwrap

from nham.core import descriptor

Zone = descriptor.Zone
_WIDTH = 79


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """One use case, or one step to a wider zone.

    :ivar use_case: its name in OPNFV HA, section 2.
    :ivar zone: where the fault is taken to be.
    :ivar fault: what has failed, and who sees it.
    :ivar service: what is done for the service, first.
    :ivar repair: what is done for redundancy, or for the zone, after it.
    :ivar counter: what counts faults of the zone, and over what time; empty
        where nothing does.
    :ivar then: what happens once that is used up.
    :ivar case: the golden case that shows it.
    """

    use_case: str
    zone: Zone
    fault: str
    service: str
    repair: str
    counter: str
    then: str
    case: str


TABLE: tuple[Line, ...] = (
    Line(
        use_case="UC1",
        zone=Zone.VNFC,
        fault="A VNFC of a stateful VNF with redundancy fails, which only "
        "the VNF sees.",
        service="The VNF's own HA manager fails over, where its policy has "
        "vnfc_owner: vnf.",
        repair="The same HA manager repairs it.",
        counter="",
        then="From the VM on it is NHAM that acts.",
        case="uc1-vnf-owner",
    ),
    Line(
        use_case="UC2",
        zone=Zone.VM,
        fault="A VM of a stateful VNF with redundancy fails, which the VIM "
        "sees, too.",
        service="The standby gets the newest state and takes over; an "
        "operation of the VNFM is not waited for.",
        repair="The VNFC that the VNFM knows is the standby afterwards.",
        counter="Fail-overs that failed, 2.",
        then="The VM is recovered as one without redundancy.",
        case="uc2-vm-dead",
    ),
    Line(
        use_case="UC3",
        zone=Zone.VNFC,
        fault="A VNFC of a stateful VNF without redundancy fails in a "
        "living guest.",
        service="The guest is rebooted softly.",
        repair="Its state is on its disk, or is imported.",
        counter="Faults of the VNFC within its probation: the policy's "
        "escalation.count and escalation.probation.",
        then="The zone of the VM, with a counter of its own.",
        case="uc3-app-dead",
    ),
    Line(
        use_case="UC4",
        zone=Zone.VM,
        fault="A VM of a stateful VNF without redundancy fails, which the "
        "VIM sees, too.",
        service="The VM is started on its intact disk.",
        repair="The same.",
        counter="Starts that were of no use, 2.",
        then="Its disk is made anew of the newest checkpoint, then of the "
        "one before; last the VNFM replaces it.",
        case="uc4-vm-dead",
    ),
    Line(
        use_case="UC5",
        zone=Zone.VNFC,
        fault="A VNFC of a stateless VNF with redundancy fails.",
        service="It leaves the distribution, and the others serve on.",
        repair="It is repaired, or made anew if fewer serve than must.",
        counter="Tries that failed, each after twice the pause.",
        then="An operator is told; the others serve on.",
        case="uc5-member-dead",
    ),
    Line(
        use_case="UC6",
        zone=Zone.HOST,
        fault="The host of a VM of a stateless VNF with redundancy dies.",
        service="It leaves the distribution, and the others serve on.",
        repair="Another is made on a host that lives.",
        counter="Losses of the host within its probation: [guards] "
        "host_faults and host_probation.",
        then="The host is put in quarantine when it is back.",
        case="uc6-host-dead",
    ),
    Line(
        use_case="UC7",
        zone=Zone.VNFC,
        fault="A VNFC of a stateless VNF without redundancy fails in a "
        "living guest.",
        service="The guest is rebooted softly.",
        repair="The same.",
        counter="As in UC3.",
        then="As in UC3.",
        case="uc7-app-dead",
    ),
    Line(
        use_case="UC8",
        zone=Zone.VM,
        fault="A VM of a stateless VNF without redundancy fails, which the "
        "VIM sees, too.",
        service="The VM is started; once that is of no use its disk is made "
        "anew of the VNFD's image.",
        repair="The same.",
        counter="As in UC4.",
        then="The VNFM replaces it.",
        case="uc8-rebuild",
    ),
    Line(
        use_case="UC9",
        zone=Zone.VM,
        fault="A VNFC fails again and again within its probation, so what "
        "is wrong is not in it.",
        service="The VM is rebooted hard.",
        repair="The counter of the VM begins.",
        counter="As in UC4.",
        then="As in UC4.",
        case="uc9-vnfc-to-vm",
    ),
    Line(
        use_case="UC9",
        zone=Zone.HOST,
        fault="Members of several VNFs fail on one host that answers.",
        service="Those that another member can stand in for leave it, one "
        "at a time; the others are repaired where they are.",
        repair="The host is in quarantine: it gets no new member until an "
        "operator releases it.",
        counter="Members and VNFs within the window: [guards] "
        "correlated_members, correlated_vnfs and window.",
        then="No more hosts than [guards] share are ever in quarantine.",
        case="uc9-members-to-host",
    ),
    Line(
        use_case="UC9",
        zone=Zone.HOST,
        fault="A host is lost as a whole again and again, and comes back.",
        service="As of each host that dies.",
        repair="The host is in quarantine.",
        counter="As in UC6.",
        then="The same.",
        case="uc9-host-keeps-failing",
    ),
)

_INTRO = """\
==========
Escalation
==========

.. This page is written by tools/write-states. Do not edit it.

A fault need not show where it is. So NHAM takes it to be in the narrowest
zone that explains it, does there what costs least, and goes on to the next
wider zone when that was of no use: VNFC, VM, host. Each zone has a counter of
its own. Each line names the golden case in ``nham/tests/golden`` that shows
it; the use cases are those of OPNFV HA, section 2.
"""


def page() -> str:
    """Return the page of the manual, in reStructuredText."""
    lines = [_INTRO]
    for line in TABLE:
        lines += _section(line)
    return "\n".join(lines)


def _section(line: Line) -> Iterator[str]:
    title = f"{line.use_case}: {line.case}"
    yield from (title, "-" * len(title), "")
    fields = (
        ("Zone", f"``{line.zone}``"),
        ("Fault", line.fault),
        ("Service", line.service),
        ("Repair", line.repair),
        ("Counter", line.counter or "None."),
        ("Then", line.then),
    )
    for name, text in fields:
        yield from textwrap.wrap(
            text,
            _WIDTH,
            initial_indent=f":{name}: ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    yield ""
