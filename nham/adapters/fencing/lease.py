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

"""Fencing by the end of a lease: for hosts that nobody can reach.

The lease is withdrawn in the host's record, and then time is the proof:
``nham.core.agent`` has the argument, and why the two sides' clocks are
never compared. What was withdrawn before this driver knew of it counts
from when it got to know.
"""

from __future__ import annotations

import dataclasses
import threading

from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.adapters.agents import base as agents_
from nham.adapters.fencing import base
from nham.db import store as store_


@dataclasses.dataclass(frozen=True)
class _Wait:
    """An end of a lease that is being waited for.

    :ivar withdrawn_at: what the record says; another withdrawal is another
        end, since leases may have been granted in between.
    :ivar since: monotonic seconds, after that was written or read.
    """

    withdrawn_at: float
    since: float
    seconds: float
    servers: int


class LeaseFencing(base.HostFencing):
    """Has a host's agent end its servers by granting it no lease."""

    name = "lease"

    def __init__(
        self,
        agents: agents_.Agents,
        store: store_.Store,
        clock: clock_.Clock,
    ) -> None:
        self._agents = agents
        self._store = store
        self._clock = clock
        self._waits: dict[str, _Wait] = {}
        self._lock = threading.Lock()

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return not self.trouble(host)

    def fence(self, host: str) -> None:
        """See base class.

        :raises errors.Refused: its agent has not said that it ends the
            servers that matter, whatever happens to itself.
        """
        with self._lock:
            duty = self._agents.duty(host)
            trouble = self.trouble(host)
            at = self._store.host(host)
            known = self._waits.get(host)
            if known and at and known.withdrawn_at == at.lease_withdrawn_at:
                return
            self._waits.pop(host, None)
            if trouble or duty is None:
                raise errors.Refused(trouble)
            withdrawn = self._store.withdraw_lease(host, self._clock.now())
            self._waits[host] = _Wait(
                withdrawn_at=withdrawn,
                since=self._clock.monotonic(),
                seconds=self._agents.terms.wait(duty.watchdog),
                servers=len(duty.held),
            )

    def trouble(self, host: str) -> str:
        """See base class."""
        duty = self._agents.duty(host)
        if duty is None:
            return f"no agent of {host} has taken on to end servers"
        if duty.watchdog is None and self._agents.terms.need_watchdog:
            return f"nothing resets {host} if its agent dies"
        missing = self._agents.wanted(host) - duty.held
        if missing:
            return (
                f"the agent of {host} has not taken on to end "
                f"{', '.join(sorted(missing))}"
            )
        return ""

    def proof(self, host: str) -> str | None:
        """See base class."""
        known = self._waits.get(host)
        if known is None:
            return None
        record = self._store.host(host)
        if record is None or record.lease_withdrawn_at != known.withdrawn_at:
            return None
        if self._clock.monotonic() - known.since < known.seconds:
            return None
        return (
            f"the lease of {host} was withdrawn more than "
            f"{known.seconds:.1f} s ago; without it its agent, or its "
            f"watchdog, ends {known.servers} servers"
        )
