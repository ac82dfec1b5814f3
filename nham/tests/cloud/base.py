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


"""What the tests on a real cloud share: a connection, and small servers.

They run where ``tools/testcloud`` has brought a cloud up, and are skipped
everywhere else. Each class makes its own servers and removes them.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
import time
from typing import Any
import unittest
import uuid

import openstack
from openstack import connection
from openstack import exceptions

from benchmarks.bed import cloud as bed
from nham.tests.conformance import base

STATE = os.environ.get("NHAM_TESTCLOUD_STATE", "/var/lib/nham-testcloud")
READY = Path(STATE, "READY")
CLOUD = os.environ.get("OS_CLOUD", "testcloud-admin")
IMAGE = "nham-vnf"
FLAVOR = "m1.nano"
NETWORK = "net0"
PATIENCE = 300.0


def connect() -> connection.Connection:
    """Return a connection to the test cloud.

    :raises unittest.SkipTest: there is none.
    """
    if not READY.exists():
        raise unittest.SkipTest(f"no test cloud: {READY} does not exist")
    os.environ.setdefault("OS_CLIENT_CONFIG_FILE", f"{STATE}/clouds.yaml")
    return openstack.connect(cloud=CLOUD, connect_retries=bed.RETRIES)


class CloudSuite(base.Suite):
    """A suite on the real cloud, with servers that belong to its class."""

    cloud: connection.Connection
    made: list[str]
    image_backed: str
    volume_backed: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.cloud = connect()
        cls.made = []
        cls.addClassCleanup(cls.remove)
        cls.prepare()

    @classmethod
    def prepare(cls) -> None:
        """Make what the class needs."""

    @classmethod
    def remove(cls) -> None:
        """Delete the servers of this class, with their volumes."""
        compute: Any = cls.cloud.compute
        for server_id in cls.made:
            server = compute.find_server(server_id)
            if server is None:
                continue
            volumes = [one["id"] for one in server.attached_volumes]
            compute.delete_server(server)
            compute.wait_for_delete(server, wait=PATIENCE)
            for volume_id in volumes:
                cls.drop_volume(volume_id)

    @classmethod
    def drop_volume(cls, volume_id: str) -> None:
        """Delete a volume that Nova could not.

        It cannot while a snapshot is still being deleted.
        """
        volumes: Any = cls.cloud.block_storage
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if volumes.find_volume(volume_id) is None:
                return
            with contextlib.suppress(exceptions.BadRequestException):
                volumes.delete_volume(volume_id, cascade=True)
            time.sleep(cls.step)
        raise AssertionError(f"volume {volume_id} cannot be deleted")

    @classmethod
    def boot(
        cls, volume: bool = False, network: str = NETWORK, **options: Any
    ) -> str:
        """Make a server and wait until it is ACTIVE; return its id."""
        compute: Any = cls.cloud.compute
        image: Any = cls.cloud.image.find_image(IMAGE)
        source: dict[str, Any] = {"image_id": image.id}
        if volume:
            source = {
                "block_device_mapping": [
                    {
                        "uuid": image.id,
                        "source_type": "image",
                        "destination_type": "volume",
                        "boot_index": 0,
                        "volume_size": 1,
                        "delete_on_termination": True,
                    }
                ]
            }
        joined: Any = cls.cloud.network.find_network(network)
        server = compute.create_server(
            name=f"nham-conformance-{uuid.uuid4().hex[:8]}",
            flavor_id=compute.find_flavor(FLAVOR).id,
            networks=[{"uuid": joined.id}],
            **source,
            **options,
        )
        cls.made.append(server.id)
        compute.wait_for_server(server, wait=PATIENCE)
        return str(server.id)

    def setUp(self) -> None:
        super().setUp()
        deadline = time.monotonic() + PATIENCE
        for server_id in self.made:
            self.active(server_id, deadline)

    def active(self, server_id: str, deadline: float) -> None:
        """Bring a server that an earlier test left behind to ACTIVE."""
        compute = self.cloud.compute
        while time.monotonic() < deadline:
            server = compute.find_server(server_id)
            if server is None:
                return
            if server.task_state is None:
                if server.status == "ACTIVE":
                    return
                compute.reboot_server(server, "HARD")
            time.sleep(self.step)
        self.fail(f"server {server_id} does not become ACTIVE")
