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

"""What is known at one moment: the only input of a decision.

Facts are gathered once, then decided on, then acted on (the shape of
Patroni's loop). They are plain data, so that a file of facts is a golden
case, a dry run and an explanation alike. A field that is not given means
that nothing is wrong there.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import enum
import functools

from nham.core import member_facts
from nham.core.detection import tracker

Health = tracker.Health


class Fence(enum.StrEnum):
    """Whether a host can be kept from serving."""

    #: There is a means; it has not been used.
    POSSIBLE = "possible"
    #: There is no means here; only the operator's word helps.
    IMPOSSIBLE = "impossible"
    #: It is proved that the host does not serve.
    PROVED = "proved"


@dataclasses.dataclass(frozen=True, kw_only=True)
class HostFacts:
    """What is known of one compute host.

    :ivar probe: NHAM's own probe of the host.
    :ivar heartbeat: the host agent's heartbeat.
    :ivar hypervisor: libvirt answers the host agent.
    :ivar vouched: a member on it has answered since its own signs of life
        were lost; true as well while they are not.
    :ivar service: nova-compute is up, by Nova's service list.
    :ivar maintenance: its operator works on it: NHAM moves its members
        away where it can, and repairs nothing there.
    :ivar quarantined: it was found to spoil its members: no new ones go
        there, and NHAM moves its members away where it can.
    :ivar failed_members: members that failed on it within the window.
    :ivar failed_vnfs: VNFs that these are of.
    :ivar faults: how often it was lost as a whole within the probation of
        hosts.
    """

    name: str
    probe: Health = Health.UNKNOWN
    heartbeat: Health = Health.UNKNOWN
    hypervisor: bool = True
    vouched: bool = True
    service: bool = True
    forced_down: bool = False
    fence: Fence = Fence.POSSIBLE
    maintenance: bool = False
    quarantined: bool = False
    failed_members: int = 0
    failed_vnfs: int = 0
    faults: int = 0

    @property
    def closed(self) -> bool:
        """It takes no new member, and is to lose those that it has."""
        return self.maintenance or self.quarantined


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limits:
    """The storm guards' limits, with their defaults.

    :ivar share: of the watched hosts that may be dead at once.
    :ivar recoveries: that may begin within the window.
    :ivar host_parallel: recoveries off dead hosts that may run at once.
    :ivar correlated_members: that fail on a host within the window make it
        the host that is suspected,
    :ivar correlated_vnfs: if they are of so many VNFs.
    :ivar host_faults: of a host within its probation that are one too many.
    :ivar fail_stuck: NHAM may end or retry the VNFM's stuck operations.
    :ivar image_pause: seconds that a guest may be silent because Nova
        takes an image of it.
    """

    share: float = 0.5
    recoveries: int = 10
    host_parallel: int = 4
    correlated_members: int = 3
    correlated_vnfs: int = 2
    host_faults: int = 3
    fail_stuck: bool = True
    image_pause: float = 10.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class SystemFacts:
    """What is known of NHAM itself and of what it depends on.

    :ivar observer_late: our own loop was late: we suspect ourselves.
    :ivar lost_networks: networks whose probes are lost on several hosts.
    :ivar nova: Nova has answered; it does not either where Keystone gives no
        token any more.
    :ivar owned: this engine owns the share that the members are in.
    :ivar recent_recoveries: begun within the guards' window.
    :ivar host_recoveries: off dead hosts and still running.
    """

    observer_late: bool = False
    lost_networks: frozenset[str] = frozenset()
    database: bool = True
    messaging: bool = True
    nova: bool = True
    vnfm: bool = True
    owned: bool = True
    paused: bool = False
    recent_recoveries: int = 0
    host_recoveries: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """All that one decision looks at."""

    members: tuple[member_facts.MemberFacts, ...]
    hosts: tuple[HostFacts, ...] = ()
    system: SystemFacts = SystemFacts()
    limits: Limits = Limits()

    @functools.cached_property
    def _hosts(self) -> dict[str, HostFacts]:
        return {host.name: host for host in self.hosts}

    @functools.cached_property
    def _standbys(self) -> dict[str | None, list[member_facts.StandbyFacts]]:
        found: dict[str | None, list[member_facts.StandbyFacts]] = {}
        for member in self.members:
            for one in member.standbys:
                found.setdefault(one.host, []).append(one)
        return found

    @functools.cached_property
    def _members(self) -> dict[str | None, list[member_facts.MemberFacts]]:
        found: dict[str | None, list[member_facts.MemberFacts]] = {}
        for member in self.members:
            found.setdefault(member.host, []).append(member)
        return found

    def host(self, name: str | None) -> HostFacts:
        """Return what is known of a host; nothing, if it is unknown."""
        unknown = HostFacts(name=name or "", fence=Fence.IMPOSSIBLE)
        return self._hosts.get(name or "", unknown)

    def members_on(self, host: str) -> Sequence[member_facts.MemberFacts]:
        """Return the members that serve and that Nova says are there."""
        return self._members.get(host, [])

    def standbys_on(self, host: str) -> Sequence[member_facts.StandbyFacts]:
        """Return the members that do not serve and are on this host."""
        return self._standbys.get(host, [])
