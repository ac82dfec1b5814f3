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

"""Who tells of a host that gives no sign of life itself.

Members are not all asked at the same moment: what one has said before its
host died counts as an answer in time for a while after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from nham.core import facts
from nham.core import model
from nham.core import states
from nham.core.decision import situation
from nham.engine import cloud as cloud_
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.engine import lookout as lookout_
from nham.engine import watch as watch_
from nham.recovery import context

#: Seconds that an answer may take from a member that is well.
_ANSWER = 1.0


class Witnesses:
    """Asks the members of a host about it.

    :param lookout: knows since when a host is silent.
    """

    def __init__(
        self,
        ctx: context.Context,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        lookout: lookout_.Lookout,
    ) -> None:
        self._context = ctx
        self._watch = watch
        self._cloud = cloud
        self._lookout = lookout
        #: Since when somebody tells again of each host that was silent
        #: altogether, monotonic seconds; None: nobody does yet.
        self._told_at: dict[str, float | None] = {}

    def vouch(
        self, host: facts.HostFacts, fleet: Sequence[fleet_.Entry]
    ) -> bool:
        """Say whether a member has answered since its host went silent.

        Nobody needs to while the host itself gives a sign of life. After it
        was silent altogether all its members get the time to answer: they
        are not all asked at the moment in which the way there is whole
        again.
        """
        name, tells = host.name, self._tells(host, fleet)
        if not self._lookout.knows(fleet):
            # Who asks about one group takes note of nothing.
            return tells and name not in self._told_at
        if not tells:
            self._told_at[name] = None
            return False
        if name not in self._told_at:
            return True
        now = self._context.clock.monotonic()
        since = self._told_at[name] or now
        self._told_at[name] = since
        waits = now - since < self._slowest(name, fleet)
        if not waits:
            del self._told_at[name]
        return not waits

    def _slowest(self, host: str, fleet: Sequence[fleet_.Entry]) -> float:
        """Return the seconds in which each member of a host is heard."""
        return _ANSWER + max(
            (
                entry.policy.detection.poll_interval
                for entry in fleet
                for member in entry.members
                if self._cloud.host_of(member) == host
            ),
            default=0.0,
        )

    def _tells(
        self, host: facts.HostFacts, fleet: Sequence[fleet_.Entry]
    ) -> bool:
        """Say whether somebody tells now that a host lives."""
        signs = (host.probe, host.heartbeat)
        if facts.Health.DEAD not in signs or situation.ALIVE & {*signs}:
            return True
        since = self._lookout.silent_since(host.name)
        return since is not None and any(
            self._watch.answered_since(context.subject(member), since)
            and self._speaks_for_itself(entry, member)
            for entry in fleet
            for member in entry.members
            if self._cloud.host_of(member) == host.name
        )

    def _speaks_for_itself(
        self, entry: fleet_.Entry, member: model.Member
    ) -> bool:
        """Say whether it is surely this member that answers.

        Where a recovery has led clients elsewhere since the fleet was read,
        it may be the one that serves now.
        """
        if member.role is not states.Role.PRIMARY:
            return True
        group = self._context.store.group(entry.group.id)
        return group.recovery_id is None and group.epoch == entry.group.epoch

    def bound(
        self, entry: fleet_.Entry, running: model.Recovery | None
    ) -> str | None:
        """Return the host that a recovery waits for, if it may be lost."""
        if running is None:
            return None
        waits_for = derive.waits_for(running, entry.member.id)
        for member in entry.members:
            if member.id == waits_for and self._doubt(member):
                return self._cloud.host_of(member)
        return None

    def _doubt(self, member: model.Member) -> bool:
        """Say whether the host of a member may be lost."""
        name = self._cloud.host_of(member)
        service = self._cloud.services().get(name or "")
        if name is None or service is None or not service.up:
            return True
        return facts.Health.DEAD in (
            self._watch.host_health(name),
            self._context.agents.health(name),
        )
