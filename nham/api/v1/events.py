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


"""Events: what an operator may want to know."""

from __future__ import annotations

import falcon

from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.policies import events as rules

_HIGHEST = 2**62


class Events:
    """All events."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List events, oldest first.

        With ``after`` the first ones after that id, else the last ones.
        """
        validate.query(request, "all_projects", "vnf", "after", "limit")
        found = self._service.store.events(
            vnf_id=self._service.scope(request, rules.LIST),
            after_id=validate.number(request, "after", 0, _HIGHEST),
            limit=validate.number(request, "limit", 1, 1000) or 100,
        )
        response.media = {"events": [views.event(e) for e in found]}
