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

"""From trouble to a claimed recovery: gather, decide, claim, hand over.

What is told of it is in ``telling``, the claim itself in ``claims``.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
import math

from nham.core import decision
from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import states
from nham.core.decision import guards
from nham.engine import claims as claims_
from nham.engine import fleet as fleet_
from nham.engine import gather as gather_
from nham.engine import journal as journal_
from nham.engine import telling
from nham.recovery import context

#: Seconds until a member that NHAM does nothing about is looked at again.
_AGAIN = {
    decision.Kind.ACT: 0.0,
    decision.Kind.WAIT: 0.5,
    decision.Kind.WOULD: 2.0,
    decision.Kind.NOTHING: 1.0,
}
#: What only holds NHAM back.
_GUARDS = frozenset(rule.name for rule in guards.RULES)
#: What says that much went silent at once, on whatever network.
_UNSURE = ("observer", "mass-failure")
#: Stands for all networks.
_ANY = ""
#: Seconds between two tries to give the service back.
_BETWEEN = 10.0
#: Seconds between two looks at who is well again, if nothing changes.
_CALM = 1.0
#: Seconds until a primary is looked at again that may have failed.
_DOUBT = 0.5
#: Seconds for the judgements themselves, beside two questions.
_SETTLE = 1.0


class Dispatcher:
    """Decides on what is in trouble and claims what is to be recovered.

    :ivar claims: begins what was decided, or ordered.
    :param owner: the engine's id.
    :param start: is given the id of each recovery that was claimed.
    :param switch_over: is given a group and why its standby is to take over
        from a member that is well.
    """

    def __init__(
        self,
        ctx: context.Context,
        gatherer: gather_.Gatherer,
        journal: journal_.Journal,
        owner: str,
        start: Callable[[str], None],
        switch_over: Callable[[str, str], None],
    ) -> None:
        self._context = ctx
        self._switch_over = switch_over
        self._gatherer = gatherer
        self._journal = journal
        self.claims = claims_.Claims(ctx, journal, owner)
        self._teller = telling.Teller(ctx, journal)
        self._start = start
        self._again_at: dict[str, float] = {}
        #: When much was last silent at once, by the network.
        self._unsure_at: dict[str, float] = {}
        self._signs: dict[str, gather_.Signs] = {}
        self._fleet: Sequence[fleet_.Entry] = ()
        self._calm_at = -math.inf
        #: Until when another member is being asked to serve, by the group.
        self._back_at: dict[str, float] = {}
        #: Since when the primary looks failed, by its group.
        self._failed_at: dict[str, float] = {}

    def run(self, fleet: Sequence[fleet_.Entry]) -> decision.Decision | None:
        """Decide on what is in trouble; None if nothing is due."""
        now = self._context.clock.monotonic()
        due = self._due(fleet, now)
        if not due:
            self.claims.keep_facts()
            return None
        seen = self._gatherer.gather(fleet, due)
        decided = decision.decide(seen)
        entries = {entry.group.id: entry for entry in fleet}
        members = {member.group_id: member for member in seen.members}
        for verdict in decided.verdicts:
            if verdict.rule in _UNSURE:
                self._unsure_at[_ANY] = now
            elif verdict.rule == "network-lost":
                lost = members[verdict.group_id].network
                self._unsure_at[str(lost)] = now
        for verdict in decided.verdicts:
            if verdict.group_id in due:
                self._again_at[verdict.group_id] = now + _AGAIN[verdict.kind]
                self._carry_out(
                    verdict,
                    entries[verdict.group_id],
                    members[verdict.group_id],
                    seen,
                )
        self._teller.raise_alarms(decided.alarms)
        self._close_hosts(decided.quarantines)
        return decided

    def _due(self, fleet: Sequence[fleet_.Entry], now: float) -> set[str]:
        """Return the groups that are to be decided on; see who is well."""
        troubled = self._gatherer.troubled(fleet)
        news = (
            fleet is not self._fleet or troubled.keys() != self._signs.keys()
        )
        if news or now >= self._calm_at:
            self._fleet, self._calm_at = fleet, now + _CALM
            self._teller.calm(fleet, troubled)
            self._forget_gone(fleet)
        due = {
            group_id
            for group_id, signs in troubled.items()
            if self._again_at.get(group_id, 0.0) <= now
            or self._signs.get(group_id) != signs
        }
        self._signs = troubled
        return due

    def _forget_gone(self, fleet: Sequence[fleet_.Entry]) -> None:
        if not self._again_at:
            return
        for group_id in self._again_at.keys() - {e.group.id for e in fleet}:
            del self._again_at[group_id]
            self._failed_at.pop(group_id, None)
            self._back_at.pop(group_id, None)

    def member(self, entry: fleet_.Entry) -> member_facts.MemberFacts:
        """Return what is known of one member, looked at closely."""
        seen = self._gatherer.gather([entry], {entry.group.id})
        return seen.members[0]

    def _carry_out(
        self,
        verdict: decision.Verdict,
        entry: fleet_.Entry,
        member: member_facts.MemberFacts,
        seen: facts_.Facts,
    ) -> None:
        if verdict.kind is decision.Kind.ACT:
            left = self._unsure_for(entry, verdict, member)
            if left > 0:
                self._again_at[verdict.group_id] += left
                return
            if verdict.rung == "switchover":
                self._hand_over(verdict)
                return
            if member.repairing and self._in_doubt(entry):
                self._again_at[verdict.group_id] += _DOUBT
                return
            if member.repairing or member.bound:
                member = self.claims.give_way(entry, member)
            self._failed_at.pop(verdict.group_id, None)
            recovery = self.claims.claim(verdict, entry, member, seen)
            if recovery is not None:
                self._teller.acted(verdict.group_id)
                self._start(recovery.id)
            return
        self._failed_at.pop(verdict.group_id, None)
        # A disk that is made anew a little later is nobody's worry.
        well = member.stale and member.guarded
        if not (well and verdict.rule in _GUARDS):
            self._teller.say(verdict, entry)

    def _hand_over(self, verdict: decision.Verdict) -> None:
        """Ask once for another member to serve, and again after a while.

        Looking again does not help: the application stands still for it.
        """
        now = self._context.clock.monotonic()
        if now >= self._back_at.get(verdict.group_id, 0.0):
            self._back_at[verdict.group_id] = now + _BETWEEN
            self._again_at[verdict.group_id] += _BETWEEN
            self._switch_over(verdict.group_id, verdict.reasons[0])

    def _in_doubt(self, entry: fleet_.Entry) -> bool:
        """Say whether the primary may have been silent for a moment only.

        A guest that boots takes time from others, and what was begun for
        the standby would be begun anew.
        """
        now = self._context.clock.monotonic()
        since = self._failed_at.setdefault(entry.group.id, now)
        return now - since < _asked_anew(entry)

    def _unsure_for(
        self,
        entry: fleet_.Entry,
        verdict: decision.Verdict,
        member: member_facts.MemberFacts,
    ) -> float:
        """Return for how long it may still answer after a wide silence.

        What was silent together does not come back at the same moment;
        each is asked anew before it counts as dead alone. A network says
        nothing of a host, nor of a server that is off by another's word.
        """
        now = self._context.clock.monotonic()
        since = self._unsure_at.get(_ANY, -math.inf)
        runs = member.server.status == "ACTIVE" and not member.qemu_died
        if runs and verdict.zone is not descriptor.Zone.HOST:
            lost = self._unsure_at.get(str(member.network), -math.inf)
            since = max(since, lost)
        return since + _asked_anew(entry) - now

    def _close_hosts(
        self, quarantines: Sequence[decision.hosts.Quarantine]
    ) -> None:
        """Put hosts in quarantine; of several engines one tells of it."""
        for one in quarantines:
            if one.would:
                # The alarm says what is seen of it.
                continue
            if self._context.store.quarantine(
                one.host, self._context.clock.now(), one.reason
            ):
                self._journal.event(
                    states.Severity.CRITICAL,
                    "host-quarantined",
                    f"{one.host}: {one.reason}; it gets no new members until "
                    f"`openstack nham host release {one.host}`",
                    host=one.host,
                )


def _asked_anew(entry: fleet_.Entry) -> float:
    """Return the seconds within which a member is asked twice anew."""
    return 2 * entry.policy.detection.poll_interval + _SETTLE
