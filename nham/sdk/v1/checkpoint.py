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


"""A checkpoint of a VNFC."""

from __future__ import annotations

from keystoneauth1 import adapter
from openstack import exceptions
from openstack import resource
from openstack import utils

from nham.adapters.hooks import http


class Checkpoint(resource.Resource):
    """One checkpoint."""

    resources_key = "checkpoints"
    base_path = "/checkpoints"

    allow_fetch = True
    allow_delete = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        "all_projects",
        "state",
        vnf_id="vnf",
        include_pagination_defaults=False,
    )

    #: The VNF that it belongs to.
    vnf_id = resource.Body("vnf_id")
    #: The replica group that it belongs to.
    group_id = resource.Body("group_id")
    #: The server that it was taken of.
    server_id = resource.Body("server_id")
    #: How it was taken: "image", "volume" or "hook".
    engine = resource.Body("engine")
    #: Its number within the replica group.
    sequence = resource.Body("sequence", type=int)
    #: "creating", "available", "failed" or "deleting".
    state = resource.Body("state")
    #: No write acknowledged before this moment is missing.
    cut_at = resource.Body("cut_at", type=float)
    #: "scheduled", "demand", "planned_work" or "import".
    trigger = resource.Body("trigger")
    #: When it was whole and proved.
    completed_at = resource.Body("completed_at", type=float)
    #: "crash": as after a power cut.
    consistency = resource.Body("consistency")
    #: What holds it in the backends.
    artifacts = resource.Body("artifacts", type=list)
    #: Why it failed.
    reason = resource.Body("reason")
    #: Bytes in the backends.
    size = resource.Body("size", type=int)
    #: Seconds that the VNFC stood still for it; None if that is not known.
    pause = resource.Body("pause", type=float)
    #: What proves it whole.
    digest = resource.Body("digest")

    def download(self, session: adapter.Adapter) -> bytes:
        """Return the state that it holds, proved to be whole."""
        url = utils.urljoin(self.base_path, self.id, "state")
        response = session.get(url, headers={"Accept": http.MEDIA_TYPE})
        exceptions.raise_from_response(response)
        data: bytes = response.content
        if response.headers.get(http.DIGEST) != http.digest(data):
            raise exceptions.SDKException(
                f"The state of checkpoint {self.id} came damaged"
            )
        return data

    def restore(self, session: adapter.Adapter) -> str:
        """Begin to put it back; return the id of the recovery."""
        url = utils.urljoin(self.base_path, self.id, "action")
        response = session.post(url, json={"restore": {}})
        exceptions.raise_from_response(response)
        return str(response.json()["recovery_id"])
