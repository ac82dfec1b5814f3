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


"""Something that an operator may want to know."""

from __future__ import annotations

from openstack import resource


class Event(resource.Resource):
    """One event."""

    resources_key = "events"
    base_path = "/events"

    allow_list = True

    _query_mapping = resource.QueryParameters(
        "all_projects",
        "after",
        "limit",
        vnf_id="vnf",
        include_pagination_defaults=False,
    )

    #: When, seconds since the epoch.
    at = resource.Body("at", type=float)
    #: "info", "warning" or "critical".
    severity = resource.Body("severity")
    #: A word for what happened.
    kind = resource.Body("kind")
    #: A sentence about it.
    message = resource.Body("message")
    #: The VNF that it is about.
    vnf_id = resource.Body("vnf_id")
    #: The host that it is about.
    host = resource.Body("host")
