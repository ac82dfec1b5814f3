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

"""Image, flavours, networks and quotas; can be run again at any time.

Run with the Python of the virtual environment.  Arguments: the guest
image's file and the names of the compute hosts.
"""

import contextlib
import hashlib
import pathlib
import sys
import time
import typing

import openstack
from openstack import exceptions

# name, RAM in MB; one virtual CPU and a disk of 1 GB each
FLAVORS = (("m1.nano", 96), ("m1.tiny", 128))
NETWORKS = (("net0", "10.10.0.0/24"), ("net1", "10.10.1.0/24"))
EXTERNAL = ("public", "172.24.4.0/24")


class Seed:
    """Makes what is missing in the cloud."""

    def __init__(self) -> None:
        self.cloud = openstack.connect()
        self.demo = self.cloud.identity.find_project("demo")
        self.admin = self.cloud.identity.find_project("admin")

    def wait_for_computes(self, hosts: set[str], seconds: int = 90) -> None:
        """Wait until nova-compute of every host reports; enable it."""
        deadline = time.monotonic() + seconds
        up: set[str] = set()
        found: list[typing.Any] = []
        while not hosts <= up:
            if time.monotonic() > deadline:
                sys.exit(f"nova-compute is not up on {hosts - up}")
            found = list(self.cloud.compute.services(binary="nova-compute"))
            up = {s.host for s in found if s.state == "up"}
            for service in found:
                if service.host in hosts and service.is_forced_down:
                    self._lift(service.host)
            time.sleep(0.5)
        for service in found:
            # A test that was cut off may have left it so: a cloud that is
            # up can place servers on each of its hosts.
            if service.host in hosts and service.status == "disabled":
                self.cloud.compute.enable_service(service)

    def _lift(self, host: str) -> None:
        """Let a host serve again that somebody has forced down.

        Nova refuses until the host has tidied up what was evacuated.
        """
        with contextlib.suppress(exceptions.BadRequestException):
            self.cloud.compute.update_service_forced_down(
                None, host=host, binary="nova-compute", forced=False
            )

    def image(self, path: pathlib.Path) -> None:
        """Register the guest image; a rebuilt one replaces the old."""
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        old = self.cloud.image.find_image("nham-vnf")
        if old and old.properties.get("testcloud_sha256") == digest:
            return
        if old and old.status == "active":
            # Servers may still use it: keep it under another name.
            self.cloud.image.update_image(
                old, name=f"nham-vnf-old-{old.id[:8]}"
            )
        elif old:
            self.cloud.image.delete_image(old)
        self.cloud.create_image(
            "nham-vnf",
            filename=str(path),
            disk_format="qcow2",
            container_format="bare",
            visibility="public",
            min_ram=64,
            wait=True,
            hw_rng_model="virtio",
            hw_qemu_guest_agent="yes",
            testcloud_sha256=digest,
        )

    def flavors(self) -> None:
        """Make the small flavours."""
        for name, ram in FLAVORS:
            if not self.cloud.compute.find_flavor(name):
                self.cloud.compute.create_flavor(
                    name=name, ram=ram, vcpus=1, disk=1
                )

    def network(
        self,
        name: str,
        cidr: str,
        subnet: dict[str, typing.Any],
        **more: typing.Any,
    ) -> typing.Any:
        """Return a network with one subnet, made if need be."""
        api = self.cloud.network
        network = api.find_network(name) or api.create_network(
            name=name, **more
        )
        if not api.find_subnet(f"{name}-sub"):
            api.create_subnet(
                name=f"{name}-sub",
                network_id=network.id,
                ip_version=4,
                cidr=cidr,
                **subnet,
            )
        return network

    def networks(self) -> None:
        """Make the external and the tenant networks with a router."""
        api = self.cloud.network
        external = self.network(
            *EXTERNAL,
            {
                "is_dhcp_enabled": False,
                "gateway_ip": "172.24.4.1",
                "allocation_pools": [
                    {"start": "172.24.4.10", "end": "172.24.4.190"}
                ],
            },
            is_router_external=True,
            provider_network_type="flat",
            provider_physical_network="physnet1",
        )
        router = api.find_router("router0") or api.create_router(
            name="router0",
            project_id=self.demo.id,
            external_gateway_info={"network_id": external.id},
        )
        joined = {
            ip["subnet_id"]
            for port in api.ports(device_id=router.id)
            for ip in port.fixed_ips
        }
        for name, cidr in NETWORKS:
            # Shared, so that servers of the admin can use them too.
            self.network(
                name,
                cidr,
                {"project_id": self.demo.id},
                project_id=self.demo.id,
                is_shared=True,
            )
            subnet = api.find_subnet(f"{name}-sub")
            if subnet.id not in joined:
                api.add_interface_to_router(router, subnet_id=subnet.id)

    def security_groups(self) -> None:
        """Open the default groups."""
        api = self.cloud.network
        for project in (self.demo, self.admin):
            group = next(
                iter(
                    api.security_groups(project_id=project.id, name="default")
                )
            )
            for protocol in ("icmp", "tcp", "udp"):
                with contextlib.suppress(exceptions.ConflictException):
                    api.create_security_group_rule(
                        security_group_id=group.id,
                        direction="ingress",
                        project_id=project.id,
                        protocol=protocol,
                        remote_ip_prefix="0.0.0.0/0",
                    )

    def volumes(self) -> None:
        """Make the volume type of the one back end."""
        api = self.cloud.block_storage
        if not api.find_type("nfs"):
            api.create_type(
                name="nfs", extra_specs={"volume_backend_name": "nfs"}
            )


def main(argv: list[str]) -> None:
    """Do the part that is asked for."""
    seed = Seed()
    if argv[0] == "wait":
        seed.wait_for_computes(set(argv[1:]))
        return
    seed.image(pathlib.Path(argv[1]))
    seed.flavors()
    seed.networks()
    seed.security_groups()
    seed.volumes()


if __name__ == "__main__":
    main(sys.argv[1:])
