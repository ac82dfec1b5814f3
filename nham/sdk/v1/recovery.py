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


"""A recovery of a VNFC."""

from __future__ import annotations

from typing import Any

from keystoneauth1 import adapter
from openstack import exceptions
from openstack import resource
from openstack import utils


class Recovery(resource.Resource):
    """One recovery; why and how are not in a list."""

    resources_key = "recoveries"
    base_path = "/recoveries"

    allow_fetch = True
    allow_list = True

    _query_mapping = resource.QueryParameters(
        "all_projects",
        "state",
        "limit",
        vnf_id="vnf",
        include_pagination_defaults=False,
    )

    #: The VNF that was recovered.
    vnf_id = resource.Body("vnf_id")
    #: The replica group that was recovered.
    group_id = resource.Body("group_id")
    #: The epoch that it acted by.
    epoch = resource.Body("epoch", type=int)
    #: The fault's zone: "vnfc", "vm", "host" or "site".
    zone = resource.Body("zone")
    #: What had failed.
    subject = resource.Body("subject")
    #: The rule of the decision that chose it.
    rule = resource.Body("rule")
    #: What that rule says.
    rule_says = resource.Body("rule_says")
    #: Where that rule comes from.
    rule_source = resource.Body("rule_source")
    #: The rung of the ladder that was tried.
    rung = resource.Body("rung")
    #: "running", "succeeded", "failed" or "aborted".
    state = resource.Body("state")
    #: How it ended, in words.
    reason = resource.Body("reason")
    #: The engine that ran it.
    owner = resource.Body("owner")
    #: Seconds since the epoch.
    started_at = resource.Body("started_at", type=float)
    #: Seconds since the epoch.
    ended_at = resource.Body("ended_at", type=float)
    #: Its moments and durations.
    timeline = resource.Body("timeline", type=dict)
    #: Who said what.
    evidence = resource.Body("evidence", type=list)
    #: Why it was chosen.
    reasons = resource.Body("reasons", type=list)
    #: What else was thought of, and why not.
    refused = resource.Body("refused", type=list)
    #: What was done, in order.
    steps = resource.Body("steps", type=list)

    def facts(self, session: adapter.Adapter) -> dict[str, Any]:
        """Return the facts that it was decided on, as plain data."""
        url = utils.urljoin(self.base_path, self.id, "facts")
        response = session.get(url)
        exceptions.raise_from_response(response)
        found: dict[str, Any] = response.json()
        return found
