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

"""The fail-overs, and what must hold after each and at the end."""

from __future__ import annotations

import itertools
from typing import Any

from benchmarks import rows
from benchmarks.bed import cloud as bed
from benchmarks.failover import ours
from benchmarks.failover import sample


class Endurance(ours.Ours):
    """A VNF with a standby whose primary is killed again and again.

    :ivar samples: what a client saw of each fail-over.
    :ivar served: the host of the primary at each kill.
    """

    def play(self, rounds: int) -> bool:
        """Kill the primary so often; return whether all was well each time.

        What was measured until something is wrong is kept.
        """
        self.samples: list[sample.Sample] = []
        self.served: list[str] = []
        try:
            with self.vnf():
                for number in range(rounds):
                    self._out.say(f"round {number + 1} of {rounds}")
                    self.served.append(self._host(self._member("primary")))
                    self.samples.append(self.suffer(sample.QEMU, "primary"))
        except bed.Bad as why:
            self._out.calm()
            self._out.say(f"given up: {why}")
            return False
        return all(one.restored for one in self.samples)

    def row(self, left: int) -> dict[str, Any]:
        """Return what was measured.

        :param left: how much NHAM made and has not removed in the end.
        """
        lost = [one.lost for one in self.samples if one.lost is not None]
        moved = sum(a != b for a, b in itertools.pairwise(self.served))
        return rows.row(
            [one.outage for one in self.samples],
            case=f"NHAM {self.mechanism}",
            fault=sample.QEMU,
            states_restored=sum(one.restored for one in self.samples),
            updates_lost=max(lost, default=None),
            hosts_changed=moved,
            left_over=left,
        )
