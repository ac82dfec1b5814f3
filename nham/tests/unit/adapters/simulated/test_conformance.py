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

"""The simulated drivers do what every driver must do."""

from __future__ import annotations

import io
import zipfile

from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.hooks import base as hooks_base
from nham.adapters.probes import base as probes_base
from nham.adapters.simulated import ecmp
from nham.adapters.simulated import fencing
from nham.adapters.simulated import hook
from nham.adapters.simulated import prober
from nham.adapters.simulated import spreader
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as simulated
from nham.adapters.traffic import base as traffic_base
from nham.adapters.vim import base as vim_base
from nham.tests.conformance import base
from nham.tests.conformance import checkpoints as checkpoints_suite
from nham.tests.conformance import fencing as fencing_suite
from nham.tests.conformance import hooks as hooks_suite
from nham.tests.conformance import prober as prober_suite
from nham.tests.conformance import traffic as traffic_suite
from nham.tests.conformance import vim as vim_suite
from nham.tests.conformance import vnfm as vnfm_suite


class Simulated(base.Suite):
    """A suite in virtual time, with a world of two hosts and one VNF."""

    def setUp(self) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr("vnfd.yaml", "")
        self.world = simulated.World(seed=7)
        self.world.add_host("one")
        self.world.add_host("two")
        self.instance_id = self.world.add_vnf(
            "vnf",
            {"VDU1": ["one"], "VDU2": ["two"]},
            vnfd=archive.getvalue(),
            volume_backed=["VDU2"],
        )
        self.image_backed = self.world.server_id(self.instance_id, "VDU1-0")
        self.volume_backed = self.world.server_id(self.instance_id, "VDU2-0")
        self.vim: vim_base.Vim = vim.SimulatedVim(self.world)
        super().setUp()

    def pass_time(self, seconds: float) -> None:
        """See base class."""
        self.world.clock.advance(seconds)

    def now(self) -> float:
        """See base class."""
        return self.world.clock.now()


class VimTest(Simulated, vim_suite.VimSuite):
    """``SimulatedVim``."""

    user_id = "nham"

    def new_server(self) -> str:
        """See base class."""
        return self.world.add_server("new", "one", self.world.add_image())

    def new_floating_ip(self) -> str:
        """See base class."""
        return self.world.neutron.add_floating_ip("like").id


class VnfmTest(Simulated, vnfm_suite.VnfmSuite):
    """``SimulatedVnfm``."""

    def setUp(self) -> None:
        super().setUp()
        self.vnfm = vnfm.SimulatedVnfm(self.world)

    def callback(self) -> str:
        """See base class."""
        return "http://nham.example/notify"

    def subscriptions(self, callback: str) -> int:
        """See base class."""
        return self.world.tacker.subscriptions.count(callback)

    def image(self) -> str:
        """See base class."""
        return self.world.add_image(5)


class ProberTest(Simulated, prober_suite.ProberSuite):
    """``SimulatedProber``."""

    def setUp(self) -> None:
        super().setUp()
        self.prober = prober.SimulatedProber(self.world)

    def target(self, server_id: str, kind: str) -> probes_base.Target:
        """Return a target at a server."""
        return probes_base.Target(
            key=f"{kind} {server_id}",
            kind=kind,
            address=self.world.address(server_id),
            interval=self.interval,
        )

    def answering(self, kind: str) -> probes_base.Target:
        """See base class."""
        return self.target(self.image_backed, kind)

    def closed(self, kind: str) -> probes_base.Target:
        """See base class."""
        self.world.crash_app(self.volume_backed)
        return self.target(self.volume_backed, kind)

    def silent(self) -> probes_base.Target:
        """See base class."""
        self.world.hang_guest(self.volume_backed)
        return self.target(self.volume_backed, "icmp")


class FencingTest(Simulated, fencing_suite.FencingSuite):
    """``SimulatedFencing``."""

    host = "one"
    forbidden = "two"

    def setUp(self) -> None:
        super().setUp()
        self.world.forbid_fence("two")
        self.driver = fencing.SimulatedFencing(self.world)


class TrafficTest(Simulated, traffic_suite.TrafficSuite):
    """``SimulatedSpreader``."""

    pool = "web"
    project_id = "project"
    port = 80
    strange = "router/203.0.113.9"
    spreader: traffic_base.Spreader

    def setUp(self) -> None:
        super().setUp()
        self.make()
        ports = [
            self.vim.ports(server_id)[0]
            for server_id in (self.image_backed, self.volume_backed)
        ]
        self.network_id = ports[0].network_id
        first, second = sorted(one.addresses[0] for one in ports)
        self.addresses = (first, second)

    def make(self) -> None:
        """Make the pool and the driver."""
        self.spreader = spreader.SimulatedSpreader(self.world)
        made = self.world.add_pool(self.pool, self.project_id, self.port)
        self.address = self.world.balancers.pool(made).address

    def answers(self) -> bool:
        """See base class."""
        return self.world.read_at(self.address) is not None

    def add_pool(self, name: str) -> None:
        """See base class."""
        self.world.add_pool(name, self.project_id, self.port)


class EcmpTest(TrafficTest):
    """``SimulatedEcmp``."""

    suffix = "/203.0.113.9"
    pool = f"edge{suffix}"
    strange = traffic_suite.NOWHERE

    def make(self) -> None:
        """See base class."""
        self.spreader = ecmp.SimulatedEcmp(self.world)
        self.world.add_router("edge", self.project_id)
        self.address = "203.0.113.9"

    def add_pool(self, name: str) -> None:
        """See base class."""
        self.world.add_router(name, self.project_id)


class HookTest(Simulated, hooks_suite.HookSuite):
    """``SimulatedHook``."""

    def setUp(self) -> None:
        super().setUp()
        self.hook = hook.SimulatedHook(self.world)
        self.alive = self.endpoint(self.image_backed)
        self.dead = self.endpoint(self.volume_backed)
        self.world.crash_vm(self.volume_backed)

    def endpoint(self, server_id: str) -> hooks_base.Endpoint:
        """Return how a server is asked."""
        address = self.world.address(server_id)
        return hooks_base.Endpoint(address=address, port=8081)

    def give(self, state: bytes) -> None:
        """See base class."""
        self.world.set_state(self.image_backed, state)

    def has(self) -> bytes:
        """See base class."""
        return self.world.state(self.image_backed) or b""


class GuestHookTest(HookTest):
    """``SimulatedHook`` by the guest agent."""

    def endpoint(self, server_id: str) -> hooks_base.Endpoint:
        """See base class."""
        return hooks_base.Endpoint(
            guest=hooks_base.Guest(
                server_id=server_id,
                export_command=("/bin/out",),
                import_command=("/bin/in",),
            )
        )


class ImageEngineTest(Simulated, checkpoints_suite.CheckpointSuite):
    """``ImageEngine`` on the simulated cloud."""

    def setUp(self) -> None:
        super().setUp()
        self.engine = image.ImageEngine(self.vim)
        self.server_id = self.image_backed


class VolumeEngineTest(Simulated, checkpoints_suite.CheckpointSuite):
    """``VolumeEngine`` on the simulated cloud."""

    def setUp(self) -> None:
        super().setUp()
        self.engine = volume.VolumeEngine(self.vim)
        self.server_id = self.volume_backed
