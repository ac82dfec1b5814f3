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

"""Claims: of all engines that decide the same, one begins a recovery."""

from __future__ import annotations

import collections
from collections.abc import Mapping
import dataclasses
import logging
from typing import Any
import uuid

from nham.core import decision
from nham.core import descriptor
from nham.core import facts as facts_
from nham.core import kept
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.core.decision import ladder
from nham.core.decision import replicas
from nham.engine import derive
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: What a recovery's evidence says where the host's agent saw a guest die.
_AGENTS_WORD = ("agent: the process of the VM died, and nobody asked for it",)


#: Why a recovery ends for a more urgent one, by its rung.
_GIVES_WAY = {
    **dict.fromkeys(replicas.RUNGS, "the member that serves failed meanwhile"),
    **dict.fromkeys(ladder.BOUND, "the host of the member is lost"),
    **dict.fromkeys(ladder.TAKEOVERS, "the host of the standby is lost"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Basis:
    """What a recovery was decided on, until it is kept."""

    recovery: model.Recovery
    title: str
    verdict: decision.Verdict
    facts: facts_.Facts


class Claims:
    """Claims recoveries for one engine.

    :param owner: the engine's id.
    """

    def __init__(
        self, ctx: context.Context, journal: journal_.Journal, owner: str
    ) -> None:
        self._context = ctx
        self._journal = journal
        self._owner = owner
        self._to_keep: collections.deque[_Basis] = collections.deque()

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
        claimed = store.claim(recovery, member.epoch)
        if claimed is None:
            return None
        self._journal.recovery_started(claimed, entry)
        if seen is not None:
            title = f"{claimed.rung} of {entry.group.vnfc} of {entry.vnf.name}"
            self._to_keep.append(
                _Basis(
                    recovery=claimed, title=title, verdict=verdict, facts=seen
                )
            )
        return claimed

    def give_way(
        self, entry: fleet_.Entry, member: member_facts.MemberFacts
    ) -> member_facts.MemberFacts:
        """End a running recovery for a more urgent one.

        It is that of a standby, and the one that serves has failed; or one
        for which it takes a host that is lost. What it was making stays in
        the group, and is seen to later. It did not change who serves, so
        what was decided holds in its epoch.
        """
        store = self._context.store
        group = store.group(entry.group.id)
        if group.recovery_id is None:
            return member
        running = store.recovery(group.recovery_id)
        later = running.epoch - entry.group.epoch
        reason = _GIVES_WAY.get(running.rung)
        if reason is None or later > 1 or _goes_on(running, member):
            # Others have begun since the fleet was read: who serves may
            # have changed.
            return member
        store.end_recovery(
            running.id,
            states.RecoveryState.ABORTED,
            self._context.clock.now(),
            reason,
            running.owner,
            running.epoch,
        )
        return dataclasses.replace(member, epoch=running.epoch)

    def keep_facts(self) -> None:
        """Keep what one claimed recovery was decided on, the oldest first.

        To cut the facts takes as long as some decisions, so it is done when
        nothing else is due and not between a fault and the first step. If
        this engine dies before, they are not kept.
        """
        if not self._to_keep:
            return
        one = self._to_keep.popleft()
        found = _kept(one)
        if found is not None:
            self._context.store.keep_facts(one.recovery.id, found)


def _kept(one: _Basis) -> Mapping[str, Any] | None:
    """Return what is kept of the facts that a recovery was decided on.

    Whatever goes wrong with that must not cost anybody his recovery.
    """
    source = f"recovery {one.recovery.id}"
    try:
        return kept.document(one.title, source, one.facts, one.verdict)
    except Exception:
        LOG.exception("the facts of %s are not kept", source)
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


def _goes_on(
    running: model.Recovery, member: member_facts.MemberFacts
) -> bool:
    """Say whether a takeover waits, or waited, for no host that is lost."""
    if running.rung not in ladder.TAKEOVERS:
        return False
    waits_for = derive.waits_for(running, member.member_id)
    return member.bound is None or waits_for is None
