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


"""A compute host, as NHAM knows it."""

from __future__ import annotations

from keystoneauth1 import adapter
from openstack import exceptions
from openstack import resource
from openstack import utils


class Host(resource.Resource):
    """One host; its id is its name."""

    resources_key = "hosts"
    base_path = "/hosts"

    allow_fetch = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        include_pagination_defaults=False
    )

    name = resource.Body("name", alternate_id=True)
    #: When it was proved that it cannot serve, seconds since the epoch.
    fenced_at = resource.Body("fenced_at", type=float)
    #: What proved it.
    proof = resource.Body("proof")
    #: NHAM forced its Nova service down.
    forced_down = resource.Body("forced_down", type=bool)

    #: Since when its operator works on it, seconds since the epoch.
    maintenance_at = resource.Body("maintenance_at", type=float)
    #: Why he does.
    maintenance_reason = resource.Body("maintenance_reason")
    #: Since when it gets no new members, seconds since the epoch.
    quarantined_at = resource.Body("quarantined_at", type=float)
    #: What was seen of it.
    quarantine_reason = resource.Body("quarantine_reason")
    #: When an operator ended its last quarantine, seconds since the epoch.
    released_at = resource.Body("released_at", type=float)
    #: What NHAM has on it, and whether that goes; None: no engine answers.
    members = resource.Body("members", type=list)

    def act(
        self, session: adapter.Adapter, action: str, **arguments: str
    ) -> None:
        """Say something about the host: one of the actions of the API."""
        url = utils.urljoin(self.base_path, self.id, "action")
        response = session.post(url, json={action: arguments})
        exceptions.raise_from_response(response)
