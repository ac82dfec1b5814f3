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

"""A VNF of the sample package under Tacker, with an NHAM of its own."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
import pathlib
import tempfile
import time
from typing import Any

from openstack import connection
from openstack import exceptions

from benchmarks.bed import actives
from benchmarks.bed import agents as agents_
from benchmarks.bed import client as client_
from benchmarks.bed import cloud as bed
from benchmarks.bed import plugger
from benchmarks.bed import report
from benchmarks.bed import service
from benchmarks.bed import vnf as vnf_
from nham.tests import base as tests_base
from nham.tests.cloud import base


class RecoveryCase(tests_base.TestCase):
    """NHAM beside a sample VNF of one variant.

    :cvar policy: file of its policies below ``samples/vnf/policies``; None
        takes the variant's own.
    :cvar with_agents: ``nham-agent`` runs on the hosts.
    :cvar with_plugger: ``nham-plugger`` runs on the network node.
    """

    variant = "image"
    policy: str | None = None
    with_agents = False
    with_plugger = False
    cloud: connection.Connection
    tacker: vnf_.Tacker
    nham: service.Nham
    agents: agents_.Agents
    plugger: plugger.Plugger
    reports: report.Reports
    vnf: vnf_.SampleVnf
    vnf_id: str
    found: frozenset[str]

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud = base.connect()
        # The cloud may be somebody else's, too.
        cls.found = frozenset(bed.made_by_nham(cls.cloud))
        cls.tacker = vnf_.Tacker(cls.cloud)
        folder = tempfile.TemporaryDirectory(prefix="nham-test-")
        cls.addClassCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        cls.agents = agents_.Agents(path / "agents")
        cls.plugger = plugger.Plugger(path / "plugger")
        if cls.with_plugger:
            cls.plugger.__enter__()
            cls.addClassCleanup(cls.plugger.stop)
        cls.nham = service.Nham(
            path,
            agents=cls.agents if cls.with_agents else None,
            plugger=cls.plugger.path if cls.with_plugger else None,
        )
        cls.nham.__enter__()
        cls.addClassCleanup(cls.nham.stop)
        if cls.with_agents:
            cls.agents.__enter__()
            cls.addClassCleanup(cls.agents.stop)
        cls.reports = report.Reports(bed.connect())
        policy = None
        if cls.policy is not None:
            folder_ = bed.ROOT / "samples" / "vnf" / "policies"
            policy = (folder_ / cls.policy).read_text()
        vnfd_id = cls.tacker.onboard(cls.variant, policy)
        cls.vnf = cls.tacker.instantiate(
            vnfd_id, cls.variant, f"test-{cls.variant}-{int(time.time())}"
        )
        cls.addClassCleanup(cls._remove)
        cls.vnf_id = cls.reports.wait_protected(cls.vnf.instance_id)

    @classmethod
    def _remove(cls) -> None:
        if cls.vnf.instance_id:
            cls.tacker.terminate(cls.vnf)

    def setUp(self) -> None:
        super().setUp()
        self.note = self.id().rsplit(".", 1)[-1]
        self.write_note()
        self.addOnException(
            lambda _why: print("\n".join(self.nham.log.splitlines()[-60:]))
        )

    def write_note(self) -> None:
        """Have the VNF keep the test's name."""
        self.vnf.write_note(self.note)

    def own(self) -> list[str]:
        """Return the names of all that this NHAM made in the cloud."""
        names = bed.made_by_nham(self.cloud)
        return [name for name in names if name not in self.found]

    def known(self) -> int:
        """Return how many recoveries there were so far."""
        return len(self.reports.recoveries(self.vnf_id))

    def recover(self, fault: Callable[[], object]) -> Any:
        """Bring a fault about; return the recovery that ended well."""
        known = self.known()
        fault()
        recovery = self.reports.wait_recovered(self.vnf_id, known)
        self.assertEqual("succeeded", recovery.state, recovery.reason)
        self.assertEqual(self.note, self.vnf.state()["note"])
        return recovery

    def assert_one_active(
        self, client: client_.Client, server_ids: Iterable[str], moves: int
    ) -> None:
        """No two members served a client's address at once.

        :param client: has left.
        :param server_ids: of all that may have served.
        :param moves: how often the service moved meanwhile.
        """
        logs = actives.consoles(self.cloud, server_ids)
        answered = client.answered(logs)
        told = {number for found in logs.values() for number in found}
        heard = {one.number for one in answered}
        self.assertTrue(told & heard, "no console tells who answered")
        self.assertEqual([], actives.trouble(answered, moves))

    def at_step(
        self,
        words: str,
        fault: Callable[[], object],
        act: Callable[[], object],
    ) -> None:
        """Bring a fault about; act when NHAM comes to a step.

        :param words: what its log says when it comes to the step.
        """
        logged = len(self.nham.log)
        fault()
        bed.wait(
            f"the engine comes to {words}",
            lambda: words in self.nham.log[logged:],
            120,
            0.02,
        )
        act()

    def kill_engine_at(self, words: str, fault: Callable[[], object]) -> None:
        """Bring a fault about; kill NHAM at a step, and start it again."""
        self.at_step(words, fault, self.nham.kill)
        self.nham.start()
        report.Reports(bed.connect())

    def act(self, ask: Callable[..., object], *args: object) -> None:
        """Ask Nova for something; it refuses while an image is taken."""

        def taken() -> bool:
            try:
                ask(*args)
            except exceptions.ConflictException:
                return False
            return True

        bed.wait("Nova takes the order", taken, 60)

    def crash(self, how: str) -> None:
        """Have the guest harm itself."""
        self.vnf.get(f"/cgi-bin/crash?{how}", 2.0)

    def assert_record_true(self) -> None:
        """Tacker and Nova name the same server, and it is ACTIVE."""
        server = self.cloud.compute.get_server(self.vnf.server_id())
        self.assertEqual("ACTIVE", server.status)
