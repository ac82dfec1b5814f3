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

"""NHAM as an operator runs it, beside a VNF that Tacker itself ships.

The API and the engine are processes of their own, over RabbitMQ and
MariaDB; all that is asked goes through ``openstack nham``. The VNF has no
probe and no address that NHAM could reach: Nova's word is all there is.
"""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
from typing import Any
import uuid

from openstack import connection

from benchmarks.bed import cloud as bed
from benchmarks.bed import service
from benchmarks.bed import vnf as vnf_
from nham.tests import base as tests_base
from nham.tests import tacker_samples
from nham.tests.cloud import base

SAMPLE = "basic_lcms_min"
#: The sample's VNFD id; each onboarding needs one of its own.
SAMPLE_ID = b"b1bb0ce7-ebca-4fa7-95ed-4840d7000000"
SAMPLE_IMAGE = "cirros-0.5.2-x86_64-disk"
POLICY = {
    "redundancy": "0R",
    "stateful": True,
    "state_protection": {"method": "image_snapshot", "interval": "10 m"},
}


class TestService(tests_base.TestCase):
    """The tests build on each other, in the order of their numbers."""

    cloud: connection.Connection
    tacker: vnf_.Tacker
    folder: pathlib.Path
    engine: service.Nham
    instance_id: str

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        tacker_samples.folder()
        cls.cloud = base.connect()
        cls.tacker = vnf_.Tacker(cls.cloud)
        folder = tempfile.TemporaryDirectory(prefix="nham-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls._start_nham()
        cls._give_image()
        cls.instance_id = cls._instantiate()

    @classmethod
    def _start_nham(cls) -> None:
        """Start API and engine; the loop over all of Tacker comes late."""
        api = service.Nham(cls.folder, "nham-api")
        api.manage("db", "sync")
        api.start()
        cls.addClassCleanup(api.stop)
        address = (bed.environment()["NHAM_TESTCLOUD_HOST_IP"], service.PORT)

        def listens() -> bool:
            with socket.socket() as asked:
                return asked.connect_ex(address) == 0

        bed.wait("the API listens", listens, 60)
        engine = service.Nham(cls.folder, "nham-engine", reconcile=3600)
        engine.start()
        cls.addClassCleanup(engine.stop)
        engine.wait_log("is up")
        cls.engine = engine

    @classmethod
    def _give_image(cls) -> None:
        """Have an image of the name that the sample asks for."""
        images: Any = cls.cloud.image
        if images.find_image(SAMPLE_IMAGE) is None:
            cls.cloud.create_image(
                SAMPLE_IMAGE,
                filename=str(bed.STATE / "images" / "nham-vnf.qcow2"),
                disk_format="qcow2",
                container_format="bare",
                visibility="public",
                wait=True,
            )

    @classmethod
    def _instantiate(cls) -> str:
        vnfd_id = str(uuid.uuid4())
        contents = tacker_samples.protect(
            tacker_samples.package(SAMPLE), POLICY
        )
        path = cls.folder / "sample.zip"
        path.write_bytes(
            tacker_samples.pack(
                {
                    name: text.replace(SAMPLE_ID, vnfd_id.encode())
                    for name, text in contents.items()
                }
            )
        )
        cls.tacker.upload(path)
        body = {"vnfdId": vnfd_id, "vnfInstanceName": "tackers-own"}
        made = cls.tacker.call("POST", "/vnflcm/v2/vnf_instances", body)
        instance_id = str(made["id"])
        cls.addClassCleanup(cls._remove, instance_id)
        cls.tacker.operate(instance_id, "instantiate", {"flavourId": "simple"})
        return instance_id

    @classmethod
    def _remove(cls, instance_id: str) -> None:
        if cls.instance_id:
            cls.tacker.terminate(
                vnf_.SampleVnf(cls.tacker, instance_id, "image", "")
            )

    def setUp(self) -> None:
        super().setUp()
        self.addOnException(
            lambda _why: print("\n".join(self.engine.log.splitlines()[-40:]))
        )

    def nham(self, *words: str) -> Any:
        """Run ``openstack nham``; return what it printed."""
        done = subprocess.run(
            [
                pathlib.Path(sys.executable).parent / "openstack",
                *("nham", *words, "-f", "json"),
            ],
            env={
                **os.environ,
                "OS_CLOUD": base.CLOUD,
                "OS_CLIENT_CONFIG_FILE": str(bed.STATE / "clouds.yaml"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def vnf(self) -> Any:
        """Return NHAM's record of the VNF; None if it has none."""
        for found in self.nham("vnf", "list", "--all-projects", "--long"):
            if found["VNF instance"] == self.instance_id:
                return found
        return None

    def wait_state(self, state: str, seconds: float = 60.0) -> Any:
        """Wait until the VNF is in that state; return its record."""

        def there() -> Any:
            found = self.vnf()
            if found and state != found["State"] == "unprotected":
                raise bed.Bad(found["Reason"])
            return found if found and found["State"] == state else None

        return bed.wait(f"the VNF is {state}", there, seconds, 1.0)

    def test_10_tacker_tells_and_nham_protects(self) -> None:
        found = self.wait_state("protected")
        self.assertEqual(["0R"], found["Mechanism"])
        shown = self.nham("vnf", "show", found["ID"])
        self.assertEqual(
            {"VDU1-0", "VDU2-0"}, {one["vnfc"] for one in shown["Groups"]}
        )

    def test_20_checkpoint(self) -> None:
        found = self.wait_state("protected")
        self.nham("checkpoint", "create", found["ID"])

        def whole() -> bool:
            listed = self.nham("checkpoint", "list", "--vnf", found["ID"])
            return {"available"} == {one["State"] for one in listed}

        bed.wait("the checkpoints are whole", whole, 120, 1.0)

    def test_30_pause_and_resume(self) -> None:
        found = self.wait_state("protected")
        self.assertTrue(self.nham("vnf", "pause", found["ID"])["Paused"])
        self.assertFalse(self.nham("vnf", "resume", found["ID"])["Paused"])

    def test_40_vm_dies(self) -> None:
        found = self.wait_state("protected")
        shown = self.nham("vnf", "show", found["ID"])
        server_id = shown["Groups"][0]["members"][0]["server_id"]
        bed.kill_vm(server_id)

        def ended() -> Any:
            listed = self.nham("recovery", "list", "--vnf", found["ID"])
            return [one for one in listed if one["State"] != "running"]

        recovery = bed.wait("NHAM recovers", ended, 120, 1.0)[0]
        shown = self.nham("recovery", "show", recovery["ID"])
        self.assertEqual("succeeded", shown["State"], shown)
        server = self.cloud.compute.get_server(server_id)
        self.assertEqual("ACTIVE", server.status)

    def test_50_terminated(self) -> None:
        self._remove(self.instance_id)
        bed.wait("NHAM forgets the VNF", lambda: self.vnf() is None, 60, 1.0)
        type(self).instance_id = ""
