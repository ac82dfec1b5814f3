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

"""The numbers that the engines and the agents go by."""

from __future__ import annotations

import dataclasses

#: Seconds for which what an engine has read of the hosts' records lets it
#: grant leases.
FRESH = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Terms:
    """What the talk with the agents goes by; durations are seconds.

    :ivar interval: between two heartbeats of an agent.
    :ivar answer: between two answers to heartbeats of an agent to which
        there is nothing else to say.
    :ivar misses: heartbeats in a row whose lack makes a suspicion.
    :ivar lease: for how long a grant lets exclusive guests run.
    :ivar drift: by which share a clock may be wrong.
    :ivar stop: within which an agent ends its guests without a lease.
    :ivar need_watchdog: without a watchdog behind the agent, the end of a
        lease proves nothing.
    """

    interval: float = 0.1
    answer: float = 0.3
    misses: int = 3
    lease: float = 10.0
    drift: float = 0.01
    stop: float = 5.0
    need_watchdog: bool = True
    fresh: float = FRESH

    def wait(self, watchdog: float | None) -> float:
        """Return how long after its withdrawal a lease has surely ended.

        By the clock of whoever waits; see the safety argument in
        ``nham.core.agent``.

        :param watchdog: as in a heartbeat.
        """
        longest = self.lease / (1 - self.drift) + self.stop
        return (self.fresh + longest + (watchdog or 0.0)) * (1 + self.drift)
