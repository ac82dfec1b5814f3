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

"""Hosts as the engine knows them: records, Nova's word, what failed there.

What closes a host is in its record, so that every engine acts by it and
one that takes over goes on with it.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

from nham.core import correlation
from nham.core import facts as facts_
from nham.core import member_facts
from nham.core import model
from nham.core import states
from nham.engine import cloud as cloud_
from nham.engine import settings as settings_
from nham.engine import watch as watch_
from nham.recovery import context

#: Seconds for which what was counted holds; it is read with all its steps.
_COUNTED_FOR = 1.0
#: So many tries to move a member tell how long to wait for the next one.
_LOOK_BACK = 20


class HostView:
    """What is known of the compute hosts.

    What `closed` tells is of the last `refresh`; all else is asked anew.
    """

    def __init__(
        self,
        ctx: context.Context,
        watch: watch_.Watch,
        cloud: cloud_.CloudView,
        settings: settings_.Settings,
    ) -> None:
        self._context = ctx
        self._watch = watch
        self._cloud = cloud
        self._settings = settings
        self._closed: dict[str, model.HostRecord] = {}
        self._counts: Mapping[str, correlation.Count] = {}
        self._counted_at: float | None = None
        #: When a switchover was refused before it was claimed, by group.
        self._refused: dict[str, list[float]] = {}

    def refresh(self) -> None:
        """Read anew which hosts are closed."""
        self._closed = {
            record.name: record
            for record in self._context.store.hosts()
            if record.closed_at is not None
        }

    def closed(self, name: str | None) -> model.HostRecord | None:
        """Return the record of a host that is closed, None if it is open."""
        return self._closed.get(name or "")

    def facts(self) -> tuple[facts_.HostFacts, ...]:
        """Return what a decision looks at, of all hosts."""
        records = {r.name: r for r in self._context.store.hosts()}
        counts = self._count(records)
        found = []
        for name, service in self._cloud.services().items():
            record = records.get(name, model.HostRecord(name=name))
            count = counts.get(name, correlation.Count())
            found.append(
                facts_.HostFacts(
                    name=name,
                    probe=self._watch.host_health(name),
                    heartbeat=self._context.agents.health(name),
                    hypervisor=self._context.agents.hypervisor(name),
                    service=service.up,
                    forced_down=service.forced_down,
                    fence=self._fence(record),
                    maintenance=record.maintenance_at is not None,
                    quarantined=record.quarantined_at is not None,
                    failed_members=count.members,
                    failed_vnfs=count.vnfs,
                    faults=count.faults,
                )
            )
        return tuple(found)

    def note_refused(self, group_id: str) -> None:
        """Write down that a member could not be asked to hand over now."""
        before = self._refused.get(group_id, [])
        now = self._context.clock.now()
        self._refused[group_id] = [now, *before][:_LOOK_BACK]

    def stuck(self, member: member_facts.MemberFacts) -> tuple[float, ...]:
        """Return since when tries to move a member off its host are over.

        Those since its host was closed, newest first.
        """
        record = self.closed(member.host)
        if record is None or not member.replicated:
            self._refused.pop(member.group_id, None)
            return ()
        now, since = self._context.clock.now(), record.closed_at or 0.0
        tried = [
            one.ended_at or one.started_at
            for one in self._context.store.recoveries(
                group_id=member.group_id,
                since=since,
                limit=_LOOK_BACK,
                bare=True,
            )
            if one.rung == "switchover"
            and one.state
            in (states.RecoveryState.FAILED, states.RecoveryState.ABORTED)
        ]
        refused = self._refused.get(member.group_id, ())
        tried += [at for at in refused if at >= since]
        return tuple(now - at for at in sorted(tried, reverse=True))

    def _fence(self, record: model.HostRecord) -> facts_.Fence:
        if record.fenced_at is not None:
            return facts_.Fence.PROVED
        if any(d.can_fence(record.name) for d in self._context.fencing):
            return facts_.Fence.POSSIBLE
        return facts_.Fence.IMPOSSIBLE

    def _count(
        self, records: Mapping[str, model.HostRecord]
    ) -> Mapping[str, correlation.Count]:
        """Count what failed on the hosts, once a second at most."""
        now = self._context.clock.now()
        if (
            self._counted_at is not None
            and 0 <= now - self._counted_at < _COUNTED_FOR
        ):
            return self._counts
        spans = correlation.Spans(
            window=self._settings.guard_window,
            probation=self._settings.host_probation,
        )
        recent = self._context.store.recoveries(
            since=now - max(spans.window, spans.probation), bare=True
        )
        servers = {one.fault.subject for one in recent}
        self._counts = correlation.by_host(
            recent,
            {
                one: server.host
                for one in servers
                if (server := self._cloud.server(one)) and server.host
            },
            now,
            spans,
            {
                name: record.released_at
                for name, record in records.items()
                if record.released_at is not None
            },
        )
        self._counted_at = now
        return self._counts


def marked(
    member: member_facts.MemberFacts, hosts: HostView
) -> member_facts.MemberFacts:
    """Return a member with what its others owe to the hosts they are on."""
    if not any(hosts.closed(one.host) for one in member.standbys):
        return member
    standbys = []
    for one in member.standbys:
        record = hosts.closed(one.host)
        away = record is not None and record.maintenance_at is not None
        standbys.append(
            dataclasses.replace(one, closed=record is not None, away=away)
        )
    return dataclasses.replace(member, standbys=tuple(standbys))
