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

"""What the engine wants of the host agents, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import logging

from nham import metrics
from nham.core import facts
from nham.core import states
from nham.core.agent import refusals
from nham.engine import cloud as cloud_
from nham.engine import fleet as fleet_
from nham.engine import journal as journal_
from nham.recovery import context

LOG = logging.getLogger(__name__)

#: Seconds between two events about datagrams that were refused.
_BETWEEN = 60.0
#: Hosts that one event names.
_NAMED = 5
#: Reasons that a network and a restart bring along; counted only.
_USUAL = frozenset(
    {
        refusals.Reason.REPEATED,
        refusals.Reason.OLD,
        refusals.Reason.UNPROVED,
    }
)


class AgentCare:
    """Keeps the agents told, and the operator."""

    def __init__(
        self,
        ctx: context.Context,
        cloud: cloud_.CloudView,
        journal: journal_.Journal,
    ) -> None:
        self._context = ctx
        self._agents = ctx.agents
        self._cloud = cloud
        self._journal = journal
        self._lost: frozenset[str] = frozenset()
        self._told: dict[refusals.Reason, int] = {}
        self._counted: dict[refusals.Reason, int] = {}
        self._said_at: float | None = None

    def listen(self, fleet: Sequence[fleet_.Entry]) -> None:
        """Hear the agents of all hosts; say which servers need a lease.

        Without fencing by leases none does: agents end nothing then,
        however long no engine is heard.
        """
        self._agents.set_hosts(frozenset(self._cloud.services()))
        wanted: dict[str, set[str]] = {}
        if any(driver.name == "lease" for driver in self._context.fencing):
            for entry in fleet:
                for member in entry.members:
                    host = self._cloud.host_of(member)
                    if host:
                        wanted.setdefault(host, set()).add(member.server_id)
        self._agents.set_exclusive(
            {host: frozenset(servers) for host, servers in wanted.items()}
        )

    def grant(self) -> None:
        """Read which hosts are to get no lease.

        A host that was fenced by other means has old guests on it until it
        is welcomed back, and they must not run on.
        """
        began = self._context.clock.monotonic()
        withdrawn = frozenset(
            record.name
            for record in self._context.store.hosts()
            if record.lease_withdrawn_at is not None
            or record.fenced_at is not None
        )
        self._agents.set_leases(withdrawn, began)

    def restore_leases(self) -> None:
        """Let hosts have leases again that are not being fenced any more."""
        services = self._cloud.services()
        store = self._context.store
        for record in store.hosts():
            at, service = record.lease_withdrawn_at, services.get(record.name)
            if at is None or record.fenced_at is not None:
                continue
            heard = self._agents.health(record.name) is facts.Health.OK
            if service is None or not service.up or not heard:
                continue
            running = store.recoveries(
                state=states.RecoveryState.RUNNING, bare=True
            )
            if any(r.fault.subject == record.name for r in running):
                continue
            if store.restore_lease(record.name, at):
                self._journal.event(
                    states.Severity.INFO,
                    "lease-restored",
                    f"the agent of {record.name} gets leases again",
                    host=record.name,
                )

    def report(self) -> None:
        """Tell of agents that went silent or came back, and of refusals."""
        health = {
            name: self._agents.health(name) for name in self._cloud.services()
        }
        metrics.agents(list(health.values()))
        lost = frozenset(n for n, h in health.items() if h is _DEAD)
        back = frozenset(
            n for n in self._lost if health.get(n) is facts.Health.OK
        )
        self._tell_of(
            lost - self._lost,
            states.Severity.WARNING,
            "agent-lost",
            "not heard any more",
        )
        self._tell_of(back, states.Severity.INFO, "agent-back", "heard again")
        self._lost = (self._lost - back) | lost
        self._count(self._agents.refused())

    def _tell_of(
        self,
        hosts: frozenset[str],
        severity: states.Severity,
        kind: str,
        what: str,
    ) -> None:
        if not hosts:
            return
        names = ", ".join(sorted(hosts)[:_NAMED])
        more = len(hosts) - _NAMED
        if more > 0:
            names += f" and {more} more"
        (host, *others) = hosts
        self._journal.event(
            severity,
            kind,
            f"agents {what}: {names}",
            host=None if others else host,
        )

    def _count(self, refused: Mapping[refusals.Reason, int]) -> None:
        for reason, number in refused.items():
            new = number - self._counted.get(reason, 0)
            metrics.agent_refused(reason.value, new)
        self._counted = dict(refused)
        now = self._context.clock.monotonic()
        odd = {
            reason: number - self._told.get(reason, 0)
            for reason, number in refused.items()
            if reason not in _USUAL and number > self._told.get(reason, 0)
        }
        due = self._said_at is None or now - self._said_at >= _BETWEEN
        if not odd or not due:
            return
        self._said_at, self._told = now, dict(refused)
        words = ", ".join(f"{reason} {odd[reason]}" for reason in sorted(odd))
        self._journal.event(
            states.Severity.WARNING,
            "agent-datagrams-refused",
            f"datagrams to the agents' port were refused: {words}",
        )


_DEAD = facts.Health.DEAD
