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

"""What NHAM itself reports, read through its API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keystoneauth1 import adapter
from keystoneauth1 import exceptions
from openstack import connection

from benchmarks.bed import cloud as bed


class Reports:
    """NHAM's API, as an operator's tool reads it."""

    def __init__(self, cloud: connection.Connection) -> None:
        self._http = adapter.Adapter(cloud.session, service_type="nfv-ha")

    def get(self, path: str) -> Any:
        """Return one answer's JSON."""
        return self._http.get(f"/v1{path}").json()

    def wait_ready(self) -> None:
        """Wait until the API answers."""

        def ready() -> bool:
            try:
                self.get("/vnfs?all_projects=true")
            except (exceptions.ClientException, ValueError):
                return False
            return True

        bed.wait("NHAM's API answers", ready, 60)

    def vnf(self, instance_id: str) -> Mapping[str, Any] | None:
        """Return NHAM's record of a VNF instance, None if unknown."""
        for vnf in self.get("/vnfs?all_projects=true")["vnfs"]:
            if vnf["instance_id"] == instance_id:
                found: Mapping[str, Any] = vnf
                return found
        return None

    def wait_protected(self, instance_id: str) -> str:
        """Wait until a VNF is protected; return its id at NHAM."""

        def protected() -> str | None:
            vnf = self.vnf(instance_id)
            good = vnf is not None and vnf["state"] == "protected"
            return str(vnf["id"]) if vnf is not None and good else None

        return bed.wait("NHAM protects the VNF", protected, 60)

    def wait_checkpoint(self, vnf_id: str, since: float) -> None:
        """Wait until a checkpoint is whole whose cut is newer."""

        def whole() -> bool:
            found = self.get(f"/checkpoints?vnf={vnf_id}")["checkpoints"]
            return any(
                one["state"] == "available" and one["cut_at"] >= since
                for one in found
            )

        bed.wait("a checkpoint is whole", whole, 120, 0.5)

    def recoveries(self, vnf_id: str) -> list[dict[str, Any]]:
        """Return a VNF's recoveries, newest first."""
        found: list[dict[str, Any]] = self.get(f"/recoveries?vnf={vnf_id}")[
            "recoveries"
        ]
        return found

    def wait_recovered(self, vnf_id: str, known: int) -> dict[str, Any]:
        """Wait for the end of the recovery after so many known ones."""

        def ended() -> dict[str, Any] | None:
            found = self.recoveries(vnf_id)
            if len(found) <= known or found[0]["state"] == "running":
                return None
            whole: dict[str, Any] = self.get(f"/recoveries/{found[0]['id']}")
            return whole

        return bed.wait("NHAM has recovered the VNF", ended, 240, 0.2)
