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

"""The simulated cloud: hosts and all OpenStack services together.

It runs in virtual time and is deterministic: the same seed and the same
calls give the same history. ``build`` methods put things into it, and the
methods of ``nham.adapters.simulated.faults`` break them.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
import random
import uuid

from nham.adapters.simulated import balancers
from nham.adapters.simulated import clock as virtual
from nham.adapters.simulated import faults
from nham.adapters.simulated import gates
from nham.adapters.simulated import hosts
from nham.adapters.simulated import neutron
from nham.adapters.simulated import nova
from nham.adapters.simulated import physics
from nham.adapters.simulated import records
from nham.adapters.simulated import routers
from nham.adapters.simulated import storage
from nham.adapters.simulated import tacker
from nham.adapters.vim import base as vim_base


class World(faults.Faults):
    """A whole cloud in memory.

    :ivar loss: share of probes that are lost, 0 to 1.
    """

    def __init__(
        self,
        clock: virtual.VirtualClock | None = None,
        seed: int = 0,
        latencies: records.Latencies | None = None,
    ) -> None:
        self.clock = clock or virtual.VirtualClock()
        self.seed = seed
        self.latencies = latencies or records.Latencies()
        self._ids = self.rng("ids")
        self._network_ids = self.rng("network ids")
        self.gates = gates.Gates(self.clock)
        self.physics = physics.Physics(self.clock, self.latencies)
        self.storage = storage.Storage(self.clock, self.latencies, self.new_id)
        services = hosts.ComputeHosts(
            self.clock, self.latencies, self.physics, self.rng("hosts")
        )
        self.neutron = neutron.Neutron(lambda: _uuid(self._network_ids))
        pool_ids = self.rng("pool ids")
        self.balancers = balancers.Balancers(
            self.clock,
            self.latencies,
            self.neutron,
            lambda: _uuid(pool_ids),
        )
        self.routers = routers.Routers(
            self.neutron, lambda: _uuid(pool_ids), self.balancers.route
        )
        self.physics.route = self.routers.route
        self.physics.lets_through = self.neutron.lets_through
        self.nova = nova.Nova(
            self.clock,
            self.latencies,
            self.physics,
            self.storage,
            services,
            self.neutron,
            self.new_id,
        )
        self.tacker = tacker.Tacker(
            self.clock,
            self.latencies,
            self.physics,
            self.storage,
            self.nova,
            self.new_id,
        )
        super().__init__()

    def rng(self, what: str) -> random.Random:
        """Return a stream of chance of its own for one purpose.

        So a probe more or less does not change anything else.
        """
        # Chance for a history, not for a secret.
        return random.Random(f"{self.seed}/{what}")  # nosec B311

    def new_id(self) -> str:
        """Return the next id; the same in each run of a seed."""
        return _uuid(self._ids)

    # -- building

    def add_host(self, name: str, capacity: int = 100) -> records.Host:
        """Add a compute host with room for so many guests."""
        number = len(self.physics.hosts) + 1
        host = records.Host(
            name=name,
            address=f"10.0.{number // 250}.{number % 250 + 1}",
            capacity=capacity,
        )
        self.physics.add_host(host)
        return host

    def add_image(self, value: int = 0, name: str = "image") -> str:
        """Add an active image that holds a number; return its id."""
        return self.storage.add_image(value, name).id

    def add_server(
        self,
        name: str,
        host: str,
        image_id: str | None = None,
        affinity: bool = False,
        identity: str | None = None,
        project_id: str = "project",
        booted: bool = True,
        on_disk: bool = False,
    ) -> str:
        """Add a server; return its id.

        :param image_id: None makes it volume-backed.
        :param identity: the VNFC that it serves, by default its own id.
        :param on_disk: as of its guest.
        :param booted: it serves at once, and does not boot first.
        """
        server_id = self.new_id()
        volumes = []
        if image_id is None:
            source = self.add_image(0, f"{name}-disk")
            volumes.append(self.storage.add_volume(0, source).id)
        server = records.Server(
            id=server_id,
            name=name,
            host=host,
            identity=identity or server_id,
            project_id=project_id,
            image_id=image_id,
            addresses=self._address(),
            volumes=volumes,
            affinity=affinity,
            on_disk=on_disk,
        )
        disk = self.storage.boot_disk(image_id) if image_id else None
        self.nova.add(server, disk)
        if booted:
            for guest in self.physics.guests_of(server_id):
                guest.boot_at = self.clock.monotonic()
        return server_id

    def _address(self) -> tuple[vim_base.Address, ...]:
        number = len(self.nova.servers) + 1
        ip = f"10.{number // 62500 + 1}.{number // 250 % 250}"
        return (
            vim_base.Address(network="net0", ip=f"{ip}.{number % 250 + 1}"),
        )

    def add_floating_ip(self, server_id: str) -> str:
        """Add a floating IP that leads to a server; return its id."""
        floating = self.neutron.add_floating_ip("")
        (port, *_more) = self.neutron.of_server(server_id)
        self.neutron.point(floating.id, port.id)
        return floating.id

    def add_vip(self, server_id: str, address: str | None = None) -> str:
        """Reserve an address in a server's network; return it.

        A floating IP leads to it, as to the server.

        :param address: None takes any that is free.
        """
        (port, *_more) = self.neutron.of_server(server_id)
        reserved = self.neutron.reserve(port.network, address)
        floating = self.neutron.add_floating_ip("")
        self.neutron.point(floating.id, reserved.id)
        return reserved.ip

    def add_pool(self, name: str, project_id: str, port: int) -> str:
        """Add a balancer's empty pool; return its id.

        :param port: where the application of its targets listens.
        """
        return self.balancers.add_pool(name, project_id, port).id

    def add_router(self, name: str, project_id: str) -> str:
        """Add a router without routes; return its id."""
        return self.routers.add(name, project_id).id

    def add_vnf(
        self,
        name: str,
        vdus: Mapping[str, Sequence[str]],
        vnfd: bytes = b"",
        volume_backed: Sequence[str] = (),
        affinity: Sequence[str] = (),
        on_disk: Sequence[str] = (),
    ) -> str:
        """Add an instantiated VNF; return its instance id.

        :param vdus: for each VDU the host of each of its VNFCs.
        :param volume_backed: VDUs whose root disk is a volume.
        :param affinity: VDUs in a server group with affinity.
        :param on_disk: VDUs whose applications keep their state on disk.
        """
        instance = records.Instance(
            id=self.new_id(),
            name=name,
            vnfd_id=self.new_id(),
            project_id="project",
            on_disk=tuple(on_disk),
        )
        self.tacker.instances[instance.id] = instance
        self.tacker.vnfds[instance.vnfd_id] = vnfd
        for vdu, places in vdus.items():
            image_id = None
            if vdu not in volume_backed:
                image_id = self.add_image(0, f"{name}-{vdu}")
            for index, host in enumerate(places):
                instance.vnfcs.append(
                    self._add_vnfc(
                        instance, vdu, index, host, image_id, vdu in affinity
                    )
                )
        operation_id = self.tacker.begin(instance, "INSTANTIATE")
        self.tacker.end(instance, operation_id, "COMPLETED")
        return instance.id

    def _add_vnfc(
        self,
        instance: records.Instance,
        vdu: str,
        index: int,
        host: str,
        image_id: str | None,
        affinity: bool,
        booted: bool = True,
    ) -> records.Vnfc:
        server_id = self.add_server(
            f"{vdu}-{index}",
            host,
            image_id=image_id,
            affinity=affinity,
            identity=f"{instance.id}/{vdu}-{index}",
            booted=booted,
            on_disk=vdu in instance.on_disk,
        )
        return records.Vnfc(
            vdu=vdu, index=index, server_id=server_id, image_id=image_id
        )

    def user_scale(self, instance_id: str, vdu: str, out: bool) -> str:
        """Scale a VDU out or in by one through Tacker, as a user."""
        instance = self.tacker.get(instance_id)
        first = next(one for one in instance.vnfcs if one.vdu == vdu)

        def make(index: int) -> records.Vnfc:
            host = self.nova.services.choose(not_on="") or ""
            return self._add_vnfc(
                instance, vdu, index, host, first.image_id, False, False
            )

        return self.tacker.scale(instance_id, vdu, make if out else None)

    # -- looking

    def server_id(self, instance_id: str, vnfc: str) -> str:
        """Return the server that Tacker names for a VNFC now."""
        for one in self.tacker.get(instance_id).vnfcs:
            if one.record().name == vnfc:
                return one.server_id
        raise KeyError(vnfc)

    def serving(self, server_id: str) -> bool:
        """Say whether clients get answers from the server now."""
        return self._server(server_id) is not None

    def read(self, server_id: str) -> int | None:
        """Return the state as a client reads it, None without answer."""
        guest = self._server(server_id)
        return guest.disk.value if guest else None

    def write(self, server_id: str, value: int) -> bool:
        """Write state as a client does; say whether it was acknowledged."""
        guest = self._server(server_id)
        if guest is None:
            return False
        guest.disk.value = value
        return True

    def read_at(self, address: str) -> int | None:
        """Return the number that is read of who serves at an address.

        None without an answer. What was in the memory of an application
        that started anew is 0.
        """
        guest = self._at(address)
        return guest.number if guest else None

    def write_at(self, address: str, value: int) -> bool:
        """Have who serves at an address remember a number."""
        guest = self._at(address)
        if guest is None or guest.held_until > self.clock.now():
            return False
        guest.keep(value)
        return True

    def _at(self, address: str) -> records.Guest | None:
        guest = self.physics.at(address)
        if guest is None or guest.app is not records.App.SERVING:
            return None
        return guest

    def _server(self, server_id: str) -> records.Guest | None:
        for guest in self.physics.guests_of(server_id):
            if self.physics.serving(guest):
                return guest
        return None

    def address(self, server_id: str) -> str:
        """Return the server's first address."""
        return self.nova.servers[server_id].ips[0]

    def state(self, server_id: str) -> bytes | None:
        """Return what the application has in memory, None if it is silent."""
        guest = self._server(server_id)
        return guest.state if guest else None

    def set_state(self, server_id: str, state: bytes) -> None:
        """Let the server's application have this in memory."""
        for guest in self.physics.guests_of(server_id):
            guest.state = state

    def invariants(self) -> tuple[records.Violation, ...]:
        """Return the rules that were broken so far, oldest first."""
        return tuple(self.physics.violations)


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
