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


"""The sample VNF on the test cloud: packed, onboarded, instantiated."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import subprocess
import time
from typing import Any
import uuid

from keystoneauth1 import adapter
from openstack import connection

from nham.adapters import errors
from nham.adapters import rest

REPO = Path(__file__).parents[3]
REQUESTS = REPO / "samples" / "vnf" / "requests"
TOOL = REPO / "tools" / "testcloud" / "testcloud"
PACKAGES = "/vnfpkgm/v1/vnf_packages"
INSTANCES = "/vnflcm/v2/vnf_instances"
PATIENCE = 300.0


class SampleVnf:
    """One instance of the sample VNF, made and removed again.

    :ivar instance_id: the VNF instance in Tacker, once there is one.
    :ivar tacker: Tacker's REST API.
    """

    def __init__(self, cloud: connection.Connection, folder: Path) -> None:
        def client() -> adapter.Adapter:
            return adapter.Adapter(
                cloud.session, service_type="nfv-orchestration"
            )

        self.tacker = rest.Rest(client, 60.0, {"Version": "2.0.0"})
        self._packages = rest.Rest(client, 60.0, {"Version": "1.0.0"})
        self._folder = folder
        self._package_id = ""
        self.instance_id = ""

    def make(self, variant: str = "image") -> None:
        """Bring it up; ``variant`` is ``image`` or ``volume``."""
        self._onboard(variant)
        package = self._packages.get(f"{PACKAGES}/{self._package_id}")
        instance = self.tacker.post(INSTANCES, {"vnfdId": package["vnfdId"]})
        self.instance_id = instance["id"]
        body = json.loads(REQUESTS.joinpath("instantiate.json").read_text())
        self.tacker.post(f"{self._url}/instantiate", body)
        self._wait("instantiated", lambda: self._state() == "INSTANTIATED")

    @property
    def _url(self) -> str:
        return f"{INSTANCES}/{self.instance_id}"

    def _state(self) -> str:
        return str(self.tacker.get(self._url)["instantiationState"])

    def _onboard(self, variant: str) -> None:
        archive = self._folder / "vnf.zip"
        name = f"nham-conformance-{uuid.uuid4().hex[:8]}"
        subprocess.run(
            [
                *(TOOL, "csar", "build", "--variant", variant),
                *("--name", name, "--out", archive),
            ],
            check=True,
            capture_output=True,
        )
        self._package_id = self._packages.post(PACKAGES, {})["id"]
        url = f"{PACKAGES}/{self._package_id}"
        self._packages.send(
            "PUT",
            f"{url}/package_content",
            data=archive.read_bytes(),
            headers={"Content-Type": "application/zip"},
        )
        self._wait(
            "onboarded",
            lambda: self._packages.get(url)["onboardingState"] == "ONBOARDED",
        )

    @staticmethod
    def _wait(what: str, look: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not look():
            if time.monotonic() > deadline:
                raise AssertionError(f"VNF was not {what}")
            time.sleep(1.0)

    def remove(self) -> None:
        """Terminate and delete all that was made, as far as it exists."""
        if self.instance_id:
            self._forget_failures()
            if self._state() == "INSTANTIATED":
                body = {"terminationType": "FORCEFUL"}
                self.tacker.post(f"{self._url}/terminate", body)
                self._wait(
                    "terminated",
                    lambda: self._state() == "NOT_INSTANTIATED",
                )
            self._wait("deleted", self._deleted)
        if self._package_id:
            url = f"{PACKAGES}/{self._package_id}"
            disabled = {"operationalState": "DISABLED"}
            self._packages.send("PATCH", url, json=disabled)
            self._packages.delete(url)

    def _forget_failures(self) -> None:
        for operation in self.operations():
            if operation["operationState"] == "FAILED_TEMP":
                url = f"/vnflcm/v2/vnf_lcm_op_occs/{operation['id']}/fail"
                self.tacker.post(url, None)

    def operations(self) -> list[dict[str, Any]]:
        """Return the operations of the instance, as Tacker shows them."""
        found: list[dict[str, Any]] = self.tacker.get(
            "/vnflcm/v2/vnf_lcm_op_occs",
            params={"filter": f"(eq,vnfInstanceId,{self.instance_id})"},
        )
        return found

    def _deleted(self) -> bool:
        """Delete the instance; right after a terminate it may be busy."""
        try:
            self.tacker.delete(self._url)
        except errors.Conflict:
            return False
        return True
