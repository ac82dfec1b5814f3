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


"""Who asks: found out before any handler runs."""

from __future__ import annotations

import falcon
from oslo_context import context

#: What needs no token: versions, health, metrics, and Tacker's own door.
PUBLIC = ("/", "/v1", "/healthcheck", "/metrics", "/v1/tacker/notifications")


class Keystone:
    """Takes what Keystone's middleware found out about the token."""

    def process_request(
        self, request: falcon.Request, _response: falcon.Response
    ) -> None:
        """Refuse a request without a valid token."""
        if request.path in PUBLIC:
            return
        if request.env.get("HTTP_X_IDENTITY_STATUS") != "Confirmed":
            raise falcon.HTTPUnauthorized(
                title="Unauthorized",
                description="The request needs a valid token in X-Auth-Token",
                challenges=["Keystone"],
            )
        request.context.caller = context.RequestContext.from_environ(
            request.env
        )


class NoAuth:
    """Takes everybody for an administrator."""

    def process_request(
        self, request: falcon.Request, _response: falcon.Response
    ) -> None:
        """Let everybody in."""
        request.context.caller = context.RequestContext(
            user_id="noauth",
            project_id="noauth",
            roles=["admin", "member", "reader"],
            request_id=request.env.get("openstack.request_id"),
        )
