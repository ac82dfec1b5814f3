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

"""From trouble to a claimed recovery: gather, decide, claim, hand over."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
import logging
import math
from typing import Any
import uuid

from nham.core import decision
from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import kept
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import guards
from nham.core.decision import replicas
from nham.db import errors as db_errors
from nham.engine import fleet as fleet_
from nham.engine import gather as gather_
from nham.engine import journal as journal_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Seconds until a member that NHAM does nothing about is looked at again.
_AGAIN = {
    decision.Kind.ACT: 0.0,
    decision.Kind.WAIT: 0.5,
    decision.Kind.WOULD: 2.0,
    decision.Kind.NOTHING: 1.0,
}
#: What a VNF that is well is not; an engine may die before it says so.
_UNWELL = (
    states.VnfState.WAITING,
    states.VnfState.STOPPED,
    states.VnfState.RECOVERING,
    states.VnfState.DEGRADED,
)
#: That we suspect ourselves is an alarm, and no state of a VNF.
_QUIET = (
    "guest-unclear",
    "host-unclear",
    "leave-later",
    "busy",
    "healthy",
    "slow",
    "icmp-only",
    "observer",
)
#: What passes by itself is told only if it does not, after so many seconds.
_PASSING = ("transient", "task", "standby-unclear", "standby-old")
_PATIENCE = 30.0
#: What only holds NHAM back.
_GUARDS = frozenset(rule.name for rule in guards.RULES)
#: What says that much went silent at once.
_UNSURE = ("observer", "mass-failure")
#: Seconds between two tries to have another member serve.
_AGENTS_WORD = ("agent: the process of the VM died, and nobody asked for it",)
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
        self._owner = owner
        self._start = start
        self._again_at: dict[str, float] = {}
        self._unsure_at = -math.inf
        self._signs: dict[str, gather_.Signs] = {}
        self._fleet: Sequence[fleet_.Entry] = ()
        self._calm_at = -math.inf
        self._said: dict[str, tuple[str, ...]] = {}
        self._lasts: dict[str, tuple[str, float]] = {}
        #: Until when another member is being asked to serve, by the group.
        self._back_at: dict[str, float] = {}
        #: Since when the primary looks failed, by its group.
        self._failed_at: dict[str, float] = {}
        self._alarms: set[tuple[str, str]] = set()

    def run(self, fleet: Sequence[fleet_.Entry]) -> decision.Decision | None:
        """Decide on what is in trouble; None if nothing is due."""
        now = self._context.clock.monotonic()
        troubled = self._gatherer.troubled(fleet)
        news = (
            fleet is not self._fleet or troubled.keys() != self._signs.keys()
        )
        if news or now >= self._calm_at:
            self._fleet, self._calm_at = fleet, now + _CALM
            self._calm(fleet, troubled)
        due = {
            group_id
            for group_id, signs in troubled.items()
            if self._again_at.get(group_id, 0.0) <= now
            or self._signs.get(group_id) != signs
        }
        self._signs = troubled
        if not due:
            return None
        seen = self._gatherer.gather(fleet, due)
        decided = decision.decide(seen)
        if any(verdict.rule in _UNSURE for verdict in decided.verdicts):
            self._unsure_at = now
        entries = {entry.group.id: entry for entry in fleet}
        members = {member.group_id: member for member in seen.members}
        for verdict in decided.verdicts:
            if verdict.group_id in due:
                self._again_at[verdict.group_id] = now + _AGAIN[verdict.kind]
                self._carry_out(
                    verdict,
                    entries[verdict.group_id],
                    members[verdict.group_id],
                    seen,
                )
        self._raise_alarms(decided.alarms)
        self._close_hosts(decided.quarantines)
        return decided

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
            left = self._unsure_for(entry)
            if left > 0:
                self._again_at[verdict.group_id] += left
                return
            if verdict.rung == "switchover":
                self._hand_over(verdict)
                return
            if member.repairing:
                if self._in_doubt(entry):
                    self._again_at[verdict.group_id] += _DOUBT
                    return
                member = self._leave_standby(entry, member)
            self._failed_at.pop(verdict.group_id, None)
            recovery = self.claim(verdict, entry, member, seen)
            if recovery is not None:
                self._said.pop(verdict.group_id, None)
                self._start(recovery.id)
            return
        self._failed_at.pop(verdict.group_id, None)
        # A disk that is made anew a little later is nobody's worry.
        well = member.stale and member.guarded
        if not (well and verdict.rule in _GUARDS):
            self._say(verdict, entry)

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

    def _leave_standby(
        self, entry: fleet_.Entry, member: member_facts.MemberFacts
    ) -> member_facts.MemberFacts:
        """End the recovery of a standby: the one that serves has failed.

        What it was making stays in the group, and is seen to later. It did
        not change who serves, so what was decided holds in its epoch.
        """
        store = self._context.store
        group = store.group(entry.group.id)
        if group.recovery_id is None:
            return member
        running = store.recovery(group.recovery_id)
        later = running.epoch - entry.group.epoch
        if running.rung not in replicas.RUNGS or later > 1:
            # Others have begun since the fleet was read: who serves may
            # have changed.
            return member
        store.end_recovery(
            running.id,
            states.RecoveryState.ABORTED,
            self._context.clock.now(),
            "the member that serves failed meanwhile",
            running.owner,
            running.epoch,
        )
        return dataclasses.replace(member, epoch=running.epoch)

    def _unsure_for(self, entry: fleet_.Entry) -> float:
        """Return for how long it may still answer after a wide silence.

        What was silent together does not come back at the same moment;
        each is asked anew before it counts as dead alone.
        """
        now = self._context.clock.monotonic()
        return self._unsure_at + _asked_anew(entry) - now

    def claim(
        self,
        verdict: decision.Verdict,
        entry: fleet_.Entry,
        member: member_facts.MemberFacts,
        seen: facts_.Facts | None = None,
    ) -> model.Recovery | None:
        """Claim a recovery of the group; None: somebody else was first.

        :param seen: the facts that it was decided on; None: it was ordered.
        """
        store, now = self._context.store, self._context.clock.now()
        view = self._context.watch.view(_subject(verdict, member))
        zone = verdict.zone or descriptor.Zone.VM
        recovery = model.Recovery(
            id=str(uuid.uuid4()),
            vnf_id=entry.vnf.id,
            group_id=entry.group.id,
            epoch=0,
            fault=model.Fault(
                zone=zone,
                subject=verdict.subject,
                detected_at=now,
                last_good_at=view.last_good_at,
                evidence=(
                    *view.evidence,
                    *_AGENTS_WORD[: member.qemu_died],
                    f"nova: {member.server.status}",
                ),
            ),
            rule=verdict.rule,
            rung=str(verdict.rung),
            owner=self._owner,
            reasons=verdict.reasons,
            refused=verdict.refused,
            steps=tuple(
                model.StepRecord(position=position, step=step)
                for position, step in enumerate(verdict.steps)
            ),
            started_at=now,
        )
        facts = _kept(recovery, entry, verdict, seen) if seen else None
        claimed = store.claim(recovery, member.epoch, facts)
        if claimed is not None:
            self._journal.recovery_started(claimed, entry)
        return claimed

    def _say(self, verdict: decision.Verdict, entry: fleet_.Entry) -> None:
        """Tell an operator once why nothing is done."""
        now = self._context.clock.monotonic()
        rule, since = self._lasts.get(verdict.group_id, ("", now))
        if rule != verdict.rule:
            since = now
        self._lasts[verdict.group_id] = (verdict.rule, since)
        passing = verdict.rule in _PASSING and now - since < _PATIENCE
        if verdict.rule in _QUIET or passing:
            return
        words = (verdict.rule, *verdict.reasons)
        again = self._said.get(verdict.group_id) == words
        # A VNFC beside it that was recovered leaves the VNF protected.
        if again and entry.vnf.state is not states.VnfState.PROTECTED:
            return
        self._said[verdict.group_id] = words
        try:
            self._journal.not_acting(verdict, entry, again)
        except db_errors.NotFound:
            LOG.info("VNF %s is gone", entry.vnf.id)

    def _calm(
        self,
        fleet: Sequence[fleet_.Entry],
        troubled: Mapping[str, gather_.Signs],
    ) -> None:
        """Forget what was said of VNFs that are well again."""
        told = {
            e.vnf.id
            for e in fleet
            if e.group.id in self._said
            or e.group.id in self._lasts
            or e.vnf.state in _UNWELL
        }
        unwell = {
            e.vnf.id
            for e in fleet
            if e.vnf.id in told
            and (
                e.group.id in troubled
                or e.group.recovery_id is not None
                or self._unseen(e)
            )
        }
        for entry in fleet:
            if entry.vnf.id not in told or entry.vnf.id in unwell:
                continue
            self._lasts.pop(entry.group.id, None)
            said = self._said.pop(entry.group.id, None) is not None
            busy = entry.group.recovery_id is not None
            if (said or entry.vnf.state in _UNWELL) and not busy:
                self._journal.well_again(entry)
        known = {entry.group.id for entry in fleet}
        for group_id in [g for g in self._again_at if g not in known]:
            del self._again_at[group_id]
            self._failed_at.pop(group_id, None)
            self._back_at.pop(group_id, None)
            self._lasts.pop(group_id, None)

    def _unseen(self, entry: fleet_.Entry) -> bool:
        """It is being started, and has not answered yet."""
        view = self._context.watch.view(entry.group.id)
        return view.probed and view.last_good_at is None

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

    def _raise_alarms(self, alarms: Sequence[decision.hosts.Alarm]) -> None:
        now = {(alarm.rule, alarm.subject) for alarm in alarms}
        for alarm in alarms:
            if (alarm.rule, alarm.subject) not in self._alarms:
                self._journal.event(
                    states.Severity.WARNING,
                    alarm.rule,
                    f"{alarm.subject}: {alarm.message}",
                    host=alarm.subject,
                )
        self._alarms = now


def _asked_anew(entry: fleet_.Entry) -> float:
    """Return the seconds within which a member is asked twice anew."""
    return 2 * entry.policy.detection.poll_interval + _SETTLE


def _kept(
    recovery: model.Recovery,
    entry: fleet_.Entry,
    verdict: decision.Verdict,
    seen: facts_.Facts,
) -> Mapping[str, Any] | None:
    """Return what is kept of the facts that a recovery was decided on.

    Whatever goes wrong with that must not cost anybody his recovery.
    """
    title = f"{recovery.rung} of {entry.group.vnfc} of {entry.vnf.name}"
    try:
        return kept.document(title, f"recovery {recovery.id}", seen, verdict)
    except Exception:
        LOG.exception("the facts of recovery %s are not kept", recovery.id)
        return None


def _subject(
    verdict: decision.Verdict, member: member_facts.MemberFacts
) -> str:
    """Return what the watch knows the failed member by."""
    rung = verdict.rung
    if rung is None or rung not in replicas.BESIDE:
        return member.group_id
    failed = replicas.about(member, rung)
    return failed.member_id if failed else f"{member.group_id}/none"
