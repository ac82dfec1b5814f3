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

"""One member in its surroundings: what the rules look at.

Silence is weak evidence: the guest, its host, the network or we ourselves
may be the cause. So what is worked out here asks for two witnesses before
a host counts as dead, and takes any answer as a sign of life.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import dataclasses
import functools
import operator

from nham.core import facts as facts_
from nham.core import member_facts

Health = facts_.Health

ALIVE = frozenset((Health.OK, Health.SLOW))
_UNWELL = frozenset((Health.SLOW, Health.DEAD))
_CALM = frozenset((Health.OK, Health.UNKNOWN))
#: Seconds; what failed is tried again after twice as long each time.
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_Member = member_facts.MemberFacts | member_facts.StandbyFacts


class Overview:
    """What holds for the whole fleet, worked out once a decision.

    :ivar lost: hosts that look dead.
    :ivar doubted: hosts from which answers are missing.
    :ivar blind: all that is watched went silent together.
    :ivar closed: hosts in maintenance or in quarantine.
    :ivar frozen: more hosts are lost than may be acted on.
    """

    def __init__(self, facts: facts_.Facts) -> None:
        self.lost = frozenset(
            host.name for host in facts.hosts if _lost(host, facts)
        )
        self.blind = _blind(facts)
        # Hosts that fail together do not all look dead at the same moment.
        self.doubted = frozenset(
            host.name for host in facts.hosts if _doubted(host, facts)
        )
        self.closed = frozenset(h.name for h in facts.hosts if h.closed)
        # What is worked on may be off; that says nothing about the others.
        counted = {h.name for h in facts.hosts if not h.maintenance}
        self.frozen = bool(counted) and (
            len((self.lost | self.doubted) & counted)
            > facts.limits.share * len(counted)
        )
        self._facts = facts

    def grounded(self, facts: facts_.Facts) -> facts_.Facts:
        """Return the facts with what standbys owe to their hosts.

        One that is parked is off, so only its host tells whether it is any
        good; and only a host that takes orders makes a disk anew.
        """
        members = tuple(self._grounded(one, facts) for one in facts.members)
        if all(map(operator.is_, members, facts.members)):
            return facts
        return dataclasses.replace(facts, members=members)

    def _grounded(
        self, member: member_facts.MemberFacts, facts: facts_.Facts
    ) -> member_facts.MemberFacts:
        disk = member.policy.on_disk
        # What is told of a standby may be older than what is of its host.
        if not any(
            one.parked or disk or one.closed or one.host in self.closed
            for one in member.standbys
        ):
            return member
        standbys = tuple(
            dataclasses.replace(
                one,
                ground=self._ground(one, facts)
                if one.parked or disk
                else one.ground,
                closed=one.host in self.closed,
                away=facts.host(one.host).maintenance,
            )
            for one in member.standbys
        )
        return dataclasses.replace(member, standbys=standbys)

    def _ground(
        self, standby: member_facts.StandbyFacts, facts: facts_.Facts
    ) -> Health:
        host = facts.host(standby.host)
        if standby.host in self.lost:
            return Health.DEAD
        shut = host.forced_down or not host.service
        doubted = shut or standby.host in self.doubted
        return Health.SLOW if doubted else Health.OK

    def sift(
        self, members: Iterable[member_facts.MemberFacts]
    ) -> tuple[list[member_facts.MemberFacts], list[member_facts.MemberFacts]]:
        """Return those that need a judgement, and those that are well."""
        unwell: list[member_facts.MemberFacts] = []
        well: list[member_facts.MemberFacts] = []
        for member in members:
            (well if self.well(member) else unwell).append(member)
        return unwell, well

    def well(self, member: member_facts.MemberFacts) -> bool:
        """Say whether nothing is wrong, which is all most are asked."""
        return (
            member.app in _CALM
            and member.icmp in _CALM
            and not member.busy
            and not member.qemu_died
            and member.as_asked
            and member.server.status == "ACTIVE"
            and (member.host not in self.lost or member.watched)
            and not self.leaves(member)
        )

    def leaves(self, member: member_facts.MemberFacts) -> bool:
        """Say whether another member can serve, away from a closed host.

        What failed lately is tried again after twice as long each time.
        """
        if member.host not in self.closed or not member.replicated:
            return False
        other, stuck = member.standby, member.stuck
        return (
            other is not None
            and other.ready
            and member.app is Health.OK
            and member.server.status == "ACTIVE"
            and member.server.task_state is None
            and other.host not in self.closed | self.lost | self.doubted
            and not (stuck and stuck[0] < pause_after(len(stuck)))
        )

    @functools.cached_property
    def _leaving(self) -> dict[str, str]:
        """The group that is next to leave each closed host.

        None of a host from which one is just being moved.
        """
        waiting: dict[str, list[member_facts.MemberFacts]] = {}
        busy: set[str | None] = set()
        for member in self.grounded(self._facts).members:
            if member.busy:
                busy |= {member.host, *(o.host for o in member.standbys)}
            elif self.leaves(member):
                waiting.setdefault(str(member.host), []).append(member)
        return {
            host: min(members, key=_order).group_id
            for host, members in waiting.items()
            if host not in busy
        }

    def next_to_leave(self, host: str) -> str | None:
        """Return the group whose turn it is to leave a closed host."""
        return self._leaving.get(host)


def _order(
    member: member_facts.MemberFacts,
) -> tuple[int, int, int, str]:
    """Return what orders members that can leave; none is waited for long."""
    level = member.policy.sal or 9
    return len(member.stuck), level, -member.policy.priority, member.group_id


def pause_after(failures: int) -> float:
    """Return the seconds until what failed so often is tried again."""
    return min(_FIRST_PAUSE * 2.0 ** (failures - 1), _LONGEST_PAUSE)


@dataclasses.dataclass(frozen=True)
class Case:
    """One member in its surroundings.

    :ivar system: as the facts say, with the places in the guards' limits
        that more urgent members have used up.
    """

    member: member_facts.MemberFacts
    facts: facts_.Facts
    system: facts_.SystemFacts
    overview: Overview

    @property
    def host(self) -> facts_.HostFacts:
        """Its host."""
        return self.facts.host(self.member.host)

    @property
    def server(self) -> member_facts.ServerFacts:
        """Its server."""
        return self.member.server

    @property
    def host_lost(self) -> bool:
        """Its host looks dead."""
        return self.member.host in self.overview.lost

    @property
    def host_fenced(self) -> bool:
        """Its host is dead, and that is proved."""
        return self.host_lost and self.host.fence is facts_.Fence.PROVED

    @property
    def serves(self) -> bool:
        """Its application answers, be it late."""
        return self.member.app in ALIVE

    @property
    def leaves(self) -> bool:
        """It is well and can leave its host, which is closed."""
        return not self.trouble and self.overview.leaves(self.member)

    @property
    def trouble(self) -> bool:
        """Something is not as it should be."""
        member = self.member
        return (
            member.qemu_died
            or Health.DEAD in (member.app, member.icmp)
            or self.server.status != "ACTIVE"
            or (self.host_lost and not member.watched)
            or member.unrestored
        )

    @property
    def fit(self) -> bool:
        """It serves by itself, whatever else there is to say of it."""
        return not self.trouble or (
            self.serves
            and self.server.status == "ACTIVE"
            and not self.member.qemu_died
        )

    @property
    def standby_host(self) -> facts_.HostFacts:
        """The host of its standby; nothing is known of it without one."""
        standby = self.member.standby
        return self.facts.host(standby.host if standby else None)

    @property
    def standby_host_lost(self) -> bool:
        """The host of its standby looks dead."""
        standby = self.member.standby
        return standby is not None and standby.host in self.overview.lost


def _signs(host: facts_.HostFacts) -> frozenset[Health]:
    return frozenset((host.probe, host.heartbeat))


def _all_on(host: str, facts: facts_.Facts) -> list[_Member]:
    """Return the members on a host, those that do not serve too."""
    return [*facts.members_on(host), *facts.standbys_on(host)]


def _everyone(facts: facts_.Facts) -> Iterator[_Member]:
    """Yield all members, those that do not serve too."""
    for member in facts.members:
        yield member
        yield from member.standbys


def _answers(member: _Member) -> bool:
    return member.watched and not member.silent


def _in_time(member: _Member) -> bool:
    return Health.OK in (member.app, member.icmp)


def _should_answer(member: _Member) -> bool:
    """Its silence means something: it is not off by anybody's will.

    What failed was cut off by us, so its silence means nothing.
    """
    cut_off = (
        isinstance(member, member_facts.StandbyFacts)
        and member.role not in member_facts.FIT_ROLES
    )
    return member.watched and member.server.status == "ACTIVE" and not cut_off


def _lost(host: facts_.HostFacts, facts: facts_.Facts) -> bool:
    """The host looks dead: no sign of life from it or any member.

    One witness is not enough to cut a host's power: of its own probes,
    its members and Nova, two must say that it is dead.
    """
    signs = _signs(host)
    if signs & ALIVE:
        return False
    members = _all_on(host.name, facts)
    if any(_answers(m) for m in members):
        return False
    if host.fence is facts_.Fence.PROVED:
        return True
    witnesses = (
        Health.DEAD in signs,
        not host.service,
        any(_should_answer(m) for m in members),
    )
    return sum(witnesses) >= 2


def _doubted(host: facts_.HostFacts, facts: facts_.Facts) -> bool:
    """Answers from the host are missing, and nothing on it is well."""
    signs = _signs(host)
    return (
        bool(signs & _UNWELL)
        and Health.OK not in signs
        and not any(_in_time(m) for m in _all_on(host.name, facts))
    )


def _blind(facts: facts_.Facts) -> bool:
    """All that is watched went silent together: it is we who are blind.

    They do not all count as dead at the same moment, so one that is only
    late does not vouch for us; an answer in time does.
    """
    if facts.system.observer_late:
        return True
    fenced = {h.name for h in facts.hosts if h.fence is facts_.Fence.PROVED}
    fenced |= {h.name for h in facts.hosts if h.maintenance}
    hosts = [h for h in facts.hosts if h.name not in fenced]
    if any(Health.OK in _signs(h) for h in hosts):
        return False
    members = [m for m in _everyone(facts) if m.host not in fenced]
    if any(_in_time(m) for m in members):
        return False
    silent = {h.name for h in hosts if _signs(h) & _UNWELL}
    silent |= {m.host or "" for m in members if _should_answer(m)}
    return len(silent) > 1
