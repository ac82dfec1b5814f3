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

"""The VNFM is Tacker, by its version 2 API (SOL 003).

Sources: ETSI GS NFV-SOL 003 clause 5 (lifecycle management) and clause 10
(packages); for the additional parameters Tacker's ``StandardUserData``.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from keystoneauth1 import adapter
from openstack import connection

from nham.adapters import clock
from nham.adapters import errors
from nham.adapters import rest
from nham.adapters.vim import records
from nham.adapters.vnfm import base

SERVICE_TYPE = "nfv-orchestration"
_LCM = "/vnflcm/v2"
_PACKAGES = "/vnfpkgm/v1/vnf_packages"
USER_DATA = (
    "lcm-operation-user-data",
    "lcm-operation-user-data-class",
)
"""Tacker forgets these between operations: each one must repeat them."""

ABANDONED = 120.0
"""Seconds after which an operation that is still STARTING never ran.

When two requests come at once, Tacker's conductor may drop the second one
and leave its record so; it blocks nothing, and at the conductor's next
start it becomes ROLLED_BACK (``conductor_v2._change_lcm_op_state``).
"""

Json = Mapping[str, Any]


class TackerVnfm(base.Vnfm):
    """A Tacker server.

    :param cloud: of the same Keystone, with a role in Tacker.
    :param timeout: seconds for a connection, and for each read.
    """

    name = "tacker"

    def __init__(
        self,
        cloud: connection.Connection,
        timeout: float = rest.TIMEOUT,
        time: clock.Clock | None = None,
    ) -> None:
        cloud.session.timeout = timeout
        self._clock = time or clock.SystemClock()
        self._cloud = cloud
        self._lcm = rest.Rest(self._adapter, timeout, {"Version": "2.0.0"})
        self._packages = rest.Rest(
            self._adapter, timeout, {"Version": "1.0.0"}
        )
        self._projects: dict[tuple[str, str], str] = {}

    def _adapter(self) -> adapter.Adapter:
        """Return a plain adapter: the SDK's own guesses a wrong address."""
        config = self._cloud.config
        return adapter.Adapter(
            self._cloud.session,
            service_type=SERVICE_TYPE,
            interface=config.get_interface(SERVICE_TYPE),
            region_name=config.get_region_name(SERVICE_TYPE),
        )

    # -- records

    def vnfs(self) -> Sequence[base.VnfRecord]:
        """See base class."""
        found = self._all(f"{_LCM}/vnf_instances?all_fields")
        return [self._vnf(body) for body in found]

    def vnf(self, instance_id: str) -> base.VnfRecord:
        """See base class."""
        return self._vnf(self._instance(instance_id))

    def _instance(self, instance_id: str) -> Json:
        body: Json = self._lcm.get(f"{_LCM}/vnf_instances/{instance_id}")
        return body

    def _all(self, url: str | None) -> Iterator[Json]:
        """Go through a list, page by page."""
        while url is not None:
            response = self._lcm.send("GET", url)
            yield from rest.decode(response)
            url = response.links.get("next", {}).get("url")

    def _vnf(self, body: Json) -> base.VnfRecord:
        info = body.get("instantiatedVnfInfo") or {}
        return base.VnfRecord(
            id=body["id"],
            name=body.get("vnfInstanceName") or body["id"],
            vnfd_id=body["vnfdId"],
            project_id=self._project(body),
            instantiated=body["instantiationState"] == "INSTANTIATED",
            vnfcs=vnfcs(info),
            autoheal=autoheal(body),
        )

    def _project(self, body: Json) -> str:
        """Return the project in which the VNF runs, empty if unknown."""
        for vim in (body.get("vimConnectionInfo") or {}).values():
            access = vim.get("accessInfo") or {}
            if access.get("project"):
                return self._project_id(
                    access["project"], access.get("projectDomain", "Default")
                )
        return ""

    def _project_id(self, name: str, domain: str) -> str:
        """Return the id of a VIM's project, which Tacker knows by name."""
        key = (name, domain)
        if key not in self._projects:
            self._projects[key] = self._find_project(name, domain)
        return self._projects[key]

    def _find_project(self, name: str, domain: str) -> str:
        keystone = rest.Rest(lambda: self._cloud.identity)
        domains = keystone.get("/domains", params={"name": domain})["domains"]
        where = {"name": name}
        if domains:
            where["domain_id"] = domains[0]["id"]
        found = keystone.get("/projects", params=where)["projects"]
        return str(found[0]["id"]) if found else ""

    def vnfd(self, vnfd_id: str) -> bytes:
        """See base class."""
        packages = self._packages.get(
            _PACKAGES, params={"filter": f"(eq,vnfdId,{vnfd_id})"}
        )
        if not packages:
            raise errors.NotFound(f"no package holds VNFD {vnfd_id}")
        response = self._packages.send(
            "GET",
            f"{_PACKAGES}/{packages[0]['id']}/vnfd",
            headers={"Accept": "application/zip"},
        )
        return response.content

    # -- operations

    def _operations(self, instance_id: str) -> Sequence[Json]:
        """Return the operations of an instance, newest first."""
        found = self._all(
            f"{_LCM}/vnf_lcm_op_occs?all_fields"
            f"&filter=(eq,vnfInstanceId,{instance_id})"
        )
        return sorted(found, key=lambda one: one["startTime"], reverse=True)

    def operations(self, instance_id: str) -> Sequence[base.Operation]:
        """See base class."""
        now = self._clock.now()
        return [_operation(one, now) for one in self._operations(instance_id)]

    def stuck_operations(self) -> Sequence[base.Operation]:
        """See base class."""
        now = self._clock.now()
        found = self._all(
            f"{_LCM}/vnf_lcm_op_occs?all_fields"
            "&filter=(eq,operationState,FAILED_TEMP)"
        )
        return [_operation(one, now) for one in found]

    def heal(
        self, instance_id: str, vnfc: base.VnfcRecord, image_id: str | None
    ) -> str:
        """See base class.

        The VNFC's own id works even when its server was deleted. Without
        an image Tacker takes the VNFD's.

        Tacker accepts a heal that comes a moment after another operation
        and never does it, so it is looked first.
        """
        for operation in self.operations(instance_id):
            if operation.running or operation.stuck:
                raise errors.Conflict(
                    f"{operation.kind} {operation.id} is {operation.state}"
                )
        params = self._user_data(instance_id)
        if image_id is not None:
            params["nfv"] = {"VDU": {vnfc.name: {"vcImageId": image_id}}}
        response = self._lcm.send(
            "POST",
            f"{_LCM}/vnf_instances/{instance_id}/heal",
            json={
                "vnfcInstanceId": [vnfc.vnfc_id],
                "additionalParams": params,
            },
        )
        return str(response.headers["Location"].rstrip("/").split("/")[-1])

    def _user_data(self, instance_id: str) -> dict[str, Any]:
        """Return the user data keys that the instance was made with."""
        for operation in self._operations(instance_id):
            if operation["operation"] == "INSTANTIATE":
                given = operation.get("operationParams") or {}
                params = given.get("additionalParams") or {}
                return {key: params[key] for key in USER_DATA if key in params}
        return {}

    def fail_operation(self, operation_id: str) -> None:
        """See base class."""
        url = f"{_LCM}/vnf_lcm_op_occs/{operation_id}/fail"
        self._lcm.send("POST", url)

    def retry_operation(self, operation_id: str) -> None:
        """See base class."""
        url = f"{_LCM}/vnf_lcm_op_occs/{operation_id}/retry"
        self._lcm.send("POST", url)

    def subscribe(self, callback: str, user: str, password: str) -> None:
        """See base class."""
        known = self._all(f"{_LCM}/subscriptions")
        if any(one["callbackUri"] == callback for one in known):
            return
        self._lcm.post(
            f"{_LCM}/subscriptions",
            {
                "callbackUri": callback,
                "authentication": {
                    "authType": ["BASIC"],
                    "paramsBasic": {"userName": user, "password": password},
                },
                "verbosity": "SHORT",
            },
        )


def autoheal(body: Json) -> bool:
    """Say whether Tacker heals an instance by itself.

    Its VNFD may say so in words.
    """
    given = (body.get("vnfConfigurableProperties") or {}).get(
        "isAutohealEnabled"
    )
    return str(given).lower() == "true"


def vnfcs(info: Json) -> tuple[base.VnfcRecord, ...]:
    """Return the VNFCs of an instance, in their order of names.

    ``vnfcInfo`` holds the id that heal wants, and ``vnfcResourceInfo``
    the server and, in Tacker's metadata, the index.
    """
    resources = {one["id"]: one for one in info.get("vnfcResourceInfo") or ()}
    found = []
    for vnfc in info.get("vnfcInfo") or ():
        resource = resources.get(vnfc.get("vnfcResourceInfoId"))
        if resource is not None:
            index = (resource.get("metadata") or {}).get("vdu_idx", 0)
            found.append(
                base.VnfcRecord(
                    vnfc_id=vnfc["id"],
                    vdu=vnfc["vduId"],
                    index=int(index),
                    server_id=resource["computeResource"]["resourceId"],
                )
            )
    return tuple(sorted(found, key=lambda one: (one.vdu, one.index)))


def _operation(body: Json, now: float) -> base.Operation:
    state, at = body["operationState"], records.epoch(body["startTime"])
    if state == "STARTING" and now - at > ABANDONED:
        state = "ROLLED_BACK"
    return base.Operation(
        id=body["id"],
        instance_id=body["vnfInstanceId"],
        kind=body["operation"],
        state=state,
        at=at,
        since=records.epoch(body["stateEnteredTime"]),
        error=(body.get("error") or {}).get("detail") or "",
        params=body.get("operationParams") or {},
    )
