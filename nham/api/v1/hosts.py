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


"""Compute hosts: what NHAM itself knows and did about them."""

from __future__ import annotations

import falcon

from nham.api import service as service_
from nham.api import validate
from nham.api import views
from nham.policies import hosts as rules

_ACTIONS = {"fenced": {"reason": validate.Field(validate.text(1000))}}


class Hosts:
    """All hosts that something is known of."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_get(
        self, request: falcon.Request, response: falcon.Response
    ) -> None:
        """List hosts by name."""
        validate.query(request)
        self._service.require(request, rules.LIST, service_.NOBODYS)
        found = self._service.store.hosts()
        response.media = {"hosts": [views.host(h) for h in found]}


class Action:
    """What can be said about a host."""

    def __init__(self, service: service_.Service) -> None:
        self._service = service

    def on_post(
        self, request: falcon.Request, response: falcon.Response, name: str
    ) -> None:
        """Take an operator's word that the host cannot serve any more."""
        self._service.require(request, rules.FENCED, service_.NOBODYS)
        _name, arguments = validate.action(request, _ACTIONS)
        user = service_.caller_of(request).user_id or "unknown"
        self._service.engine.host_fenced(name, arguments["reason"], user)
        response.status = falcon.HTTP_204
