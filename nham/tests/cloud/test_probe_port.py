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

"""A server without a floating IP is asked from a probe port on its network.

The plugger runs on the network node of the test cloud, and the engine's part
of it here: they meet at a Unix socket.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import pathlib
import re
import subprocess
import tempfile
from typing import Any
import urllib.request
import uuid

from benchmarks.bed import cloud as bed
from benchmarks.bed import plugger as plugger_
from benchmarks.bed import service
from nham.adapters.plugger import unix
from nham.adapters.probes import base as probes_base
from nham.adapters.probes import network
from nham.adapters.vim import network_base
from nham.adapters.vim import openstack
from nham.core import plugs
from nham.tests.cloud import base
from nham.tests.cloud import replica_case
from nham.tests.cloud import test_movers
from nham.tests.cloud import test_spread
from nham.tests.cloud import vnf_case

PATIENCE = 30.0
#: A member was asked at an address of the tenant's network.
ASKED_NEAR = r"\b(icmp|http) 10\.10\.0\."


class ProbePortTest(base.CloudSuite):
    """One server of the tenant's, and one port beside it."""

    server_id: str
    step = 0.1

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.server_id = cls.boot()

    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="nham-plugger-")
        self.addCleanup(folder.cleanup)
        running = plugger_.Plugger(pathlib.Path(folder.name))
        running.start()
        self.addCleanup(running.stop)
        self.path = str(running.path)
        self.vim = openstack.OpenStackVim(bed.connect())
        self.engine_host = f"nham-test-{uuid.uuid4().hex[:8]}"
        self.plugger = unix.UnixPlugger(self.path)
        self.addCleanup(self.plugger.close)
        (theirs,) = self.vim.ports(self.server_id)
        self.theirs = theirs
        self.port = self.vim.create_probe_port(
            theirs.network_id, self.plugger.standing().host, self.engine_host
        )
        self.addCleanup(self.vim.delete_port, self.port.id)
        self.addCleanup(self.plugger.unplug, self.port.id)
        self.life = self.plug(self.port)
        self.until("the port is active", self.joined, PATIENCE)
        self.prober = network.NetworkProber(
            plugger=unix.UnixPlugger(self.path)
        )
        self.addCleanup(self.prober.close)

    def plug(self, port: network_base.ProbePort) -> str:
        """Plug a port; return its life."""
        return self.plugger.plug(
            plugs.Plug(
                port=port.id,
                mac=port.mac,
                addresses=port.addresses,
                mtu=port.mtu,
            )
        )

    def joined(self) -> bool:
        """Say whether the ports of the test are joined to the network."""
        return all(
            port.active
            for port in self.vim.probe_ports()
            if port.engine_host == self.engine_host
        )

    def target(self, kind: str, port: int | None) -> probes_base.Target:
        """Return the server as it is asked."""
        return probes_base.Target(
            key=kind,
            kind=kind,
            address=self.theirs.addresses[0],
            port=port,
            path="/health",
            interval=0.25,
            origin=probes_base.Origin(self.port.id, self.life),
        )

    def answers(self, *kinds: str) -> None:
        """Wait until all of these answered well anew."""
        self.prober.collect()
        good: set[str] = set()

        def heard() -> bool:
            for one in self.prober.collect():
                if one.what == "good":
                    good.add(one.key)
            return good == set(kinds)

        self.until(f"{kinds} answer", heard, base.PATIENCE)

    def test_a_server_without_a_floating_ip(self) -> None:
        compute: Any = self.cloud.compute
        server = compute.get_server(self.server_id)
        kinds = {
            one["OS-EXT-IPS:type"]
            for found in server.addresses.values()
            for one in found
        }
        self.assertEqual({"fixed"}, kinds)
        self.prober.set_targets(
            [
                self.target("icmp", None),
                self.target("udp", 7),
                self.target("tcp", 80),
                self.target("http", 80),
            ]
        )
        everybody = ("icmp", "udp", "tcp", "http")
        self.answers(*everybody)
        # It is the same port, however often it is plugged.
        self.assertEqual(self.life, self.plug(self.port))
        bed.kill_vm(self.server_id)
        self.addCleanup(compute.reboot_server, self.server_id, "HARD")
        self.silence()
        self.plugger.unplug(self.port.id)
        self.vim.delete_port(self.port.id)
        self.assertNotIn(self.port.id, self.plugger.standing().lives)
        self.assertNotIn(
            self.port.id, [one.id for one in self.vim.probe_ports()]
        )
        self.assertNotIn(self.port.id, plugger_.namespaces())

    def test_nobody_gets_in_by_the_port(self) -> None:
        own = self.target("icmp", None)
        near = ipaddress.ip_interface(self.port.addresses[0]).ip
        other = self.vim.create_probe_port(
            self.theirs.network_id, self.port.host, self.engine_host
        )
        self.addCleanup(self.vim.delete_port, other.id)
        self.addCleanup(self.plugger.unplug, other.id)
        life = self.plug(other)
        self.until("both are active", self.joined, PATIENCE)
        origin = probes_base.Origin(other.id, life)
        well = dataclasses.replace(own, key="well", origin=origin)
        shut = dataclasses.replace(well, key="shut", address=str(near))
        self.prober.set_targets([well, shut])
        self.answers("well")
        self.wait_for_questions()
        seen = {(one.key, one.what) for one in self.prober.collect()}
        self.assertIn(("well", "good"), seen)
        self.assertEqual(
            {"sent"}, {what for key, what in seen if key == "shut"}
        )

    def silence(self) -> None:
        """Wait until nobody answers, though all are asked."""

        def silent() -> bool:
            self.wait_for_questions()
            seen = self.prober.collect()
            return {one.what for one in seen} == {"sent"}

        self.until("silence", silent, PATIENCE)

    def wait_for_questions(self) -> None:
        """Let everybody be asked some times."""
        end = self.prober.lag() + 1.5
        subprocess.run(["sleep", f"{end:.1f}"], check=True)


class WatchedFromPortTest(vnf_case.RecoveryCase):
    """A VNF whose policy wants its members to be asked from a port."""

    policy = "image-port.yaml"
    with_plugger = True

    def ports(self) -> list[network_base.ProbePort]:
        """Return the probe ports of the NHAM of this test."""
        vim = openstack.OpenStackVim(self.cloud)
        (theirs, *_more) = vim.ports(self.vnf.server_id())
        return [
            one
            for one in vim.probe_ports()
            if one.network_id == theirs.network_id
        ]

    def is_known(self) -> bool:
        """Say whether NHAM has learnt how soon the VNF answers."""
        found = self.metric("nham_detection_timeout_seconds{.*}")
        return found is not None and found < 1.0

    def is_served(self) -> bool:
        """Say whether the VNF is asked from its port."""
        return self.metric('nham_probe_ports{state="serving"}') == 1.0

    def metric(self, name: str) -> float | None:
        """Return what a metric of NHAM says, if it is there."""
        address = bed.environment()["NHAM_TESTCLOUD_HOST_IP"]
        url = f"http://{address}:{service.PORT}/metrics"
        with urllib.request.urlopen(url, timeout=5.0) as answer:
            lines: str = answer.read().decode()
        found = re.search(f"^{name} (.*)$", lines, re.MULTILINE)
        return float(found[1]) if found else None

    def test_a_killed_server_is_recovered(self) -> None:
        bed.wait("the port is made", self.ports, PATIENCE)
        # What has never answered is not missed.
        bed.wait("the VNF answers", self.is_known, PATIENCE)
        (port,) = self.ports()
        self.assertEqual(plugger_.CHASSIS, port.host)
        recovery = self.recover(lambda: bed.kill_vm(self.vnf.server_id()))
        fixed = openstack.OpenStackVim(self.cloud).ports(self.vnf.server_id())
        evidence = " ".join(recovery.evidence)
        self.assertIn(f"icmp {fixed[0].addresses[0]}:", evidence)
        known = self.known()
        self.plugger.kill()
        self.nham.wait_log("probe-port-missing", PATIENCE)
        self.plugger.start()
        self.nham.wait_log("probe-port-back", PATIENCE)
        bed.wait("the port serves", self.is_served, PATIENCE)
        self.plugger.abort_switch()
        self.nham.wait_log(f"{port.id} is plugged anew", PATIENCE)
        bed.wait("the port serves", self.is_served, PATIENCE)
        # That nobody could ask was no silence of the VNF's.
        self.assertEqual(known, self.known())
        self.recover(lambda: bed.kill_vm(self.vnf.server_id()))
        self.assertEqual([port.id], [one.id for one in self.ports()])
        self.nham.stop()
        self.assertEqual([], self.ports())
        self.assertNotIn(port.id, plugger_.namespaces())


class FromPort(replica_case.ReplicaCase):
    """A VNF with several members, which are asked from a port."""

    with_plugger = True

    def _first_after(self, known: int) -> Any:
        """See base class; what was seen of the fault was seen near it."""
        recovery = super()._first_after(known)
        if recovery.rung != "switchover":
            evidence = self.reports.recovery(recovery.id).evidence
            self.assertRegex(" ".join(evidence), ASKED_NEAR)
        return recovery


class StandbyFromPortTest(
    test_movers.MoverTests, FromPort, test_movers.MoverCase
):
    """1R-AA: the members serve in turn."""

    policy = "1r-aa-port.yaml"


class SpreadFromPortTest(FromPort, test_spread.TestSpread):
    """MR-AA: whoever dies leaves the pool."""

    policy = "mr-aa-port.yaml"
