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

"""Runs the cases of the fail-over benchmark one after the other."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from keystoneauth1 import exceptions as keystone
from openstack import connection
from openstack import exceptions

from benchmarks.bed import cloud as bed
from benchmarks.bed import report
from benchmarks.failover import others
from benchmarks.failover import ours
from benchmarks.failover import peer as peer_
from benchmarks.failover import sample
from benchmarks.outage import live

MECHANISMS: dict[str, type[ours.Ours]] = {
    "0R": others.Alone,
    "1R-AS": ours.Ours,
    "1R-AS-guest": others.InGuest,
    "1R-AA": ours.Ours,
    "1R-AA-vip": others.Claimed,
    "MR-AA": others.Spread,
}
#: Those that need the agents of the hosts.
BY_AGENTS = ("1R-AS-guest",)
#: What may go wrong with the cloud, and costs a sample only.
_TROUBLE = (
    bed.Bad,
    exceptions.SDKException,
    keystone.ClientException,
)


class Run:
    """Measures, and keeps what was measured so far.

    :param times: how often each fault comes.
    :ivar samples: all that there are, those that failed too.
    :ivar good: nothing had to be given up.
    """

    def __init__(
        self, cloud: connection.Connection, out: live.Live, times: int
    ) -> None:
        self._cloud = cloud
        self._out = out
        self._times = times
        self.samples: list[sample.Sample] = []
        self.good = True
        #: Told of each host that was switched on again.
        self.switched_on: Callable[[str], object] = lambda _host: None

    def mechanism(
        self, reports: report.Reports, name: str, faults: Sequence[str]
    ) -> None:
        """Measure one mechanism under those of the faults that it knows."""
        vnf = MECHANISMS[name](self._cloud, reports, name, self._out)
        vnf.switched_on = self.switched_on
        cases = vnf.cases(faults) * self._times
        if not cases:
            return
        try:
            with vnf.vnf():
                for fault, role in cases:
                    self._suffer(vnf, fault, role)
        except _TROUBLE as why:
            self._out.calm()
            self._out.say(f"{name} is given up: {why}")
            self.good = False

    def _suffer(self, vnf: ours.Ours, fault: str, role: str) -> None:
        try:
            self.samples.append(vnf.suffer(fault, role))
        except _TROUBLE as why:
            self._out.calm()
            self._out.say(f"this sample of {fault!r} is void: {why}")
            self.samples.append(vnf.void(fault, role))
            vnf.settle()

    def peers(self) -> None:
        """Measure what notices and repairs a fault without NHAM."""
        peer = peer_.Peer(self._cloud, self._out)
        try:
            with peer.vnf():
                for _ in range(self._times):
                    self.samples.append(peer.notice_server())
                    self.samples.append(peer.notice_host())
                    self.samples.append(peer.heal())
                    self.samples.append(peer.evacuate())
        except _TROUBLE as why:
            # What it did not repair is of no use to the rounds to come.
            self._out.calm()
            self._out.say(f"the peers are given up: {why}")
            self.good = False
