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

"""A sample VNF under Tacker, as an operator runs it."""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import http.client
import json
import pathlib
import tempfile
import time
from typing import Any
import urllib.request

from keystoneauth1 import adapter
from keystoneauth1 import exceptions
from openstack import connection

from benchmarks.bed import cloud as bed

REQUESTS = bed.ROOT / "samples" / "vnf" / "requests"
VARIANTS = ("image", "volume")


@dataclasses.dataclass
class SampleVnf:
    """One instance of the sample VNF."""

    tacker: Tacker
    instance_id: str
    variant: str
    name: str

    def vnfc(self, index: int = 0) -> Mapping[str, Any]:
        """Return a VNFC's record at Tacker, by its place in the VDU."""
        info = self.tacker.instance(self.instance_id)["instantiatedVnfInfo"]
        for found in info["vnfcResourceInfo"]:
            if int(found["metadata"]["vdu_idx"]) == index:
                return dict(found)
        raise bed.Bad(f"{self.name} has no VNFC {index}")

    def server_id(self, index: int = 0) -> str:
        """Return the Nova server that Tacker names for a VNFC."""
        return str(self.vnfc(index)["computeResource"]["resourceId"])

    def address(self, index: int = 0) -> str:
        """Return the floating address of a VNFC."""
        server = self.tacker.cloud.compute.get_server(self.server_id(index))
        for entries in server.addresses.values():
            for entry in entries:
                if entry["OS-EXT-IPS:type"] == "floating":
                    return str(entry["addr"])
        raise bed.Bad(f"{self.name} has no floating address")

    def host(self, index: int = 0) -> str:
        """Return the compute host of a VNFC."""
        server = self.tacker.cloud.compute.get_server(self.server_id(index))
        return str(server.compute_host)

    def get(self, path: str, timeout: float = 5.0) -> str | None:
        """Ask the VNF over HTTP; None if it does not answer."""
        return http_get(self.address(), path, timeout)

    def write_note(self, text: str) -> None:
        """Have the VNF keep a note on its disk."""
        bed.wait(
            "the VNF takes a note",
            lambda: self.get(f"/cgi-bin/note?{text}"),
            30,
        )

    def state(self) -> dict[str, str]:
        """Return what the VNF says of itself; empty without an answer."""
        return parse_state(self.get("/cgi-bin/state"))


def parse_state(text: str | None) -> dict[str, str]:
    """Return the fields of a ``/cgi-bin/state`` answer."""
    found = {}
    for word in (text or "").split():
        name, equals, value = word.partition("=")
        if equals:
            found[name] = value
    return found


@dataclasses.dataclass(frozen=True)
class Run:
    """Requests that the VNF served without a gap of over 100 ms.

    :ivar first: milliseconds since 1970 by the VNF's own clock, and so is
        ``last``.
    """

    first: int
    last: int
    count: int


def parse_served(text: str) -> tuple[list[Run], int]:
    """Return the runs of a ``/cgi-bin/served`` answer and the VNF's time."""
    *runs, now = (line.split() for line in text.splitlines())
    return [Run(*map(int, run)) for run in runs], int(now[1])


def served(address: str) -> tuple[list[Run], float]:
    """Return when the VNF served requests, and how far its clock is ahead.

    The offset is in milliseconds: a time of the VNF's less the offset is
    ours. It comes from the quickest of three answers and is wrong by half
    of what that one took at most.

    :raises bed.Bad: the VNF did not answer.
    """
    asked = []
    for _ in range(3):
        start = time.time()
        text = http_get(address, "/cgi-bin/served", 5.0)
        end = time.time()
        if text is None:
            raise bed.Bad(f"{address} does not tell when it served")
        runs, now = parse_served(text)
        offset = now - (start + end) / 2 * 1000
        asked.append((end - start, offset, runs))
    _, offset, runs = min(asked, key=lambda answer: answer[0])
    return runs, offset


def set_flows(address: str, kib: int) -> None:
    """Fill the VNF's table of flows; this makes an export that large.

    :raises bed.Bad: the VNF did not, for example for want of memory.
    """
    if http_get(address, f"/cgi-bin/flows?{kib}", 60.0) is None:
        raise bed.Bad(f"{address} did not take a table of {kib} KiB")


def http_get(address: str, path: str, timeout: float) -> str | None:
    """Return the body of a good answer, None without one."""
    try:
        with urllib.request.urlopen(
            f"http://{address}{path}", timeout=timeout
        ) as answer:
            text: str = answer.read().decode()
    except (OSError, http.client.HTTPException, ValueError):
        # The second is an answer that breaks off.
        return None
    return text


class Tacker:
    """Tacker's API as a tenant's tool uses it.

    :param cloud: signed on to the project that owns the default VIM.
    """

    def __init__(self, cloud: connection.Connection) -> None:
        self.cloud = cloud
        self._http = adapter.Adapter(
            cloud.session,
            service_type="nfv-orchestration",
            connect_retries=bed.RETRIES,
        )

    def call(
        self, method: str, path: str, body: Any = None, version: str = "2.0.0"
    ) -> Any:
        """Send one request; return the answer's JSON, if it has one."""
        answer = self._http.request(
            path, method, json=body, headers={"Version": version}
        )
        return answer.json() if answer.content else answer.headers

    def instance(self, instance_id: str) -> Any:
        """Return one VNF instance."""
        return self.call("GET", f"/vnflcm/v2/vnf_instances/{instance_id}")

    def onboard(
        self,
        variant: str,
        policy: str | None = None,
        image: str = "nham-vnf",
    ) -> str:
        """Build and onboard the sample package; return its VNFD id.

        :param policy: the list of resiliency policies as YAML; None takes
            the sample's own.
        :param image: name of the guest image, or of a copy of it.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / f"{variant}.zip"
            args = ["--variant", variant, "--out", str(path)]
            args += ["--image", image]
            if policy is not None:
                other = pathlib.Path(folder) / "policy.yaml"
                other.write_text(policy)
                args += ["--policy", str(other)]
            said = bed.testcloud("csar", "build", *args)
            vnfd_id = said.split()[-1]
            for package in self._packages():
                if package.get("vnfdId") == vnfd_id:
                    return vnfd_id
            return self.upload(path)

    def _packages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call(
            "GET", "/vnfpkgm/v1/vnf_packages", version="1.0.0"
        )
        return found

    def upload(self, path: pathlib.Path) -> str:
        """Onboard a package; return its VNFD id."""
        package = self.call(
            "POST",
            "/vnfpkgm/v1/vnf_packages",
            {"userDefinedData": {}},
            "1.0.0",
        )
        where = f"/vnfpkgm/v1/vnf_packages/{package['id']}"
        self._http.request(
            f"{where}/package_content",
            "PUT",
            data=path.read_bytes(),
            headers={"Version": "1.0.0", "Content-Type": "application/zip"},
        )

        def onboarded() -> str | None:
            now = self.call("GET", where, version="1.0.0")
            if now["onboardingState"] == "CREATED":
                raise bed.Bad(f"Tacker refused the {path.stem} package")
            done = now["onboardingState"] == "ONBOARDED"
            return str(now["vnfdId"]) if done else None

        return bed.wait("the package is onboarded", onboarded, 60)

    def instantiate(self, vnfd_id: str, variant: str, name: str) -> SampleVnf:
        """Make an instance of the sample VNF and wait until it serves."""
        body = _request("create.json")
        body.update(vnfdId=vnfd_id, vnfInstanceName=name)
        instance = self.call("POST", "/vnflcm/v2/vnf_instances", body)
        vnf = SampleVnf(self, instance["id"], variant, name)
        request = _request("instantiate.json")
        networks = self.cloud.network.networks(name="net0")
        request["extVirtualLinks"][0]["resourceId"] = next(networks).id
        self.operate(vnf.instance_id, "instantiate", request)
        try:
            bed.wait("the VNF serves", lambda: vnf.get("/health"), 90)
        except bed.Bad:
            # The next NHAM that runs here would protect it, too.
            self.terminate(vnf)
            raise
        return vnf

    def operate(
        self,
        instance_id: str,
        operation: str,
        body: Any,
        wait: bool = True,
    ) -> str:
        """Start an operation, wait for its end; return its id."""
        headers = self.call(
            "POST",
            f"/vnflcm/v2/vnf_instances/{instance_id}/{operation}",
            body,
        )
        operation_id = str(headers["Location"]).rsplit("/", 1)[-1]
        if wait:
            self.finish(operation_id)
        return operation_id

    def finish(self, operation_id: str, seconds: float = 300) -> None:
        """Wait for an operation's end, which must be a good one."""

        def ended() -> str | None:
            state = str(self.operation(operation_id)["operationState"])
            running = state in ("STARTING", "PROCESSING", "ROLLING_BACK")
            return None if running else state

        state = bed.wait("the operation ends", ended, seconds, 0.5)
        if state != "COMPLETED":
            error = self.operation(operation_id).get("error")
            raise bed.Bad(f"operation {operation_id} is {state}: {error}")

    def operation(self, operation_id: str) -> Any:
        """Return one operation."""
        return self.call("GET", f"/vnflcm/v2/vnf_lcm_op_occs/{operation_id}")

    def heal(self, vnf: SampleVnf, wait: bool = True) -> str:
        """Have Tacker replace the VNF's first VNFC, without a checkpoint."""
        body = _request("heal.json")
        info = self.instance(vnf.instance_id)["instantiatedVnfInfo"]
        resource_id = vnf.vnfc()["id"]
        body["vnfcInstanceId"] = [
            vnfc["id"]
            for vnfc in info["vnfcInfo"]
            if vnfc["vnfcResourceInfoId"] == resource_id
        ]
        return self.operate(vnf.instance_id, "heal", body, wait)

    def scale_out(self, vnf: SampleVnf) -> None:
        """Have Tacker add a VNFC."""
        self.operate(vnf.instance_id, "scale", _request("scale_out.json"))

    def scale_in(self, vnf: SampleVnf) -> None:
        """Have Tacker take the newest VNFC away."""
        self.operate(vnf.instance_id, "scale", _request("scale_in.json"))

    def change_package(self, vnf: SampleVnf, vnfd_id: str) -> None:
        """Have Tacker change the VNF's package to one that is onboarded."""
        body = _request("change_vnfpkg.json")
        body.update(vnfdId=vnfd_id)
        self.operate(vnf.instance_id, "change_vnfpkg", body)

    def terminate(self, vnf: SampleVnf) -> None:
        """Terminate an instance and forget it."""
        self._unblock(vnf.instance_id)
        self.operate(vnf.instance_id, "terminate", _request("terminate.json"))

        def gone() -> bool:
            try:
                self.call(
                    "DELETE", f"/vnflcm/v2/vnf_instances/{vnf.instance_id}"
                )
            except exceptions.NotFound:
                return True
            except exceptions.Conflict:
                # Tacker still holds its lock for a moment.
                return False
            return True

        bed.wait("the instance is gone", gone, 30, 1.0)

    def unsettled(self, instance_id: str) -> list[str]:
        """Return the ids of an instance's operations that are stuck."""
        found = self.call(
            "GET",
            "/vnflcm/v2/vnf_lcm_op_occs"
            f"?filter=(eq,vnfInstanceId,{instance_id})",
        )
        return [
            str(operation["id"])
            for operation in found
            if operation["operationState"] == "FAILED_TEMP"
        ]

    def _unblock(self, instance_id: str) -> None:
        """Give up what failed, so that the instance can be terminated."""
        for operation_id in self.unsettled(instance_id):
            self.call(
                "POST", f"/vnflcm/v2/vnf_lcm_op_occs/{operation_id}/fail"
            )


def _request(name: str) -> Any:
    return json.loads((REQUESTS / name).read_text())
