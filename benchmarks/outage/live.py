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

"""Says what happens while it happens."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from benchmarks.bed import report


@dataclasses.dataclass(frozen=True)
class Fault:
    """When a fault was made: monotonic seconds, and since the epoch."""

    at: float
    wall: float


class Live:
    """Prints one line for each thing, with the seconds since the start.

    :param who: whom the lines are about, if there are others.
    """

    def __init__(self, who: str = "") -> None:
        self._who = f" {who}" if who else ""
        self._start = time.time()
        self._zero: float | None = None

    def say(self, text: str, at: float | None = None) -> None:
        """Print one line.

        :param at: when it happened, seconds since the epoch; None: now.
        """
        at = time.time() if at is None else at
        stamp = f"[{at - self._start:6.1f} s]{self._who}"
        if self._zero is not None:
            stamp += f" {at - self._zero:+7.2f} s"
        print(stamp, text, flush=True)

    def zero(self, text: str) -> Fault:
        """Print a fault's line; later ones tell the time since it."""
        fault = Fault(time.monotonic(), time.time())
        self._zero = fault.wall
        self.say(text, fault.wall)
        return fault

    def calm(self) -> None:
        """Count no longer from the last fault."""
        self._zero = None


class Follow:
    """Prints what NHAM does about one VNF from now on, as it does it."""

    def __init__(
        self, reports: report.Reports, vnf_id: str, out: Live
    ) -> None:
        self._reports = reports
        self._vnf_id = vnf_id
        self._out = out
        self._known = {one.id for one in reports.recoveries(vnf_id)}
        self._said: set[str] = set()

    def look(self) -> list[Any]:
        """Print what is new; return the new recoveries, oldest first."""
        found = [
            self._reports.recovery(one.id)
            for one in reversed(self._reports.recoveries(self._vnf_id))
            if one.id not in self._known
        ]
        for recovery in found:
            self._tell(recovery)
        return found

    def _tell(self, recovery: Any) -> None:
        self._once(
            recovery.id,
            f"NHAM detected it ({recovery.zone}); it will "
            f"{recovery.rung.replace('_', ' ')}",
            recovery.timeline["detected"],
        )
        for step in recovery.steps:
            if step["ended_at"] is not None:
                self._once(
                    f"{recovery.id} {step['id']}",
                    f"NHAM {step['id']}: {step['detail']}",
                    step["ended_at"],
                )
        if recovery.ended_at is not None:
            self._once(
                f"{recovery.id} end",
                f"NHAM {recovery.rung}: {recovery.state}",
                recovery.ended_at,
            )

    def _once(self, key: str, text: str, at: float) -> None:
        if key not in self._said:
            self._said.add(key)
            self._out.say(text, at)
