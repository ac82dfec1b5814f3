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


"""Whatever is done to the world, it stays a world."""

from __future__ import annotations

from collections.abc import Callable
import random

from nham.adapters import errors
from nham.adapters.probes import base as probes
from nham.adapters.simulated import prober
from nham.adapters.simulated import records
from nham.adapters.simulated import vim
from nham.adapters.simulated import vnfm
from nham.adapters.simulated import world as simulated
from nham.tests import base

HOSTS = ("one", "two", "three")
STEPS = 60
GUEST_FAULTS = (
    "crash_vm",
    "guest_poweroff",
    "hang_app",
    "crash_app",
    "mend_app",
    "hang_guest",
    "panic_guest",
    "lose_disk",
    "server_error",
    "user_stop",
    "user_start",
    "user_pause",
    "user_unpause",
    "delete_server_behind",
)
HOST_FAULTS = (
    "power_off_host",
    "power_on_host",
    "kill_compute",
    "start_compute",
    "partition_host",
    "heal_partition",
)


class Chaos:
    """One seeded history of faults, users and requests."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.world = simulated.World(seed=seed)
        for host in HOSTS:
            self.world.add_host(host)
        self.instance = self.world.add_vnf(
            "vnf", {"VDU1": HOSTS, "VDU2": HOSTS}, volume_backed=["VDU2"]
        )
        first = next(iter(self.world.nova.servers))
        self.floating_ip = self.world.add_floating_ip(first)
        self.vim = vim.SimulatedVim(self.world)
        self.vnfm = vnfm.SimulatedVnfm(self.world)
        self.eyes = prober.SimulatedProber(self.world)
        self.eyes.set_targets(
            probes.Target(
                key=one, kind="http", address=self.world.address(one)
            )
            for one in self.world.nova.servers
        )

    def server(self) -> str:
        """Pick a server, deleted ones too."""
        return self.rng.choice(list(self.world.nova.servers))

    def image(self) -> str:
        """Pick an image."""
        return self.rng.choice(list(self.world.storage.images))

    def host(self) -> str:
        """Pick a host."""
        return self.rng.choice(HOSTS)

    def port(self) -> str:
        """Pick a port."""
        return self.rng.choice(list(self.world.neutron.ports))

    def copy(self) -> None:
        """Ask for a copy of any server, with a new port."""
        port_id = self.vim.copy_port(self.port(), "copy")
        self.vim.copy_server(self.server(), "copy", self.host(), [port_id])

    def heal(self) -> None:
        """Ask Tacker to heal any VNFC."""
        vnfcs = self.vnfm.vnf(self.instance).vnfcs
        vnfc = self.rng.choice(vnfcs)
        self.vnfm.heal(self.instance, vnfc, self.image())

    def give_up(self) -> None:
        """Give up Tacker's newest operation."""
        newest = self.vnfm.operations(self.instance)[0]
        self.vnfm.fail_operation(newest.id)

    def requests(self) -> list[Callable[[], object]]:
        """Return all that may be asked of the cloud."""
        vim = self.vim
        flag = self.rng.random() < 0.5
        return [
            lambda: vim.reboot(self.server(), flag),
            lambda: vim.start(self.server()),
            lambda: vim.stop(self.server()),
            lambda: vim.reset_state(self.server()),
            lambda: vim.rebuild(self.server(), self.image()),
            lambda: vim.evacuate(self.server()),
            lambda: vim.evacuate(self.server(), self.host()),
            lambda: vim.force_down(self.host(), flag),
            lambda: vim.create_image(self.server(), "image"),
            lambda: self.world.corrupt_image(self.image()),
            lambda: self.world.api_down("nova", 3.0),
            lambda: vim.enable_port(self.port(), flag),
            lambda: vim.delete_port(self.port()),
            lambda: vim.point_floating_ip(self.floating_ip, self.port()),
            self.copy,
            self.heal,
            self.give_up,
        ]

    def step(self) -> None:
        """Do one thing; what is refused is refused properly."""
        kind = self.rng.random()
        try:
            if kind < 0.4:
                fault = self.rng.choice(GUEST_FAULTS)
                getattr(self.world, fault)(self.server())
            elif kind < 0.6:
                getattr(self.world, self.rng.choice(HOST_FAULTS))(self.host())
            else:
                self.rng.choice(self.requests())()
        except errors.AdapterError:
            return

    def run(self) -> list[str]:
        """Run it all; return a line for each thing that can be seen."""
        lines = []
        for _step in range(STEPS):
            self.step()
            self.world.clock.advance(self.rng.uniform(0.0, 10.0))
            lines += [
                f"{one.id} {one.status} {one.task_state} {one.host} {one.ips}"
                for one in self.world.nova.servers.values()
            ]
        lines += [repr(one) for one in self.eyes.collect()]
        lines += [repr(one) for one in self.world.invariants()]
        return lines


class ChaosTest(base.TestCase):
    """Many seeds."""

    def test_same_seed_same_history(self) -> None:
        self.assertEqual(Chaos(5).run(), Chaos(5).run())

    def test_what_is_always_true(self) -> None:
        for seed in range(20):
            chaos = Chaos(seed)
            chaos.run()
            self.always_true(chaos.world, f"seed {seed}")

    def always_true(self, world: simulated.World, which: str) -> None:
        """Look at what no history may break."""
        broken = {one.rule for one in world.invariants()}
        for host in world.physics.hosts.values():
            if not host.power:
                self.assertEqual([], host.guests, which)
            servers = [guest.server_id for guest in host.guests]
            self.assertEqual(len(servers), len(set(servers)), which)
        for server in world.nova.servers.values():
            if len(world.physics.guests_of(server.id)) > 1:
                self.assertIn("two actives", broken, which)
            self.network_true(world, server, which)

    def network_true(
        self, world: simulated.World, server: records.Server, which: str
    ) -> None:
        """Look at the ports of a server and what leads to them."""
        for port in world.neutron.of_server(server.id):
            self.assertEqual(server.id, port.server_id, which)
            self.assertIn(port.ip, server.ips, which)
            leads = port.floating is None or port.floating.port is port
            self.assertTrue(leads, which)
