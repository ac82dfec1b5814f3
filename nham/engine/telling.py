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

"""What operators are told of decisions, once: no action, alarms, all well."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence
import logging

from nham.core import decision
from nham.core import states
from nham.db import errors as db_errors
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.recovery import context

LOG = logging.getLogger(__name__)

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
    "host-silent",
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


class Teller:
    """Remembers what was said, so that it is not said again and again."""

    def __init__(
        self, ctx: context.Context, journal: journal_.Journal
    ) -> None:
        self._context = ctx
        self._journal = journal
        #: The rule and the reasons that were told last, by the group.
        self._said: dict[str, tuple[str, ...]] = {}
        #: The rule that holds, and since when, by the group.
        self._lasts: dict[str, tuple[str, float]] = {}
        self._alarms: set[tuple[str, str]] = set()
        #: The group whose words are its VNF's reason, by the VNF.
        self._speaker: dict[str, str] = {}

    def say(self, verdict: decision.Verdict, entry: fleet_.Entry) -> None:
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
        # A VNFC beside it that was recovered leaves the VNF protected, and
        # one that is well again leaves it with words that hold no more.
        stands = entry.vnf.id in self._speaker
        protected = entry.vnf.state is states.VnfState.PROTECTED
        if again and stands and not protected:
            return
        self._said[verdict.group_id] = words
        self._speaker[entry.vnf.id] = verdict.group_id
        try:
            self._journal.not_acting(verdict, entry, again)
        except db_errors.NotFound:
            LOG.info("VNF %s is gone", entry.vnf.id)

    def acted(self, group_id: str) -> None:
        """Forget why nothing was done: something was."""
        self._said.pop(group_id, None)

    def calm(
        self,
        fleet: Sequence[fleet_.Entry],
        troubled: Collection[str],
    ) -> None:
        """Forget what was said of VNFs that are well again.

        :param troubled: the groups that are not.
        """
        self._speaker = {
            vnf_id: group_id
            for vnf_id, group_id in self._speaker.items()
            if group_id in troubled
        }
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
        if self._lasts:
            for group_id in self._lasts.keys() - {e.group.id for e in fleet}:
                del self._lasts[group_id]

    def _unseen(self, entry: fleet_.Entry) -> bool:
        """It is being started, and has not answered yet."""
        view = self._context.watch.view(entry.group.id)
        return view.probed and view.last_good_at is None

    def raise_alarms(self, alarms: Sequence[decision.hosts.Alarm]) -> None:
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
