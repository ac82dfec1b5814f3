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


"""``NetworkProber`` asks real guests through the real network."""

from __future__ import annotations

from typing import Any

from nham.adapters.probes import base as probes_base
from nham.adapters.probes import network
from nham.tests.cloud import base
from nham.tests.conformance import prober as suite

UNUSED = "172.24.4.249"
"""An address of the external network that no pool gives out."""
CLOSED_PORT = 81
PORTS = {"icmp": None, "tcp": 80, "http": 80, "udp": 7}


class NetworkProberTest(base.CloudSuite, suite.ProberSuite):
    """A guest behind a floating IP."""

    address: str
    step = 0.1
    interval = 0.25

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        server_id = cls.boot()
        network_api: Any = cls.cloud.network
        port = next(iter(network_api.ports(device_id=server_id)))
        public = network_api.find_network("public")
        floating = network_api.create_ip(
            floating_network_id=public.id, port_id=port.id
        )
        cls.addClassCleanup(network_api.delete_ip, floating)
        cls.address = floating.floating_ip_address

    def setUp(self) -> None:
        super().setUp()
        self.prober = network.NetworkProber()
        self.addCleanup(self.prober.close)
        ready = self.target("http", PORTS["http"])
        self.prober.set_targets([ready])
        self.until("guest answers", self.first_answer, base.PATIENCE)

    def first_answer(self) -> bool:
        """Say whether the guest has answered by now."""
        return any(one.what == "good" for one in self.prober.collect())

    def target(
        self, kind: str, port: int | None, address: str = ""
    ) -> probes_base.Target:
        """Return a target at the guest, or at another address."""
        return probes_base.Target(
            key=f"{kind} {port} {address}",
            kind=kind,
            address=address or self.address,
            port=port,
            path="/health",
            interval=self.interval,
        )

    def answering(self, kind: str) -> probes_base.Target:
        """See base class."""
        return self.target(kind, PORTS[kind])

    def closed(self, kind: str) -> probes_base.Target:
        """See base class."""
        return self.target(kind, CLOSED_PORT)

    def silent(self) -> probes_base.Target:
        """See base class."""
        return self.target("udp", PORTS["udp"], UNUSED)
