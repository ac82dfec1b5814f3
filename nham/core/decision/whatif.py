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

"""What would be decided if something failed now.

A fault is imposed on facts as they are, and the same pure decision is
made on them. Nothing is acted on. The engine asks on live facts and
``nham simulate`` on those of a file.

Source: design rule 7; the zones are those of OPNFV HA, UC7 to UC9.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
import dataclasses
import enum

from nham.core import facts as facts_
from nham.core import member_facts
from nham.core.descriptor import levels

Health = facts_.Health


class Fault(enum.StrEnum):
    """What is supposed to fail."""

    #: Nothing: all is as it is now.
    NOW = "now"
    #: The application of the member that serves, in a living guest.
    VNFC = "vnfc"
    #: The VM of the member that serves.
    VM = "vm"
    #: The host of the member that serves, with all that is on it.
    HOST = "host"


#: What a person calls them.
MEANINGS: Mapping[Fault, str] = {
    Fault.NOW: "as it is now",
    Fault.VNFC: "if its application died",
    Fault.VM: "if its VM died",
    Fault.HOST: "if its host died",
}


def faults(word: str) -> tuple[Fault, ...]:
    """Return the faults that a word asks for: one of them, or ``all``.

    :raises ValueError: it is no such word.
    """
    if word == "all":
        return tuple(Fault)
    if word not in tuple(Fault):
        words = ", ".join((*Fault, "all"))
        raise ValueError(f"fault: must be one of {words}, found {word!r}")
    return (Fault(word),)


def impose(facts: facts_.Facts, group_id: str, fault: Fault) -> facts_.Facts:
    """Return the facts as they would be once a fault is detected.

    :raises LookupError: the facts have no such group.
    """
    member = member_of(facts, group_id)
    change = _CHANGES.get(fault)
    if change is None:
        return facts
    return change(facts, member)


def unseen(facts: facts_.Facts, group_id: str, fault: Fault) -> str:
    """Say why nobody would see the fault, empty if somebody would.

    :raises LookupError: the facts have no such group.
    """
    member = member_of(facts, group_id)
    if fault is Fault.VNFC and member.app is Health.UNKNOWN:
        return "no probe of its application has been answered yet"
    if fault is Fault.HOST and member.host is None:
        return "it is not known which host it is on"
    return ""


def member_of(facts: facts_.Facts, group_id: str) -> member_facts.MemberFacts:
    """Return what is known of a group.

    :raises LookupError: the facts have no such group.
    """
    for member in facts.members:
        if member.group_id == group_id:
            return member
    raise LookupError(f"the facts have no group {group_id}")


def _dead(health: Health) -> Health:
    """Return what is seen of somebody who is dead.

    Who was never heard of is not missed.
    """
    return health if health is Health.UNKNOWN else Health.DEAD


def _silenced(
    member: member_facts.MemberFacts, icmp: Health
) -> member_facts.MemberFacts:
    seconds = levels.detection_seconds(member.policy.detection)
    return dataclasses.replace(
        member,
        app=_dead(member.app),
        icmp=icmp,
        silent_for=max(seconds, member.silent_for),
    )


def _application_dies(
    facts: facts_.Facts, member: member_facts.MemberFacts
) -> facts_.Facts:
    return _with(facts, _silenced(member, member.icmp))


def _vm_dies(
    facts: facts_.Facts, member: member_facts.MemberFacts
) -> facts_.Facts:
    dead = _silenced(member, _dead(member.icmp))
    if not member.watched and member.server.status == "ACTIVE":
        # Nobody but Nova tells, which takes it a while.
        off = dataclasses.replace(
            member.server, status="SHUTOFF", stopped_by="nobody"
        )
        dead = dataclasses.replace(dead, server=off)
    return _with(facts, dead)


def _host_dies(
    facts: facts_.Facts, member: member_facts.MemberFacts
) -> facts_.Facts:
    name = member.host
    if name is None:
        return facts
    host = facts.host(name)
    others = [one for one in facts.hosts if one.name != name]
    dead = dataclasses.replace(
        host,
        probe=_dead(host.probe),
        heartbeat=_dead(host.heartbeat),
        service=False,
    )
    return dataclasses.replace(
        facts,
        members=tuple(_on_dead(one, name) for one in facts.members),
        hosts=(dead, *others),
    )


_CHANGES: Mapping[
    Fault,
    Callable[[facts_.Facts, member_facts.MemberFacts], facts_.Facts],
] = {
    Fault.VNFC: _application_dies,
    Fault.VM: _vm_dies,
    Fault.HOST: _host_dies,
}


def _on_dead(
    member: member_facts.MemberFacts, host: str
) -> member_facts.MemberFacts:
    """Return a member, and those beside it, after a host has died."""
    standbys = tuple(
        dataclasses.replace(one, app=_dead(one.app), icmp=_dead(one.icmp))
        if one.host == host
        else one
        for one in member.standbys
    )
    if member.host == host:
        member = _silenced(member, _dead(member.icmp))
    return dataclasses.replace(member, standbys=standbys)


def _with(
    facts: facts_.Facts, changed: member_facts.MemberFacts
) -> facts_.Facts:
    members = tuple(
        changed if one.group_id == changed.group_id else one
        for one in facts.members
    )
    return dataclasses.replace(facts, members=members)
