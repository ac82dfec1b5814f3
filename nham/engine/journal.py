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

"""What NHAM tells: events, the VNFs' states, metrics, the log.

One place, so that each thing that happens is told the same way to all.
"""

from __future__ import annotations

import logging

from nham import metrics
from nham.adapters import clock as clock_
from nham.core import decision
from nham.core import model
from nham.core import states
from nham.core import timeline
from nham.core.decision import replicas
from nham.db import store as store_
from nham.engine import fleet as fleet_

LOG = logging.getLogger(__name__)

_LEVELS = {
    states.Severity.INFO: logging.INFO,
    states.Severity.WARNING: logging.WARNING,
    states.Severity.CRITICAL: logging.ERROR,
}
#: Why NHAM waits: these need an operator.
_CRITICAL = ("exhausted", "host-unfenced", "mass-failure", "vnfm-stuck")
#: What an operator did on purpose.
_STOPPED = ("operator-stopped", "set-aside")
#: What an operator may do to a VNF that is well.
_WELL = ("failback-request",)
#: What is wrong with a standby while the service is well.
_SERVING = (
    "standby-stopped",
    "standby-unfenced",
    "standby-later",
    "standby-missing",
    "member-missing",
    "standby-unclear",
    "standby-silent",
    "standby-old",
    "standby-away",
    "standby-held",
    "standby-beside",
    "standby-near",
)


class Journal:
    """Tells the database, the log and the metrics what happens."""

    def __init__(self, store: store_.Store, clock: clock_.Clock) -> None:
        self._store = store
        self._clock = clock

    def event(
        self,
        severity: states.Severity,
        kind: str,
        message: str,
        vnf_id: str | None = None,
        host: str | None = None,
    ) -> None:
        """Write an event."""
        LOG.log(_LEVELS[severity], "%s: %s", kind, message)
        self._store.add_event(
            self._clock.now(), severity, kind, message, vnf_id, host
        )

    def recovery_started(
        self, recovery: model.Recovery, entry: fleet_.Entry
    ) -> None:
        """Tell that a recovery was claimed."""
        serves = recovery.rung in replicas.BESIDE
        self._store.set_vnf_state(
            recovery.vnf_id,
            states.VnfState.DEGRADED if serves else states.VnfState.RECOVERING,
            "; ".join(recovery.reasons[:2]),
        )
        self.event(
            states.Severity.WARNING,
            "recovery-started",
            f"{entry.vnf.name} {entry.group.vnfc}: "
            f"{'; '.join(recovery.reasons)}",
            recovery.vnf_id,
        )

    def recovery_ended(self, recovery: model.Recovery) -> None:
        """Tell how a recovery ended, with its measured times."""
        good = recovery.state is not states.RecoveryState.FAILED
        metrics.recovery_ended(recovery)
        if good:
            self._store.set_vnf_state(
                recovery.vnf_id, states.VnfState.PROTECTED
            )
        times = timeline.timeline(recovery)
        told = ", ".join(
            f"{name} {value:.2f} s"
            for name, value in times.items()
            if name.endswith("_seconds") and value is not None
        )
        self.event(
            states.Severity.INFO if good else states.Severity.WARNING,
            f"recovery-{recovery.state}",
            f"{recovery.rung} of {recovery.fault.subject}: "
            f"{recovery.reason or 'done'} ({told})",
            recovery.vnf_id,
        )

    def not_acting(
        self,
        verdict: decision.Verdict,
        entry: fleet_.Entry,
        again: bool,
    ) -> None:
        """Tell why nothing is done about a member in trouble.

        :param again: it was told before; only the VNF's state is set.
        """
        state = states.VnfState.WAITING
        if verdict.rule in _STOPPED:
            state = states.VnfState.STOPPED
        if verdict.rule in _SERVING:
            state = states.VnfState.DEGRADED
        if verdict.rule in _WELL:
            state = states.VnfState.PROTECTED
        paused = entry.vnf.paused and verdict.rule in _WELL
        if verdict.kind is decision.Kind.WOULD or paused:
            state = states.VnfState.PAUSED
        reason = "; ".join(verdict.reasons)
        self._store.set_vnf_state(entry.vnf.id, state, reason)
        if again:
            return
        severity = states.Severity.INFO
        if verdict.rule in _SERVING:
            severity = states.Severity.WARNING
        if verdict.rule in _CRITICAL:
            severity = states.Severity.CRITICAL
        would = "would " if verdict.kind is decision.Kind.WOULD else ""
        self.event(
            severity,
            f"{would}{verdict.rule}".replace(" ", "-"),
            f"{entry.vnf.name} {entry.group.vnfc}: {reason}",
            entry.vnf.id,
        )

    def well_again(self, entry: fleet_.Entry) -> None:
        """Tell that a member needs nothing any more, once."""
        if not self._store.set_vnf_state(
            entry.vnf.id, states.VnfState.PROTECTED
        ):
            return
        self.event(
            states.Severity.INFO,
            "well-again",
            f"{entry.vnf.name} {entry.group.vnfc} is well",
            entry.vnf.id,
        )
