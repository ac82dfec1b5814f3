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

"""The lookout: which groups are in trouble, asked twenty times a second.

Most looks find nothing new. So only those groups are looked at of whom the
watch has news, beside those that were in trouble before; all are looked at
where Nova or the fleet has changed, and those that time alone may change once
a second.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import math

from nham.adapters import clock as clock_
from nham.adapters.agents import base as agents_
from nham.core import facts
from nham.core import member_facts
from nham.engine import cloud as cloud_
from nham.engine import fleet as fleet_
from nham.engine import watch as watch_
from nham.recovery import context

#: What can be seen of a member, its host and its standby without asking
#: anybody.
Signs = tuple[
    facts.Health,
    facts.Health,
    str | None,
    facts.Health | None,
    tuple[member_facts.StandbyFacts, ...],
    bool,
]
#: Hosts and servers whose processes died, by the word of the hosts' agents.
Deaths = frozenset[tuple[str, str]]
#: Returns what is unusual about a group, where these hosts are lost.
Look = Callable[[fleet_.Entry, frozenset[str]], Signs | None]

#: Seconds within which all are looked at once that time alone may change.
_ROUND = 1.0
_NOTHING: tuple[frozenset[str], Deaths] = (frozenset(), frozenset())


class Lookout:
    """Remembers the signs of trouble from one look to the next.

    :param ages: says whether time alone may change the signs of a group.
    """

    def __init__(
        self,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        agents: agents_.Agents,
        clock: clock_.Clock,
        ages: Callable[[fleet_.Entry], bool],
    ) -> None:
        self._ages = ages
        self._watch = watch
        self._cloud = cloud
        self._agents = agents
        self._clock = clock
        self._follower = watch.follow()
        self._fleet: Sequence[fleet_.Entry] = ()
        self._aging: Sequence[fleet_.Entry] = ()
        self._by_subject: dict[str, fleet_.Entry] = {}
        self._version = -1
        self._round_at = -math.inf
        self._known: dict[str, Signs] = {}
        #: Since when no sign of life is left of a host, monotonic seconds.
        self._silent_at: dict[str, float] = {}
        #: Hosts that were lost, and whose processes had died, by then.
        self._before: tuple[frozenset[str], Deaths] = _NOTHING

    def look(
        self, fleet: Sequence[fleet_.Entry], deaths: Deaths, look: Look
    ) -> dict[str, Signs]:
        """Return the signs of the groups in trouble, by their ids.

        :param deaths: hosts and servers whose processes died, by the word
            of the hosts' agents.
        """
        news = self._watch.news(self._follower)
        lost = self._lost()
        entries: Iterable[fleet_.Entry] = fleet
        if not self._concerns_all(fleet, news, (lost, deaths)):
            entries = self._few(news)
        for entry in entries:
            signs = look(entry, lost)
            if signs is None:
                self._known.pop(entry.group.id, None)
            else:
                self._known[entry.group.id] = signs
        return dict(self._known)

    def knows(self, fleet: Sequence[fleet_.Entry]) -> bool:
        """Say whether it is the fleet that was looked at last, whole."""
        return fleet is self._fleet

    def silent_since(self, host: str) -> float | None:
        """Return since when no sign of life is left of a host itself.

        Monotonic seconds; None: there was one at the last look, or nobody
        looks for any.
        """
        return self._silent_at.get(host)

    def _concerns_all(
        self,
        fleet: Sequence[fleet_.Entry],
        news: frozenset[str],
        hosts: tuple[frozenset[str], Deaths],
    ) -> bool:
        """Say whether something has changed that may concern all."""
        before, self._before = self._before, hosts
        version = self._cloud.version
        if fleet is not self._fleet:
            self._fleet, self._known = fleet, {}
            self._aging = tuple(filter(self._ages, fleet))
            self._by_subject = {
                context.subject(member): entry
                for entry in fleet
                for member in entry.members
            }
        elif (
            version == self._version
            and hosts == before
            and not any(subject.startswith("host/") for subject in news)
        ):
            return False
        self._version = version
        self._round_at = self._clock.monotonic() + _ROUND
        return True

    def _few(self, news: frozenset[str]) -> list[fleet_.Entry]:
        """Return those of whom there is news, and those in trouble.

        Once a second those as well that time alone may change.
        """
        subjects = (*news, *self._known)
        found = {
            entry.group.id: entry
            for entry in map(self._by_subject.get, subjects)
            if entry is not None
        }
        now = self._clock.monotonic()
        if now >= self._round_at:
            self._round_at = now + _ROUND
            found |= {entry.group.id: entry for entry in self._aging}
        return list(found.values())

    def _lost(self) -> frozenset[str]:
        """Return the hosts that are lost, by Nova's word or our own."""
        services = self._cloud.services()
        dead = {name for name in services if self._looks_dead(name)}
        silent = {name for name in dead if not self._agents.heard(name)}
        now = self._clock.monotonic()
        self._silent_at = {
            name: self._silent_at.get(name, now) for name in silent
        }
        return frozenset(
            name
            for name, service in services.items()
            if not service.up or name in dead
        )

    def _looks_dead(self, host: str) -> bool:
        """Say whether a host answers neither us nor by itself.

        An agent that was stopped is no reason to look at every member of
        its host, as long as the host answers the probes.
        """
        probe = self._watch.host_health(host)
        if probe is facts.Health.UNKNOWN:
            probe = self._agents.health(host)
        return probe is facts.Health.DEAD
