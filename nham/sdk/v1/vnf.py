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


"""A VNF that NHAM protects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keystoneauth1 import adapter
from openstack import exceptions
from openstack import resource
from openstack import utils

from nham.adapters.hooks import http


class Vnf(resource.Resource):
    """One VNF; ``groups`` and ``policies`` are not in a list."""

    resources_key = "vnfs"
    base_path = "/vnfs"

    allow_create = True
    allow_fetch = True
    allow_delete = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        "name", "all_projects", include_pagination_defaults=False
    )

    #: Text of the descriptor; only to register.
    descriptor = resource.Body("descriptor")
    #: Server ids by VDU; only to register.
    servers = resource.Body("servers", type=dict)
    #: "tacker" or "manual".
    source = resource.Body("source")
    #: The project that owns it.
    project_id = resource.Body("project_id")
    #: The VNF instance in the VNF manager.
    instance_id = resource.Body("instance_id")
    #: The descriptor in the VNF manager.
    vnfd_id = resource.Body("vnfd_id")
    #: What NHAM does for it at the moment.
    state = resource.Body("state")
    #: Why it is unprotected or waiting.
    reason = resource.Body("reason")
    #: The operator has asked NHAM to do nothing.
    paused = resource.Body("paused", type=bool)
    #: The mechanisms of its replica groups.
    mechanisms = resource.Body("mechanisms", type=list)
    #: The stable names of its VNFCs.
    vnfcs = resource.Body("vnfcs", type=list)
    #: Seconds; of the VNFC whose newest checkpoint is the oldest.
    newest_checkpoint_age = resource.Body("newest_checkpoint_age", type=float)
    #: When NHAM learnt of it, seconds since the epoch.
    created_at = resource.Body("created_at", type=float)
    #: Its replica groups with members, checkpoint and probes.
    groups = resource.Body("groups", type=list)
    #: Its resiliency policies.
    policies = resource.Body("policies", type=list)

    def move(
        self,
        session: adapter.Adapter,
        action: str,
        group_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Do ``switchover`` or ``failback``; return the recoveries."""
        url = utils.urljoin(self.base_path, self.id, "action")
        body = {} if group_id is None else {"group_id": group_id}
        response = session.post(url, json={action: body})
        exceptions.raise_from_response(response)
        found: list[dict[str, Any]] = response.json()["recoveries"]
        return found

    def why(
        self,
        session: adapter.Adapter,
        fault: str = "all",
        group_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return what would be done, for each VNFC and fault."""
        url = utils.urljoin(self.base_path, self.id, "why")
        query = {"fault": fault}
        if group_id is not None:
            query["group"] = group_id
        response = session.get(url, params=query)
        exceptions.raise_from_response(response)
        found: list[dict[str, Any]] = response.json()["outlooks"]
        return found

    def import_state(
        self, session: adapter.Adapter, group_id: str, data: bytes
    ) -> str:
        """Have a VNFC take a state in; return the id of the recovery."""
        url = utils.urljoin(self.base_path, self.id, "state")
        headers = {
            "Content-Type": http.MEDIA_TYPE,
            http.DIGEST: http.digest(data),
        }
        response = session.put(
            url, data=data, headers=headers, params={"group": group_id}
        )
        exceptions.raise_from_response(response)
        return str(response.json()["recovery_id"])

    def act(
        self,
        session: adapter.Adapter,
        action: str,
        arguments: Mapping[str, Any] | None = None,
    ) -> Vnf:
        """Do an action that shows the VNF after; return it."""
        url = utils.urljoin(self.base_path, self.id, "action")
        response = session.post(url, json={action: dict(arguments or {})})
        exceptions.raise_from_response(response)
        self._translate_response(response)
        return self
