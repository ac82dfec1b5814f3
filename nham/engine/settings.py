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

"""What an operator sets for the engine, as one value.

The engine itself reads no configuration files: the service makes this
value from ``nham.conf``, the simulation from a scenario.
"""

from __future__ import annotations

import dataclasses

from nham.core import facts


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Intervals and limits; all durations are seconds.

    :ivar host_probe: ``icmp``, ``tcp`` or ``none``: how hosts are asked.
    :ivar lease: an engine not heard of for longer has lost its work.
    :ivar grant_interval: how often it is read who may have leases; well
        within ``terms.FRESH``, so that one slow read ends no lease.
    :ivar join_interval: how often the probe ports are looked at.
    :ivar guard_window: the window of the guards' rates.
    :ivar host_probation: for how long a host's faults count against it.
    :ivar tolerated_healers: other healers that leave NHAM's VNFs alone.
    :ivar orphan_grace: from when on nobody owns a thing until it is removed.
    :ivar checkpoints_parallel: checkpoints taken at once.
    :ivar checkpoint_timeout: one not whole by then is torn.
    """

    host: str = "localhost"
    watch_interval: float = 0.05
    nova_poll_interval: float = 1.0
    reconcile_interval: float = 30.0
    checkpoint_tick: float = 0.5
    host_probe: str = "icmp"
    host_probe_port: int | None = None
    host_probe_interval: float = 0.25
    host_probe_misses: int = 3
    observer_lag: float = 1.0
    lease: float = 3.0
    runner_poll: float = 0.1
    workers: int = 8
    orphan_grace: float = 300.0
    join_interval: float = 1.0
    guard_window: float = 60.0
    host_probation: float = 3600.0
    tolerated_healers: frozenset[str] = frozenset()
    limits: facts.Limits = facts.Limits()
    grant_interval: float = 0.25
    checkpoints_parallel: int = 2
    checkpoint_timeout: float = 600.0
